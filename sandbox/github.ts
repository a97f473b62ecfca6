/** GitHub's side of OIDC on loopback: an issuer with its keys, and the endpoint that gives jobs their ID tokens. */
import type { JSONWebKeySet } from 'jose'
import { Job, type JobOptions } from './github/job.ts'
import { githubKey, KeyRing } from './github/keys.ts'
import { type SandboxRequest, type SandboxResponse, Service } from './service.ts'

export type { Claims, SubjectFormat } from './github/claims.ts'
export { Job, type JobOptions, type Mint } from './github/job.ts'
export type { Signer } from './github/keys.ts'

const OWN_ISSUER_PATH = '/_services/token'
const ID_TOKEN_PATH = /^\/_apis\/pipelines\/.+\/idtoken$/
const CLAIMS_SUPPORTED =
  'sub aud exp iat iss jti nbf ref sha repository repository_id repository_owner repository_owner_id run_id run_number run_attempt actor actor_id workflow workflow_ref workflow_sha head_ref base_ref event_name ref_type ref_protected environment environment_node_id job_workflow_ref job_workflow_sha repository_visibility runner_environment enterprise enterprise_id check_run_id'

/**
 * A GitHub Enterprise Server, reduced to OIDC. Operations: `openid-configuration`, `jwks`, `id-token`.
 *
 * Simpler than GitHub: it has no API, all of its issuers share their keys, and both subject formats are available.
 */
export class GitHub {
  readonly service: Service
  /** The server's clock, in milliseconds since 1970; ID tokens are issued by it. */
  now: () => number = Date.now
  readonly #keys: KeyRing
  readonly #issuerPaths = new Set([OWN_ISSUER_PATH])
  readonly #jobs: Job[] = []

  private constructor(keys: KeyRing) {
    this.#keys = keys
    this.service = new Service('github', {
      operation: (request) => this.#operation(request),
      handle: (operation, request) => this.#handle(operation, request),
      now: () => this.now(),
    })
  }

  /** Listens on loopback, with a fresh key. `port` 0 (default) takes a free one. */
  static async start(options: { port?: number } = {}): Promise<GitHub> {
    const github = new GitHub(await KeyRing.create('RS256', await githubKey()))
    await github.service.listen(options.port)
    return github
  }

  close(): Promise<void> {
    return this.service.close()
  }

  /** The value of GITHUB_SERVER_URL. */
  get serverUrl(): string {
    return this.service.url
  }

  /** The server's own issuer: `<server>/_services/token`. */
  get issuer(): string {
    return this.serverUrl + OWN_ISSUER_PATH
  }

  /** Adds an issuer, for example an enterprise's own, `/_services/token/acme-enterprise`. Returns its URL. */
  addIssuer(path: string): string {
    this.#issuerPaths.add(path)
    return this.serverUrl + path
  }

  /** The published keys, without a call to the server. */
  jwks(): JSONWebKeySet {
    return this.#keys.jwks
  }

  /** Signs with a new key from now on. With `retire`, the old one is no longer published. */
  rotateKeys(options: { retire?: boolean } = {}): Promise<void> {
    return this.#keys.rotate(options.retire === true)
  }

  /** A job whose runner may ask for ID tokens, as far as the event and its permissions let it. */
  startJob(options: JobOptions = {}): Job {
    const server = { url: this.serverUrl, issuer: this.issuer, now: () => this.now() }
    const job = new Job(server, this.#jobs.length + 1, options)
    this.#jobs.push(job)
    return job
  }

  #operation({ method, url }: SandboxRequest): string {
    if (method !== 'GET') return 'unknown'
    if (ID_TOKEN_PATH.test(url.pathname)) return 'id-token'
    for (const path of this.#issuerPaths) {
      if (url.pathname === `${path}/.well-known/openid-configuration`) return 'openid-configuration'
      if (url.pathname === `${path}/.well-known/jwks`) return 'jwks'
    }
    return 'unknown'
  }

  #handle(operation: string, request: SandboxRequest): SandboxResponse | Promise<SandboxResponse> {
    switch (operation) {
      case 'openid-configuration':
        return this.#discovery(this.serverUrl + request.url.pathname.replace('/.well-known/openid-configuration', ''))
      case 'jwks':
        return { status: 200, body: this.#keys.jwks }
      case 'id-token':
        return this.#idToken(request)
      default:
        return { status: 404, body: { message: 'Not Found' } }
    }
  }

  #discovery(issuer: string): SandboxResponse {
    return {
      status: 200,
      body: {
        issuer,
        jwks_uri: `${issuer}/.well-known/jwks`,
        subject_types_supported: ['public', 'pairwise'],
        response_types_supported: ['id_token'],
        claims_supported: CLAIMS_SUPPORTED.split(' '),
        id_token_signing_alg_values_supported: ['RS256'],
        scopes_supported: ['openid'],
      },
    }
  }

  async #idToken({ url, headers }: SandboxRequest): Promise<SandboxResponse> {
    const job = this.#jobs.find(
      (candidate) =>
        candidate.idTokenRequestToken !== '' &&
        headers.authorization === `Bearer ${candidate.idTokenRequestToken}` &&
        new URL(candidate.idTokenRequestUrl).pathname === url.pathname,
    )
    if (!job) return { status: 401, body: { message: 'The request token is not valid for this job.' } }
    // A client that drops the query of the request URL gets its token all the same.
    const version = url.searchParams.get('api-version')
    if (version !== null && version !== '2.0') {
      return { status: 400, body: { message: 'The api-version of the request is not supported.' } }
    }
    const value = await job.issue(url.searchParams.get('audience') || job.ownerUrl, this.#keys.current)
    return { status: 200, body: { count: value.length, value } }
  }
}
