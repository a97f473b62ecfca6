/** What the Hub's endpoints have in common: a route, the call that it answers, and the Hub's form of an error. */
import type { SandboxRequest, SandboxResponse } from '../service.ts'
import type { Accounts, Token } from './accounts.ts'
import type { OAuthApps } from './oauth-apps.ts'
import { accessTo } from './permissions.ts'
import type { GitBackend } from './repos/git-backend.ts'
import { type Repo, type Repos, type RepoType, repoKey } from './repos/repos.ts'
import type { ServiceAccounts } from './service-accounts.ts'
import type { TrustedPublishers } from './trusted-publishers.ts'

/** One endpoint. */
export interface Route {
  /** Its name in the log of calls and for faults. */
  operation: string
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Matches the whole path; its named groups are the call's `params`, URL-decoded. */
  path: RegExp
  /** Whether it is this one, where the path alone does not say. */
  matches?: (request: SandboxRequest) => boolean
  /** How the caller says who it is. Default: `bearer`. `any`: bearer or basic. `none`: the endpoint looks for itself, if at all. */
  auth?: 'bearer' | 'basic' | 'any' | 'none'
  answer(call: HubCall): SandboxResponse | Promise<SandboxResponse>
}

/** A call that was routed and whose token, if it brought one, is alive. */
export interface HubCall {
  request: SandboxRequest
  params: Record<string, string | undefined>
  /** `undefined`: anonymous. */
  token: Token | undefined
  accounts: Accounts
  repos: Repos
  publishers: TrustedPublishers
  apps: OAuthApps
  serviceAccounts: ServiceAccounts
  git: GitBackend
  /** The Hub's own URL, without a slash at the end. */
  url: string
  /** The URL under which clients know the Hub: the audience of ID tokens that are meant for it. */
  publicUrl: string
  /** Milliseconds since 1970. */
  now: number
}

/** The part of an API path that names a repository; its groups are `type` and `name`. */
export const API_REPO = '/api/(?<type>model|dataset|space|kernel)s/(?<name>[^/]+/[^/]+)'

/** The same for web, download and git paths, where a model has no prefix. */
export const WEB_REPO = '/(?:(?<type>dataset|space|kernel)s/)?(?<name>[^/]+/[^/]+?)'

/**
 * The repository that the path names, if the caller may do this with it; otherwise the Hub's refusal: 401 for the
 * anonymous, 403 for a gated repository or a missing right, 404 for what does not exist or is hidden.
 */
export function authorize(call: HubCall, wanted: 'see' | 'read' | 'write'): Repo | SandboxResponse {
  const { params, repos, token } = call
  const repo = repos.get(repoKey((params.type ?? 'model') as RepoType, params.name ?? ''))
  const access = repo ? accessTo(repo, token) : 'hidden'
  if (!repo || access === 'hidden') return token ? failure(404, 'Repository not found', 'RepoNotFound') : anonymous()
  if (wanted === 'see') return repo
  if (access === 'gated') {
    return token
      ? failure(
          403,
          `Access to ${repo.type} ${repo.name} is restricted and you are not in the authorized list.`,
          'GatedRepo',
        )
      : failure(401, `Access to ${repo.type} ${repo.name} is restricted. You must have access to it.`, 'GatedRepo')
  }
  if (wanted === 'write' && access !== 'write') {
    return token ? failure(403, 'You do not have the required permissions for this repository') : anonymous()
  }
  return repo
}

/** Tells a refusal from what was asked for. */
export function isResponse(value: object): value is SandboxResponse {
  return 'status' in value
}

/** The 401 for a call without a token. */
export function anonymous(): SandboxResponse {
  return failure(401, 'Invalid username or password.')
}

/** An error as the Hub gives it: in the body and, for clients that do not read bodies, in headers. */
export function failure(
  status: number,
  message: string,
  code?: string,
  headers: Record<string, string> = {},
): SandboxResponse {
  return {
    status,
    headers: { ...(code && { 'X-Error-Code': code }), 'X-Error-Message': message, ...headers },
    body: { error: message },
  }
}
