/** Taking tokens back: everywhere, by anybody who holds one, or from one organization, by its admin. */
import type { SandboxResponse } from '../service.ts'
import { mayInOrg } from './permissions.ts'
import { anonymous, failure, type HubCall, type Route } from './routes.ts'

export const revokeRoutes: Route[] = [
  { operation: 'revoke', method: 'POST', path: /^\/api\/credentials\/revoke$/, auth: 'none', answer: revoke },
  {
    operation: 'revoke-in-org',
    method: 'POST',
    path: /^\/api\/organizations\/(?<org>[^/]+)\/settings\/tokens\/revoke$/,
    answer: revokeInOrg,
  },
]

/** 202 whether there is such a token or not, and an e-mail if there is; only a body of another shape is a 400. */
function revoke({ request, accounts }: HubCall): SandboxResponse {
  const { credentials } = body(request.body)
  if (!Array.isArray(credentials)) return failure(400, '"credentials" must be an array')
  for (const value of credentials) if (typeof value === 'string') accounts.report(value)
  return { status: 202 }
}

function revokeInOrg({ request, accounts, params, token }: HubCall): SandboxResponse {
  if (!token) return anonymous()
  const { org = '' } = params
  if (!accounts.orgs.has(org)) return failure(404, 'Organization not found')
  if (!mayInOrg(org, token, ['org.write'])) return failure(403, `Forbidden: the token lacks org.write on ${org}`)
  const { token: value } = body(request.body)
  const target = typeof value === 'string' ? accounts.alive(value) : undefined
  if (!target) return failure(404, 'Token not found')
  target.cutOffFrom.add(org)
  return { status: 200, body: { success: true } }
}

function body(text: string): Record<string, unknown> {
  const json: unknown = JSON.parse(text)
  return typeof json === 'object' && json !== null ? { ...json } : {}
}
