/** Branches, tags, pull requests and the commits behind them. */
import type { SandboxResponse } from '../../service.ts'
import { API_REPO, authorize, failure, type HubCall, isResponse, type Route } from '../routes.ts'
import { type Commit, commitAt, historyOf, MAIN, type Repo } from './repos.ts'
import { atRevision, noRevision } from './revision.ts'

export const referenceRoutes: Route[] = [
  { operation: 'refs', method: 'GET', path: new RegExp(`^${API_REPO}/refs$`), answer: refs },
  {
    operation: 'commits',
    method: 'GET',
    path: new RegExp(`^${API_REPO}/commits/(?<revision>[^/]+)$`),
    answer: commits,
  },
  {
    operation: 'create-branch',
    method: 'POST',
    path: new RegExp(`^${API_REPO}/branch/(?<revision>[^/]+)$`),
    answer: createBranch,
  },
  {
    operation: 'delete-branch',
    method: 'DELETE',
    path: new RegExp(`^${API_REPO}/branch/(?<revision>[^/]+)$`),
    answer: (call) => remove(call, 'refs/heads/'),
  },
  {
    operation: 'create-tag',
    method: 'POST',
    path: new RegExp(`^${API_REPO}/tag/(?<revision>[^/]+)$`),
    answer: createTag,
  },
  {
    operation: 'delete-tag',
    method: 'DELETE',
    path: new RegExp(`^${API_REPO}/tag/(?<revision>[^/]+)$`),
    answer: (call) => remove(call, 'refs/tags/'),
  },
]

function refs(call: HubCall): SandboxResponse {
  const repo = authorize(call, 'read')
  if (isResponse(repo)) return repo
  const under = (prefix: string) =>
    [...repo.refs]
      .filter(([ref]) => ref.startsWith(prefix))
      .map(([ref, { id }]) => ({ name: ref.slice(prefix.length), ref, targetCommit: id }))
  const includesPullRequests = /^(true|1)$/i.test(call.request.url.searchParams.get('include_prs') ?? '')
  return {
    status: 200,
    body: {
      branches: under('refs/heads/'),
      tags: under('refs/tags/'),
      converts: under('refs/convert/'),
      ...(includesPullRequests && { pullRequests: under('refs/pr/') }),
    },
  }
}

function commits(call: HubCall): SandboxResponse {
  const found = atRevision(call, 'read')
  if (isResponse(found)) return found
  const { searchParams } = call.request.url
  const limit = Number(searchParams.get('limit') ?? 50)
  const all = historyOf(found.commit)
  const start = Number(searchParams.get('p') ?? 0) * limit
  return {
    status: 200,
    headers: { 'X-Total-Count': String(all.length) },
    body: all.slice(start, start + limit).map(({ id, title, description, author, date }) => ({
      id,
      title,
      message: description,
      authors: [{ user: author }],
      date: date.toISOString(),
    })),
  }
}

function createBranch(call: HubCall): SandboxResponse {
  const { startingPoint = 'main', overwrite = false } = JSON.parse(call.request.body || '{}') as {
    startingPoint?: string
    overwrite?: boolean
  }
  return place(call, { ref: `refs/heads/${call.params.revision}`, at: startingPoint, overwrite })
}

function createTag(call: HubCall): SandboxResponse {
  const { tag } = JSON.parse(call.request.body) as { tag: string }
  return place(call, { ref: `refs/tags/${tag}`, at: call.params.revision ?? 'main', overwrite: false })
}

function place(
  call: HubCall,
  { ref, at, overwrite }: { ref: string; at: string; overwrite: boolean },
): SandboxResponse {
  const repo = authorize(call, 'write')
  if (isResponse(repo)) return repo
  const commit: Commit | undefined = commitAt(repo, at)
  if (!commit) return noRevision({ ...call, params: { ...call.params, revision: at } })
  if (repo.refs.has(ref) && !overwrite) return failure(409, `Reference already exists: ${ref}`)
  repo.refs.set(ref, commit)
  return { status: 200, body: {} }
}

function remove(call: HubCall, prefix: string): SandboxResponse {
  const repo: Repo | SandboxResponse = authorize(call, 'write')
  if (isResponse(repo)) return repo
  const ref = `${prefix}${call.params.revision}`
  if (ref === MAIN) return failure(403, 'The branch main cannot be deleted')
  return repo.refs.delete(ref) ? { status: 200, body: {} } : noRevision(call)
}
