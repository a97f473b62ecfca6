/** AWS on loopback: one server that is STS, Secrets Manager and ECS, with the accounts behind them. */
import type { AccountPolicies } from './aws/account-policies.ts'
import { jsonError, jsonResponse, stsError, xmlResponse } from './aws/answers.ts'
import { Ecs } from './aws/ecs.ts'
import { type DeploymentEnd, type EcsService, EcsStore, type ServiceOptions } from './aws/ecs-store.ts'
import { AwsError } from './aws/error.ts'
import { Iam, type OidcProviderOptions, type RoleOptions, type Session, type SessionCredentials } from './aws/iam.ts'
import { type JsonService, parseInput } from './aws/json-service.ts'
import type { PolicyDocument } from './aws/read-policy.ts'
import {
  type Secret,
  type SecretOptions,
  SecretStore,
  type SecretVersion,
  type VersionOptions,
} from './aws/secret-store.ts'
import { SecretsManager } from './aws/secrets-manager.ts'
import { authenticate } from './aws/sigv4.ts'
import { assumeRole, assumeRoleWithWebIdentity, callerIdentity } from './aws/sts.ts'
import { type SandboxRequest, type SandboxResponse, Service } from './service.ts'
import { FixedWindow } from './window.ts'

export { ecsError, secretsManagerError, stsError } from './aws/answers.ts'
export type { Deployment, DeploymentEnd, EcsService, ServiceOptions } from './aws/ecs-store.ts'
export { AwsError } from './aws/error.ts'
export type {
  OidcProviderOptions,
  RoleOptions,
  Session,
  SessionCredentials,
} from './aws/iam.ts'
export type { Secret, SecretOptions, SecretVersion, VersionOptions } from './aws/secret-store.ts'

export interface AwsOptions {
  /** 0 (default) takes a free one. */
  port?: number
  /** The account of what is added without one. Default `111122223333`. */
  account?: string
  /** The region of what is added without one. Default `us-east-1`. */
  region?: string
}

/**
 * The SDK's clients work against it with `AWS_ENDPOINT_URL`. Operations: `AssumeRoleWithWebIdentity`, `AssumeRole`,
 * `GetCallerIdentity`,
 * `GetSecretValue`, `DescribeSecret`, `PutSecretValue`, `UpdateSecretVersionStage`; `DescribeServices`, `UpdateService`,
 * `ListTasks`, `DescribeTasks`.
 *
 * Simpler than AWS: one server is every region that has something in it, changes are visible at once, and the only
 * partition is `aws`. For throttling and outages see {@link Service.inject}, with {@link stsError},
 * {@link secretsManagerError} and {@link ecsError} as answers.
 */
export class Aws {
  readonly service: Service
  readonly account: string
  readonly region: string
  /** AWS's clock, in milliseconds since 1970; ID tokens, sessions and signatures are checked by it. */
  now: () => number = Date.now
  /** How many calls of STS are let through a second; the rest is throttled. */
  stsPerSecond = Number.POSITIVE_INFINITY
  #stsWindow: FixedWindow | undefined
  readonly #regions: Set<string>
  readonly #iam: Iam
  readonly #secrets = new SecretStore(() => this.now())
  readonly #ecs: EcsStore
  readonly #services: readonly JsonService[]

  private constructor(options: AwsOptions) {
    this.account = options.account ?? '111122223333'
    this.region = options.region ?? 'us-east-1'
    this.#regions = new Set([this.region])
    const now = () => this.now()
    this.service = new Service('aws', { operation, handle: (_, request) => this.#handle(request), now })
    this.#iam = new Iam(this.account, { seed: () => this.service.url, now })
    this.#ecs = new EcsStore({ now, currentVersion: (secret) => this.#currentVersion(secret) })
    this.#services = [new SecretsManager(this.#iam, this.#secrets), new Ecs(this.#iam, this.#ecs)]
  }

  /** Listens on loopback. */
  static async start(options: AwsOptions = {}): Promise<Aws> {
    const aws = new Aws(options)
    await aws.service.listen(options.port)
    return aws
  }

  close(): Promise<void> {
    return this.service.close()
  }

  /** The value of AWS_ENDPOINT_URL. */
  get url(): string {
    return this.service.url
  }

  /** Adds or replaces an account's provider for an issuer. Returns the provider's ARN, for `Principal.Federated`. */
  addOidcProvider(options: OidcProviderOptions): string {
    return this.#iam.addOidcProvider(options).arn
  }

  /**
   * Adds or replaces a role. Returns its ARN.
   *
   * @throws AwsError `MalformedPolicyDocument`, also for a policy element that the sandbox does not know.
   */
  addRole(options: RoleOptions): string {
    return this.#iam.addRole(options).arn
  }

  /** Returns the secret's ARN: the name with a `-` and six characters that depend on the name only. */
  addSecret(options: SecretOptions): string {
    const place = { region: options.region ?? this.region, account: options.account ?? this.account }
    this.#regions.add(place.region)
    return this.#secrets.add({ ...options, ...place }).arn
  }

  /** The secret with this name (in the server's own region and account) or ARN, as it is now. */
  secret(nameOrArn: string): Secret {
    const [, , , region = this.region, account = this.account] = nameOrArn.startsWith('arn:')
      ? nameOrArn.split(':')
      : []
    const secret = this.#secrets.find(nameOrArn, { region, account })
    if (!secret) throw new Error(`The sandbox has no secret ${nameOrArn}`)
    return secret
  }

  /** Adds a version. Its staging labels move to it; when that is `AWSCURRENT`, the last one becomes `AWSPREVIOUS`. */
  putVersion(nameOrArn: string, version: VersionOptions): SecretVersion {
    return this.#secrets.put(this.secret(nameOrArn), version)
  }

  /**
   * Gives a secret its resource policy; `undefined` removes it.
   *
   * @throws AwsError `MalformedPolicyDocumentException`, also for a role that does not exist.
   */
  putResourcePolicy(nameOrArn: string, document: PolicyDocument | undefined): void {
    const secret = this.secret(nameOrArn)
    secret.policy = document === undefined ? undefined : this.#iam.readResourcePolicy(document)
  }

  /** The policies that no role and no secret holds: of KMS keys, of the organization, of the VPC endpoint. */
  get policies(): AccountPolicies {
    return this.#iam.policies
  }

  /** Whether messages name the policy of the organization that denies, as AWS does since January 2026. Default: no. */
  set namesPolicies(value: boolean) {
    this.#iam.namesPolicies = value
  }

  /** From now on, using the secret fails with `InvalidRequestException`. */
  markForDeletion(nameOrArn: string): void {
    this.secret(nameOrArn).deletedAt = new Date(this.now())
  }

  /** Replicates a secret to another region. Returns the replica's ARN. */
  replicate(nameOrArn: string, region: string): string {
    this.#regions.add(region)
    return this.#secrets.replicate(this.secret(nameOrArn), region).arn
  }

  /**
   * Lets AWS begin a rotation of the secret, as it does before it calls the rotation's function: `AWSPENDING` goes to
   * a version without a value, which `PutSecretValue` with this `ClientRequestToken` gives its value.
   */
  beginRotation(nameOrArn: string, versionId: string): SecretVersion {
    return this.#secrets.beginRotation(this.secret(nameOrArn), versionId)
  }

  /** Adds a service whose first deployment is complete, and its cluster. Returns its ARN. */
  addService(options: ServiceOptions): string {
    const place = { region: options.region ?? this.region, account: this.account }
    this.#regions.add(place.region)
    return this.#ecs.add({ ...options, ...place }).arn
  }

  /** The service as it is now; of the server's own region, if there are several. */
  ecsService(cluster: string, name: string, region = this.region): EcsService {
    const service = this.#ecs.find({ cluster, name, region, account: this.account })
    if (!service) throw new Error(`The sandbox has no service ${cluster}/${name}`)
    return service
  }

  /**
   * How the deployments that begin from now on end, and in the answer to which `DescribeServices` after their beginning.
   *
   * @param afterCalls Default 2; for `slow`, never.
   */
  nextDeployments(end: DeploymentEnd, afterCalls?: number): void {
    this.#ecs.nextDeployments(end, afterCalls)
  }

  /** A role's credentials as a Lambda function has them: its trust policy is not asked, its policy applies. */
  openSession(
    roleArn: string,
    sessionName = 'rotation',
  ): Pick<SessionCredentials, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'> {
    const role = this.#iam.role(roleArn)
    if (!role) throw new Error(`The sandbox has no role ${roleArn}`)
    const session = { role, roleSessionName: sessionName, durationSeconds: 43_200, policy: undefined, claims: {} }
    const { accessKeyId, secretAccessKey, sessionToken } = this.#iam.open(session).credentials
    return { accessKeyId, secretAccessKey, sessionToken }
  }

  /** Every session so far: role, session name, duration, session policy, claims, credentials. */
  get sessions(): readonly Session[] {
    return this.#iam.sessions
  }

  /** The credentials of every session so far. */
  get issuedCredentials(): readonly SessionCredentials[] {
    return this.#iam.sessions.map(({ credentials }) => credentials)
  }

  /** Lets every session so far be over. */
  expireSessions(): void {
    for (const { credentials } of this.#iam.sessions) credentials.expiration = new Date(this.now() - 1000)
  }

  #currentVersion({ name, ...place }: { name: string; region: string; account: string }): string | undefined {
    const secret = this.#secrets.find(name, place)
    return secret?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.versionId
  }

  async #handle(request: SandboxRequest): Promise<SandboxResponse> {
    const requestId = `00000000-0000-4000-8000-${String(this.service.calls.length).padStart(12, '0')}`
    const target = request.headers['x-amz-target']
    if (typeof target === 'string') return this.#json(request, target, requestId)
    try {
      return await this.#query(request, requestId)
    } catch (error) {
      if (error instanceof AwsError) return stsError(error, requestId)
      throw error
    }
  }

  async #query(request: SandboxRequest, requestId: string): Promise<SandboxResponse> {
    const form = parameters(request)
    const action = form.get('Action') ?? ''
    if (!STS_ACTIONS.includes(action) || form.get('Version') !== '2011-06-15') {
      const version = form.get('Version')
      throw new AwsError('InvalidAction', `Could not find operation ${action} for version ${version}`)
    }
    if (Number.isFinite(this.stsPerSecond)) {
      if (this.#stsWindow?.quota !== this.stsPerSecond) this.#stsWindow = new FixedWindow(this.stsPerSecond, 1000)
      if (!this.#stsWindow.take('account', this.now()).allowed) throw new AwsError('Throttling', 'Rate exceeded')
    }
    const result = await this.#sts(action, form, request)
    const content = { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } }
    return xmlResponse(200, `${action}Response`, content, requestId)
  }

  async #sts(action: string, form: URLSearchParams, request: SandboxRequest): Promise<Record<string, unknown>> {
    if (action === 'AssumeRoleWithWebIdentity') return await assumeRoleWithWebIdentity(this.#iam, form)
    const { session } = answeringAsSts(() =>
      authenticate(request, this.#iam, { service: 'sts', regions: this.#regions }),
    )
    return action === 'AssumeRole' ? assumeRole(this.#iam, form, session) : callerIdentity(session)
  }

  #json(request: SandboxRequest, target: string, requestId: string): SandboxResponse {
    const [name, operation = ''] = target.split('.')
    const service = this.#services.find((candidate) => candidate.target === name)
    try {
      if (!service) throw new AwsError('UnknownOperationException', '')
      const caller = authenticate(request, this.#iam, { service: service.signingName, regions: this.#regions })
      return jsonResponse(200, service.handle(operation, caller, parseInput(request.body)), requestId)
    } catch (error) {
      if (error instanceof AwsError) return jsonError(error, service?.messageKey ?? 'message', requestId)
      throw error
    }
  }
}

/** What STS is asked for here. */
const STS_ACTIONS: readonly string[] = ['AssumeRoleWithWebIdentity', 'AssumeRole', 'GetCallerIdentity']

/** The query protocol has other names for the same errors. Source: STS API reference, "Common Errors". */
function answeringAsSts<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const name = error instanceof AwsError ? STS_NAMES[error.code] : undefined
    throw name === undefined || !(error instanceof AwsError) ? error : new AwsError(name, error.message, 403)
  }
}

const STS_NAMES: Readonly<Record<string, string>> = {
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  IncompleteSignatureException: 'IncompleteSignature',
  UnrecognizedClientException: 'InvalidClientTokenId',
  ExpiredTokenException: 'ExpiredToken',
  InvalidSignatureException: 'SignatureDoesNotMatch',
}

function operation(request: SandboxRequest): string {
  const target = request.headers['x-amz-target']
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1)
  return parameters(request).get('Action') ?? 'unknown'
}

function parameters({ method, url, body }: SandboxRequest): URLSearchParams {
  return method === 'POST' ? new URLSearchParams(body) : url.searchParams
}
