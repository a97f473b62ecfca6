/** Uploading over the API: what a file must be uploaded as, and the commit, also as a pull request. */
import type { SandboxResponse } from '../../service.ts'
import { mayOpenPullRequest } from '../permissions.ts'
import { API_REPO, authorize, failure, type HubCall, isResponse, type Route } from '../routes.ts'
import { isIgnored, isLarge, pointerTo, settingsIn } from './large-files.ts'
import { blobId } from './objects.ts'
import { type Change, type Commit, commitAt, commitTo, type Repo, refOf, repoKey } from './repos.ts'
import { noRevision } from './revision.ts'

export const changeRoutes: Route[] = [
  {
    operation: 'validate-yaml',
    method: 'POST',
    path: /^\/api\/validate-yaml$/,
    answer: () => ({ status: 200, body: { errors: [], warnings: [] } }),
  },
  {
    operation: 'preupload',
    method: 'POST',
    path: new RegExp(`^${API_REPO}/preupload/(?<revision>[^/]+)$`),
    answer: preupload,
  },
  { operation: 'commit', method: 'POST', path: new RegExp(`^${API_REPO}/commit/(?<revision>[^/]+)$`), answer: commit },
]

interface Target {
  repo: Repo
  parent: Commit
  /** The reference that the commit sets. */
  ref: string
  /** The number of the pull request that the commit opens. */
  pullRequest?: number
}

/** Where a commit goes, if the caller may commit there. A pull request needs no right to write. */
function target(call: HubCall): Target | SandboxResponse {
  const { revision = 'main' } = call.params
  const opens = call.request.url.searchParams.has('create_pr')
  const repo = authorize(call, opens ? 'read' : 'write')
  if (isResponse(repo)) return repo
  if (opens && !mayOpenPullRequest(repo, call.token)) {
    return failure(403, 'You do not have the required permissions to open a pull request on this repository')
  }
  const parent = commitAt(repo, revision)
  if (!parent) return noRevision(call)
  if (opens) {
    const pullRequest = [...repo.refs.keys()].filter((name) => name.startsWith('refs/pr/')).length + 1
    return { repo, parent, ref: `refs/pr/${pullRequest}`, pullRequest }
  }
  const ref = refOf(repo, revision)
  return ref && !ref.startsWith('refs/tags/') ? { repo, parent, ref } : noRevision(call)
}

interface Preupload {
  files: { path: string; size: number; sample: string }[]
  gitAttributes?: string
  gitIgnore?: string
}

function preupload(call: HubCall): SandboxResponse {
  const found = target(call)
  if (isResponse(found)) return found
  const { parent } = found
  const body = JSON.parse(call.request.body) as Preupload
  const attributes = body.gitAttributes ?? settingsIn(parent, '.gitattributes')
  const ignore = body.gitIgnore ?? settingsIn(parent, '.gitignore')
  return {
    status: 200,
    body: {
      commitOid: parent.id,
      files: body.files.map(({ path, size, sample }) => {
        const content = parent.files.get(path)
        return {
          path,
          uploadMode: isLarge({ path, size, sample: Buffer.from(sample, 'base64') }, attributes) ? 'lfs' : 'regular',
          shouldIgnore: isIgnored(path, ignore),
          ...(content && { oid: blobId(content) }),
        }
      }),
    },
  }
}

/** One line of a commit's body. */
type CommitLine =
  | { key: 'header'; value: { summary: string; description?: string; parentCommit?: string } }
  | { key: 'file'; value: { path: string; content: string; encoding: 'base64' | 'utf-8' } }
  | { key: 'lfsFile'; value: { path: string; algo: 'sha256'; oid: string } }
  | { key: 'deletedFile' | 'deletedFolder'; value: { path: string } }

function commit(call: HubCall): SandboxResponse {
  const found = target(call)
  if (isResponse(found)) return found
  const { repo, parent, ref, pullRequest } = found
  let title = ''
  let description = ''
  const changes: Change[] = []
  for (const text of call.request.body.split('\n').filter((line) => line !== '')) {
    const line = JSON.parse(text) as CommitLine
    if (line.key === 'header') {
      title = line.value.summary
      description = line.value.description ?? ''
      if (line.value.parentCommit !== undefined && line.value.parentCommit !== parent.id) {
        return failure(412, 'A commit has happened since. Please refresh and try again.')
      }
      continue
    }
    const changed = changesOf(line, found)
    if (isResponse(changed)) return changed
    changes.push(...changed)
  }
  const { id } = commitTo(repo, ref, parent, { author: call.token?.user.name ?? '', title, description, changes })
  const page = `${call.url}/${repoKey(repo.type, repo.name)}`
  return {
    status: 200,
    body: {
      success: true,
      commitOid: id,
      commitUrl: `${page}/commit/${id}`,
      hookOutput: '',
      ...(pullRequest !== undefined && { pullRequestUrl: `${page}/discussions/${pullRequest}` }),
    },
  }
}

function changesOf(
  { key, value }: Exclude<CommitLine, { key: 'header' }>,
  { repo, parent }: Target,
): Change[] | SandboxResponse {
  const { path } = value
  switch (key) {
    case 'file':
      return [{ path, content: Buffer.from(value.content, value.encoding) }]
    case 'lfsFile': {
      const object = repo.lfs.get(value.oid)
      if (!object) return failure(400, `The LFS object of ${path} was not uploaded`)
      return [{ path, content: pointerTo({ oid: value.oid, size: object.length }) }]
    }
    case 'deletedFile':
      return [{ path }]
    case 'deletedFolder': {
      const folder = `${path.replace(/\/$/, '')}/`
      return [...parent.files.keys()].filter((name) => name.startsWith(folder)).map((name) => ({ path: name }))
    }
  }
}
