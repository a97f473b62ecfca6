/** Other issuers of ID tokens than GitHub, each in the shape of a real one, on loopback. */
import { randomUUID } from 'node:crypto'
import type { JSONWebKeySet } from 'jose'
import type { Claims } from './github/claims.ts'
import type { Mint } from './github/job.ts'
import { type Algorithm, KeyRing } from './github/keys.ts'
import { type SandboxRequest, type SandboxResponse, Service } from './service.ts'

export interface IssuerOptions {
  /** 0 (default) takes a free one. */
  port?: number
  /** Default `RS256`. */
  alg?: Algorithm
  /** Default: `acme`; for Kubernetes, two audiences of which `acme` is the second. */
  audience?: string | string[]
}

/** What makes one kind of issuer unlike another. */
interface Shape {
  /** The issuer's path below its host. */
  path: string
  /** Where its keys are, below its host. */
  jwksPath: string
  /** `exp` − `iat`, in seconds. */
  lifetime: number
  audience: string | string[]
  claims: Claims
}

/**
 * One issuer with its discovery document and keys. Operations: `openid-configuration`, `jwks`.
 *
 * Simpler than the real ones: who asks for a token, and how, is left out; {@link issue} makes it.
 */
export class OtherIssuer {
  readonly service: Service
  /** Every token that was issued, in order. */
  readonly issued: string[] = []
  readonly #shape: Shape
  readonly #keys: KeyRing

  private constructor(shape: Shape, keys: KeyRing) {
    this.#shape = shape
    this.#keys = keys
    this.service = new Service('issuer', {
      operation: (request) => this.#operation(request),
      handle: (operation) => this.#handle(operation),
    })
  }

  /** An Okta authorization server: access tokens of a service app, with `cid` and `scp`. */
  static okta(options: IssuerOptions = {}): Promise<OtherIssuer> {
    return OtherIssuer.#start(options, OKTA)
  }

  /** GitLab's CI/CD: ID tokens of a job on `main`. */
  static gitlab(options: IssuerOptions = {}): Promise<OtherIssuer> {
    return OtherIssuer.#start(options, GITLAB)
  }

  /** A Kubernetes cluster: projected service account tokens, with several audiences. */
  static kubernetes(options: IssuerOptions = {}): Promise<OtherIssuer> {
    return OtherIssuer.#start(options, KUBERNETES)
  }

  /** CircleCI: an issuer for each organization. */
  static circleci(options: IssuerOptions = {}): Promise<OtherIssuer> {
    return OtherIssuer.#start(options, CIRCLECI)
  }

  /** Buildkite: the one whose keys are where GitHub's are, at `/.well-known/jwks`. */
  static buildkite(options: IssuerOptions = {}): Promise<OtherIssuer> {
    return OtherIssuer.#start(options, BUILDKITE)
  }

  static async #start({ port, alg, audience }: IssuerOptions, shape: Shape): Promise<OtherIssuer> {
    const issuer = new OtherIssuer(audience === undefined ? shape : { ...shape, audience }, await KeyRing.create(alg))
    await issuer.service.listen(port)
    return issuer
  }

  close(): Promise<void> {
    return this.service.close()
  }

  /** `iss` of its tokens. */
  get issuer(): string {
    return this.service.url + this.#shape.path
  }

  /** The published keys, without a call to the server. */
  jwks(): JSONWebKeySet {
    return this.#keys.jwks
  }

  /** Signs with a new key from now on. With `retire`, the old one is no longer published. */
  rotateKeys(options: { retire?: boolean } = {}): Promise<void> {
    return this.#keys.rotate(options.retire === true)
  }

  /** A token that is issued now. `overrides` adds claims or replaces them; `undefined` removes one. */
  async issue(overrides: Claims = {}, mint: Mint = (claims, signer) => signer.sign(claims)): Promise<string> {
    const { audience, lifetime, claims } = this.#shape
    const iat = Math.floor(Date.now() / 1000)
    const registered = { iss: this.issuer, aud: audience, iat, nbf: iat, exp: iat + lifetime, jti: randomUUID() }
    const all = Object.entries({ ...registered, ...claims, ...overrides })
    const token = await mint(Object.fromEntries(all.filter(([, value]) => value !== undefined)), this.#keys.current)
    this.issued.push(token)
    return token
  }

  #operation({ method, url }: SandboxRequest): string {
    if (method !== 'GET') return 'unknown'
    if (url.pathname === `${this.#shape.path}/.well-known/openid-configuration`) return 'openid-configuration'
    return url.pathname === this.#shape.jwksPath ? 'jwks' : 'unknown'
  }

  #handle(operation: string): SandboxResponse {
    if (operation === 'jwks') return { status: 200, body: this.#keys.jwks }
    if (operation !== 'openid-configuration') return { status: 404, body: { error: 'Not Found' } }
    return {
      status: 200,
      body: {
        issuer: this.issuer,
        jwks_uri: this.service.url + this.#shape.jwksPath,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: [this.#keys.current.algorithm],
      },
    }
  }
}

const ORG = 'acme'
const SHA = '4f2d8c1a6b7e903d5c8f1e2a7b6d4c3f0a9e8b71'

const OKTA: Shape = {
  path: '/oauth2/aus1a2b3c4d5e6f7g8h9',
  jwksPath: '/oauth2/aus1a2b3c4d5e6f7g8h9/v1/keys',
  lifetime: 3600,
  audience: ORG,
  claims: {
    ver: 1,
    jti: 'AT.6gqfTnKZ8yXw0oUeFQkzB3rDvMhLsJ1pCtNaYbWi2Ec',
    nbf: undefined,
    cid: '0oa1b2c3d4e5f6g7h8i9',
    scp: ['huggingface.write'],
    // A service app has no user, and so no uid.
    sub: '0oa1b2c3d4e5f6g7h8i9',
  },
}

const GITLAB: Shape = {
  path: '',
  jwksPath: '/oauth/discovery/keys',
  lifetime: 300,
  audience: ORG,
  claims: {
    sub: 'project_path:octo-org/octo-repo:ref_type:branch:ref:main',
    namespace_id: '72',
    namespace_path: 'octo-org',
    project_id: '20',
    project_path: 'octo-org/octo-repo',
    project_visibility: 'private',
    user_id: '1',
    user_login: 'octocat',
    user_email: 'octocat@example.com',
    user_access_level: 'developer',
    pipeline_id: '574',
    pipeline_source: 'push',
    job_id: '302',
    ref: 'main',
    ref_type: 'branch',
    ref_path: 'refs/heads/main',
    ref_protected: 'true',
    environment: 'production',
    environment_protected: 'true',
    deployment_tier: 'production',
    runner_id: 1,
    runner_environment: 'gitlab-hosted',
    sha: SHA,
    ci_config_ref_uri: 'gitlab.example.com/octo-org/octo-repo//.gitlab-ci.yml@refs/heads/main',
    ci_config_sha: SHA,
  },
}

const KUBERNETES: Shape = {
  path: '',
  jwksPath: '/openid/v1/jwks',
  lifetime: 3600,
  audience: ['https://kubernetes.default.svc', ORG],
  claims: {
    sub: 'system:serviceaccount:ml:publisher',
    'kubernetes.io': {
      namespace: 'ml',
      node: { name: 'node-1', uid: 'b6c1f0a2-7d3e-4f5b-8a90-1c2d3e4f5a6b' },
      pod: { name: 'publish-7c9d8', uid: '5b0e7c1d-2f3a-4b6c-9d8e-0f1a2b3c4d5e' },
      serviceaccount: { name: 'publisher', uid: '8e1d2c3b-4a5f-4061-b728-39405a6b7c8d' },
    },
  },
}

const CIRCLECI_ORG = '3f1c2b4a-5d6e-4f70-8192-a3b4c5d6e7f8'
const CIRCLECI_PROJECT = 'c0ffee00-1234-4567-89ab-cdef01234567'

const CIRCLECI: Shape = {
  path: `/org/${CIRCLECI_ORG}`,
  jwksPath: `/org/${CIRCLECI_ORG}/.well-known/jwks-pub.json`,
  lifetime: 3600,
  audience: ORG,
  claims: {
    sub: `org/${CIRCLECI_ORG}/project/${CIRCLECI_PROJECT}/user/0d9c8b7a-6f5e-4d3c-a2b1-0f9e8d7c6b5a`,
    nbf: undefined,
    jti: undefined,
    'oidc.circleci.com/project-id': CIRCLECI_PROJECT,
    'oidc.circleci.com/context-ids': [],
    'oidc.circleci.com/vcs-origin': 'github.com/octo-org/octo-repo',
    'oidc.circleci.com/vcs-ref': 'refs/heads/main',
  },
}

const BUILDKITE: Shape = {
  path: '',
  jwksPath: '/.well-known/jwks',
  lifetime: 300,
  audience: ORG,
  claims: {
    sub: `organization:octo-org:pipeline:octo-repo:ref:refs/heads/main:commit:${SHA}:step:publish`,
    jti: undefined,
    organization_slug: 'octo-org',
    pipeline_slug: 'octo-repo',
    build_number: 41,
    build_branch: 'main',
    build_tag: null,
    build_commit: SHA,
    step_key: 'publish',
    job_id: '0184990a-477b-4fa8-9968-496074483cee',
    agent_id: '0184990a-4782-42b5-afc1-16715b10b8ff',
  },
}
