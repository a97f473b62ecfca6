/** AWS session → the secret's value: one GetSecretValue. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ActionError } from '../errors/action-error.ts'
import type { AwsRequest, SecretReference } from '../inputs/request.ts'
import type { Http } from '../net/http.ts'
import { type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import type { Mask } from '../report/log.ts'
import { closest } from '../text/closest.ts'
import { isRecord, parseJson } from '../text/json.ts'
import { listed, quoted } from '../text/printable.ts'
import type { AwsSession } from './assume-role.ts'
import { clientOptions } from './clients.ts'
import { isPassing, serviceError } from './service-error.ts'

export interface StoredSecret {
  arn: string
  versionId: string
  /** The values at the keys asked for, in their order, masked. */
  values: readonly string[]
  /** False when the secret is a plain string. */
  isObject: boolean
}

/**
 * Reads one version of one secret, and takes the values at `keys` out of it. Asked for one key, a plain string is that
 * value.
 *
 * @throws `ActionError` `secret-not-found`, `secret-access-denied`, `secret-kms-denied`, `secret-malformed`, `secret-failed`,
 * `network-unreachable`, `deadline-exceeded`.
 * Source: Secrets Manager API reference, GetSecretValue.
 */
export async function readSecret(
  session: AwsSession,
  request: AwsRequest,
  keys: readonly string[],
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
    const answer = await client.send(command).catch((error: unknown) => refuse(error, session, request))
    const text: unknown = answer.SecretString ?? decode(answer.SecretBinary)
    if (typeof text !== 'string') throw malformed(request, keys, 'neither a string nor UTF-8 text')
    const { values, isObject } = pick(text, request, keys)
    // Anything shorter is no token; masked, it would only make the log unreadable.
    for (const form of new Set(values.flatMap((value) => [value, value.trim()]))) if (form.length >= 8) mask(form)
    return {
      arn: arnOf(answer.ARN) ?? secret.id,
      versionId: versionOf(answer.VersionId) ?? '',
      values,
      isObject,
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
  request: AwsRequest,
  keys: readonly string[],
): { values: readonly string[]; isObject: boolean } {
  const trimmed = text.trim()
  const parsed = parseJson(trimmed)
  if (isRecord(parsed)) {
    const values = keys.map((key) => {
      const value = Object.hasOwn(parsed, key) ? parsed[key] : undefined
      if (typeof value === 'string') return value
      const what =
        value === undefined ? withoutKey(parsed, key) : `a JSON object whose ${quoted(key, 60)} is not a string`
      throw malformed(request, keys, what)
    })
    return { values, isObject: true }
  }
  if (trimmed.startsWith('{')) {
    throw malformed(request, keys, 'text that begins like a JSON object and is not valid JSON')
  }
  if (Array.isArray(parsed)) throw malformed(request, keys, 'a JSON array')
  if (keys.length > 1) throw malformed(request, keys, 'a plain string')
  return { values: [text], isObject: false }
}

/** Says what is there instead of a key; names a key only where it is a slip away from the one that was looked for: a secret may have been stored as a key. */
export function withoutKey(object: Record<string, unknown>, key: string): string {
  const names = Object.keys(object)
  const near = closest(key, names)
  return `a JSON object without the key ${quoted(key, 60)} (it has ${names.length} ${names.length === 1 ? 'key' : 'keys'}${near === undefined ? '' : `, one of them ${quoted(near, 60)}`})`
}

/** `secret-malformed`: `seen` describes the secret without showing any of it. */
export function malformed({ secret }: { secret: SecretReference }, keys: readonly string[], seen: string): ActionError {
  const names = keys.map((key) => (/^[\w.-]+$/.test(key) ? key : 'token'))
  const form = `{${names.map((name) => `"${name}": "…"`).join(', ')}}`
  const [one] = keys.length === 1 ? keys : []
  return new ActionError('secret-malformed', {
    failed: `The secret ${secret.id} does not hold a value at ${listed(names)}. Its value is not shown.`,
    seen,
    expected: `a JSON object such as ${form}${one === undefined ? '' : ', or the value as a plain string'}`,
    cause: 'the secret was stored under another key, or with other text around it, or is another secret.',
    fix: `${one === undefined ? 'Point `secret-id` to the secret that holds these (its default is the secret of a stored token), or store it' : 'Set `secret-key` to the right key, or store the secret'} anew:\naws secretsmanager put-secret-value --region ${secret.region} --secret-id ${secret.id} --secret-string file://secret.json\nwhere secret.json holds ${form}`,
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

async function refuse(thrown: unknown, session: AwsSession, request: AwsRequest): Promise<never> {
  const error = serviceError(thrown)
  const { explainSecret } = await import('./explain-secret.ts')
  const failure = explainSecret(error, session.assumedRoleArn, request)
  if (isPassing(error) || error.name === 'InternalServiceError') throw new TryAgain(failure, error.afterMs)
  throw failure
}
