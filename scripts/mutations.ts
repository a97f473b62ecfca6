/**
 * `npm run mutations [-- <pattern>]`: takes out one guard of the sources at a time and runs the tests that must notice.
 * Fails when a mutation survives that is not marked equivalent, when one that is marked so does not survive, and when
 * one does not fit the sources any more. The pattern selects mutations by file or by what they are without.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../sandbox/root.ts'
import { compile } from './compile.ts'
import { MUTATIONS } from './mutations/list.ts'
import type { Mutation } from './mutations/mutation.ts'

/** As many at a time as the smallest CI machine has cores. */
const WORKERS = 2
/** A mutation may make a test hang: then it counts as noticed. In milliseconds. */
const LIMIT_MS = 180_000

type Fate = 'killed' | 'survived' | 'invalid'
interface Result {
  mutation: Mutation
  fate: Fate
  why: string
}

/** The JavaScript of a source file, as `tsc` writes it to `build/`. */
function javascript(source: string): string {
  const code = stripTypeScriptTypes(source)
  return code.replace(/(\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.[^'"\n]*)\.ts\2/g, '$1$2$3.js$2')
}

/** A copy of the project in which `dist/` runs the compiled sources without bundling them. */
class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'hf-oidc-mutation-'))

  constructor() {
    for (const name of ['build', 'package.json', 'action.yml', 'rotate', 'sandbox', 'docs', 'examples', 'README.md']) {
      cpSync(join(projectRoot, name), join(this.folder, name), { recursive: true })
    }
    symlinkSync(join(projectRoot, 'node_modules'), join(this.folder, 'node_modules'), 'junction')
    for (const entry of ['main', 'post', 'rotate', 'lambda']) {
      const target = join(this.folder, 'dist', entry)
      mkdirSync(target, { recursive: true })
      writeFileSync(join(target, 'index.js'), `export * from '../../build/src/entry/${entry}.js'\n`)
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  async try(mutation: Mutation): Promise<Result> {
    const source = readFileSync(join(projectRoot, 'src', mutation.file), 'utf8')
    const count = source.split(mutation.find).length - 1
    if (count !== 1) return { mutation, fate: 'invalid', why: `its text occurs ${count} times` }
    const built = join(this.folder, 'build', 'src', mutation.file.replace(/\.ts$/, '.js'))
    const original = readFileSync(built)
    try {
      writeFileSync(built, javascript(source.replace(mutation.find, () => mutation.replace)))
      return await this.#judge(mutation)
    } catch (error) {
      return { mutation, fate: 'invalid', why: error instanceof Error ? error.message : String(error) }
    } finally {
      writeFileSync(built, original)
    }
  }

  async #judge(mutation: Mutation): Promise<Result> {
    const { code, output } = await this.run([
      '--testPathPatterns',
      mutation.tests,
      ...(mutation.named === undefined ? [] : ['--testNamePattern', mutation.named]),
      '--bail',
    ])
    const total = Number(/^Tests:.*?(\d+) total/m.exec(output)?.[1] ?? 0)
    if (code === undefined) return { mutation, fate: 'killed', why: 'a test never ended' }
    if (total === 0) return { mutation, fate: 'invalid', why: `no test ran\n${output}` }
    if (code === 0) return { mutation, fate: 'survived', why: `${total} tests passed` }
    if (/Test suite failed to run/.test(output)) return { mutation, fate: 'invalid', why: output }
    const first = /● (.+)/.exec(output)?.[1] ?? 'a test'
    return { mutation, fate: 'killed', why: first }
  }

  /** Runs Jest; `code` is undefined when it had to be ended. */
  run(args: readonly string[], limitMs = LIMIT_MS): Promise<{ code: number | undefined; output: string }> {
    const jest = join(projectRoot, 'node_modules', 'jest', 'bin', 'jest.js')
    const child = spawn(
      process.execPath,
      [
        '--experimental-vm-modules',
        '--no-warnings',
        jest,
        '--runInBand',
        '--rootDir',
        join(this.folder, 'build'),
        ...args,
      ],
      { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    return new Promise((resolve, reject) => {
      let ended = false
      const timer = setTimeout(() => {
        ended = true
        child.kill('SIGKILL')
      }, limitMs)
      child.once('error', reject)
      child.once('close', (code) => {
        clearTimeout(timer)
        resolve({ code: ended ? undefined : (code ?? 1), output })
      })
    })
  }
}

/** The tests that are named must pass before anything is taken out: a failure must be the mutation's. */
async function requireGreen(workspace: Workspace, mutations: readonly Mutation[]): Promise<void> {
  const files = [...new Set(mutations.map(({ tests }) => tests))]
  const { code, output } = await workspace.run(
    files.flatMap((file) => ['--testPathPatterns', file]),
    LIMIT_MS * 5,
  )
  if (code !== 0) throw new Error(`The tests do not pass without any mutation:\n${output}`)
}

async function runAll(mutations: readonly Mutation[]): Promise<Result[]> {
  const workspaces = Array.from({ length: WORKERS }, () => new Workspace())
  try {
    const [first] = workspaces
    if (first && process.argv.includes('--check-tests')) await requireGreen(first, mutations)
    const waiting = [...mutations]
    const results: Result[] = []
    await Promise.all(
      workspaces.map(async (workspace) => {
        for (let mutation = waiting.shift(); mutation; mutation = waiting.shift()) {
          const result = await workspace.try(mutation)
          results.push(result)
          const { file, without, equivalent } = mutation
          const word = result.fate === 'survived' && equivalent !== undefined ? 'equivalent' : result.fate
          console.log(
            `${String(results.length).padStart(3)}/${mutations.length} ${word.padEnd(10)} ${file}: ${without}`,
          )
        }
      }),
    )
    return results
  } finally {
    for (const workspace of workspaces) workspace.remove()
  }
}

const pattern = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? ''
const selected = MUTATIONS.filter(({ file, without }) => `${file}: ${without}`.includes(pattern))
compile()
const results = await runAll(selected)
const isGood = ({ mutation, fate }: Result) => fate === (mutation.equivalent === undefined ? 'killed' : 'survived')
for (const { mutation, fate, why } of results.filter((result) => !isGood(result))) {
  console.error(
    `\n${mutation.file}: ${mutation.without}\n  ${fate}: ${why}\n  tests: ${mutation.tests} ${mutation.named ?? ''}`,
  )
}
const count = (fate: Fate) => results.filter((result) => result.fate === fate).length
const equivalent = selected.filter((mutation) => mutation.equivalent !== undefined).length
console.log(
  `\nMutations: ${count('killed')} killed, ${count('survived')} survived (${equivalent} are equivalent), ${count('invalid')} do not apply.`,
)
const good = results.filter(isGood).length
console.log(`${good} passed, ${results.length - good} failed`)
if (good < results.length || results.length === 0) process.exitCode = 1
