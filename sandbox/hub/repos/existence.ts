/** Repositories as a whole: creating, listing, describing and deleting them. */
import type { SandboxResponse } from '../../service.ts'
import { accessTo, mayCreateIn } from '../permissions.ts'
import { API_REPO, anonymous, authorize, failure, type HubCall, isResponse, type Route } from '../routes.ts'
import { pointerIn } from './large-files.ts'
import { blobId } from './objects.ts'
import { type Commit, commitAt, createRepo, historyOf, type Repo, type RepoType, repoKey } from './repos.ts'
import { noRevision } from './revision.ts'

export const existenceRoutes: Route[] = [
  { operation: 'create-repo', method: 'POST', path: /^\/api\/repos\/create$/, answer: create },
  { operation: 'delete-repo', method: 'DELETE', path: /^\/api\/repos\/delete$/, answer: remove },
  { operation: 'list-repos', method: 'GET', path: /^\/api\/(?<type>model|dataset|space)s$/, answer: list },
  {
    operation: 'repo-info',
    method: 'GET',
    path: new RegExp(`^${API_REPO}(?:/revision/(?<revision>[^/]+))?$`),
    answer: info,
  },
]

interface NamedBody {
  name: string
  organization?: string | null
  type?: RepoType
}

function create(call: HubCall): SandboxResponse {
  const { token, request } = call
  if (!token) return anonymous()
  const body = JSON.parse(request.body) as NamedBody & { visibility?: 'public' | 'private'; private?: boolean }
  const { name, organization, type = 'model' } = body
  const wanted = { type, name: `${organization ?? token.user.name}/${name}` }
  return createNew(call, { ...wanted, private: body.visibility === 'private' || body.private === true })
}

/** Creates the repository, if the caller may and it does not exist yet. */
export function createNew(call: HubCall, wanted: { type: RepoType; name: string; private: boolean }): SandboxResponse {
  const { token, repos, url } = call
  if (!token) return anonymous()
  const { type, name } = wanted
  const [namespace = ''] = name.split('/')
  if (!mayCreateIn(namespace, token)) {
    return failure(403, `You don't have the rights to create a ${type} under the namespace "${namespace}"`)
  }
  const answer = { url: `${url}/${repoKey(type, name)}`, name }
  if (repos.has(repoKey(type, name))) {
    const refusal = failure(409, `You already created this ${type} repo`)
    return { ...refusal, body: { error: `You already created this ${type} repo`, url: answer.url } }
  }
  const repo = createRepo(repos, {
    ...wanted,
    creator: token.user.name,
    creatorTokenId: token.id,
    ...(token.grant?.kind === 'org' && { creatorClientId: token.grant.clientId }),
  })
  return { status: 200, body: { ...answer, id: repo.id } }
}

function remove(call: HubCall): SandboxResponse {
  const { name, organization, type = 'model' } = JSON.parse(call.request.body) as NamedBody
  const full = organization ? `${organization}/${name}` : name.includes('/') ? name : `${call.token?.user.name}/${name}`
  const repo = authorize({ ...call, params: { type, name: full } }, 'write')
  if (isResponse(repo)) return repo
  call.repos.delete(repoKey(repo.type, repo.name))
  return { status: 200, body: {} }
}

function list({ request, params, repos, token }: HubCall): SandboxResponse {
  const { searchParams } = request.url
  const [author, search = '', limit] = ['author', 'search', 'limit'].map((name) => searchParams.get(name) ?? undefined)
  const found = [...repos.values()].filter(
    (repo) =>
      repo.type === params.type &&
      (author === undefined || repo.namespace === author) &&
      repo.name.includes(search) &&
      accessTo(repo, token) !== 'hidden',
  )
  const shown = found.slice(0, limit === undefined ? found.length : Number(limit))
  return { status: 200, body: shown.map((repo) => describe(repo, repo.commits[0], false)) }
}

function info(call: HubCall): SandboxResponse {
  const repo = authorize(call, 'see')
  if (isResponse(repo)) return repo
  const commit = commitAt(repo, call.params.revision ?? 'main')
  if (!commit) return noRevision(call)
  const blobs = /^(true|1)$/i.test(call.request.url.searchParams.get('blobs') ?? '')
  return { status: 200, body: describe(repo, commit, blobs) }
}

function describe(repo: Repo, commit: Commit, blobs: boolean): object {
  return {
    _id: repo.id,
    id: repo.name,
    ...(repo.type === 'model' && { modelId: repo.name }),
    author: repo.namespace,
    sha: commit.id,
    lastModified: commit.date.toISOString(),
    createdAt: historyOf(commit).at(-1)?.date.toISOString(),
    private: repo.private,
    gated: repo.gated ? 'auto' : false,
    disabled: false,
    downloads: 0,
    likes: 0,
    tags: [],
    siblings: [...commit.files].map(([rfilename, content]) => ({
      rfilename,
      ...(blobs && { blobId: blobId(content), ...fileSize(content) }),
    })),
  }
}

/** The size of a file, and what it points to if git has only a pointer. */
export function fileSize(content: Buffer): { size: number; lfs?: { oid: string; size: number; pointerSize: number } } {
  const pointer = pointerIn(content)
  return pointer ? { size: pointer.size, lfs: { ...pointer, pointerSize: content.length } } : { size: content.length }
}
