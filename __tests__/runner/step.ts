/** A step of a job without a process of its own: the runner's files in a temporary folder, and what is printed. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { parsePairs } from '../../sandbox/runner/file-commands.ts'

const FILES = { GITHUB_ENV: 'env', GITHUB_OUTPUT: 'output', GITHUB_STATE: 'state' }
/** The same for every step of this process, because `@actions/core` remembers where it is. */
const SUMMARY = join(tmpdir(), `summary-${process.pid}`)

export class Step {
  /** `RUNNER_TEMP`. */
  readonly temp: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'step-'))
  readonly #before = { ...process.env }
  #printed = ''

  /** `env`: variables of the step beside those of the runner's files; undefined removes one. */
  constructor(env: NodeJS.ProcessEnv = {}) {
    this.temp = join(this.#folder, 'temp')
    mkdirSync(this.temp)
    const own = Object.entries(FILES).map(([name, file]) => [name, join(this.#folder, file)] as const)
    for (const path of [SUMMARY, ...own.map(([, path]) => path)]) writeFileSync(path, '')
    this.set({ ...Object.fromEntries(own), GITHUB_STEP_SUMMARY: SUMMARY, RUNNER_TEMP: this.temp, ...env })
    jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      this.#printed += String(chunk)
      return true
    })
  }

  /** Sets variables of the step; undefined removes one. */
  set(env: NodeJS.ProcessEnv): void {
    for (const [name, value] of Object.entries(env)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }

  /** What the step has printed, line by line. */
  get lines(): string[] {
    return this.#printed.split(/\r?\n/).filter(Boolean)
  }

  /** The values that the step has masked. */
  get masks(): string[] {
    return this.lines.flatMap((line) => /^::add-mask::(.*)$/.exec(line)?.[1]?.replaceAll('%25', '%') ?? [])
  }

  /** Variables for later steps, in the order in which they were set. */
  get env(): [string, string][] {
    return this.#pairs(FILES.GITHUB_ENV)
  }

  get outputs(): Record<string, string> {
    return Object.fromEntries(this.#pairs(FILES.GITHUB_OUTPUT))
  }

  get state(): Record<string, string> {
    return Object.fromEntries(this.#pairs(FILES.GITHUB_STATE))
  }

  get summary(): string {
    return readFileSync(SUMMARY, 'utf8')
  }

  /** Every byte that left the step but for masks and what is delivered. */
  get visible(): string {
    return [...this.lines.filter((line) => !line.startsWith('::add-mask::')), this.summary].join('\n')
  }

  /** Puts everything back. */
  end(): void {
    jest.restoreAllMocks()
    for (const name of Object.keys(process.env)) if (!(name in this.#before)) delete process.env[name]
    this.set(this.#before)
    process.exitCode = undefined
    rmSync(this.#folder, { recursive: true, force: true })
    rmSync(SUMMARY, { force: true })
  }

  #pairs(name: string): [string, string][] {
    return parsePairs(readFileSync(join(this.#folder, name), 'utf8'))
  }
}
