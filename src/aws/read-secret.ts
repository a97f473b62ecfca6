/** AWS session → the secret's value: one GetSecretValue. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ActionError } from '../errors/action-error.ts'
import type { Http } from '../net/http.ts'
import { type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import { closest } from '../text/closest.ts'
import { isRecord, parseJson } from '../text/json.ts'
import type { Mask } from '../text/log.ts'
import { listed, quoted, verbatim } from '../text/printable.ts'
import type { AwsSession } from './assume-role.ts'
import { clientOptions } from './clients.ts'
import type { AwsRequest, SecretReference } from './request.ts'
import { exampleOf, keysOf, type SecretContent, wrongSecret } from './secret-content.ts'
import { isPassing, serviceError } from './service-error.ts'
import type { SecretShape } from './store-command.ts'

export interface StoredSecret {
  arn: string
  versionId: string
  /** The values that make up the content, in the order of their keys, masked. */
  values: readonly string[]
  shape: SecretShape
}

/**
 * Reads one version of one secret, and takes what it must hold out of it. A plain string is the one value of a content
 * that has no more.
 *
 * @throws `ActionError` `secret-not-found`, `secret-access-denied`, `secret-kms-denied`, `secret-malformed`, `secret-failed`,
 * `network-unreachable`, `deadline-exceeded`.
 * Source: Secrets Manager API reference, GetSecretValue.
 */
export async function readSecret(
  session: AwsSession,
  request: AwsRequest,
  content: SecretContent,
  http: Http,
  mask: Mask,
  policy: RetryPolicy,
): Promise<StoredSecret> {
  const { secret } = request
  const what = `Secrets Manager in ${secret.region} to read ${secret.id}`
  const { accessKeyId, secretAccessKey, sessionToken } = session.credentials
  const client = new SecretsManagerClient({
    ...clientOptions({
      service: 'SECRETS_MANAGER',
      region: secret.region,
      endpoints: request.awsEndpoints,
      http,
      what,
    }),
    credentials: { accessKeyId, secretAccessKey, sessionToken },
  })
  const command = new GetSecretValueCommand({ SecretId: secret.id, VersionStage: secret.stage })
  return await retry(what, policy, async () => {
    const answer = await client.send(command).catch((error: unknown) => refuse(error, session, request, content))
    const text: unknown = answer.SecretString ?? decode(answer.SecretBinary)
    if (typeof text !== 'string') throw malformed(secret, content, 'neither a string nor UTF-8 text')
    const binary = answer.SecretString === undefined
    const { values, shape } = pick(text, binary, secret, content)
    // Anything shorter is no token; masked, it would only make the log unreadable.
    for (const form of new Set(values.flatMap((value) => [value, value.trim()]))) if (form.length >= 8) mask(form)
    return {
      arn: arnOf(answer.ARN) ?? secret.id,
      versionId: versionOf(answer.VersionId) ?? '',
      values,
      shape,
    }
  })
}

/** What later steps use must be what it says it is. */
const ARN = /^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]{1,520}$/
const VERSION = /^[\w.-]{1,64}$/

/** A secret's ARN, if it is one. */
export const arnOf = (value: unknown): string | undefined => checked(value, ARN)
/** A version's id, if it is one. */
export const versionOf = (value: unknown): string | undefined => checked(value, VERSION)

function checked(value: unknown, form: RegExp): string | undefined {
  return typeof value === 'string' && form.test(value) ? value : undefined
}

function pick(
  text: string,
  binary: boolean,
  secret: SecretReference,
  content: SecretContent,
): Pick<StoredSecret, 'values' | 'shape'> {
  const keys = keysOf(content, secret)
  const trimmed = text.trim()
  const parsed = parseJson(trimmed)
  if (isRecord(parsed)) {
    const values = keys.map((key) => {
      const value = Object.hasOwn(parsed, key) ? parsed[key] : undefined
      if (typeof value === 'string') return value
      const what =
        value === undefined ? withoutKey(parsed, key) : `a JSON object whose ${quoted(key, 60)} is not a string`
      throw malformed(secret, content, what)
    })
    const otherKeys = Object.keys(parsed).some((key) => !keys.includes(key))
    return { values, shape: { kind: 'object', binary, otherKeys } }
  }
  if (trimmed.startsWith('{')) {
    throw malformed(secret, content, 'text that begins like a JSON object and is not valid JSON')
  }
  if (Array.isArray(parsed)) throw malformed(secret, content, 'a JSON array')
  if (keys.length > 1) throw malformed(secret, content, 'a plain string')
  return { values: [text], shape: { kind: 'plain', binary } }
}

/** Says what is there instead of a key; names a key only where it is a slip away from the one that was looked for: a secret may have been stored as a key. */
export function withoutKey(object: Record<string, unknown>, key: string): string {
  const names = Object.keys(object)
  const near = closest(key, names)
  return `a JSON object without the key ${quoted(key, 60)} (it has ${names.length} ${names.length === 1 ? 'key' : 'keys'}${near === undefined ? '' : `, one of them ${quoted(near, 60)}`})`
}

/** `secret-malformed`: `seen` describes the secret without showing any of it. */
export function malformed(secret: SecretReference, content: SecretContent, seen: string): ActionError {
  const keys = keysOf(content, secret)
  return new ActionError('secret-malformed', {
    failed: `The secret ${secret.id} does not hold a value at ${listed(keys.map((key) => verbatim(key, 60)))}. Its value is not shown.`,
    seen,
    expected: `a JSON object such as ${exampleOf(content, secret)}${keys.length > 1 ? '' : ', or the value as a plain string'}`,
    cause: 'it is another secret, the value is at another key, or other text was stored with it.',
    fix: wrongSecret(content, secret),
  })
}

/** The text in a binary secret; undefined when it is none. */
export function decode(bytes: Uint8Array | undefined): string | undefined {
  if (!bytes) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

async function refuse(
  thrown: unknown,
  session: AwsSession,
  request: AwsRequest,
  content: SecretContent,
): Promise<never> {
  const error = serviceError(thrown)
  const { explainSecret, reading } = await import('./explain-secret.ts')
  const failure = explainSecret(error, session.assumedRoleArn, request, reading(content))
  if (isPassing(error) || error.name === 'InternalServiceError') throw new TryAgain(failure, error.afterMs)
  throw failure
}
