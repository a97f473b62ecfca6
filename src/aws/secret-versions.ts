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
import type { RetryPolicy } from '../net/retry.ts'
import { parseJson } from '../text/json.ts'
import { code, prose } from '../text/message.ts'
import { remember } from '../text/redact.ts'
import type { AwsCaller } from './caller.ts'
import { type AwsCall, callAws } from './clients.ts'
import { explainSecret } from './explain-secret.ts'
import { endpointVariables } from './explain-settings.ts'
import { ROTATION_ACTIONS, ROTATION_KMS_ACTIONS } from './policies/secret-actions.ts'
import { arnOf, decode, versionOf } from './read-secret.ts'
import type { SecretReference } from './request.ts'
import { serviceError } from './service-error.ts'

export const CURRENT = 'AWSCURRENT'
export const PENDING = 'AWSPENDING'
export const PREVIOUS = 'AWSPREVIOUS'

/** What DescribeSecret says. */
export interface SecretDescription {
  arn: string
  /** Staging labels by version id. */
  stages: ReadonlyMap<string, readonly string[]>
  /** Whether Secrets Manager itself calls a function to rotate it. */
  rotationEnabled: boolean
  /** When the secret was created, in milliseconds since the epoch; undefined when AWS does not say. */
  createdAt: number | undefined
  /** Where the secret is that this one is a replica of; undefined when it is none. */
  primaryRegion?: string | undefined
  /** The AWS service that manages it; undefined when none does. */
  owningService?: string | undefined
  /** When it was marked for deletion, in milliseconds since the epoch. */
  deletedAt?: number | undefined
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

/** What is done with the secret, in words: after "is not allowed to". */
const VERBS = {
  describe: 'describe',
  read: 'read',
  write: 'write to',
  label: 'move the staging labels of',
} as const

/** Whatever else is in a secret is secret too: an answer that quotes it must not get into a text of ours. */
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
  /** Ids of versions that this object wrote. */
  readonly #written = new Set<string>()

  constructor(secret: SecretReference, caller: AwsCaller, http: Http, policy: RetryPolicy) {
    this.secret = secret
    this.#caller = caller
    this.#http = http
    this.#policy = policy
  }

  /** Its ARN, and which labels its versions have. */
  async describe(): Promise<SecretDescription> {
    const answer = await this.#send({
      verb: 'describe',
      isRepeatable: true,
      send: (client) => client.send(new DescribeSecretCommand({ SecretId: this.secret.id })),
      examine: ({ ARN }) => (arnOf(ARN) === undefined ? withoutArn(this.secret) : undefined),
    })
    const arn = arnOf(answer.ARN)
    if (arn === undefined) throw withoutArn(this.secret)
    const stages = Object.entries(answer.VersionIdsToStages ?? {}).flatMap(([id, labels]) =>
      versionOf(id) === undefined ? [] : [[id, labels] as const],
    )
    return {
      arn,
      stages: new Map(stages),
      rotationEnabled: answer.RotationEnabled === true,
      createdAt: answer.CreatedDate?.getTime(),
      // A primary names its own region.
      primaryRegion: answer.PrimaryRegion === this.secret.region ? undefined : answer.PrimaryRegion,
      owningService: answer.OwningService,
      deletedAt: answer.DeletedDate?.getTime(),
    }
  }

  /**
   * One version by its id; undefined when there is none, or it has no value. `isWritten`: it was written just now, by a
   * process other than this one.
   */
  async read(versionId: string, { isWritten = this.#written.has(versionId) } = {}): Promise<SecretVersion | undefined> {
    const command = new GetSecretValueCommand({ SecretId: this.secret.id, VersionId: versionId })
    const late = { left: isWritten ? 1 : 0 }
    const answer = await this.#send({
      verb: 'read',
      about: versionId,
      isRepeatable: true,
      isWritten,
      send: (client) => unlessRefused(client.send(command), /^ResourceNotFoundException$/, undefined, late),
    })
    if (!answer) return undefined
    // Bytes that are not text show as such, and are not a token.
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
   * Stores a value as the pending version `versionId`. Calling it twice is the same as once. `taken`: there is a version
   * of that id with another value.
   */
  async putPending(versionId: string, text: string, binary: boolean): Promise<'stored' | 'taken'> {
    const command = new PutSecretValueCommand({
      SecretId: this.secret.id,
      ClientRequestToken: versionId,
      VersionStages: [PENDING],
      ...(binary ? { SecretBinary: Buffer.from(text) } : { SecretString: text }),
    })
    const taken = await this.#send({
      verb: 'write',
      about: versionId,
      isRepeatable: true,
      send: (client) => unlessRefused(client.send(command), /^ResourceExistsException$/, 'taken' as const),
    })
    if (taken === 'taken') return 'taken'
    this.#written.add(versionId)
    return 'stored'
  }

  /** Moves a staging label. False when it is not (or no longer) where `from` says, and AWS left everything as it was. */
  async move(label: string, { from, to }: { from?: string; to?: string }): Promise<boolean> {
    const command = new UpdateSecretVersionStageCommand({
      SecretId: this.secret.id,
      VersionStage: label,
      ...(from === undefined ? {} : { RemoveFromVersionId: from }),
      ...(to === undefined ? {} : { MoveToVersionId: to }),
    })
    const isWritten = to !== undefined && this.#written.has(to)
    const late = { left: isWritten ? 1 : 0 }
    const elsewhere = await this.#send({
      verb: 'label',
      about: [label, from, to].join(' '),
      isWritten,
      send: (client) => unlessRefused(client.send(command), ELSEWHERE, 'elsewhere' as const, late),
    })
    return elsewhere !== 'elsewhere'
  }

  async #send<T>({ verb, ...call }: SecretCall<T>): Promise<T> {
    const { secret } = this
    const caller = this.#caller
    const use = {
      verb: VERBS[verb],
      actions: ROTATION_ACTIONS,
      kmsActions: ROTATION_KMS_ACTIONS,
      content: 'token',
    } as const
    return await callAws({
      Client: SecretsManagerClient,
      service: 'SECRETS_MANAGER',
      region: secret.region,
      endpoints: caller.awsEndpoints,
      what: `Secrets Manager in ${secret.region} to ${verb} ${secret.id}`,
      http: this.#http,
      policy: this.#policy,
      credentials: caller.credentials,
      counted: 'failures',
      ...call,
      explain: (error) => explainSecret({ error, caller, secret, use }),
    })
  }
}

type SecretCall<T> = Pick<
  AwsCall<SecretsManagerClient, T>,
  'send' | 'about' | 'isRepeatable' | 'isWritten' | 'examine'
> & {
  verb: keyof typeof VERBS
}

/**
 * The answer, or `otherwise` when AWS refuses with one of these names. `late.left`: how many "not found" may be due to a
 * write that is not visible yet; they are thrown.
 */
async function unlessRefused<Answer, Otherwise>(
  answer: Promise<Answer>,
  names: RegExp,
  otherwise: Otherwise,
  late = { left: 0 },
): Promise<Answer | Otherwise> {
  try {
    return await answer
  } catch (error) {
    const { name } = serviceError(error)
    if (!names.test(name)) throw error
    if (late.left === 0 || !/NotFound/.test(name)) return otherwise
    late.left -= 1
    throw error
  }
}

function withoutArn({ id, region }: SecretReference): ActionError {
  return new ActionError('secret-failed', {
    failed: prose`Secrets Manager in ${region} returned no ARN for the secret ${code(id)}.`,
    seen: 'a response without the ARN of a secret',
    expected: 'the response that AWS documents for DescribeSecret',
    fix: prose`Check where ${endpointVariables('SECRETS_MANAGER')} points: the service there does not respond like Secrets Manager.`,
  })
}
