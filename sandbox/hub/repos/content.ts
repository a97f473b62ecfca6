/** Reading over the API: the files of a revision, and their content. */
import type { SandboxResponse } from '../../service.ts'
import { API_REPO, failure, type HubCall, isResponse, type Route, WEB_REPO } from '../routes.ts'
import { fileSize } from './existence.ts'
import { pointerIn } from './large-files.ts'
import { storageUrl } from './lfs.ts'
import { blobId, treesOf } from './objects.ts'
import type { Commit } from './repos.ts'
import { atRevision } from './revision.ts'

export const contentRoutes: Route[] = [
  {
    operation: 'tree',
    method: 'GET',
    path: new RegExp(`^${API_REPO}/tree/(?<revision>[^/]+)(?:/(?<path>.+))?$`),
    answer: tree,
  },
  {
    operation: 'paths-info',
    method: 'POST',
    path: new RegExp(`^${API_REPO}/paths-info/(?<revision>[^/]+)$`),
    answer: pathsInfo,
  },
  {
    operation: 'resolve',
    method: 'GET',
    path: new RegExp(`^${WEB_REPO}/resolve/(?<revision>[^/]+)/(?<path>.+)$`),
    answer: resolve,
  },
]

interface Entry {
  type: 'file' | 'directory'
  oid: string
  size: number
  path: string
}

function entriesOf(commit: Commit): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const [path, content] of commit.files) {
    const names = path.split('/')
    for (let depth = 1; depth < names.length; depth++) {
      const folder = names.slice(0, depth).join('/')
      if (!entries.has(folder)) entries.set(folder, directory(folder, commit))
    }
    entries.set(path, { type: 'file', oid: blobId(content), ...fileSize(content), path })
  }
  return entries
}

function directory(path: string, { files, modes }: Commit): Entry {
  const inside = [...files]
    .filter(([name]) => name.startsWith(`${path}/`))
    .map(([name, content]) => ({
      path: name.slice(path.length + 1),
      mode: modes.get(name) ?? '100644',
      id: blobId(content),
    }))
  return { type: 'directory', oid: treesOf(inside).at(-1)?.id ?? '', size: 0, path }
}

function tree(call: HubCall): SandboxResponse {
  const found = atRevision(call, 'read')
  if (isResponse(found)) return found
  const folder = call.params.path ? `${call.params.path}/` : ''
  const recursive = /^(true|1)$/i.test(call.request.url.searchParams.get('recursive') ?? '')
  const entries = [...entriesOf(found.commit).values()].filter(
    ({ path }) => path.startsWith(folder) && (recursive || !path.slice(folder.length).includes('/')),
  )
  return { status: 200, body: entries }
}

function pathsInfo(call: HubCall): SandboxResponse {
  const found = atRevision(call, 'read')
  if (isResponse(found)) return found
  const isJson = /^application\/json\b/i.test(call.request.headers['content-type'] ?? '')
  const asked = isJson
    ? [(JSON.parse(call.request.body) as { paths: string | string[] }).paths].flat()
    : new URLSearchParams(call.request.body).getAll('paths')
  const entries = entriesOf(found.commit)
  return { status: 200, body: asked.flatMap((path) => entries.get(path.replace(/\/$/, '')) ?? []) }
}

function resolve(call: HubCall): SandboxResponse {
  const found = atRevision(call, 'read')
  if (isResponse(found)) return found
  const { repo, commit } = found
  const headers = { 'X-Repo-Commit': commit.id }
  const content = commit.files.get(call.params.path ?? '')
  if (!content) return failure(404, 'Entry not found', 'EntryNotFound', headers)
  const pointer = pointerIn(content)
  if (pointer) {
    const linked = { 'X-Linked-Size': String(pointer.size), 'X-Linked-ETag': `"${pointer.oid}"` }
    return { status: 302, headers: { ...headers, ...linked, Location: storageUrl(call.url, repo, 'GET', pointer.oid) } }
  }
  return {
    status: 200,
    headers: {
      ...headers,
      ETag: `"${blobId(content)}"`,
      'Content-Type': 'text/plain; charset=utf-8',
      'Accept-Ranges': 'bytes',
    },
    body: content,
  }
}
