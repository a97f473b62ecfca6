/** The accounts' side of federation: identity providers, roles, and the sessions that roles were given to. */
import { createHash } from 'node:crypto'
import type { JSONWebKeySet } from 'jose'
import { type AccessRequest, evaluate, type Policy } from '../../src/aws/policies/evaluate/policy.ts'
import { AwsError } from './error.ts'
import { readPolicy } from './read-policy.ts'

/** The claims of GitHub's that STS is known to evaluate in a trust policy, for a provider that is to be just as narrow. */
export const TRUST_CLAIMS: readonly string[] = [
  'aud',
  'sub',
  'actor',
  'actor_id',
  'job_workflow_ref',
  'repository',
  'repository_id',
  'workflow',
  'ref',
  'environment',
  'enterprise_id',
]

export interface OidcProviderOptions {
  /** Default: the server's account. */
  account?: string
  /** The issuer, e.g. `http://127.0.0.1:1234/_services/token`. */
  issuerUrl: string
  /** The audiences that the provider accepts. */
  clientIds: string[]
  /** The issuer's keys, asked for at every call. A rejection is an issuer whose keys AWS can't fetch. */
  keys: () => JSONWebKeySet | Promise<JSONWebKeySet>
  /** The claims that trust policies can use, e.g. {@link TRUST_CLAIMS}. Default: all of them. */
  trustClaims?: readonly string[] | 'all'
}

export interface OidcProvider extends Required<OidcProviderOptions> {
  arn: string
}

export interface RoleOptions {
  /** `arn:aws:iam::<account>:role/<name>`. */
  arn: string
  trustPolicy: string | object
  /** What the role may do. Default: nothing. */
  policy?: string | object
  /** Default 3600. */
  maxSessionSeconds?: number
}

export interface Role {
  arn: string
  account: string
  /** Without its path. */
  name: string
  trustPolicy: Policy
  policy: Policy
  maxSessionSeconds: number
}

/** The keys of a session: what must not leak. */
export interface SessionCredentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string
  expiration: Date
}

/** A role that was assumed: what was asked for, and what came of it. */
export interface Session {
  role: Role
  roleArn: string
  roleSessionName: string
  durationSeconds: number
  /** The session policy as it was sent. */
  policy: string | undefined
  /** The ID token's claims. */
  claims: Readonly<Record<string, unknown>>
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session>`. */
  arn: string
  credentials: SessionCredentials
}

/** What an {@link Iam} needs of the server that it is in. */
export interface IamServer {
  /** Makes this server's credentials unlike those of another. */
  seed: () => string
  now: () => number
}

const NO_POLICY: Policy = []

export class Iam {
  readonly account: string
  readonly sessions: Session[] = []
  readonly #providers = new Map<string, OidcProvider>()
  readonly #roles = new Map<string, Role>()
  readonly #server: IamServer

  constructor(account: string, server: IamServer) {
    this.account = account
    this.#server = server
  }

  /** AWS's clock, in milliseconds since 1970. */
  now(): number {
    return this.#server.now()
  }

  addOidcProvider(options: OidcProviderOptions): OidcProvider {
    const account = options.account ?? this.account
    const provider: OidcProvider = {
      trustClaims: 'all',
      ...options,
      account,
      arn: providerArn(account, options.issuerUrl),
    }
    this.#providers.set(provider.arn, provider)
    return provider
  }

  provider(account: string, issuer: string): OidcProvider | undefined {
    const provider = this.#providers.get(providerArn(account, issuer))
    return provider?.issuerUrl === issuer ? provider : undefined
  }

  addRole(options: RoleOptions): Role {
    const [, account = '', path = ''] = /^arn:aws:iam::(\d{12}):role\/(.+)$/.exec(options.arn) ?? []
    if (account === '') throw new AwsError('ValidationError', `${options.arn} is invalid`)
    const role: Role = {
      arn: options.arn,
      account,
      name: path.slice(path.lastIndexOf('/') + 1),
      trustPolicy: readPolicy(options.trustPolicy, 'trust'),
      policy: options.policy === undefined ? NO_POLICY : readPolicy(options.policy, 'identity'),
      maxSessionSeconds: options.maxSessionSeconds ?? 3600,
    }
    this.#roles.set(role.arn, role)
    return role
  }

  role(arn: string): Role | undefined {
    return this.#roles.get(arn)
  }

  /** Whether the role's trust policy lets this identity in. */
  trusts(role: Role, provider: OidcProvider, claims: Session['claims'], roleSessionName: string): boolean {
    const context: Record<string, string | string[]> = { 'sts:RoleSessionName': roleSessionName }
    for (const claim of provider.trustClaims === 'all' ? Object.keys(claims) : provider.trustClaims) {
      const value = claims[claim]
      if (value === undefined) continue
      context[`${hostAndPath(provider.issuerUrl)}:${claim}`] = Array.isArray(value) ? value.map(String) : String(value)
    }
    const request = { action: 'sts:AssumeRoleWithWebIdentity', federated: provider.arn, context }
    return evaluate(role.trustPolicy, request) === 'allow'
  }

  /** Opens a session and gives it credentials. */
  open(session: Omit<Session, 'arn' | 'credentials' | 'roleArn'>): Session {
    const { role, roleSessionName, durationSeconds } = session
    const number = this.sessions.length + 1
    const random = (name: string) => createHash('sha512').update(`${name} ${number} ${this.#server.seed()}`).digest()
    const opened: Session = {
      ...session,
      roleArn: role.arn,
      arn: `arn:aws:sts::${role.account}:assumed-role/${role.name}/${roleSessionName}`,
      credentials: {
        accessKeyId: `ASIA${upperAlphanumeric(random('access key')).slice(0, 16)}`,
        secretAccessKey: random('secret key').toString('base64').slice(0, 40),
        sessionToken: `IQoJb3JpZ2luX2Vj${Buffer.concat(['a', 'b', 'c', 'd'].map(random)).toString('base64')}`,
        expiration: new Date(Math.floor(this.now() / 1000 + durationSeconds) * 1000),
      },
    }
    this.sessions.push(opened)
    return opened
  }

  /** The open or ended session whose access key this is. */
  session(accessKeyId: string): Session | undefined {
    return this.sessions.find((session) => session.credentials.accessKeyId === accessKeyId)
  }

  /** `undefined` if the session may: its role's policy and its own policy both allow it. Otherwise why not, in AWS's words. */
  refusal(session: Session, request: AccessRequest): string | undefined {
    const policies: [string, Policy][] = [['identity-based', session.role.policy]]
    if (session.policy !== undefined) policies.push(['session', readPolicy(session.policy, 'session')])
    const decisions = policies.map(([name, policy]) => ({ name, decision: evaluate(policy, request) }))
    const denied = decisions.find(({ decision }) => decision === 'explicit-deny')
    if (denied) return `with an explicit deny in ${denied.name === 'session' ? 'a' : 'an'} ${denied.name} policy`
    const silent = decisions.find(({ decision }) => decision === 'implicit-deny')
    return silent && `because no ${silent.name} policy allows the ${request.action} action`
  }

  /**
   * Lets through who may, in the own account only: nothing here has a policy that lets in another one.
   *
   * @param asked How the caller named the resource.
   * @throws AwsError `AccessDeniedException`, in AWS's words.
   */
  authorize(session: Session, request: AccessRequest & { resource: string }, asked = request.resource): void {
    const { action, resource } = request
    const refusal =
      this.refusal(session, request) ??
      (resource.split(':')[4] === session.role.account
        ? undefined
        : `because no resource-based policy allows the ${action} action`)
    if (refusal === undefined) return
    throw new AwsError(
      'AccessDeniedException',
      `User: ${session.arn} is not authorized to perform: ${action} on resource: ${asked} ${refusal}`,
    )
  }
}

/** An issuer as IAM writes it in ARNs and condition keys: without scheme; a loopback issuer keeps its port. */
export function hostAndPath(issuerUrl: string): string {
  return issuerUrl.replace(/^https?:\/\//, '')
}

function providerArn(account: string, issuerUrl: string): string {
  return `arn:aws:iam::${account}:oidc-provider/${hostAndPath(issuerUrl)}`
}

function upperAlphanumeric(bytes: Uint8Array): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  return Array.from(bytes, (byte) => alphabet.charAt(byte % alphabet.length)).join('')
}
