/** The Hub's repositories: what they hold and who created them. */
import { objectId } from '../accounts.ts'
import { blobId, commitObject, type GitObject, gitObject, treesOf } from './objects.ts'

export type RepoType = 'model' | 'dataset' | 'space' | 'kernel' | 'bucket'

export interface Commit {
  /** 40 hexadecimal digits. */
  id: string
  parents: readonly Commit[]
  title: string
  /** What follows the title; empty without a description. */
  description: string
  author: string
  date: Date
  /** Everything in the repository as of this commit, by path. An LFS file is its pointer. */
  files: ReadonlyMap<string, Buffer>
  /** The modes of the files that are not ordinary (`100644`). */
  modes: ReadonlyMap<string, string>
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
  /** The token with which it was created. */
  creatorTokenId?: string
  /** By full name, e.g. `refs/heads/main`; a tag names its commit. */
  readonly refs: Map<string, Commit>
  /** The objects of large files by their SHA-256, in hexadecimal digits. */
  readonly lfs: Map<string, Buffer>
  /** The content of `main`, by path. */
  readonly files: ReadonlyMap<string, Buffer>
  /** The commits of `main`, newest first; never empty. */
  readonly commits: [Commit, ...Commit[]]
}

export interface NewRepo {
  type: RepoType
  name: string
  private?: boolean
  gated?: boolean
  grantedTo?: string[]
  creator?: string
  creatorClientId?: string
  creatorTokenId?: string
  files?: Record<string, string>
}

/** Repositories by `ns/name`, `datasets/ns/name`, `spaces/ns/name`, `kernels/ns/name` or `buckets/ns/name`. */
export type Repos = Map<string, Repo>

export const MAIN = 'refs/heads/main'

/** What a new repository keeps in LFS: some of the patterns that the Hub writes into its `.gitattributes`. */
const LARGE = ['*.bin', '*.h5', '*.npz', '*.onnx', '*.parquet', '*.pt', '*.safetensors', '*.zip', 'saved_model/**/*']
const ATTRIBUTES = LARGE.map((pattern) => `${pattern} filter=lfs diff=lfs merge=lfs -text\n`).join('')

export function repoKey(type: RepoType, name: string): string {
  return type === 'model' ? name : `${type}s/${name}`
}

export function createRepo(repos: Repos, { type, name, files = {}, ...rest }: NewRepo): Repo {
  const content = new Map(
    Object.entries({ '.gitattributes': ATTRIBUTES, ...files }).map(([path, text]) => [path, Buffer.from(text)]),
  )
  const first = newCommit({
    parents: [],
    title: 'initial commit',
    author: rest.creator ?? 'sandbox',
    files: content,
    modes: new Map(),
  })
  const repo: Repo = {
    id: objectId(type, name),
    type,
    name,
    namespace: name.split('/')[0] ?? '',
    private: false,
    gated: false,
    grantedTo: [],
    ...rest,
    refs: new Map([[MAIN, first]]),
    lfs: new Map(),
    get files() {
      return this.commits[0].files
    },
    get commits() {
      return historyOf(this.refs.get(MAIN) ?? first)
    },
  }
  repos.set(repoKey(type, name), repo)
  return repo
}

/** The commit and all that it descends from, newest first. */
export function historyOf(newest: Commit): [Commit, ...Commit[]] {
  const seen: [Commit, ...Commit[]] = [newest]
  for (const commit of seen) seen.push(...commit.parents.filter((parent) => !seen.includes(parent)))
  return seen
}

/** The commit that a revision names: a branch, a tag, a full name (`refs/pr/1`), or the id of a commit. */
export function commitAt(repo: Repo, revision: string): Commit | undefined {
  const ref = refOf(repo, revision)
  if (ref) return repo.refs.get(ref)
  return [...repo.refs.values()].flatMap(historyOf).find(({ id }) => id === revision)
}

/** The full name of the reference that a revision names, if there is one. */
export function refOf(repo: Repo, revision: string): string | undefined {
  return [revision, `refs/heads/${revision}`, `refs/tags/${revision}`].find((name) => repo.refs.has(name))
}

/** A file's change in a commit; no content: the file is deleted. */
export interface Change {
  path: string
  content?: Buffer
}

export interface NewCommit {
  author: string
  title: string
  description?: string
  changes: readonly Change[]
}

/** Commits on top of `parent`, sets the reference to it, and returns the new commit. */
export function commitTo(repo: Repo, ref: string, parent: Commit, { changes, ...rest }: NewCommit): Commit {
  const files = new Map(parent.files)
  for (const { path, content } of changes) {
    if (content) files.set(path, content)
    else files.delete(path)
  }
  const added = newCommit({ ...rest, parents: [parent], files, modes: parent.modes })
  repo.refs.set(ref, added)
  return added
}

/** The objects that git keeps for a commit: its files, its trees, itself. */
export function objectsOf(commit: Omit<Commit, 'id'>): [...GitObject[], GitObject] {
  const blobs = [...commit.files.values()].map((content) => gitObject('blob', content))
  const trees = treesOf(
    [...commit.files].map(([path, content]) => ({
      path,
      mode: commit.modes.get(path) ?? '100644',
      id: blobId(content),
    })),
  )
  const { title, description, author, date } = commit
  const itself = commitObject({
    tree: trees.at(-1)?.id ?? '',
    parents: commit.parents.map(({ id }) => id),
    author,
    date,
    message: description === '' ? title : `${title}\n\n${description}`,
  })
  return [...blobs, ...trees, itself]
}

function newCommit(fields: Omit<Commit, 'id' | 'date' | 'description'> & { description?: string }): Commit {
  const commit = { description: '', ...fields, date: new Date('2026-09-01T08:00:00.000Z') }
  return { ...commit, id: objectsOf(commit).at(-1)?.id ?? '' }
}
