/**
 * Real git behind the sandbox's Hub: `git http-backend` on bare repositories. A repository comes to disk when git first asks for
 * it, with the same ids that it has in memory, and what was pushed is read back.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { deflateSync } from 'node:zlib'
import type { SandboxRequest, SandboxResponse } from '../../service.ts'
import { parseCommit } from './objects.ts'
import { type Commit, historyOf, objectsOf, type Repo } from './repos.ts'

/** The smart protocol's requests, by the end of the path. */
export type GitRequest = 'info/refs' | 'git-upload-pack' | 'git-receive-pack'

interface OnDisk {
  folder: string
  commits: Map<string, Commit>
  objects: Set<string>
  /** The references as both sides last had them. */
  refs: Map<string, string>
}

const MAX_OUTPUT_BYTES = 256 * 1024 * 1024

export class GitBackend {
  #root: Promise<string> | undefined
  readonly #onDisk = new Map<Repo, OnDisk>()
  /** One request at a time for each repository: a push changes both sides. */
  readonly #queues = new Map<Repo, Promise<unknown>>()

  /** Answers one of git's requests; whether the caller may send it has been decided. */
  serve(repo: Repo, what: GitRequest, request: SandboxRequest): Promise<SandboxResponse> {
    const answer = (this.#queues.get(repo) ?? Promise.resolve()).then(() => this.#serve(repo, what, request))
    this.#queues.set(
      repo,
      answer.catch(() => undefined),
    )
    return answer
  }

  /** Removes what is on disk. */
  async close(): Promise<void> {
    await Promise.all(this.#queues.values())
    const root = await this.#root
    if (root !== undefined) await rm(root, { recursive: true, force: true })
  }

  async #serve(repo: Repo, what: GitRequest, request: SandboxRequest): Promise<SandboxResponse> {
    const disk = this.#onDisk.get(repo) ?? (await this.#create(repo))
    await writeOut(repo, disk)
    const answer = await runBackend(disk.folder, what, request)
    if (what === 'git-receive-pack') await readBack(repo, disk)
    return answer
  }

  async #create(repo: Repo): Promise<OnDisk> {
    this.#root ??= mkdtemp(join(tmpdir(), 'sandbox-git-'))
    const folder = join(await this.#root, `${repo.id}.git`)
    await git(folder, ['init', '--quiet', '--bare', '--initial-branch=main', folder])
    for (const [name, value] of Object.entries({ 'http.receivepack': 'true', 'gc.auto': '0' })) {
      await git(folder, ['--git-dir', folder, 'config', name, value])
    }
    const disk = { folder, commits: new Map(), objects: new Set<string>(), refs: new Map() }
    this.#onDisk.set(repo, disk)
    return disk
  }
}

const environment = (folder: string) => ({
  PATH: process.env.PATH,
  HOME: folder,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '',
})

async function git(folder: string, args: readonly string[]): Promise<Buffer> {
  const options = { env: environment(folder), encoding: 'buffer', maxBuffer: MAX_OUTPUT_BYTES } as const
  return (await promisify(execFile)('git', args, options)).stdout
}

/** Runs a program with this input; returns what it printed. Throws if it fails. */
async function feed(args: readonly string[], env: NodeJS.ProcessEnv, input: Buffer): Promise<Buffer> {
  const child = spawn('git', args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const output: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  // It may end before it has read everything; its exit status says whether that was a failure.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (status !== 0) throw new Error(`git ${args.join(' ')} exited with ${status}: ${Buffer.concat(errors).toString()}`)
  return Buffer.concat(output)
}

/** Brings to disk what the API changed. */
async function writeOut(repo: Repo, disk: OnDisk): Promise<void> {
  for (const commit of [...repo.refs.values()].flatMap(historyOf)) {
    if (disk.commits.has(commit.id)) continue
    for (const { id, bytes } of objectsOf(commit)) {
      if (disk.objects.has(id)) continue
      await writeNew(join(disk.folder, 'objects', id.slice(0, 2), id.slice(2)), deflateSync(bytes))
      disk.objects.add(id)
    }
    disk.commits.set(commit.id, commit)
  }
  const lines: string[] = []
  for (const [ref, { id }] of repo.refs) if (disk.refs.get(ref) !== id) lines.push(`update ${ref} ${id}`)
  for (const ref of disk.refs.keys()) if (!repo.refs.has(ref)) lines.push(`delete ${ref}`)
  if (lines.length > 0) {
    const args = ['--git-dir', disk.folder, 'update-ref', '--stdin']
    await feed(args, environment(disk.folder), Buffer.from(`${lines.join('\n')}\n`))
  }
  disk.refs = new Map([...repo.refs].map(([ref, { id }]) => [ref, id]))
}

async function writeNew(path: string, content: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}

/** Takes over what was pushed. */
async function readBack(repo: Repo, disk: OnDisk): Promise<void> {
  const format = '%(refname) %(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)'
  const listed = (await git(disk.folder, ['--git-dir', disk.folder, 'for-each-ref', `--format=${format}`])).toString()
  const refs = listed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' ') as [string, string])
  for (const [, id] of refs) {
    const all = await git(disk.folder, ['--git-dir', disk.folder, 'rev-list', '--topo-order', '--reverse', id])
    for (const commit of all.toString().trim().split('\n')) {
      if (!disk.commits.has(commit)) disk.commits.set(commit, await readCommit(commit, disk))
    }
  }
  repo.refs.clear()
  for (const [ref, id] of refs) {
    const commit = disk.commits.get(id)
    if (commit) repo.refs.set(ref, commit)
  }
  disk.refs = new Map(refs)
}

async function readCommit(id: string, disk: OnDisk): Promise<Commit> {
  const content = await git(disk.folder, ['--git-dir', disk.folder, 'cat-file', 'commit', id])
  const { message, parents, author, date } = parseCommit(content)
  const tree = await git(disk.folder, ['--git-dir', disk.folder, 'ls-tree', '-r', '-z', id])
  const entries = tree
    .toString()
    .split('\0')
    .flatMap((line) => {
      const found = /^(\d+) blob ([0-9a-f]{40})\t(.+)$/s.exec(line)
      return found ? [{ mode: found[1] ?? '', blob: found[2] ?? '', path: found[3] ?? '' }] : []
    })
  const blobs = await readBlobs(
    entries.map(({ blob }) => blob),
    disk,
  )
  const [title = '', ...description] = message.split('\n')
  return {
    id,
    parents: parents.flatMap((parent) => disk.commits.get(parent) ?? []),
    title,
    description: description.join('\n').trim(),
    author,
    date,
    files: new Map(entries.map(({ path, blob }) => [path, blobs.get(blob) ?? Buffer.alloc(0)])),
    modes: new Map(entries.filter(({ mode }) => mode !== '100644').map(({ path, mode }) => [path, mode])),
  }
}

async function readBlobs(ids: readonly string[], { folder }: OnDisk): Promise<Map<string, Buffer>> {
  const args = ['--git-dir', folder, 'cat-file', '--batch']
  const output = await feed(args, environment(folder), Buffer.from(ids.map((id) => `${id}\n`).join('')))
  const blobs = new Map<string, Buffer>()
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf('\n', at)
    const [id = '', , size = '0'] = output.subarray(at, end).toString().split(' ')
    blobs.set(id, output.subarray(end + 1, end + 1 + Number(size)))
    at = end + 2 + Number(size)
  }
  return blobs
}

/** One request over CGI (RFC 3875). */
async function runBackend(folder: string, what: GitRequest, request: SandboxRequest): Promise<SandboxResponse> {
  const { method, url, headers, bytes } = request
  const env = {
    ...environment(folder),
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: `/${what}`,
    QUERY_STRING: url.search.slice(1),
    REQUEST_METHOD: method,
    CONTENT_TYPE: headers['content-type'] ?? '',
    CONTENT_LENGTH: String(bytes.length),
    HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
    GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
    REMOTE_USER: 'hub',
  }
  const output = await feed(['http-backend'], env, bytes)
  const end = output.indexOf('\r\n\r\n')
  const given = new Map(
    output
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  )
  const status = Number.parseInt(given.get('Status') ?? '200', 10)
  given.delete('Status')
  return { status, headers: Object.fromEntries(given), body: output.subarray(end + 4) }
}
