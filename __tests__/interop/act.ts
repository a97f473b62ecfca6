/** Runs a workflow under `act`, in host mode: another runner, with its own reading of `action.yml` and of the commands. */
import { execFile, spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../../sandbox/root.ts'
import { goTool } from '../../scripts/interop/paths.ts'

const LIMIT_MS = 90_000

export interface ActRun {
  exitCode: number | null
  /** Everything that `act` printed, masked as it masks. */
  log: string
  /** Files that `act` and the job left behind. */
  left: { where: string; text: string }[]
}

export interface ActOptions {
  /** The text of `.github/workflows/publish.yml`. */
  workflow: string
  /** The job's variables. */
  env: Record<string, string>
  /** Other actions that the workflow uses: `owner/name` (`@v1`) or `owner/name@commit`, and its files. */
  actions?: Record<string, Record<string, string>>
  /** Files and folders of this project that the repository has too. */
  files?: readonly string[]
  /** `runs-on` of the one job that runs. Default: `ubuntu-latest`. */
  platform?: string
  /** Further arguments. */
  args?: readonly string[]
  limitMs?: number
}

/** Pushes to a new repository that has this workflow. `org/hf-oidc-action@v1` is this checkout. */
export async function push(options: ActOptions): Promise<ActRun> {
  const { workflow, env, actions = {}, files = [], platform = 'ubuntu-latest', args: more = [], limitMs } = options
  const root = await mkdtemp(join(tmpdir(), 'act-'))
  try {
    const repository = join(root, 'repository')
    for (const path of files) await cp(join(projectRoot, path), join(repository, path), { recursive: true })
    await write(join(repository, '.github', 'workflows'), { 'publish.yml': workflow })
    await commit(repository)

    // What a runner downloads: the rest of the checkout is of no use to it.
    const action = join(root, 'actions', 'hf-oidc-action')
    for (const part of ['action.yml', 'rotate', 'dist'])
      await cp(join(projectRoot, part), join(action, part), { recursive: true })
    const folders = new Map([['org/hf-oidc-action@v1', action]])
    for (const [name, contents] of Object.entries(actions)) {
      const folder = join(root, 'actions', name.replace('/', '-'))
      await write(folder, contents)
      folders.set(name.includes('@') ? name : `${name}@v1`, folder)
    }

    const variables = join(root, 'variables')
    await write(root, {
      variables: Object.entries(env)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    })
    const args = [
      'push',
      ...['--platform', `${platform}=-self-hosted`],
      ...[...folders].flatMap(([name, folder]) => ['--local-repository', `${name}=${folder}`]),
      ...['--env-file', variables],
      '--action-offline-mode',
      '--no-cache-server',
      ...more,
    ]
    const ended = await act(args, { cwd: repository, root, limitMs })
    await rm(variables)
    return { ...ended, left: await filesIn(root) }
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Runs `act` with a home of its own, and this Node as the runner's `node24`. */
async function act(
  args: string[],
  { cwd, root, limitMs = LIMIT_MS }: { cwd: string; root: string; limitMs?: number | undefined },
): Promise<Pick<ActRun, 'exitCode' | 'log'>> {
  const [home, temporary] = [join(root, 'home'), join(root, 'tmp')]
  for (const folder of [home, temporary]) await mkdir(folder)
  const child = spawn(goTool('act'), args, {
    cwd,
    env: {
      PATH: [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter),
      HOME: home,
      TMPDIR: temporary,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text
    })
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve)
    })
    return { exitCode, log }
  } finally {
    clearTimeout(timer)
  }
}

/** `act` reads the repository's name, the branch and the commit from git. */
async function commit(repository: string): Promise<void> {
  const env = { ...process.env, GIT_CONFIG_NOSYSTEM: '1', HOME: repository }
  const git = (...args: string[]) => promisify(execFile)('git', args, { cwd: repository, env })
  await git('init', '--quiet', '--initial-branch', 'main')
  await git('remote', 'add', 'origin', 'https://github.com/octo-org/octo-repo.git')
  await git('add', '--all')
  await git('-c', 'user.name=Mona', '-c', 'user.email=mona@example.com', 'commit', '--quiet', '--message', 'Publish')
}

async function write(folder: string, files: Record<string, string>): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
}

async function filesIn(folder: string): Promise<ActRun['left']> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map(async (file) => ({ where: relative(folder, file), text: await readFile(file, 'utf8') })),
  )
}
