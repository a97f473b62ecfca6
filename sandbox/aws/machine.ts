/**
 * A machine that AWS gives an identity: the endpoint of a container, and the metadata service of an instance. The real
 * ones are at addresses that cannot be used here; AWS's own variables point to this one.
 */
import { randomUUID } from 'node:crypto'
import type { Aws } from '../aws.ts'
import { type SandboxRequest, type SandboxResponse, Service } from '../service.ts'

const ROLES = '/latest/meta-data/iam/security-credentials/'

/** Serves the credentials of one role, as ECS, EKS and EC2 do. */
export class Machine {
  readonly service: Service
  /** What a container must send as `Authorization`; undefined: nothing. */
  authorization: string | undefined
  /** Whether the instance has a role. */
  hasRole = true
  readonly #aws: Aws
  readonly #roleArn: string
  readonly #metadataTokens = new Set<string>()

  private constructor(aws: Aws, roleArn: string) {
    this.#aws = aws
    this.#roleArn = roleArn
    this.service = new Service('machine', { operation, handle: (name, request) => this.#handle(name, request) })
  }

  static async start(aws: Aws, roleArn: string): Promise<Machine> {
    const machine = new Machine(aws, roleArn)
    await machine.service.listen()
    return machine
  }

  close(): Promise<void> {
    return this.service.close()
  }

  /** The variables of a container. */
  containerEnvironment(): Record<string, string> {
    return {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${this.service.url}/v1/credentials`,
      ...(this.authorization === undefined ? {} : { AWS_CONTAINER_AUTHORIZATION_TOKEN: this.authorization }),
    }
  }

  /** The variables of an instance. */
  instanceEnvironment(): Record<string, string> {
    return { AWS_EC2_METADATA_SERVICE_ENDPOINT: this.service.url }
  }

  #handle(name: string, request: SandboxRequest): SandboxResponse {
    switch (name) {
      case 'container-credentials':
        return this.#container(request)
      case 'metadata-token':
        return this.#token(request)
      case 'metadata-roles':
        return this.#metadata(request, () => ({ status: 200, body: this.#roleName }))
      case 'metadata-credentials':
        return this.#metadata(request, () => ({ status: 200, body: { Code: 'Success', ...this.#credentials() } }))
      default:
        return { status: 404 }
    }
  }

  get #roleName(): string {
    return this.#roleArn.split('/').at(-1) ?? ''
  }

  #container({ headers }: SandboxRequest): SandboxResponse {
    if (headers.authorization !== this.authorization) {
      return { status: 403, body: { code: 'AccessDenied', message: 'The authorization token is not valid' } }
    }
    return { status: 200, body: { RoleArn: this.#roleArn, ...this.#credentials() } }
  }

  #token({ headers }: SandboxRequest): SandboxResponse {
    const seconds = Number(headers['x-aws-ec2-metadata-token-ttl-seconds'])
    if (!(seconds >= 1 && seconds <= 21_600)) return { status: 400 }
    const token = `${randomUUID()}==`
    this.#metadataTokens.add(token)
    return { status: 200, body: token }
  }

  #metadata({ headers, url }: SandboxRequest, answer: () => SandboxResponse): SandboxResponse {
    if (!this.#metadataTokens.has(String(headers['x-aws-ec2-metadata-token']))) return { status: 401 }
    const asked = url.pathname.slice(ROLES.length)
    return this.hasRole && (asked === '' || asked === this.#roleName) ? answer() : { status: 404 }
  }

  #credentials(): Record<string, string> {
    const { accessKeyId, secretAccessKey, sessionToken } = this.#aws.openSession(this.#roleArn, 'i-0123456789abcdef0')
    return {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      Token: sessionToken,
      Expiration: new Date(this.#aws.now() + 3_600_000).toISOString(),
    }
  }
}

function operation({ method, url: { pathname } }: SandboxRequest): string {
  if (method === 'PUT' && pathname === '/latest/api/token') return 'metadata-token'
  if (method !== 'GET') return 'unknown'
  if (pathname === '/v1/credentials') return 'container-credentials'
  if (pathname === ROLES) return 'metadata-roles'
  return pathname.startsWith(ROLES) ? 'metadata-credentials' : 'unknown'
}
