/** Secrets Manager's operations: who may do them, and what they answer. */
import { randomUUID } from 'node:crypto'
import { AwsError } from './error.ts'
import type { Iam } from './iam.ts'
import { type Input, type JsonService, type Output, required, seconds, text, texts } from './json-service.ts'
import type { Secret, SecretStore, SecretValue, SecretVersion } from './secret-store.ts'
import type { Caller } from './sigv4.ts'

/** Source: Secrets Manager API reference, PutSecretValue, `RotationToken`. */
const ROTATION_TOKEN = /^[a-zA-Z0-9-]{36,256}$/

/** Simpler than AWS: `kms:ViaService` is always under `amazonaws.com`. */
export class SecretsManager implements JsonService {
  readonly target = 'secretsmanager'
  readonly signingName = 'secretsmanager'
  readonly messageKey = 'Message'
  readonly #iam: Iam
  readonly #store: SecretStore

  constructor(iam: Iam, store: SecretStore) {
    this.#iam = iam
    this.#store = store
  }

  /** @throws AwsError as the operation does at AWS. */
  handle(operation: string, caller: Caller, input: Input): Output {
    switch (operation) {
      case 'GetSecretValue':
        return this.#getSecretValue(caller, input)
      case 'DescribeSecret':
        return describe(this.#authorize('DescribeSecret', caller, input))
      case 'PutSecretValue':
        return this.#putSecretValue(caller, input)
      case 'UpdateSecretVersionStage':
        return this.#updateSecretVersionStage(caller, input)
      default:
        throw new AwsError('UnknownOperationException', '')
    }
  }

  #getSecretValue(caller: Caller, input: Input): Output {
    const secret = this.#usable('GetSecretValue', caller, input)
    const version = pickVersion(secret, text(input, 'VersionId'), text(input, 'VersionStage'))
    if (version.value === undefined) throw noValue(text(input, 'VersionId'), text(input, 'VersionStage'))
    this.#kms('kms:Decrypt', caller, secret, version.versionId)
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.versionId,
      ...(typeof version.value === 'string'
        ? { SecretString: version.value }
        : { SecretBinary: Buffer.from(version.value).toString('base64') }),
      VersionStages: version.stages,
      CreatedDate: seconds(version.createdAt),
    }
  }

  #putSecretValue(caller: Caller, input: Input): Output {
    const secret = this.#writable('PutSecretValue', caller, input)
    const versionId = text(input, 'ClientRequestToken') ?? randomUUID()
    if (versionId.length < 32 || versionId.length > 64) {
      throw new AwsError('InvalidParameterException', 'ClientRequestToken must be 32-64 characters long.')
    }
    const rotationToken = text(input, 'RotationToken')
    if (rotationToken !== undefined && !ROTATION_TOKEN.test(rotationToken)) {
      throw new AwsError('InvalidParameterException', 'RotationToken must be 36-256 characters long.')
    }
    this.#kms('kms:GenerateDataKey', caller, secret, versionId)
    const stages = texts(input, 'VersionStages')
    if (stages) checkStages(stages)
    const version = this.#store.put(secret, { versionId, value: value(input), ...(stages ? { stages } : {}) })
    return { ARN: secret.arn, Name: secret.name, VersionId: versionId, VersionStages: version.stages }
  }

  #updateSecretVersionStage(caller: Caller, input: Input): Output {
    const secret = this.#writable('UpdateSecretVersionStage', caller, input)
    const stage = required(input, 'VersionStage')
    checkStage(stage)
    const to = text(input, 'MoveToVersionId')
    const from = text(input, 'RemoveFromVersionId')
    const holder = secret.versions.find(({ stages }) => stages.includes(stage))
    if (holder && holder.versionId !== from && holder.versionId !== to) {
      throw new AwsError(
        'InvalidParameterException',
        `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.versionId}, so you must explicitly reference that version in RemoveFromVersionId.`,
      )
    }
    if (to !== undefined) this.#store.attach(secret, stage, pickVersion(secret, to, undefined))
    else if (holder) this.#store.detach(secret, stage, holder)
    return { ARN: secret.arn, Name: secret.name }
  }

  /** The secret, if the caller may, it exists, and it is not marked for deletion. */
  #usable(operation: string, caller: Caller, input: Input): Secret {
    const secret = this.#authorize(operation, caller, input)
    if (secret.deletedAt) {
      throw new AwsError(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      )
    }
    return secret
  }

  /** The same, if it is no copy and no other service's. */
  #writable(operation: string, caller: Caller, input: Input): Secret {
    const secret = this.#usable(operation, caller, input)
    if (secret.primaryRegion !== undefined && secret.primaryRegion !== secret.region) {
      throw new AwsError(
        'InvalidRequestException',
        "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
      )
    }
    if (secret.owningService !== undefined) {
      throw new AwsError(
        'InvalidRequestException',
        "You can't perform this operation on the secret because the secret is managed by another service.",
      )
    }
    return secret
  }

  /**
   * The secret, if the caller may and it exists. Access is decided first: for a secret that does not exist, on an
   * ARN made of what the caller asked for, which has no suffix when that was a name.
   */
  #authorize(operation: string, caller: Caller, input: Input): Secret {
    const id = required(input, 'SecretId')
    const { session, region } = caller
    const { account } = session.role
    const secret = this.#store.find(id, { region, account })
    const named = id.startsWith('arn:') ? id : `arn:aws:secretsmanager:${region}:${account}:secret:${id}`
    const resource = secret?.arn ?? named
    const action = `secretsmanager:${operation}`
    const context: Record<string, string> = { 'aws:RequestedRegion': region, 'secretsmanager:SecretId': id }
    for (const key of ['VersionId', 'VersionStage']) {
      const asked = text(input, key)
      if (asked !== undefined) context[`secretsmanager:${key}`] = asked
    }
    this.#iam.authorize(session, { action, resource, context }, { policy: secret?.policy, asked: id })
    if (!secret) {
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
    }
    return secret
  }

  /** A secret under a customer's key can only be used by who may use the key, through Secrets Manager. */
  #kms(action: string, caller: Caller, secret: Secret, versionId: string): void {
    if (secret.kmsKeyArn === undefined) {
      if (secret.account === caller.session.role.account) return
      throw new AwsError(
        'InvalidRequestException',
        "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
      )
    }
    const context = {
      'kms:ViaService': `secretsmanager.${secret.region}.amazonaws.com`,
      'kms:CallerAccount': caller.session.role.account,
      'kms:EncryptionContext:SecretARN': secret.arn,
      'kms:EncryptionContext:SecretVersionId': versionId,
    }
    const key = { policy: this.#iam.policies.keyPolicy(secret.kmsKeyArn), mustAllow: true }
    if (!this.#iam.verdict(caller.session, { action, resource: secret.kmsKeyArn, context }, key).allowed) {
      throw new AwsError('AccessDeniedException', 'Access to KMS is not allowed')
    }
  }
}

function pickVersion(secret: Secret, versionId: string | undefined, stage: string | undefined): SecretVersion {
  if (versionId === undefined) {
    const label = stage ?? 'AWSCURRENT'
    const version = secret.versions.find(({ stages }) => stages.includes(label))
    if (version) return version
    throw noValue(undefined, label)
  }
  const version = secret.versions.find((candidate) => candidate.versionId === versionId)
  if (!version) throw noValue(versionId, stage)
  if (stage !== undefined && !version.stages.includes(stage)) {
    throw new AwsError(
      'InvalidRequestException',
      'You provided a VersionStage that is not associated to the provided VersionId.',
    )
  }
  return version
}

function noValue(versionId: string | undefined, stage = 'AWSCURRENT'): AwsError {
  const sought = versionId === undefined ? `staging label: ${stage}` : `VersionId: ${versionId}`
  const message = `Secrets Manager can't find the specified secret value for ${sought}`
  return new AwsError('ResourceNotFoundException', message)
}

function checkStages(stages: readonly string[]): void {
  if (stages.length < 1) throw constraint('versionStages', stages, 'greater than or equal to 1')
  if (stages.length > 20) throw constraint('versionStages', stages, 'less than or equal to 20')
  for (const stage of stages) checkStage(stage)
}

function checkStage(stage: string): void {
  if (stage.length < 1) throw constraint('versionStage', stage, 'greater than or equal to 1')
  if (stage.length > 256) throw constraint('versionStage', stage, 'less than or equal to 256')
}

function constraint(member: string, value: unknown, length: string): AwsError {
  const rule = `Value '${value}' at '${member}' failed to satisfy constraint: Member must have length ${length}`
  return new AwsError('ValidationException', `1 validation error detected: ${rule}`)
}

function describe(secret: Secret): Output {
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(secret.kmsKeyArn === undefined ? {} : { KmsKeyId: secret.kmsKeyArn }),
    ...(secret.rotationEnabled ? { RotationEnabled: true } : {}),
    ...(secret.tags ? { Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })) } : {}),
    CreatedDate: seconds(secret.createdAt),
    LastChangedDate: seconds(secret.changedAt),
    ...(secret.primaryRegion === undefined ? {} : { PrimaryRegion: secret.primaryRegion }),
    ...(secret.owningService === undefined ? {} : { OwningService: secret.owningService }),
    ...(secret.deletedAt ? { DeletedDate: seconds(secret.deletedAt) } : {}),
    VersionIdsToStages: Object.fromEntries(
      secret.versions.filter(({ stages }) => stages.length > 0).map(({ versionId, stages }) => [versionId, stages]),
    ),
  }
}

function value(input: Input): SecretValue {
  const string = text(input, 'SecretString')
  if (string !== undefined) return string
  const binary = text(input, 'SecretBinary')
  if (binary !== undefined) return Buffer.from(binary, 'base64')
  throw new AwsError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.')
}
