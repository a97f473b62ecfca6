/** `POST /oauth/token`: the Hub's two token exchanges (RFC 8693), of Trusted Publishers and of organizations. */
import { createHmac } from 'node:crypto'
import type { SandboxRequest, SandboxResponse } from '../service.ts'
import type { OAuthApp } from './oauth-apps.ts'
import type { HubCall, Route } from './routes.ts'
import { InvalidGrant, isResource } from './trusted-publishers.ts'

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'
const USER_EMAIL = 'urn:huggingface:token-type:user-email'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
/** Seconds. */
const PUBLISHER_LIFETIME = 3600
const ORGANIZATION_LIFETIME = 28_800

const path = /^\/oauth\/token$/

export const oauthRoutes: Route[] = [
  {
    operation: 'oauth-token (trusted publisher)',
    method: 'POST',
    path,
    matches: isJson,
    auth: 'none',
    answer: trustedPublisher,
  },
  { operation: 'oauth-token (organization)', method: 'POST', path, auth: 'none', answer: organization },
]

async function trustedPublisher(call: HubCall): Promise<SandboxResponse> {
  const { accounts, publishers, publicUrl, now } = call
  const body = parameters(() => Object.entries(JSON.parse(call.request.body) as object))
  const problem = malformed(body, { subject_token_type: ID_TOKEN, required: ['subject_token', 'resource'] })
  if (problem) return refusal(400, 'invalid_request', problem)
  const { resource = '', subject_token: idToken = '' } = body ?? {}
  if (!isResource(resource)) return refusal(400, 'invalid_request', `Invalid resource: ${resource}`)
  try {
    const { grant, user } = await publishers.exchange(idToken, { resource, audience: publicUrl, now })
    const { value } = accounts.mint({
      user: user.name,
      grant,
      authType: 'oauth',
      value: jwtLike(grant.kind === 'repo' ? 'hf_jwt_' : 'hf_oauth_', call, PUBLISHER_LIFETIME, {
        sub: user.id,
        resource,
      }),
      expiresAt: new Date(now + PUBLISHER_LIFETIME * 1000),
    })
    return granted(value, PUBLISHER_LIFETIME)
  } catch (error) {
    if (error instanceof InvalidGrant) return refusal(400, 'invalid_grant', error.message)
    throw error
  }
}

function organization(call: HubCall): SandboxResponse {
  const { request, accounts, apps, now } = call
  const app = apps.authenticate(...basicCredentials(request))
  if (!app) return refusal(401, 'invalid_client', 'Client authentication failed', { 'WWW-Authenticate': 'Basic' })
  const body = parameters(() => new URLSearchParams(request.body))
  const problem = malformed(body, { subject_token_type: USER_EMAIL, required: ['subject_token'] })
  if (problem) return refusal(400, 'invalid_request', problem)
  const { subject_token: email = '', scope } = body ?? {}
  const user = [...accounts.users.values()].find((candidate) => candidate.email === email)
  if (!user?.orgs.some(({ name }) => name === app.org)) {
    return refusal(400, 'invalid_grant', `No member of ${app.org} has this e-mail address`)
  }
  const scopes = grantedScopes(app, scope)
  if (!scopes) return refusal(400, 'invalid_scope', `The app may not ask for the scope: ${scope}`)
  const { value } = accounts.mint({
    user: user.name,
    grant: { kind: 'org', org: app.org, scopes, clientId: app.clientId },
    authType: 'oauth',
    value: jwtLike('hf_oauth_', call, ORGANIZATION_LIFETIME, { sub: user.id, scope: scopes }),
    expiresAt: new Date(now + ORGANIZATION_LIFETIME * 1000),
  })
  return granted(value, ORGANIZATION_LIFETIME, scopes.join(' '))
}

/** All that the app may have when nothing was asked for; `undefined` when it may not have all that was. */
function grantedScopes({ scopes }: OAuthApp, asked: string | undefined): readonly string[] | undefined {
  if (asked === undefined || asked.trim() === '') return scopes
  const wanted = [...new Set(asked.trim().split(/\s+/))]
  return wanted.every((scope) => scopes.includes(scope)) ? wanted : undefined
}

function isJson({ headers }: SandboxRequest): boolean {
  return /^application\/json\b/i.test(headers['content-type'] ?? '')
}

/** The request's parameters that are text; `undefined` if the body cannot be read. */
function parameters(read: () => Iterable<[string, unknown]>): Record<string, string> | undefined {
  try {
    const all = [...read()]
    return Object.fromEntries(all.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  } catch {
    return undefined
  }
}

/** What is wrong with the parameters, if anything. */
function malformed(
  body: Record<string, string> | undefined,
  expected: { subject_token_type: string; required: string[] },
): string | undefined {
  if (!body) return 'The request body cannot be parsed'
  if (body.grant_type !== GRANT_TYPE) return `Unsupported grant_type: ${body.grant_type}`
  if (body.subject_token_type !== expected.subject_token_type) {
    return `Unsupported subject_token_type: ${body.subject_token_type}`
  }
  const missing = expected.required.filter((name) => !body[name])
  return missing.length > 0 ? `Missing parameter: ${missing.join(', ')}` : undefined
}

/** Client id and secret as in RFC 6749, section 2.3.1. */
function basicCredentials({ headers }: SandboxRequest): [string, string] {
  const [scheme = '', credentials = ''] = (headers.authorization ?? '').split(' ')
  if (scheme.toLowerCase() !== 'basic') return ['', '']
  const [id = '', ...secret] = Buffer.from(credentials, 'base64').toString().split(':')
  try {
    return [decodeURIComponent(id), decodeURIComponent(secret.join(':'))]
  } catch {
    return ['', '']
  }
}

/** Looks like a JWT with an Ed25519 signature. Each is another one. */
function jwtLike(prefix: string, { accounts, publicUrl, now }: HubCall, lifetime: number, claims: object): string {
  const iat = Math.floor(now / 1000)
  const body = { ...claims, iat, exp: iat + lifetime, iss: publicUrl, jti: accounts.tokens.size + 1 }
  const input = [{ alg: 'EdDSA' }, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  const signature = createHmac('sha512', 'sandbox').update(input.join('.')).digest('base64url')
  return `${prefix}${[...input, signature].join('.')}`
}

function granted(token: string, lifetime: number, scope?: string): SandboxResponse {
  return {
    status: 200,
    headers: { 'Cache-Control': 'no-store' },
    body: {
      access_token: token,
      token_type: 'bearer',
      expires_in: lifetime,
      issued_token_type: ACCESS_TOKEN,
      ...(scope !== undefined && { scope }),
    },
  }
}

/** An error as in RFC 6749, section 5.2. */
function refusal(
  status: number,
  error: string,
  description: string,
  headers: Record<string, string> = {},
): SandboxResponse {
  return {
    status,
    headers: { 'Cache-Control': 'no-store', ...headers },
    body: { error, error_description: description },
  }
}
