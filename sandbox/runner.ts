/** Runs an action the way GitHub's runner does: the same environment, files, commands, masks and post steps. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, relative, resolve } from 'node:path'
import { parse } from 'yaml'
import { projectRoot } from './root.ts'
import { parseCommand, type WorkflowCommand } from './runner/commands.ts'
import { DEFAULT_ENV } from './runner/environment.ts'
import { parsePairs } from './runner/file-commands.ts'
import { Masks } from './runner/masks.ts'
import { type Annotation, Output } from './runner/output.ts'

export type { Annotation } from './runner/output.ts'

export interface JobOptions {
  /** Added to (and winning over) the runner's default variables: `GITHUB_*`, `ACTIONS_ID_TOKEN_REQUEST_*`, the job's `env:`. */
  env?: Record<string, string>
  /** The webhook event's payload. Default: an empty push. */
  event?: unknown
  /** What `${{ github.token }}` in an action's defaults stands for; masked from the start. */
  githubToken?: string
  /** Node's `NODE_EXTRA_CA_CERTS` for the steps. */
  extraCaCerts?: string
}

/** How a step is run. */
export interface StepOptions {
  /** The step's `env:`. */
  env?: Record<string, string>
  /** Replaces variables that a runner always sets itself, to see what the step does on one that is broken. */
  brokenRunner?: Record<string, string>
  /** The step is killed after this time, in milliseconds, and `timedOut` is true. Default: 60,000. */
  timeoutMs?: number
  /** The step runs as this user, and the runner's files are not this user's, as in a container job. Only root can do this. */
  user?: number
  /** Gets the child process as soon as it runs, e.g. to kill it when a call arrives or its output says so. */
  onStart?: (child: ChildProcess) => void
}

export interface ActionOptions extends StepOptions {
  /** The folder that holds `action.yml`. */
  path: string
  with?: Record<string, string>
}

/** What one step did. All texts are as the step wrote them, unmasked. */
export interface StepResult {
  /** `step 1 main`, `step 2 run`, `step 1 post`. */
  name: string
  conclusion: 'success' | 'failure'
  /** `null` if a signal ended it. */
  exitCode: number | null
  signal: NodeJS.Signals | null
  timedOut: boolean
  durationMs: number
  stdout: string
  stderr: string
  /** What the log shows for this step, masked. */
  log: string
  /** Every workflow command, in the order of arrival. */
  commands: WorkflowCommand[]
  annotations: Annotation[]
  outputs: Record<string, string>
  /** What it exported to later steps. */
  env: Record<string, string>
  /** Names that it tried to export and that the runner does not take. */
  refusedEnv: string[]
  state: Record<string, string>
  masks: string[]
  /** The folders it put in front of `PATH`. */
  path: string[]
  summary: string
  /** The raw text of the files that it wrote for the runner. */
  files: Record<FileCommand, string>
}

/** A text that left a step, and where it went. */
export interface Bytes {
  /** `step 1 main stdout`, `step 1 main add-mask`, `file HOME/.netrc`. */
  where: string
  /**
   * The part of `where` that says what it is. A secret may stand in `add-mask`, and, if it is delivered there, in `env`
   * and `output`.
   */
  kind: 'stdout' | 'stderr' | 'add-mask' | 'env' | 'output' | 'state' | 'path' | 'summary' | 'file'
  text: string
}

type FileCommand = 'env' | 'output' | 'state' | 'path' | 'summary'

const FILE_COMMANDS: Record<FileCommand, string> = {
  env: 'GITHUB_ENV',
  output: 'GITHUB_OUTPUT',
  state: 'GITHUB_STATE',
  path: 'GITHUB_PATH',
  summary: 'GITHUB_STEP_SUMMARY',
}

/** An action's `runs.post`, waiting for the end of the job. */
interface PostStep {
  name: string
  script: string
  env: Record<string, string>
  state: Record<string, string>
}

interface ActionYml {
  inputs?: Record<string, { default?: unknown } | null>
  runs: { using: string; main: string; post?: string }
}

export class RunnerJob {
  /** Everything of this job lies in here. */
  readonly root: string
  readonly home: string
  readonly temp: string
  readonly workspace: string
  /** What ran so far, in order. */
  readonly steps: StepResult[] = []
  readonly #options: JobOptions
  readonly #masks = new Masks()
  /** The accumulated effect of `GITHUB_ENV` and `GITHUB_PATH`. */
  readonly #exported: Record<string, string> = {}
  #path: string[] = []
  readonly #posts: PostStep[] = []
  /** Files of the runner's own, which an action need not clean up. */
  readonly #ownFiles = new Set<string>()
  #started = 0
  #fileSets = 0

  private constructor(root: string, options: JobOptions) {
    this.root = root
    this.home = join(root, 'home')
    this.temp = join(root, 'work', '_temp')
    this.workspace = join(root, 'work', 'repo', 'repo')
    this.#options = options
    if (options.githubToken) this.#masks.add(options.githubToken)
  }

  /** Makes the job's folders; `cleanup` removes them. */
  static async start(options: JobOptions = {}): Promise<RunnerJob> {
    const job = new RunnerJob(await mkdtemp(join(tmpdir(), 'runner-')), options)
    for (const folder of [job.home, job.#tmp, job.workspace, job.#commandFolder, join(job.temp, '_github_workflow')]) {
      await mkdir(folder, { recursive: true })
    }
    await writeFile(job.#eventPath, JSON.stringify(options.event ?? {}))
    job.#ownFiles.add(job.#eventPath)
    return job
  }

  /** Runs the action's `main` and keeps its `post` for `finish`. */
  async action(options: ActionOptions): Promise<StepResult> {
    const folder = resolve(options.path)
    const { inputs = {}, runs } = await readAction(folder)
    const number = this.#nextStep()
    const given = options.with ?? {}
    const defaults = Object.entries(inputs).map(([name, input]) => [name, this.#expand(String(input?.default ?? ''))])
    const env = {
      ...options.env,
      ...inputVariables(Object.fromEntries(defaults)),
      ...inputVariables(given),
    }
    const unexpected = Object.keys(given).filter(
      (name) => !Object.keys(inputs).some((input) => input.toLowerCase() === name.toLowerCase()),
    )
    const preface = unexpected.length
      ? `Warning: Unexpected input(s) ${quoted(unexpected)}, valid inputs are [${quoted(Object.keys(inputs))}]\n`
      : ''
    const post = runs.post && { name: `step ${number} post`, script: join(folder, runs.post), env, state: {} }
    if (post) this.#posts.push(post)
    const result = await this.#step(`step ${number} main`, [nodePath(), join(folder, runs.main)], env, {
      ...options,
      preface,
    })
    if (post) post.state = result.state
    return result
  }

  /** Runs a later step: a program and its arguments, without a shell. */
  async run(command: string[], options: StepOptions = {}): Promise<StepResult> {
    return this.#step(`step ${this.#nextStep()} run`, command, options.env ?? {}, options)
  }

  /** Ends the job: runs the post steps, last step first, also after a failure. Returns their results. */
  async finish(options: StepOptions = {}): Promise<StepResult[]> {
    const results: StepResult[] = []
    for (let post = this.#posts.pop(); post; post = this.#posts.pop()) {
      const state = Object.entries(post.state).map(([name, value]) => [`STATE_${name}`, value])
      const env = { ...post.env, ...options.env, ...Object.fromEntries(state) }
      results.push(await this.#step(post.name, [nodePath(), post.script], env, options))
    }
    return results
  }

  /** The job's log as a user reads it: commands rendered, debug lines hidden, masked values as `***`. */
  log(): string {
    return this.steps.map((step) => step.log).join('')
  }

  /** What lies in HOME, RUNNER_TEMP, the workspace and the temporary folder, except the runner's own files. */
  async filesLeft(): Promise<{ path: string; text: string }[]> {
    const places: [string, string][] = [
      ['HOME', this.home],
      ['RUNNER_TEMP', this.temp],
      ['GITHUB_WORKSPACE', this.workspace],
      ['TMPDIR', this.#tmp],
    ]
    const found: { path: string; text: string }[] = []
    for (const [name, folder] of places) {
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        const file = join(entry.parentPath, entry.name)
        if (entry.isDirectory() || this.#ownFiles.has(file)) continue
        const text = entry.isFile() ? await readFile(file, 'utf8') : ''
        found.push({ path: `${name}/${relative(folder, file).replaceAll('\\', '/')}`, text })
      }
    }
    return found.sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  /** Every text that left the steps so far, for the search for secrets. */
  async everyByte(): Promise<Bytes[]> {
    const bytes: Bytes[] = []
    for (const step of this.steps) {
      const add = (kind: Bytes['kind'], text: string) => {
        if (text !== '') bytes.push({ where: `${step.name} ${kind}`, kind, text })
      }
      for (const stream of ['stdout', 'stderr'] as const) {
        const [masks, rest] = partition(step[stream].split('\n'), (line) => parseCommand(line)?.name === 'add-mask')
        add('add-mask', masks.join('\n'))
        add(stream, rest.join('\n'))
      }
      for (const kind of Object.keys(FILE_COMMANDS) as FileCommand[]) add(kind, step.files[kind])
    }
    for (const { path, text } of await this.filesLeft()) bytes.push({ where: `file ${path}`, kind: 'file', text })
    return bytes
  }

  /** Removes the job's folders. */
  async cleanup(): Promise<void> {
    await rm(this.root, { recursive: true, force: true, maxRetries: 3 })
  }

  get #tmp(): string {
    return join(this.root, 'tmp')
  }

  get #commandFolder(): string {
    return join(this.temp, '_runner_file_commands')
  }

  get #eventPath(): string {
    return join(this.temp, '_github_workflow', 'event.json')
  }

  #nextStep(): number {
    this.#started += 1
    return this.#started
  }

  /** Replaces `${{ github.… }}` as far as the runner's variables know it; any other expression becomes empty. */
  #expand(text: string): string {
    return text.replace(/\$\{\{\s*([\w.]+)\s*\}\}/g, (_, expression: string) => {
      if (expression === 'github.token') return this.#options.githubToken ?? ''
      const name = expression.replace('.', '_').toUpperCase()
      return this.#runnerEnv()[name] ?? ''
    })
  }

  #runnerEnv(): Record<string, string> {
    return { ...DEFAULT_ENV, ...this.#options.env }
  }

  async #step(
    name: string,
    command: string[],
    stepEnv: Record<string, string>,
    { preface = '', ...options }: StepOptions & { preface?: string },
  ): Promise<StepResult> {
    const files = await this.#commandFiles()
    const path = [...this.#path, process.env.PATH ?? ''].join(delimiter)
    const env: Record<string, string> = {
      ...this.#runnerEnv(),
      ...this.#exported,
      ...stepEnv,
      PATH: path,
      HOME: this.home,
      USERPROFILE: this.home,
      TMPDIR: this.#tmp,
      TEMP: this.#tmp,
      TMP: this.#tmp,
      RUNNER_TEMP: this.temp,
      RUNNER_TOOL_CACHE: join(this.root, 'tools'),
      GITHUB_WORKSPACE: this.workspace,
      GITHUB_EVENT_PATH: this.#eventPath,
      ...Object.fromEntries(Object.entries(FILE_COMMANDS).map(([kind, key]) => [key, files[kind as FileCommand]])),
    }
    if (process.env.SYSTEMROOT !== undefined) env.SYSTEMROOT = process.env.SYSTEMROOT
    if (this.#options.extraCaCerts !== undefined) env.NODE_EXTRA_CA_CERTS = this.#options.extraCaCerts
    Object.assign(env, options.brokenRunner)

    if (options.user !== undefined) await chmod(this.root, 0o755)
    const output = new Output(this.#masks, preface)
    const ended = await execute(command, { env, cwd: this.workspace }, options, output)
    const result = await this.#collect(name, ended, output, files)
    this.steps.push(result)
    return result
  }

  async #commandFiles(): Promise<Record<FileCommand, string>> {
    this.#fileSets += 1
    const files = Object.fromEntries(
      Object.keys(FILE_COMMANDS).map((kind) => [kind, join(this.#commandFolder, `${kind}_${this.#fileSets}`)]),
    ) as Record<FileCommand, string>
    for (const file of Object.values(files)) {
      await writeFile(file, '')
      this.#ownFiles.add(file)
    }
    return files
  }

  /** Reads what the step left for the runner, and lets it act on the later steps. */
  async #collect(name: string, ended: Ended, output: Output, files: Record<FileCommand, string>): Promise<StepResult> {
    const written = { env: '', output: '', state: '', path: '', summary: '' }
    for (const kind of Object.keys(written) as FileCommand[]) {
      written[kind] = existsSync(files[kind]) ? await readFile(files[kind], 'utf8') : ''
    }
    let failed = ended.exitCode !== 0
    const pairs = (kind: FileCommand) => {
      try {
        return parsePairs(written[kind])
      } catch (error) {
        failed = true
        output.issue('error', `Unable to process file command '${kind}' successfully.`)
        output.issue('error', error instanceof Error ? error.message : String(error))
        return []
      }
    }

    const [refused, taken] = partition(pairs('env'), ([key]) => /^(GITHUB_|RUNNER_|NODE_OPTIONS$)/i.test(key))
    for (const [key] of refused) {
      if (/^NODE_OPTIONS$/i.test(key)) {
        output.issue('error', `Can't store ${key} output parameter using '$GITHUB_ENV' command.`)
      }
    }
    Object.assign(this.#exported, Object.fromEntries(taken))
    const outputs = { ...output.legacy('set-output'), ...Object.fromEntries(pairs('output')) }
    const state = { ...output.legacy('save-state'), ...Object.fromEntries(pairs('state')) }
    const path = written.path.split(/\r?\n/).filter((line) => line !== '')
    this.#path = [...path.toReversed(), ...this.#path]

    return {
      name,
      ...ended,
      conclusion: failed ? 'failure' : 'success',
      stdout: output.raw.stdout,
      stderr: output.raw.stderr,
      log: output.log,
      commands: output.commands,
      annotations: output.annotations,
      outputs,
      env: Object.fromEntries(taken),
      refusedEnv: refused.map(([key]) => key),
      state,
      masks: output.commands.filter((command) => command.name === 'add-mask').map((command) => command.message),
      path,
      summary: written.summary,
      files: written,
    }
  }
}

type Ended = Pick<StepResult, 'exitCode' | 'signal' | 'timedOut' | 'durationMs'>

/** Runs the program to its end, or to its kill. Rejects only if it cannot be started. */
async function execute(
  command: string[],
  { env, cwd }: { env: Record<string, string>; cwd: string },
  { timeoutMs = 60_000, user, onStart }: StepOptions,
  output: Output,
): Promise<Ended> {
  const [program = '', ...args] = command
  const startedAt = performance.now()
  const as = user === undefined ? {} : { uid: user, gid: user }
  const child = spawn(program, args, { env, cwd, ...as, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    child.kill('SIGKILL')
  }, timeoutMs)
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => output.write(stream, text))
  }
  try {
    return await new Promise<Ended>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exitCode, signal) => {
        output.end()
        resolve({ exitCode, signal, timedOut, durationMs: performance.now() - startedAt })
      })
      onStart?.(child)
    })
  } finally {
    clearTimeout(timer)
  }
}

async function readAction(folder: string): Promise<ActionYml> {
  const file = ['action.yml', 'action.yaml'].map((name) => join(folder, name)).find((path) => existsSync(path))
  if (!file) throw new Error(`no action.yml in ${folder}`)
  const action = parse(await readFile(file, 'utf8')) as ActionYml
  if (!action.runs.using.startsWith('node')) throw new Error(`${file}: only node actions run here`)
  return action
}

function inputVariables(inputs: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]),
  )
}

/** Node 24, the one that the runner's `node24` stands for. */
function nodePath(): string {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  return join(projectRoot, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
}

function quoted(names: string[]): string {
  return names.map((name) => `'${name}'`).join(', ')
}

function partition<T>(items: T[], belongs: (item: T) => boolean): [T[], T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))]
}
