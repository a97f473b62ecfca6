/** AWS as a list of answers: each call gets the next one, and the last one stays. No sockets, no waiting. */

import { jsonResponse, xmlResponse } from '../../sandbox/aws/answers.ts'
import { AwsError, ecsError, secretsManagerError, stsError } from '../../sandbox/aws.ts'
import type { SandboxResponse } from '../../sandbox/service.ts'
import type { AwsCaller } from '../../src/aws/caller.ts'
import type { Deadline } from '../../src/net/deadline.ts'
import type { Http, HttpRequest } from '../../src/net/http.ts'
import type { RetryPolicy } from '../../src/net/retry.ts'

export const ROLE = { arn: 'arn:aws:iam::123456789012:role/hf-acme', partition: 'aws', account: '123456789012' }
export const SESSION = 'arn:aws:sts::123456789012:assumed-role/hf-acme/run'
export const REGION = 'eu-west-1'
export const SECRET = { id: 'huggingface/acme/write', key: 'token', stage: 'AWSCURRENT', region: REGION }
export const SECRET_ARN = `arn:aws:secretsmanager:${REGION}:123456789012:secret:huggingface/acme/write-AbCdEf`

export const CALLER: AwsCaller = {
  credentials: { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'a-secret-access-key', sessionToken: 'a-session-token' },
  name: SESSION,
  role: ROLE,
  sessionPolicy: 'auto',
  awsEndpoints: { urls: {}, useFips: false, useDualstack: false },
}

/** What a call sent: the form of the query protocol, or the JSON of the others. */
export interface Sent {
  request: HttpRequest
  /** `GetSecretValue`, `AssumeRoleWithWebIdentity`. */
  operation: string
  input: Record<string, unknown>
}

export class FakeAws {
  readonly sent: Sent[] = []
  /** How long the calls were told to wait between attempts, in milliseconds. */
  readonly waits: number[] = []
  readonly http: Http
  readonly policy: RetryPolicy

  constructor(...answers: readonly (SandboxResponse | Error)[]) {
    const send = async (request: HttpRequest) => {
      const answer = answers[Math.min(this.sent.length, answers.length - 1)]
      this.sent.push(readRequest(request))
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no answer was arranged')
      const { status, headers = {}, body = '' } = answer
      return { status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }
    }
    this.http = { send } as unknown as Http
    const deadline = {
      limitMs: 60_000,
      remainingMs: () => 60_000,
      sleep: async (ms: number) => void this.waits.push(ms),
    } as unknown as Deadline
    this.policy = { maxAttempts: 3, deadline, random: () => 0 }
  }
}

function readRequest(request: HttpRequest): Sent {
  const body = typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body)
  const target = request.headers?.['x-amz-target']
  if (target !== undefined) {
    return { request, operation: target.split('.')[1] ?? '', input: JSON.parse(body) as Record<string, unknown> }
  }
  const input = Object.fromEntries(new URLSearchParams(body))
  return { request, operation: input.Action ?? '', input }
}

/** A JSON answer of Secrets Manager or ECS. */
export const answer = (body: object): SandboxResponse => jsonResponse(200, body, 'request-1')

/** STS's answer with these credentials. */
export function session(credentials: object): SandboxResponse {
  const result = { Credentials: credentials, AssumedRoleUser: { Arn: SESSION, AssumedRoleId: 'AROAEXAMPLE:run' } }
  const content = { AssumeRoleWithWebIdentityResult: result, ResponseMetadata: { RequestId: 'request-1' } }
  return xmlResponse(200, 'AssumeRoleWithWebIdentityResponse', content, 'request-1')
}

type Refusal = (name: string, message?: string, status?: number) => SandboxResponse
const refusalBy =
  (format: (error: AwsError) => SandboxResponse): Refusal =>
  (name, message = 'refused', status = 400) =>
    format(new AwsError(name, message, status))

export const stsRefusal: Refusal = refusalBy(stsError)
export const secretRefusal: Refusal = refusalBy(secretsManagerError)
export const ecsRefusal: Refusal = refusalBy(ecsError)

/** What a promise was rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (thrown instanceof Error) return thrown
  throw new Error('nothing was thrown')
}
