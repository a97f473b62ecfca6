/** Git LFS: the batch API, and the storage that its answers link, which asks for no token. Source: git-lfs, docs/api. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { SandboxResponse } from '../../service.ts'
import { authorize, failure, type HubCall, isResponse, type Route, WEB_REPO } from '../routes.ts'
import { challenged } from './git.ts'
import { type Repo, type Repos, repoKey } from './repos.ts'

const LFS = `^${WEB_REPO}(?:\\.git)?/info/lfs/objects`
const STORAGE = /^\/lfs-storage\/(?<id>[0-9a-f]{24})\/(?<oid>[0-9a-f]{64})$/
const MEDIA_TYPE = { 'Content-Type': 'application/vnd.git-lfs+json' }

export const lfsRoutes: Route[] = [
  { operation: 'lfs-batch', method: 'POST', path: new RegExp(`${LFS}/batch$`), auth: 'any', answer: batch },
  { operation: 'lfs-verify', method: 'POST', path: new RegExp(`${LFS}/verify$`), auth: 'any', answer: verify },
  { operation: 'lfs-upload', method: 'PUT', path: STORAGE, auth: 'none', answer: upload },
  { operation: 'lfs-download', method: 'GET', path: STORAGE, auth: 'none', answer: download },
]

interface Batch {
  operation: 'upload' | 'download'
  objects: { oid: string; size: number }[]
}

function batch(call: HubCall): SandboxResponse {
  const { operation, objects } = JSON.parse(call.request.body) as Batch
  const repo = authorize(call, operation === 'upload' ? 'write' : 'read')
  if (isResponse(repo)) return challenged(repo)
  const answers = objects.map(({ oid, size }) => {
    const here = repo.lfs.has(oid)
    if (operation === 'download') {
      return here
        ? { oid, size, authenticated: true, actions: { download: { href: storageUrl(call.url, repo, 'GET', oid) } } }
        : { oid, size, error: { code: 404, message: 'Object does not exist' } }
    }
    if (here) return { oid, size }
    const verifyUrl = `${call.url}/${repoKey(repo.type, repo.name)}.git/info/lfs/objects/verify`
    const { authorization } = call.request.headers
    const actions = {
      upload: { href: storageUrl(call.url, repo, 'PUT', oid) },
      verify: { href: verifyUrl, ...(authorization && { header: { Authorization: authorization } }) },
    }
    return { oid, size, authenticated: true, actions }
  })
  return { status: 200, headers: MEDIA_TYPE, body: { transfer: 'basic', objects: answers, hash_algo: 'sha256' } }
}

function verify(call: HubCall): SandboxResponse {
  const repo = authorize(call, 'write')
  if (isResponse(repo)) return challenged(repo)
  const { oid, size } = JSON.parse(call.request.body) as { oid: string; size: number }
  if (repo.lfs.get(oid)?.length !== size) return failure(404, 'Object does not exist')
  return { status: 200, headers: MEDIA_TYPE, body: {} }
}

function upload(call: HubCall): SandboxResponse {
  const repo = linked(call, 'PUT')
  if (!repo) return failure(403, 'The signature does not match')
  const { bytes } = call.request
  if (createHash('sha256').update(bytes).digest('hex') !== call.params.oid) return failure(400, 'The SHA-256 differs')
  repo.lfs.set(call.params.oid, bytes)
  return { status: 200 }
}

function download(call: HubCall): SandboxResponse {
  const content = linked(call, 'GET')?.lfs.get(call.params.oid ?? '')
  if (!content) return failure(403, 'The signature does not match')
  return {
    status: 200,
    headers: { 'Content-Type': 'application/octet-stream', 'Accept-Ranges': 'bytes' },
    body: content,
  }
}

const key = randomBytes(32)

function signatureOf(method: string, path: string): string {
  return createHmac('sha256', key).update(`${method} ${path}`).digest('hex')
}

/** Where to send an object to, or to get it from, for whoever has the link. */
export function storageUrl(url: string, repo: Repo, method: 'GET' | 'PUT', oid: string): string {
  const path = `/lfs-storage/${repo.id}/${oid}`
  // Another host than the Hub's, as the real storage: clients follow links within the Hub, and ask those again for metadata.
  return `${url.replace('127.0.0.1', 'localhost')}${path}?signature=${signatureOf(method, path)}`
}

/** The repository of a link, if the link is one of ours. */
function linked({ request, params, repos }: HubCall, method: 'GET' | 'PUT'): Repo | undefined {
  const given = Buffer.from(request.url.searchParams.get('signature') ?? '')
  const expected = Buffer.from(signatureOf(method, request.url.pathname))
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return byId(repos, params.id)
}

function byId(repos: Repos, id: string | undefined): Repo | undefined {
  return [...repos.values()].find((repo) => repo.id === id)
}
