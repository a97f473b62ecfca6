/** Builds `dist/`: tsc → ncc → terser → parentheses (`eager.ts`). The same sources give the same bytes, wherever and whenever they are built. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { minify } from 'terser'
import { projectRoot } from '../sandbox/root.ts'
import { PROGRAMS } from '../src/entry/programs.ts'
import { ActionError } from '../src/errors/action-error.ts'
import { permissionModelAdvice } from '../src/platform/permission-model.ts'
import { code as asCode, prose } from '../src/text/message.ts'
import { type BundledModule, type Compilation, filesByProgram, modulesByFile } from './chunks.ts'
import { compile } from './compile.ts'
import { compiledAtOnce } from './eager.ts'
import { licensesOf } from './licenses.ts'

/** The folder of the bundle that the runner's programs share, and its source: the table of the programs. */
const SHARED = 'shared'
const SHARED_SOURCE = 'src/entry/programs.ts'

/** Bundles of their own, because they are uploaded alone: folder in `dist/` → source. */
const ALONE = { lambda: 'src/entry/lambda.ts' }

/** The `package.json` of a folder of ES modules. */
const MODULES = `${JSON.stringify({ type: 'module' }, null, 2)}\n`

/** Takes the place of a package that is never called: an empty one, or one with what is read while loading. */
const EMPTY = 'node:module'
const STUBS = 'never-called.js'
const STUBS_SOURCE = `// @actions/github makes clients while it is loaded, and never uses them here.
export class HttpClient {
  getAgent() {}
  getAgentDispatcher() {}
}
export class Octokit {
  static plugin() {
    return Octokit
  }
  static defaults() {
    return Octokit
  }
}
export function restEndpointMethods() {}
export function paginateRest() {}
// The AWS SDK extends this for services that the action does not call.
export class SmithyRpcV2CborProtocol {}
export function loadSmithyRpcV2CborErrorCode() {}
`

/**
 * Left out of the bundles:
 * - the HTTP client of `@actions/core` and `@actions/github`, and what it stands on (`undici` is 80 % of their size).
 *   Loading it would load `node:https` and `node:tls` in every step. The action makes every call through
 *   `src/net/http.ts` and never calls `getIDToken` or `getOctokit`, so the code that would need these is never reached;
 *   a test makes sure that it stays so;
 * - the client of GitHub's API in `@actions/github`, of which the action reads the event and nothing else;
 * - what `platform` of `@actions/core` starts programs with, for the same reasons;
 * - what the AWS SDK has for other services and for browsers: CBOR, event streams, and the parser of a browser's name.
 *   STS, Secrets Manager and ECS speak JSON and XML, and send no streams;
 * - the AWS SDK's search for credentials (files, SSO, metadata services). Every client is given its credentials, and
 *   STS needs none; without the search, a client that got none can only fail;
 * - what the AWS SDK opens shared configuration files with; nothing else in the bundles imports it, and a test makes
 *   sure that it stays so. `src/aws/clients.ts` gives every client all of its settings; if a later SDK looks for one
 *   more, the first call fails instead of following what a file says.
 * - `node:zlib`, which the AWS SDK loads for a checksum of event streams: STS and Secrets Manager send none, and without
 *   it the SDK computes that checksum itself.
 */
const NEVER_CALLED = {
  '@actions/http-client': `./${STUBS}`,
  '@octokit/core': `./${STUBS}`,
  '@octokit/plugin-rest-endpoint-methods': `./${STUBS}`,
  '@octokit/plugin-paginate-rest': `./${STUBS}`,
  '@smithy/core/cbor': `./${STUBS}`,
  '@smithy/core/event-streams': EMPTY,
  bowser: EMPTY,
  '@actions/http-client/lib/auth': EMPTY,
  undici: EMPTY,
  '@actions/exec': EMPTY,
  '@aws-sdk/credential-provider-node': EMPTY,
  'node:fs/promises': EMPTY,
  'node:zlib': EMPTY,
}

type Ncc = (
  input: string,
  options: Record<string, unknown>,
) => Promise<{
  code: string
  assets: Record<string, { source: string | Buffer }>
  stats: { compilation: Compilation }
}>

/** What was built, for those who measure it. Paths of files are relative to `dist/`. */
export interface Built {
  /** The files that each program can load. */
  programs: Map<string, string[]>
  /** The modules in each file of code. */
  modules: Map<string, BundledModule[]>
}

/** Writes `dist/` into `outDirectory`. */
export async function build(outDirectory: string): Promise<Built> {
  // webpack numbers modules by their paths from here.
  process.chdir(projectRoot)
  compile()
  rmSync(outDirectory, { recursive: true, force: true })
  const built: Built = { programs: new Map(), modules: new Map() }
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(outDirectory, path)), { recursive: true })
    writeFileSync(join(outDirectory, path), text)
  }
  const bundleInto = async (folder: string, source: string): Promise<Compilation> => {
    const { compilation, files } = await bundle(source)
    for (const [name, text] of files) write(`${folder}/${name}`, text)
    for (const [file, modules] of modulesByFile(compilation)) built.modules.set(`${folder}/${file}`, modules)
    return compilation
  }

  const shared = await bundleInto(SHARED, SHARED_SOURCE)
  write(`${SHARED}/${STUBS}`, STUBS_SOURCE)
  write('package.json', MODULES)
  for (const [name, files] of filesByProgram(shared, Object.keys(PROGRAMS))) {
    write(`${name}/index.js`, chooserOf(name))
    built.programs.set(name, [`${name}/index.js`, ...[...files, STUBS].map((file) => `${SHARED}/${file}`)])
  }
  for (const [name, source] of Object.entries(ALONE)) {
    const alone = await bundleInto(name, source)
    write(`${name}/package.json`, MODULES)
    write(`${name}/${STUBS}`, STUBS_SOURCE)
    built.programs.set(
      name,
      [...modulesByFile(alone).keys(), STUBS].map((file) => `${name}/${file}`),
    )
  }
  return built
}

/**
 * The file that `action.yml` names: chooses a program of the shared bundle. Node reads this one file even under its
 * permission model, and no other: without a word of ours, users would see nothing but a stack trace.
 */
function chooserOf(program: string): string {
  return `if (process.permission?.has('fs.read', import.meta.dirname.replace(/[^\\\\/]+$/, '${SHARED}')) === false) {
  process.exitCode = 1
  console.log(${JSON.stringify(deniedCommand())})
} else {
  const { PROGRAMS } = await import('../${SHARED}/index.js')
  await PROGRAMS.${program}()
}
`
}

/** An error annotation, as a workflow command. */
function deniedCommand(): string {
  const { code, message } = new ActionError('delivery-failed', {
    failed: 'Node does not let the action read its own files, so nothing was sent to GitHub, AWS or the Hub.',
    seen: prose`${asCode('--permission')} without the right to read the folder of the action`,
    ...permissionModelAdvice(),
  })
  // Source: docs.github.com, "Workflow commands"; the escapes are those of @actions/core.
  return `::error title=${code}::${message.replaceAll('%', '%25').replaceAll('\n', '%0A')}`
}

/** The bundle of one source file, with the licenses of what is in it: file → text. */
async function bundle(source: string): Promise<{ compilation: Compilation; files: Map<string, string> }> {
  const ncc = createRequire(import.meta.url)('@vercel/ncc') as Ncc
  const { code, assets, stats } = await ncc(join(projectRoot, 'build', source.replace(/\.ts$/, '.js')), {
    quiet: true,
    cache: false,
    esm: true,
    target: 'es2024',
    // The packages' ES modules: only they can be shaken.
    mainFields: ['module', 'main'],
    externals: NEVER_CALLED,
  })
  const { compilation } = stats
  const modules = [...modulesByFile(compilation).values()].flat()
  const files = new Map([
    ['index.js', await shrink(code)],
    ['licenses.txt', licensesOf(modules.map(({ path }) => path))],
  ])
  for (const [name, chunk] of Object.entries(assets)) {
    if (name !== 'package.json') files.set(name, await shrink(chunk.source.toString()))
  }
  return { compilation, files }
}

async function shrink(source: string): Promise<string> {
  const { code } = await minify(source, {
    module: true,
    ecma: 2020,
    compress: { passes: 2 },
    // Short lines: git can show and merge them. To review what users run, read src/ and rebuild: npm run check:dist.
    format: { comments: false, max_line_len: 500 },
  })
  if (!code) throw new Error('terser returned no code')
  return `${compiledAtOnce(code)}\n`
}

if (process.argv[1] === import.meta.filename) await build(join(projectRoot, 'dist'))
