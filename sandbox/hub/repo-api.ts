/** The endpoints that `huggingface_hub` and `hf` call to create a repository, to commit to it, to list it and to download from it. */
import type { SandboxResponse } from '../service.ts'
import { mayCreateIn } from './permissions.ts'
import { blobId, type Change, type Commit, commitTo, createRepo, type Repo, type RepoType, repoKey } from './repos.ts'
import { API_REPO, anonymous, authorize, failure, type HubCall, isResponse, type Route, WEB_REPO } from './routes.ts'

export const repoRoutes: Route[] = [
  { operation: 'create-repo', method: 'POST', path: /^\/api\/repos\/create$/, answer: create },
  { operation: 'validate-yaml', method: 'POST', path: /^\/api\/validate-yaml$/, answer: validateYaml },
  {
    operation: 'preupload',
    method: 'POST',
    path: new RegExp(`^${API_REPO}/preupload/(?<revision>[^/]+)$`),
    answer: preupload,
  },
  { operation: 'commit', method: 'POST', path: new RegExp(`^${API_REPO}/commit/(?<revision>[^/]+)$`), answer: commit },
  {
    operation: 'repo-info',
    method: 'GET',
    path: new RegExp(`^${API_REPO}(?:/revision/(?<revision>[^/]+))?$`),
    answer: info,
  },
  {
    operation: 'tree',
    method: 'GET',
    path: new RegExp(`^${API_REPO}/tree/(?<revision>[^/]+)(?:/(?<path>.+))?$`),
    answer: tree,
  },
  {
    operation: 'resolve',
    method: 'GET',
    path: new RegExp(`^${WEB_REPO}/resolve/(?<revision>[^/]+)/(?<path>.+)$`),
    answer: resolve,
  },
]

function create(call: HubCall): SandboxResponse {
  const { token, repos, request, url } = call
  if (!token) return anonymous()
  const { name, organization, type = 'model', visibility } = JSON.parse(request.body) as CreateBody
  const namespace = organization ?? token.user.name
  const id = `${namespace}/${name}`
  if (!mayCreateIn(namespace, token)) {
    return failure(403, `You don't have the rights to create a ${type} under the namespace "${namespace}"`)
  }
  const answer = { url: `${url}/${repoKey(type, id)}`, name: id }
  if (repos.has(repoKey(type, id))) {
    const refusal = failure(409, `You already created this ${type} repo`)
    return { ...refusal, body: { error: `You already created this ${type} repo`, url: answer.url } }
  }
  const repo = createRepo(repos, {
    type,
    name: id,
    private: visibility === 'private',
    creator: token.user.name,
    ...(token.grant?.kind === 'org' && { creatorClientId: token.grant.clientId }),
  })
  return { status: 200, body: { ...answer, id: repo.id } }
}

interface CreateBody {
  name: string
  organization?: string | null
  type?: RepoType
  visibility?: 'public' | 'private'
}

function validateYaml(): SandboxResponse {
  return { status: 200, body: { errors: [], warnings: [] } }
}

function preupload(call: HubCall): SandboxResponse {
  const target = writable(call)
  if (isResponse(target)) return target
  const { files } = JSON.parse(call.request.body) as { files: { path: string }[] }
  return {
    status: 200,
    body: {
      commitOid: target.commits[0].id,
      files: files.map(({ path }) => {
        const content = target.files.get(path)
        return { path, uploadMode: 'regular', shouldIgnore: false, ...(content && { oid: blobId(content) }) }
      }),
    },
  }
}

/** One line of a commit's body. */
type CommitLine =
  | { key: 'header'; value: { summary: string; description?: string; parentCommit?: string } }
  | { key: 'file'; value: { path: string; content: string; encoding: 'base64' | 'utf-8' } }
  | { key: 'deletedFile'; value: { path: string } }
  | { key: 'lfsFile' | 'deletedFolder'; value: { path: string } }

function commit(call: HubCall): SandboxResponse {
  const repo = writable(call)
  if (isResponse(repo)) return repo
  let title = ''
  const changes: Change[] = []
  for (const text of call.request.body.split('\n').filter((line) => line !== '')) {
    const { key, value } = JSON.parse(text) as CommitLine
    if (key === 'header') {
      title = value.summary
      if (value.parentCommit !== undefined && value.parentCommit !== repo.commits[0].id) {
        return failure(412, 'A commit has happened since. Please refresh and try again.')
      }
    } else if (key === 'file') {
      changes.push({ path: value.path, content: Buffer.from(value.content, value.encoding) })
    } else if (key === 'deletedFile') {
      changes.push({ path: value.path })
    } else {
      return failure(400, `The sandbox does not know how to commit ${key}`)
    }
  }
  const { id } = commitTo(repo, call.token?.user.name ?? '', title, changes)
  return {
    status: 200,
    body: {
      success: true,
      commitOid: id,
      commitUrl: `${call.url}/${repoKey(repo.type, repo.name)}/commit/${id}`,
      hookOutput: '',
    },
  }
}

function info(call: HubCall): SandboxResponse {
  const found = atRevision(call, 'see')
  if (isResponse(found)) return found
  const { repo, commit } = found
  return {
    status: 200,
    body: {
      _id: repo.id,
      id: repo.name,
      ...(repo.type === 'model' && { modelId: repo.name }),
      author: repo.namespace,
      sha: commit.id,
      lastModified: commit.date.toISOString(),
      createdAt: repo.commits.at(-1)?.date.toISOString(),
      private: repo.private,
      gated: repo.gated ? 'auto' : false,
      disabled: false,
      downloads: 0,
      likes: 0,
      tags: [],
      siblings: [...commit.files.keys()].map((rfilename) => ({ rfilename })),
    },
  }
}

function tree(call: HubCall): SandboxResponse {
  const found = atRevision(call, 'read')
  if (isResponse(found)) return found
  const folder = call.params.path ? `${call.params.path}/` : ''
  const recursive = /^(true|1)$/i.test(call.request.url.searchParams.get('recursive') ?? '')
  const entries = new Map<string, object>()
  for (const [path, content] of found.commit.files) {
    if (!path.startsWith(folder)) continue
    const names = path.slice(folder.length).split('/')
    for (let depth = 1; depth < names.length && (recursive || depth === 1); depth++) {
      const directory = folder + names.slice(0, depth).join('/')
      entries.set(directory, { type: 'directory', oid: blobId(Buffer.from(directory)), size: 0, path: directory })
    }
    if (recursive || names.length === 1) {
      entries.set(path, { type: 'file', oid: blobId(content), size: content.length, path })
    }
  }
  return { status: 200, body: [...entries.values()] }
}

function resolve(call: HubCall): SandboxResponse {
  const found = atRevision(call, 'read')
  if (isResponse(found)) return found
  const { commit } = found
  const headers = { 'X-Repo-Commit': commit.id }
  const content = commit.files.get(call.params.path ?? '')
  if (!content) return failure(404, 'Entry not found', 'EntryNotFound', headers)
  return {
    status: 200,
    headers: {
      ...headers,
      ETag: `"${blobId(content)}"`,
      'Content-Type': 'text/plain; charset=utf-8',
      'Accept-Ranges': 'bytes',
    },
    body: content.toString('utf8'),
  }
}

/** The repository, if the caller may commit to its `main`. */
function writable(call: HubCall): Repo | SandboxResponse {
  const repo = authorize(call, 'write')
  if (isResponse(repo)) return repo
  if (call.request.url.searchParams.has('create_pr')) return failure(400, 'The sandbox has no pull requests')
  return call.params.revision === 'main' ? repo : noRevision(call)
}

/** The repository and one of its commits: `main`'s newest, or the one whose id the path gives. */
function atRevision(call: HubCall, wanted: 'see' | 'read'): { repo: Repo; commit: Commit } | SandboxResponse {
  const repo = authorize(call, wanted)
  if (isResponse(repo)) return repo
  const { revision = 'main' } = call.params
  const commit = revision === 'main' ? repo.commits[0] : repo.commits.find(({ id }) => id === revision)
  return commit ? { repo, commit } : noRevision(call)
}

function noRevision({ params }: HubCall): SandboxResponse {
  return failure(404, `Invalid rev id: ${params.revision}`, 'RevisionNotFound')
}
