/** The Hub's repositories: what they hold and who made them. */
import { createHash } from 'node:crypto'
import { objectId } from './accounts.ts'

export type RepoType = 'model' | 'dataset' | 'space'

export interface Commit {
  /** 40 hexadecimal digits. */
  id: string
  title: string
  author: string
  date: Date
  /** Everything in the repository as of this commit, by path. */
  files: ReadonlyMap<string, Buffer>
}

export interface Repo {
  id: string
  type: RepoType
  /** `namespace/name` */
  name: string
  namespace: string
  private: boolean
  gated: boolean
  /** The users whose request for a gated repository was accepted. */
  grantedTo: string[]
  /** Who created it, if it was created over the API. */
  creator?: string
  /** The OAuth app through which it was created. */
  creatorClientId?: string
  /** The content of `main`, by path. */
  readonly files: ReadonlyMap<string, Buffer>
  /** The commits of `main`, newest first; never empty. */
  commits: [Commit, ...Commit[]]
}

export interface NewRepo {
  type: RepoType
  name: string
  private?: boolean
  gated?: boolean
  grantedTo?: string[]
  creator?: string
  creatorClientId?: string
  files?: Record<string, string>
}

/** Repositories by `ns/name`, `datasets/ns/name` or `spaces/ns/name`. */
export type Repos = Map<string, Repo>

export function repoKey(type: RepoType, name: string): string {
  return type === 'model' ? name : `${type}s/${name}`
}

export function createRepo(repos: Repos, { type, name, files = {}, ...rest }: NewRepo): Repo {
  const content = new Map(
    Object.entries({ '.gitattributes': '*.safetensors filter=lfs diff=lfs merge=lfs -text\n', ...files }).map(
      ([path, text]) => [path, Buffer.from(text)],
    ),
  )
  const first = commit(`${type} ${name}`, 'initial commit', rest.creator ?? 'sandbox', content)
  const repo: Repo = {
    id: objectId(type, name),
    type,
    name,
    namespace: name.split('/')[0] ?? '',
    private: false,
    gated: false,
    grantedTo: [],
    ...rest,
    commits: [first],
    get files() {
      return this.commits[0].files
    },
  }
  repos.set(repoKey(type, name), repo)
  return repo
}

/** A file's change in a commit; no content: the file is deleted. */
export interface Change {
  path: string
  content?: Buffer
}

/** Commits to `main` and returns the new commit. */
export function commitTo(repo: Repo, author: string, title: string, changes: Change[]): Commit {
  const files = new Map(repo.files)
  const hash = createHash('sha1').update(repo.commits[0].id)
  for (const { path, content } of changes) {
    if (content) files.set(path, content)
    else files.delete(path)
    hash.update(`\0${path}\0`).update(content ?? '')
  }
  const added = commit(hash.digest('hex'), title, author, files)
  repo.commits = [added, ...repo.commits]
  return added
}

/** The id git gives a file of this content. */
export function blobId(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
}

function commit(seed: string, title: string, author: string, files: ReadonlyMap<string, Buffer>): Commit {
  const id = createHash('sha1').update(seed).digest('hex')
  return { id, title, author, date: new Date('2026-09-01T08:00:00.000Z'), files }
}
