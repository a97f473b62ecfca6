/** AWS on loopback: one server that is STS and Secrets Manager, with the accounts behind them. */
import { AwsError } from './aws/error.ts'
import { Iam, type OidcProviderOptions, type RoleOptions, type Session, type SessionCredentials } from './aws/iam.ts'
import {
  type Secret,
  type SecretOptions,
  SecretStore,
  type SecretVersion,
  type VersionOptions,
} from './aws/secret-store.ts'
import { type Input, SecretsManager } from './aws/secrets-manager.ts'
import { authenticate } from './aws/sigv4.ts'
import { assumeRoleWithWebIdentity } from './aws/sts.ts'
import { type SandboxRequest, type SandboxResponse, Service } from './service.ts'

export { AwsError } from './aws/error.ts'
export {
  type OidcProviderOptions,
  type RoleOptions,
  type Session,
  type SessionCredentials,
  TRUST_CLAIMS,
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

const STS_XMLNS = 'https://sts.amazonaws.com/doc/2011-06-15/'
const SECRETS_MANAGER = 'secretsmanager'

/**
 * The SDK's clients work against it with `AWS_ENDPOINT_URL`. Operations: `AssumeRoleWithWebIdentity`,
 * `GetSecretValue`, `DescribeSecret`, `PutSecretValue`, `UpdateSecretVersionStage`.
 *
 * Simpler than AWS: one server is every region that has something in it, changes are visible at once, and the only
 * partition is `aws`. For throttling and outages see {@link Service.inject}, with {@link stsError} and
 * {@link secretsManagerError} as answers.
 */
export class Aws {
  readonly service: Service
  readonly account: string
  readonly region: string
  readonly #regions: Set<string>
  readonly #iam: Iam
  readonly #secrets = new SecretStore()
  readonly #secretsManager: SecretsManager

  private constructor(options: AwsOptions) {
    this.account = options.account ?? '111122223333'
    this.region = options.region ?? 'us-east-1'
    this.#regions = new Set([this.region])
    this.service = new Service('aws', { operation, handle: (_, request) => this.#handle(request) })
    this.#iam = new Iam(this.account, () => this.service.url)
    this.#secretsManager = new SecretsManager(this.#iam, this.#secrets)
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

  /** From now on, using the secret fails with `InvalidRequestException`. */
  markForDeletion(nameOrArn: string): void {
    this.secret(nameOrArn).deletedAt = new Date()
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
    for (const { credentials } of this.#iam.sessions) credentials.expiration = new Date(Date.now() - 1000)
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
    const action = form.get('Action')
    if (action !== 'AssumeRoleWithWebIdentity' || form.get('Version') !== '2011-06-15') {
      const version = form.get('Version')
      throw new AwsError('InvalidAction', `Could not find operation ${action} for version ${version}`)
    }
    const result = await assumeRoleWithWebIdentity(this.#iam, form)
    const content = { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } }
    return xmlResponse(200, `${action}Response`, content, requestId)
  }

  #json(request: SandboxRequest, target: string, requestId: string): SandboxResponse {
    try {
      const [service, operation = ''] = target.split('.')
      if (service !== SECRETS_MANAGER) throw new AwsError('UnknownOperationException', '')
      const caller = authenticate(request, this.#iam, { service, regions: this.#regions })
      const body = this.#secretsManager.handle(operation, caller, parseInput(request.body))
      return { status: 200, headers: jsonHeaders(requestId), body }
    } catch (error) {
      if (error instanceof AwsError) return secretsManagerError(error, requestId)
      throw error
    }
  }
}

/** An error as STS sends it, also for `service.inject`. */
export function stsError(error: AwsError, requestId = '00000000-0000-4000-8000-000000000000'): SandboxResponse {
  const details = { Type: error.status < 500 ? 'Sender' : 'Receiver', Code: error.code, Message: error.message }
  return xmlResponse(error.status, 'ErrorResponse', { Error: details, RequestId: requestId }, requestId)
}

/** An error as Secrets Manager sends it, also for `service.inject`. */
export function secretsManagerError(
  error: AwsError,
  requestId = '00000000-0000-4000-8000-000000000000',
): SandboxResponse {
  return {
    status: error.status,
    headers: jsonHeaders(requestId),
    body: { __type: error.code, Message: error.message },
  }
}

function operation(request: SandboxRequest): string {
  const target = request.headers['x-amz-target']
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1)
  return parameters(request).get('Action') ?? 'unknown'
}

function parameters({ method, url, body }: SandboxRequest): URLSearchParams {
  return method === 'POST' ? new URLSearchParams(body) : url.searchParams
}

function parseInput(body: string): Input {
  try {
    const input: unknown = JSON.parse(body)
    if (typeof input === 'object' && input !== null) return { ...input }
  } catch {
    // The same answer as for JSON that is not an object.
  }
  throw new AwsError('SerializationException', 'The body is not a JSON object.')
}

function jsonHeaders(requestId: string): Record<string, string> {
  return { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': requestId }
}

function xmlResponse(status: number, root: string, content: object, requestId: string): SandboxResponse {
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: `<${root} xmlns="${STS_XMLNS}">\n${xml(content, '  ')}</${root}>\n`,
  }
}

function xml(content: object, indent: string): string {
  return Object.entries(content)
    .map(([name, value]: [string, unknown]) =>
      typeof value === 'object' && value !== null
        ? `${indent}<${name}>\n${xml(value, `${indent}  `)}${indent}</${name}>\n`
        : `${indent}<${name}>${escapeXml(String(value))}</${name}>\n`,
    )
    .join('')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
