/** Builds `dist/`: tsc → ncc → terser. The same sources give the same bytes, wherever and whenever they are built. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { minify } from 'terser'
import { projectRoot } from '../sandbox/root.ts'
import { compile } from './compile.ts'
import { licensesOf } from './licenses.ts'

/** Entry points, each with a folder of its own in `dist/`. */
const ENTRIES = ['main', 'post', 'rotate', 'lambda'] as const

/**
 * Left out of the bundles:
 * - the HTTP client inside `@actions/core` and `@actions/github` (undici is 80 % of their size). The action makes every
 *   call through `src/net/http.ts` and never calls `getIDToken` or `getOctokit`, so the code that would need these is
 *   never reached; a test makes sure that it stays so;
 * - the AWS SDK's search for credentials (files, SSO, metadata services). Every client is given its credentials, and
 *   STS needs none; without the search, a client that got none can only fail;
 * - what the AWS SDK opens shared configuration files with; nothing else in the bundles imports it, and a test makes
 *   sure that it stays so. `src/aws/clients.ts` gives every client all of its settings; if a later SDK looks for one
 *   more, the first call fails instead of following what a file says.
 */
const NEVER_CALLED = {
  undici: 'node:module',
  tunnel: 'node:module',
  '@aws-sdk/credential-provider-node': 'node:module',
  'node:fs/promises': 'node:module',
}

/** What is used of webpack's own report. */
interface Stats {
  compilation: { modules: Iterable<Module> }
}

/** One file, or several that were joined. */
interface Module {
  resource?: string
  modules?: Iterable<Module>
}

type Ncc = (
  input: string,
  options: Record<string, unknown>,
) => Promise<{ code: string; assets: Record<string, { source: string | Buffer }>; stats: Stats }>

/** Writes the build of every entry into `outDirectory`. */
export async function build(outDirectory: string): Promise<void> {
  compile()
  const ncc = createRequire(import.meta.url)('@vercel/ncc') as Ncc
  rmSync(outDirectory, { recursive: true, force: true })
  for (const entry of ENTRIES) {
    const { code, assets, stats } = await ncc(join(projectRoot, 'build', 'src', `${entry}.js`), {
      quiet: true,
      cache: false,
      esm: true,
      target: 'es2024',
      // The packages' ES modules: only they can be shaken.
      mainFields: ['module', 'main'],
      externals: NEVER_CALLED,
    })
    const licenses = licensesOf(paths(stats.compilation.modules))
    const files = { 'index.js': { source: code }, 'licenses.txt': { source: licenses }, ...assets }
    for (const [name, { source }] of Object.entries(files)) {
      const text = source.toString()
      const path = join(outDirectory, entry, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, name.endsWith('.js') ? await shrink(text) : text)
    }
  }
}

function paths(modules: Iterable<Module>): string[] {
  return [...modules].flatMap(({ resource, modules: joined }) => [
    ...(resource ? [resource] : []),
    ...paths(joined ?? []),
  ])
}

async function shrink(source: string): Promise<string> {
  const { code } = await minify(source, {
    module: true,
    ecma: 2020,
    compress: { passes: 2 },
    // Short lines: git can show and merge them. To review what users run, read src/ and rebuild: npm run check:dist.
    format: { comments: false, max_line_len: 500 },
  })
  if (!code) throw new Error('terser gave nothing back')
  return `${code}\n`
}

if (process.argv[1] === import.meta.filename) await build(join(projectRoot, 'dist'))
