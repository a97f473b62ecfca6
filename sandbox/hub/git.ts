/** Git over HTTPS: the references of a repository, which is what `git ls-remote` and `git push --dry-run` ask for. */
import type { SandboxResponse } from '../service.ts'
import { authorize, failure, isResponse, type Route, WEB_REPO } from './routes.ts'

const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="Authentication required"' }

export const gitRoutes: Route[] = [
  {
    operation: 'git-info-refs',
    method: 'GET',
    path: new RegExp(`^${WEB_REPO}(?:\\.git)?/info/refs$`),
    auth: 'basic',
    answer: (call) => {
      const service = call.request.url.searchParams.get('service')
      if (service !== 'git-upload-pack' && service !== 'git-receive-pack') {
        return failure(400, 'Only the smart HTTP protocol is supported')
      }
      const repo = authorize(call, service === 'git-receive-pack' ? 'write' : 'read')
      if (isResponse(repo)) return challenged(repo)
      const capabilities =
        service === 'git-upload-pack'
          ? 'multi_ack side-band-64k ofs-delta symref=HEAD:refs/heads/main agent=sandbox'
          : 'report-status delete-refs ofs-delta agent=sandbox'
      const head = repo.commits[0].id
      const refs =
        service === 'git-upload-pack'
          ? packet(`${head} HEAD\0${capabilities}\n`) + packet(`${head} refs/heads/main\n`)
          : packet(`${head} refs/heads/main\0${capabilities}\n`)
      return {
        status: 200,
        headers: { 'Content-Type': `application/x-${service}-advertisement`, 'Cache-Control': 'no-cache' },
        body: `${packet(`# service=${service}\n`)}0000${refs}0000`,
      }
    },
  },
]

/** Asks for credentials, so that git tries again with those it finds. */
export function challenged(response: SandboxResponse): SandboxResponse {
  return response.status === 401 ? { ...response, headers: { ...response.headers, ...CHALLENGE } } : response
}

/** A line of git's protocol: its length in four hexadecimal digits, then itself. */
function packet(line: string): string {
  return (Buffer.byteLength(line) + 4).toString(16).padStart(4, '0') + line
}
