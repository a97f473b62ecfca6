/** One secret in Secrets Manager with its versions and staging labels: reads, writes, and moves labels. */
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { ActionError } from '../errors/action-error.ts'
import type { Http } from '../net/http.ts'
import { type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import { parseJson } from '../text/json.ts'
import { remember } from '../text/redact.ts'
import type { AwsCredentials } from './assume-role.ts'
import { clientOptions } from './clients.ts'
import type { AwsEndpoints } from './endpoints.ts'
import { explainSecret, type SecretUse } from './explain-secret.ts'
import { ROTATION_ACTIONS, ROTATION_KMS_ACTIONS } from './policies/secret-actions.ts'
import { arnOf, decode, versionOf } from './read-secret.ts'
import type { Role, SecretReference } from './request.ts'
import { isPassing, type ServiceError, serviceError } from './service-error.ts'

export const CURRENT = 'AWSCURRENT'
export const PENDING = 'AWSPENDING'
export const PREVIOUS = 'AWSPREVIOUS'

/** Who calls AWS. */
export interface AwsCaller {
  credentials: AwsCredentials
  /** The role session, for messages. */
  name: string
  role: Role
  /** `auto`, `none` or a policy document: what messages say about refusals. */
  sessionPolicy: string
  awsEndpoints: AwsEndpoints
}

/** What DescribeSecret says. */
export interface SecretDescription {
  arn: string
  /** Staging labels by version id. */
  stages: ReadonlyMap<string, readonly string[]>
  /** Whether Secrets Manager itself calls a function to rotate it. */
  rotationEnabled: boolean
  /** When the secret was created, in milliseconds since the epoch; undefined when AWS does not say. */
  createdAt: number | undefined
}

/** One version with its value: a secret. */
export interface SecretVersion {
  versionId: string
  text: string
  binary: boolean
  /** Milliseconds since the epoch; undefined when AWS does not say. */
  createdAt: number | undefined
}

/** AWS's answer when a label is not where the call says it is, or a version is gone. */
const ELSEWHERE = /^(?:InvalidParameterException|ResourceNotFoundException|InvalidRequestException)$/

/** Whatever else is in a secret is secret too: no answer that quotes it gets into a text of ours. */
function rememberValues(text: string): void {
  const waiting: unknown[] = [parseJson(text) ?? text]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value === 'string') remember(value)
    else if (typeof value === 'object' && value !== null) waiting.push(...Object.values(value))
  }
}

/**
 * One secret. Every method throws `ActionError` `secret-not-found`, `secret-access-denied`, `secret-kms-denied`,
 * `secret-failed`, `network-unreachable`, `deadline-exceeded`.
 * Source: Secrets Manager API reference.
 */
export class SecretVersions {
  readonly secret: SecretReference
  readonly #caller: AwsCaller
  readonly #http: Http
  readonly #policy: RetryPolicy

  constructor(secret: SecretReference, caller: AwsCaller, http: Http, policy: RetryPolicy) {
    this.secret = secret
    this.#caller = caller
    this.#http = http
    this.#policy = policy
  }

  /** Its ARN, and which labels its versions have. */
  async describe(): Promise<SecretDescription> {
    const answer = await this.#send('describe', (client) =>
      client.send(new DescribeSecretCommand({ SecretId: this.secret.id })),
    )
    const arn = arnOf(answer.ARN)
    if (arn === undefined) {
      throw new ActionError('secret-failed', {
        failed: `Secrets Manager in ${this.secret.region} described the secret ${this.secret.id} without an ARN.`,
        seen: 'an answer that is not that of DescribeSecret',
        fix: 'Check what `AWS_ENDPOINT_URL_SECRETS_MANAGER` or `AWS_ENDPOINT_URL` points to: it does not answer as AWS does.',
      })
    }
    const stages = Object.entries(answer.VersionIdsToStages ?? {}).flatMap(([id, labels]) =>
      versionOf(id) === undefined ? [] : [[id, labels] as const],
    )
    return {
      arn,
      stages: new Map(stages),
      rotationEnabled: answer.RotationEnabled === true,
      createdAt: answer.CreatedDate?.getTime(),
    }
  }

  /** One version by its id; undefined when there is none, or it has no value. */
  async read(versionId: string): Promise<SecretVersion | undefined> {
    const answer = await this.#send('read', (client) =>
      client
        .send(new GetSecretValueCommand({ SecretId: this.secret.id, VersionId: versionId }))
        .catch((error: unknown) => {
          if (serviceError(error).name === 'ResourceNotFoundException') return undefined
          throw error
        }),
    )
    if (!answer) return undefined
    // What is no text shows as such, and is no token.
    const text = answer.SecretString ?? decode(answer.SecretBinary) ?? '\ufffd'
    rememberValues(text)
    return {
      versionId,
      text,
      binary: answer.SecretString === undefined,
      createdAt: answer.CreatedDate?.getTime(),
    }
  }

  /**
   * Stores a value as the pending version `versionId`. The same call twice is one. `taken`: there is a version of that
   * id with another value.
   */
  async putPending(versionId: string, text: string, binary: boolean): Promise<'stored' | 'taken'> {
    const value = binary ? { SecretBinary: Buffer.from(text) } : { SecretString: text }
    return await this.#send('write', async (client) => {
      try {
        await client.send(
          new PutSecretValueCommand({
            SecretId: this.secret.id,
            ClientRequestToken: versionId,
            VersionStages: [PENDING],
            ...value,
          }),
        )
        return 'stored'
      } catch (error) {
        if (serviceError(error).name === 'ResourceExistsException') return 'taken'
        throw error
      }
    })
  }

  /** Moves a staging label. False when it is not (or no longer) where `from` says, and AWS left everything as it was. */
  async move(label: string, { from, to }: { from?: string; to?: string }): Promise<boolean> {
    return await this.#send('label', async (client) => {
      try {
        await client.send(
          new UpdateSecretVersionStageCommand({
            SecretId: this.secret.id,
            VersionStage: label,
            ...(from === undefined ? {} : { RemoveFromVersionId: from }),
            ...(to === undefined ? {} : { MoveToVersionId: to }),
          }),
        )
        return true
      } catch (error) {
        if (ELSEWHERE.test(serviceError(error).name)) return false
        throw error
      }
    })
  }

  async #send<T>(verb: 'describe' | 'read' | 'write' | 'label', call: (client: SecretsManagerClient) => Promise<T>) {
    const { id, region } = this.secret
    const what = `Secrets Manager in ${region} to ${verb} ${id}`
    const { credentials, awsEndpoints: endpoints } = this.#caller
    const { accessKeyId, secretAccessKey, sessionToken } = credentials
    const client = new SecretsManagerClient({
      ...clientOptions({ service: 'SECRETS_MANAGER', region, endpoints, http: this.#http, what }),
      credentials: { accessKeyId, secretAccessKey, sessionToken },
    })
    return await retry(what, this.#policy, () => call(client).catch((error: unknown) => this.#refuse(error, verb)))
  }

  #refuse(thrown: unknown, verb: string): never {
    const error: ServiceError = serviceError(thrown)
    const { name, role, sessionPolicy } = this.#caller
    const use: SecretUse = { verb, actions: ROTATION_ACTIONS, kmsActions: ROTATION_KMS_ACTIONS, content: 'token' }
    const failure = explainSecret(error, name, { role, sessionPolicy, secret: this.secret }, use)
    if (isPassing(error) || error.name === 'InternalServiceError') throw new TryAgain(failure, error.afterMs)
    throw failure
  }
}
