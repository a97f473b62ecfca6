/** Buckets: repositories without git. Their content is in Xet storage, which the sandbox plays for other repositories only. */
import type { SandboxResponse } from '../../service.ts'
import { authorize, failure, type HubCall, isResponse, type Route } from '../routes.ts'
import { createNew } from './existence.ts'
import { repoKey } from './repos.ts'

const BUCKET = '^/api/(?<type>bucket)s/(?<name>[^/]+/[^/]+)'
const XET_ONLY = 'The sandbox keeps no content of buckets'

export const bucketRoutes: Route[] = [
  { operation: 'create-bucket', method: 'POST', path: new RegExp(`${BUCKET}$`), answer: create },
  { operation: 'bucket-info', method: 'GET', path: new RegExp(`${BUCKET}$`), answer: info },
  { operation: 'delete-bucket', method: 'DELETE', path: new RegExp(`${BUCKET}$`), answer: remove },
  { operation: 'bucket-tree', method: 'GET', path: new RegExp(`${BUCKET}/tree(?:/.+)?$`), answer: nothing },
  { operation: 'bucket-paths-info', method: 'POST', path: new RegExp(`${BUCKET}/paths-info$`), answer: nothing },
  {
    operation: 'xet-token',
    method: 'GET',
    path: new RegExp(`${BUCKET}/xet-read-token$`),
    answer: (call) => xet(call, 'read'),
  },
  {
    operation: 'xet-token',
    method: 'GET',
    path: new RegExp(`${BUCKET}/xet-write-token$`),
    answer: (call) => xet(call, 'write'),
  },
]

function create(call: HubCall): SandboxResponse {
  const { private: isPrivate = false } = JSON.parse(call.request.body || '{}') as { private?: boolean }
  return createNew(call, { type: 'bucket', name: call.params.name ?? '', private: isPrivate })
}

function info(call: HubCall): SandboxResponse {
  const repo = authorize(call, 'see')
  if (isResponse(repo)) return repo
  const { id, name, commits } = repo
  const createdAt = commits[0].date.toISOString()
  return { status: 200, body: { _id: id, id: name, private: repo.private, createdAt, size: 0, totalFiles: 0 } }
}

function remove(call: HubCall): SandboxResponse {
  const repo = authorize(call, 'write')
  if (isResponse(repo)) return repo
  call.repos.delete(repoKey(repo.type, repo.name))
  return { status: 204 }
}

function nothing(call: HubCall): SandboxResponse {
  const repo = authorize(call, 'read')
  return isResponse(repo) ? repo : { status: 200, body: [] }
}

function xet(call: HubCall, wanted: 'read' | 'write'): SandboxResponse {
  const repo = authorize(call, wanted)
  return isResponse(repo) ? repo : failure(404, XET_ONLY)
}
