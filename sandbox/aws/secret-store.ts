/** Secrets with their versions and staging labels, without any access control. */
import { createHash } from 'node:crypto'
import type { Policy } from '../../src/aws/policies/evaluate/policy.ts'
import { AwsError } from './error.ts'
import { type PolicyDocument, readPolicy } from './read-policy.ts'

export type SecretValue = string | Uint8Array

export interface SecretVersion {
  versionId: string
  /** `undefined` while a rotation has begun and has put no value yet. */
  value: SecretValue | undefined
  /** Staging labels, e.g. `AWSCURRENT`. A version without any is deprecated, but can still be read by its id. */
  stages: string[]
  createdAt: Date
}

export interface Secret {
  arn: string
  name: string
  region: string
  account: string
  /** A customer's KMS key; `undefined` is the key `aws/secretsmanager`, which needs no permission. */
  kmsKeyArn: string | undefined
  /** The resource policy; `undefined` for none. */
  policy: Policy | undefined
  tags: Readonly<Record<string, string>> | undefined
  /** Whether AWS rotates it. */
  rotationEnabled: boolean
  versions: SecretVersion[]
  createdAt: Date
  changedAt: Date
  deletedAt: Date | undefined
  /** The region of the primary secret, when it is replicated: its own for the primary one. */
  primaryRegion: string | undefined
  /** The AWS service that manages it. */
  owningService: string | undefined
}

/** A version to add. `versionId` defaults to one derived from the secret's name and the version's number. */
export interface VersionOptions {
  versionId?: string
  value: SecretValue
  /** Default `['AWSCURRENT']`. The first value of a secret becomes `AWSCURRENT` in any case. */
  stages?: readonly string[]
}

export interface SecretOptions {
  name: string
  region?: string
  account?: string
  /** The current value as text. Give this or `binary`; without both and `versions` the secret has no version. */
  value?: string
  binary?: Uint8Array
  kmsKeyArn?: string
  /** The resource policy. Default: none. */
  policy?: PolicyDocument
  tags?: Record<string, string>
  /** The AWS service that manages it. Default: none. */
  owningService?: string
  /** Further versions, added after the current one. */
  versions?: VersionOptions[]
}

/** Whose secrets a bare name means. */
export interface Place {
  region: string
  account: string
}

/** How many staging labels one version can have. */
const MAX_STAGES = 20
/** How many versions a secret can have; those without a label are removed when they are a day old. */
const MAX_VERSIONS = 100
const DEPRECATED_MS = 86_400_000

export class SecretStore {
  readonly #secrets: Secret[] = []
  readonly #now: () => Date

  constructor(now: () => number) {
    this.#now = () => new Date(now())
  }

  add(options: SecretOptions & Place): Secret {
    const { name, region, account, kmsKeyArn } = options
    const now = this.#now()
    const secret: Secret = {
      arn: `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${suffix(name)}`,
      name,
      region,
      account,
      kmsKeyArn,
      policy: options.policy === undefined ? undefined : readPolicy(options.policy, 'resource'),
      tags: options.tags,
      rotationEnabled: false,
      versions: [],
      createdAt: now,
      changedAt: now,
      deletedAt: undefined,
      primaryRegion: undefined,
      owningService: options.owningService,
    }
    if (this.#secrets.some(({ arn }) => arn === secret.arn)) {
      throw new AwsError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`)
    }
    this.#secrets.push(secret)
    const current = options.value ?? options.binary
    if (current !== undefined) this.put(secret, { value: current })
    for (const version of options.versions ?? []) this.put(secret, version)
    return secret
  }

  /** A replica in another region. It has the versions of the primary secret, whatever becomes of them. */
  replicate(primary: Secret, region: string): Secret {
    primary.primaryRegion = primary.region
    const arn = primary.arn.replace(`:${primary.region}:`, `:${region}:`)
    const replica = { ...primary, arn, region, policy: undefined }
    this.#secrets.push(replica)
    return replica
  }

  /** By name, ARN, or ARN without the six characters at its end. A secret of another region is not found. */
  find(id: string, place: Place): Secret | undefined {
    return this.#secrets.find((secret) => {
      if (secret.region !== place.region) return false
      if (!id.startsWith('arn:')) return secret.name === id && secret.account === place.account
      return secret.arn === id || secret.arn.slice(0, -7) === id
    })
  }

  /**
   * Adds a version, or gives one without a value its value, and moves the staging labels to it. The same id with the
   * same value changes nothing.
   */
  put(secret: Secret, options: VersionOptions): SecretVersion {
    const versionId = options.versionId ?? uuid(`${secret.name} ${secret.versions.length + 1}`)
    const existing = secret.versions.find((version) => version.versionId === versionId)
    if (existing?.value !== undefined) {
      if (sameValue(existing.value, options.value)) return existing
      throw new AwsError(
        'ResourceExistsException',
        `You can't use ClientRequestToken ${versionId} because that value is already in use for a version of secret ${secret.arn}.`,
      )
    }
    const isFirst = secret.versions.every((version) => version.value === undefined)
    const stages = new Set([...(options.stages ?? ['AWSCURRENT']), ...(isFirst ? ['AWSCURRENT'] : [])])
    if (new Set([...stages, ...(existing?.stages ?? [])]).size > MAX_STAGES) throw tooMany()
    if (!existing && this.#kept(secret) >= MAX_VERSIONS) throw tooMany()
    const version = existing ?? this.#addVersion(secret, versionId)
    version.value = options.value
    for (const stage of stages) this.attach(secret, stage, version)
    secret.changedAt = this.#now()
    return version
  }

  /** What AWS does before it calls a rotation's function: `AWSPENDING` goes to a version that has no value yet. */
  beginRotation(secret: Secret, versionId: string): SecretVersion {
    secret.rotationEnabled = true
    const existing = secret.versions.find((version) => version.versionId === versionId)
    const version = existing ?? this.#addVersion(secret, versionId)
    this.attach(secret, 'AWSPENDING', version)
    return version
  }

  /** Moves a staging label to `version`. When that is `AWSCURRENT`, the version that had it becomes `AWSPREVIOUS`. */
  attach(secret: Secret, stage: string, version: SecretVersion): void {
    const holder = secret.versions.find(({ stages }) => stages.includes(stage))
    if (holder === version) return
    if (version.stages.length >= MAX_STAGES) throw tooMany()
    for (const { stages } of secret.versions) remove(stages, stage)
    version.stages.push(stage)
    if (stage === 'AWSCURRENT') {
      remove(version.stages, 'AWSPREVIOUS')
      if (holder) this.attach(secret, 'AWSPREVIOUS', holder)
    }
    secret.changedAt = this.#now()
  }

  /** Takes a staging label away from `version`. */
  detach(secret: Secret, stage: string, version: SecretVersion): void {
    remove(version.stages, stage)
    secret.changedAt = this.#now()
  }

  #kept({ versions }: Secret): number {
    const now = this.#now().getTime()
    return versions.filter(({ stages, createdAt }) => stages.length > 0 || now - createdAt.getTime() < DEPRECATED_MS)
      .length
  }

  #addVersion(secret: Secret, versionId: string): SecretVersion {
    const version: SecretVersion = { versionId, value: undefined, stages: [], createdAt: this.#now() }
    secret.versions.push(version)
    return version
  }
}

function tooMany(): AwsError {
  const message = 'The request failed because it would exceed one of the Secrets Manager internal limits.'
  return new AwsError('LimitExceededException', message)
}

function remove(list: string[], item: string): void {
  const index = list.indexOf(item)
  if (index >= 0) list.splice(index, 1)
}

function sameValue(a: SecretValue, b: SecretValue): boolean {
  return typeof a === typeof b && Buffer.from(a).equals(Buffer.from(b))
}

/** Six letters and digits, always the same for one name. */
function suffix(name: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  const bytes = createHash('sha256').update(name).digest().subarray(0, 6)
  return Array.from(bytes, (byte) => alphabet.charAt(byte % alphabet.length)).join('')
}

function uuid(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
