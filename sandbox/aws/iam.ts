/** The accounts' side of federation: identity providers, roles, and the sessions that roles were given to. */
import { createHash } from 'node:crypto'
import type { JSONWebKeySet } from 'jose'
import { authorize, type Verdict } from '../../src/aws/policies/evaluate/authorize.ts'
import type { ContextValues } from '../../src/aws/policies/evaluate/context.ts'
import { checkSharedIssuers, isGitHub } from '../../src/aws/policies/evaluate/identity-providers.ts'
import { type AccessRequest, evaluate, type Policy } from '../../src/aws/policies/evaluate/policy.ts'
import type { Caller } from '../../src/aws/policies/evaluate/principals.ts'
import { AccountPolicies } from './account-policies.ts'
import { AwsError } from './error.ts'
import { answering, type PolicyDocument, readPolicy } from './read-policy.ts'

export interface OidcProviderOptions {
  /** Default: the server's account. */
  account?: string
  /** The issuer, e.g. `http://127.0.0.1:1234/_services/token`. */
  issuerUrl: string
  /** The audiences that the provider accepts. */
  clientIds: string[]
  /** The issuer's keys, asked for at every call. A rejection is an issuer whose keys AWS can't fetch. */
  keys: () => JSONWebKeySet | Promise<JSONWebKeySet>
  /** The claims that trust policies can use, e.g. `GITHUB_CLAIMS`. Default: all of them. */
  trustClaims?: readonly string[] | 'all'
  /** AWS takes a trust policy for GitHub's issuer only with a condition on `sub`. Default: by the issuer's name. */
  isGitHub?: boolean
}

export interface OidcProvider extends Required<OidcProviderOptions> {
  arn: string
}

export interface RoleOptions {
  /** `arn:aws:iam::<account>:role/<name>`. */
  arn: string
  trustPolicy: PolicyDocument
  /** What the role may do. Default: nothing. */
  policy?: PolicyDocument
  /** Its permissions boundary. Default: none. */
  boundary?: PolicyDocument
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
  boundary: Policy | undefined
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
  /** Session tags, and the external ID that was given, of a session that another one opened. */
  tags?: Readonly<Record<string, string>>
  externalId?: string | undefined
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
  /** The policies that are no role's. */
  readonly policies = new AccountPolicies()
  /** Whether messages name the policy that denies, as AWS does since January 2026. */
  namesPolicies = false
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
      isGitHub: isGitHub(hostAndPath(options.issuerUrl)),
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
      trustPolicy: this.#readTrustPolicy(options.trustPolicy),
      policy: options.policy === undefined ? NO_POLICY : readPolicy(options.policy, 'identity'),
      boundary: options.boundary === undefined ? undefined : readPolicy(options.boundary, 'boundary'),
      maxSessionSeconds: options.maxSessionSeconds ?? 3600,
    }
    this.#roles.set(role.arn, role)
    return role
  }

  role(arn: string): Role | undefined {
    return this.#roles.get(arn)
  }

  #readTrustPolicy(document: PolicyDocument): Policy {
    const policy = readPolicy(document, 'trust')
    const ofGitHub = [...this.#providers.values()].filter((provider) => provider.isGitHub)
    const isGitHubs = (issuer: string) =>
      isGitHub(issuer) || ofGitHub.some(({ issuerUrl }) => hostAndPath(issuerUrl) === issuer)
    answering(() => checkSharedIssuers(policy, isGitHubs))
    return policy
  }

  /**
   * A secret's policy. Its principals must exist.
   *
   * @throws AwsError `MalformedPolicyDocumentException`. Source: Secrets Manager user guide, ValidateResourcePolicy.
   */
  readResourcePolicy(document: PolicyDocument): Policy {
    const refused = (message: string) => new AwsError('MalformedPolicyDocumentException', message)
    try {
      const policy = readPolicy(document, 'resource')
      const roles = policy.flatMap(({ principals }) => principals?.list ?? [])
      const unknown = roles.some((one) => one.kind === 'AWS' && one.value.includes(':role/') && !this.role(one.value))
      if (!unknown) return policy
    } catch {
      throw refused('This resource policy contains a syntax error.')
    }
    throw refused('This resource policy contains an unsupported principal.')
  }

  /**
   * `undefined` if the role's trust policy lets this identity in. Otherwise the end of AWS's message: empty, except for
   * an organization's refusal.
   */
  distrust(role: Role, provider: OidcProvider, claims: Session['claims'], roleSessionName: string): string | undefined {
    const host = hostAndPath(provider.issuerUrl)
    const context: Record<string, string | string[]> = {
      'sts:RoleSessionName': roleSessionName,
      'aws:FederatedProvider': provider.arn,
    }
    for (const claim of provider.trustClaims === 'all' ? Object.keys(claims) : provider.trustClaims) {
      const value = claims[claim]
      if (value === undefined) continue
      context[`${host}:${claim}`] = Array.isArray(value) ? value.map(String) : String(value)
    }
    const request: AccessRequest = {
      action: 'sts:AssumeRoleWithWebIdentity',
      resource: role.arn,
      caller: { kind: 'federated', provider: provider.arn },
      context,
    }
    const { rcps = [] } = this.policies.between(role.account, role.account)
    if (rcps.some((policy) => evaluate(policy, request) === 'explicit-deny')) {
      return ' with an explicit deny in a resource control policy'
    }
    return evaluate(role.trustPolicy, request) === 'allow' ? undefined : ''
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

  /** What AWS decides, and why. */
  verdict(session: Session, request: SessionRequest, resource: ResourceSide = {}): Verdict {
    const { role } = session
    const account = request.resource.split(':')[4] ?? ''
    const caller: Caller = {
      kind: 'role',
      role: role.arn,
      session: session.arn,
      hasBoundary: role.boundary !== undefined,
    }
    const context = { ...this.#contextOf(session), 'aws:ResourceAccount': account, ...request.context }
    return authorize(
      { ...request, caller, context },
      {
        identity: [role.policy],
        boundary: role.boundary,
        session: session.policy === undefined ? undefined : readPolicy(session.policy, 'session'),
        resource: resource.policy,
        resourceMustAllow: resource.mustAllow ?? false,
        ...this.policies.between(role.account, account),
      },
    )
  }

  /**
   * Lets through who may.
   *
   * @param asked How the caller named the resource.
   * @throws AwsError `AccessDeniedException`, in AWS's words.
   */
  authorize(session: Session, request: SessionRequest, resource: ResourceSide & { asked?: string } = {}): void {
    const verdict = this.verdict(session, request, resource)
    if (verdict.allowed) return
    const asked = resource.asked ?? request.resource
    throw new AwsError(
      'AccessDeniedException',
      `User: ${session.arn} is not authorized to perform: ${request.action} on resource: ${asked} ${verdict.reason}${this.#policyArn(verdict)}`,
    )
  }

  /** The global condition keys of a session's requests. Source: IAM user guide, "AWS global condition context keys". */
  #contextOf({ role, claims, roleSessionName }: Session): ContextValues {
    const issuer = typeof claims.iss === 'string' ? claims.iss : undefined
    const provider = issuer === undefined ? undefined : this.provider(role.account, issuer)
    return {
      'aws:PrincipalArn': role.arn,
      'aws:PrincipalAccount': role.account,
      'aws:PrincipalType': 'AssumedRole',
      'aws:userid': `AROAEXAMPLE:${roleSessionName}`,
      'aws:SecureTransport': 'true',
      'aws:CurrentTime': new Date(this.now()).toISOString(),
      'aws:FederatedProvider': provider?.arn,
      'aws:SourceVpce': this.policies.hasEndpoint ? 'vpce-0123456789abcdef0' : undefined,
    }
  }

  /** Since January 2026, AWS names the policy of the organization that denies. */
  #policyArn(verdict: Verdict): string {
    const kind = verdict.allowed || !verdict.explicit || !this.namesPolicies ? '' : verdict.by
    if (!/^(?:service|resource) control policy$/.test(kind)) return ''
    return `: arn:aws:organizations::${this.account}:policy/o-example/${kind.replaceAll(' ', '_')}/p-example`
  }
}

/** A request of a session. */
export type SessionRequest = AccessRequest & { resource: string }

/** What the resource itself says. */
export interface ResourceSide {
  policy?: Policy | undefined
  /** Nobody may do anything without its consent: KMS keys, roles. */
  mustAllow?: boolean
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
