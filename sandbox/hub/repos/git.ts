/** Git over HTTPS: clone, fetch and push, for whom the Hub lets in. */
import type { SandboxResponse } from '../../service.ts'
import { authorize, failure, type HubCall, isResponse, type Route, WEB_REPO } from '../routes.ts'
import type { GitRequest } from './git-backend.ts'

const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="Authentication required"' }

export const gitRoutes: Route[] = [
  {
    operation: 'git-info-refs',
    method: 'GET',
    path: new RegExp(`^${WEB_REPO}(?:\\.git)?/info/refs$`),
    auth: 'basic',
    answer: (call) => serve(call, 'info/refs', call.request.url.searchParams.get('service')),
  },
  ...(['git-upload-pack', 'git-receive-pack'] as const).map(
    (service): Route => ({
      operation: service,
      method: 'POST',
      path: new RegExp(`^${WEB_REPO}(?:\\.git)?/${service}$`),
      auth: 'basic',
      answer: (call) => serve(call, service, service),
    }),
  ),
]

function serve(call: HubCall, what: GitRequest, service: string | null): SandboxResponse | Promise<SandboxResponse> {
  if (service !== 'git-upload-pack' && service !== 'git-receive-pack') {
    return failure(400, 'Only the smart HTTP protocol is supported')
  }
  const repo = authorize(call, service === 'git-receive-pack' ? 'write' : 'read')
  return isResponse(repo) ? challenged(repo) : call.git.serve(repo, what, call.request)
}

/** Asks for credentials, so that git tries again with those it finds. */
export function challenged(response: SandboxResponse): SandboxResponse {
  return response.status === 401 ? { ...response, headers: { ...response.headers, ...CHALLENGE } } : response
}
