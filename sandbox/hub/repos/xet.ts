/**
 * Xet storage, as far as uploads need it: what arrives in chunks becomes an object like those of LFS, and is downloaded as
 * one, because no answer of the sandbox names a file's Xet hash.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { SandboxResponse } from '../../service.ts'
import { mayOpenPullRequest } from '../permissions.ts'
import { API_REPO, authorize, failure, type HubCall, isResponse, type Route } from '../routes.ts'
import type { Repo } from './repos.ts'
import { chunksOf, filesOf, hashInPath } from './xet-content.ts'

/** Not `/v2/shards`, which answers with a stream of events: clients then use the first version. */
const XET = '^/xet/v1'
/** Seconds. */
const LIFETIME = 900

export const xetRoutes: Route[] = [
  {
    operation: 'xet-token',
    method: 'GET',
    path: new RegExp(`^${API_REPO}/xet-write-token/(?<revision>[^/]+)$`),
    answer: writeToken,
  },
  {
    operation: 'xet-token',
    method: 'GET',
    path: new RegExp(`^${API_REPO}/xet-read-token/(?<revision>[^/]+)$`),
    answer: noReading,
  },
  {
    operation: 'xet-upload',
    method: 'POST',
    path: new RegExp(`${XET}/xorbs/[^/]+/(?<hash>[0-9a-f]{64})$`),
    auth: 'none',
    answer: xorb,
  },
  { operation: 'xet-upload', method: 'POST', path: new RegExp(`${XET}/shards$`), auth: 'none', answer: shard },
  {
    operation: 'xet-lookup',
    method: 'GET',
    path: new RegExp(`${XET}/(?:chunks|reconstructions)/.+$`),
    auth: 'none',
    answer: () => failure(404, 'Not found'),
  },
]

/** Who may open a pull request may upload for it. */
function writeToken(call: HubCall): SandboxResponse {
  const seen = authorize(call, 'read')
  if (isResponse(seen)) return seen
  const repo = mayOpenPullRequest(seen, call.token) ? seen : authorize(call, 'write')
  if (isResponse(repo)) return repo
  const exp = Math.floor(call.now / 1000) + LIFETIME
  const body = { casUrl: `${call.url}/xet`, exp, accessToken: accessTokenOf(repo) }
  return {
    status: 200,
    headers: {
      'X-Xet-Cas-Url': body.casUrl,
      'X-Xet-Token-Expiration': String(exp),
      'X-Xet-Access-Token': body.accessToken,
    },
    body,
  }
}

function noReading(call: HubCall): SandboxResponse {
  const repo = authorize(call, 'read')
  return isResponse(repo) ? repo : failure(404, 'Files of this repository are not read through Xet')
}

const key = randomBytes(32)
/** What was uploaded to each repository, by the xorb's hash. */
const xorbs = new WeakMap<Repo, Map<string, Buffer[]>>()

function accessTokenOf({ id }: Repo): string {
  return `xet_${id}_${createHmac('sha256', key).update(id).digest('hex')}`
}

function uploader({ request, repos }: HubCall): Repo | undefined {
  const given = request.headers.authorization?.replace(/^Bearer /, '')
  return [...repos.values()].find((repo) => accessTokenOf(repo) === given)
}

function xorb(call: HubCall): SandboxResponse {
  const repo = uploader(call)
  if (!repo) return failure(401, 'The access token is not valid')
  const known = xorbs.get(repo) ?? new Map<string, Buffer[]>()
  xorbs.set(repo, known)
  known.set(hashInPath(call.params.hash ?? ''), chunksOf(call.request.bytes))
  return { status: 200, body: { was_inserted: true } }
}

function shard(call: HubCall): SandboxResponse {
  const repo = uploader(call)
  if (!repo) return failure(401, 'The access token is not valid')
  const known = xorbs.get(repo)
  for (const segments of filesOf(call.request.bytes)) {
    const chunks = segments.flatMap(({ xorb, start, end }) => known?.get(xorb)?.slice(start, end) ?? [])
    const content = Buffer.concat(chunks)
    repo.lfs.set(createHash('sha256').update(content).digest('hex'), content)
  }
  return { status: 200, body: { result: 1 } }
}
