/** One secret in Secrets Manager with its versions and staging labels: reads, writes, and moves labels. */
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { ActionError } from '../errors/action-error.ts'
import { type Http, NetworkError } from '../net/http.ts'
import type { RetryPolicy } from '../net/retry.ts'
import { parseJson } from '../text/json.ts'
import { code, prose } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import { remember } from '../text/redact.ts'
import type { AwsCaller } from './caller.ts'
import { type AwsCall, callAws } from './clients.ts'
import { explainSecret } from './explain-secret.ts'
import { endpointVariables } from './explain-settings.ts'
import { ROTATION_ACTIONS, ROTATION_KMS_ACTIONS } from './policies/secret-actions.ts'
import { arnOf, decode, versionOf } from './read-secret.ts'
import { plainWords } from './reasons/denial.ts'
import type { SecretReference } from './request.ts'
import type { AskedVersion } from './secret-use.ts'
import { cureOfRefusal, type ServiceError, serviceError } from './service-error.ts'

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
  /** The region of the primary secret, when this one is a replica. */
  primaryRegion?: string | undefined
  /** When somebody deleted it, in milliseconds since the epoch: AWS keeps it until the recovery window is over. */
  deletedAt?: number | undefined
  /** The AWS service that manages the secret, when one does. */
  owningService?: string | undefined
}

/** One version with its value: a secret. */
export interface SecretVersion {
  versionId: string
  text: string
  binary: boolean
  /** Milliseconds since the epoch; undefined when AWS does not say. */
  createdAt: number | undefined
}

/** What AWS calls a write that it refused for good, and whether an earlier attempt may have been carried out. */
export interface RefusedWrite {
  refusal: ActionError
  mayBeStored: boolean
}

/** How a version is read. */
export interface ReadOptions {
  /** It was written just now, maybe by a process other than this one. */
  isWritten?: boolean
  /** The staging labels that it had a moment ago: it is read by one of them. */
  labels?: readonly string[]
}

/** AWS's names for a label that is not where the call says it is, or a version that is gone; and for much else. */
const ELSEWHERE = /^(?:InvalidParameterException|ResourceNotFoundException|InvalidRequestException)$/
const NOT_FOUND = /^ResourceNotFoundException$/

/** The longest value that is kept, in characters: a run has hundreds of secrets, and most hold little more than a token. */
const MAX_KNOWN = 4_096

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
  /** What was read, by id: the value of a version never changes. Large ones are read again. */
  readonly #known = new Map<string, SecretVersion>()

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
      // A primary secret with replicas names its own region.
      primaryRegion: answer.PrimaryRegion === this.secret.region ? undefined : textOf(answer.PrimaryRegion),
      deletedAt: answer.DeletedDate?.getTime(),
      owningService: textOf(answer.OwningService),
    }
  }

  /**
   * One version by its id; undefined when there is none, or it has no value. With `labels`, it is asked for by a label, as
   * policies may demand; if the label is on another version by now, by its id after all.
   */
  async read(
    versionId: string,
    { isWritten = this.#written.has(versionId), labels = [] }: ReadOptions = {},
  ): Promise<SecretVersion | undefined> {
    const stage = labelToAskFor(labels)
    const labelled = stage === undefined ? undefined : await this.readStage(stage, { isWritten })
    if (labelled?.versionId === versionId) return labelled
    const found = await this.#get({ versionId }, isWritten)
    return found && { ...found, versionId }
  }

  /** The same, without a call for a version that was read before and is not large. */
  async recall(versionId: string, options: ReadOptions = {}): Promise<SecretVersion | undefined> {
    return this.#known.get(versionId) ?? (await this.read(versionId, options))
  }

  /** The version that has the label when AWS answers; undefined when none has it, or that version has no value. */
  async readStage(stage: string, { isWritten = false }: Pick<ReadOptions, 'isWritten'> = {}) {
    return await this.#get({ stage }, isWritten)
  }

  async #get(asked: AskedVersion, isWritten: boolean): Promise<SecretVersion | undefined> {
    const command = new GetSecretValueCommand({
      SecretId: this.secret.id,
      ...('stage' in asked ? { VersionStage: asked.stage } : { VersionId: asked.versionId }),
    })
    const late = { left: isWritten ? 1 : 0 }
    const answer = await this.#send({
      verb: 'read',
      about: Object.values(asked).join(),
      isRepeatable: true,
      isWritten,
      asked,
      send: (client) => unlessRefused(client.send(command), isVersionMissing, undefined, late),
    })
    if (!answer) return undefined
    // Bytes that are not text show as such, and are not a token.
    const text = answer.SecretString ?? decode(answer.SecretBinary) ?? '\ufffd'
    rememberValues(text)
    const version = {
      versionId: versionOf(answer.VersionId) ?? '',
      text,
      binary: answer.SecretString === undefined,
      createdAt: answer.CreatedDate?.getTime(),
    }
    const id = 'versionId' in asked ? asked.versionId : version.versionId
    if (id !== '' && text.length <= MAX_KNOWN) this.#known.set(id, { ...version, versionId: id })
    return version
  }

  /**
   * Stores a value as the pending version `versionId`. Calling it twice is the same as once. `taken`: there is a version
   * of that id with another value. A refusal that another attempt cannot cure is returned.
   */
  async putPending(versionId: string, text: string, binary: boolean): Promise<'stored' | 'taken' | RefusedWrite> {
    const { rotationToken } = this.#caller
    const command = new PutSecretValueCommand({
      SecretId: this.secret.id,
      ClientRequestToken: versionId,
      VersionStages: [PENDING],
      ...(binary ? { SecretBinary: Buffer.from(text) } : { SecretString: text }),
      ...(rotationToken === undefined ? {} : { RotationToken: rotationToken }),
    })
    const met = new Met()
    try {
      const taken = await this.#send({
        verb: 'write',
        about: versionId,
        isRepeatable: true,
        send: (client) => met.watch(unlessRefused(client.send(command), isTaken, 'taken' as const)),
      })
      if (taken === 'taken') return 'taken'
    } catch (error) {
      if (!(error instanceof ActionError) || met.refusal === undefined) throw error
      return { refusal: error, mayBeStored: met.mayBeDone }
    }
    this.#written.add(versionId)
    return 'stored'
  }

  /**
   * Moves a staging label. False when it is not (or no longer) where `from` says, or the version is gone: AWS left
   * everything as it was, and DescribeSecret confirms why.
   */
  async move(label: string, { from, to }: { from?: string; to?: string }): Promise<boolean> {
    const command = new UpdateSecretVersionStageCommand({
      SecretId: this.secret.id,
      VersionStage: label,
      ...(from === undefined ? {} : { RemoveFromVersionId: from }),
      ...(to === undefined ? {} : { MoveToVersionId: to }),
    })
    const met = new Met()
    try {
      await this.#send({
        verb: 'label',
        about: [label, from, to].join(' '),
        isWritten: to !== undefined && this.#written.has(to),
        send: (client) => met.watch(client.send(command)),
      })
      return true
    } catch (error) {
      const { refusal } = met
      if (refusal === undefined || !ELSEWHERE.test(refusal.name)) throw error
      // AWS uses these names for other reasons too: only the labels tell whether somebody was faster.
      const place = placeOf(await this.describe(), { label, from, to })
      const isGone = to !== undefined && NOT_FOUND.test(refusal.name) && place === 'unlabelled'
      if (place === 'as-said' || (place === 'unlabelled' && !isGone)) throw error
      return place === 'done'
    }
  }

  async #send<T>({ verb, asked, ...call }: SecretCall<T>): Promise<T> {
    const { secret } = this
    const caller = this.#caller
    const use = {
      verb: VERBS[verb],
      actions: ROTATION_ACTIONS,
      kmsActions: ROTATION_KMS_ACTIONS,
      content: 'token',
      ...(asked === undefined ? {} : { asked }),
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
  asked?: AskedVersion
}

interface Move {
  label: string
  from: string | undefined
  to: string | undefined
}

/**
 * What the labels say about a move that AWS refused. `done`: the label is where it was to go. `elsewhere`: it is not where
 * the call says. `unlabelled`: it is, but the version that was to get it has no label. `as-said`: nothing is amiss.
 */
function placeOf({ stages }: SecretDescription, { label, from, to }: Move) {
  const at = [...stages].find(([, labels]) => labels.includes(label))?.[0]
  if (to !== undefined && at === to) return 'done'
  if (at !== from) return 'elsewhere'
  return to === undefined || stages.has(to) ? 'as-said' : 'unlabelled'
}

/** What the attempts at a call met. */
class Met {
  /** The refusal that the last attempt met, when no other attempt can cure it. */
  refusal: ServiceError | undefined
  /** An attempt may have been carried out: its answer was lost, or says nothing about that. */
  mayBeDone = false

  async watch<T>(answer: Promise<T>): Promise<T> {
    this.refusal = undefined
    try {
      return await answer
    } catch (error) {
      this.refusal = finalRefusal(error)
      this.mayBeDone ||= this.refusal === undefined
      throw error
    }
  }
}

/** Undefined for a failure that another attempt can cure, and for one after which nobody knows what was done. */
function finalRefusal(error: unknown): ServiceError | undefined {
  if (error instanceof NetworkError || error instanceof ActionError) return undefined
  const refusal = serviceError(error)
  const isFinal = refusal.kind !== 'unreadable' && cureOfRefusal(refusal, { service: 'SECRETS_MANAGER' }) !== 'retry'
  return isFinal ? refusal : undefined
}

/** The label to ask for a version by: the ones that policies name come first. */
function labelToAskFor(labels: readonly string[]): string | undefined {
  const known = [CURRENT, PENDING, PREVIOUS].find((label) => labels.includes(label))
  return known ?? labels.find((label) => label.startsWith('hf-oidc-')) ?? labels[0]
}

/** Text in an answer, for messages; undefined for anything else, and for none. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? printable(value, 100) : undefined
}

/** True when there is no such version, or it has no value; not when the secret itself is gone. */
const isVersionMissing = (error: ServiceError) =>
  NOT_FOUND.test(error.name) && !SECRET_MISSING.test(plainWords(error.message))
/** Source: Secrets Manager's own words for a secret that does not exist; for a version, they go on. */
const SECRET_MISSING = /can'?t find the specified secret\.?$/i

const isTaken = ({ name }: ServiceError) => name === 'ResourceExistsException'

/**
 * The answer, or `otherwise` when AWS refuses for this reason. `late.left`: how many "not found" may be due to a write that
 * is not visible yet; they are thrown.
 */
async function unlessRefused<Answer, Otherwise>(
  answer: Promise<Answer>,
  isReason: (error: ServiceError) => boolean,
  otherwise: Otherwise,
  late = { left: 0 },
): Promise<Answer | Otherwise> {
  try {
    return await answer
  } catch (error) {
    const refusal = serviceError(error)
    if (!isReason(refusal)) throw error
    if (late.left === 0 || !/NotFound/.test(refusal.name)) return otherwise
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
