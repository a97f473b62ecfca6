/** The revision that a path names. */
import type { SandboxResponse } from '../../service.ts'
import { authorize, failure, type HubCall, isResponse } from '../routes.ts'
import { type Commit, commitAt, type Repo } from './repos.ts'

/** The repository and the commit that the path's revision names; without one, `main`'s newest. */
export function atRevision(call: HubCall, wanted: 'see' | 'read'): { repo: Repo; commit: Commit } | SandboxResponse {
  const repo = authorize(call, wanted)
  if (isResponse(repo)) return repo
  const commit = commitAt(repo, call.params.revision ?? 'main')
  return commit ? { repo, commit } : noRevision(call)
}

export function noRevision({ params }: HubCall): SandboxResponse {
  return failure(404, `Invalid rev id: ${params.revision}`, 'RevisionNotFound')
}
