/** AWS session → the secret's value: one GetSecretValue. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ActionError } from '../errors/action-error.ts'
import type { AwsRequest } from '../inputs/request.ts'
import type { Http } from '../net/http.ts'
import { type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import type { Mask } from '../report/log.ts'
import { isRecord, parseJson } from '../text/json.ts'
import { printable, quoted } from '../text/printable.ts'
import type { AwsSession } from './assume-role.ts'
import { clientOptions } from './clients.ts'
import { isPassing, serviceError } from './service-error.ts'

export interface StoredSecret {
  arn: string
  versionId: string
  /** The secret value, masked. */
  value: string
  /** The key it was read from; undefined when the secret is a plain string. */
  key: string | undefined
}

/**
 * Reads one version of one secret, and takes the value at `key` out of it when it is a JSON object.
 *
 * @throws `ActionError` `secret-not-found`, `secret-access-denied`, `secret-kms-denied`, `secret-malformed`, `secret-failed`,
 * `network-unreachable`, `deadline-exceeded`.
 * Source: Secrets Manager API reference, GetSecretValue.
 */
export async function readSecret(
  session: AwsSession,
  request: AwsRequest,
  http: Http,
  mask: Mask,
  policy: RetryPolicy,
): Promise<StoredSecret> {
  const { secret } = request
  const what = `Secrets Manager in ${secret.region} to read ${secret.id}`
  const { accessKeyId, secretAccessKey, sessionToken } = session.credentials
  const client = new SecretsManagerClient({
    ...clientOptions(http, secret.region, what),
    credentials: { accessKeyId, secretAccessKey, sessionToken },
  })
  const command = new GetSecretValueCommand({ SecretId: secret.id, VersionStage: secret.stage })
  return await retry(what, policy, async () => {
    const answer = await client.send(command).catch((error: unknown) => refuse(error, session, request))
    const text = answer.SecretString ?? decode(answer.SecretBinary)
    if (text === undefined) throw malformed(request, 'neither a string nor UTF-8 text')
    const { value, key } = pick(text, request)
    // Anything shorter is no token; masked, it would only make the log unreadable.
    for (const form of new Set([value, value.trim()])) if (form.length >= 8) mask(form)
    return { arn: printable(answer.ARN ?? secret.id), versionId: printable(answer.VersionId ?? ''), value, key }
  })
}

function pick(text: string, request: AwsRequest): { value: string; key: string | undefined } {
  const trimmed = text.trim()
  const parsed = parseJson(trimmed)
  if (isRecord(parsed)) {
    const { key } = request.secret
    const value = Object.hasOwn(parsed, key) ? parsed[key] : undefined
    if (typeof value === 'string') return { value, key }
    throw malformed(
      request,
      value === undefined ? withoutKey(parsed, key) : `a JSON object whose ${quoted(key, 60)} is not a string`,
    )
  }
  if (trimmed.startsWith('{')) throw malformed(request, 'text that begins like a JSON object and is not valid JSON')
  if (Array.isArray(parsed)) throw malformed(request, 'a JSON array')
  return { value: text, key: undefined }
}

/** Names the keys only where they look like names: a secret may have been stored as a key by mistake. */
function withoutKey(object: Record<string, unknown>, key: string): string {
  const names = Object.keys(object).filter((name) => /^[A-Za-z][\w.-]{0,31}$/.test(name) && !/^hf_/i.test(name))
  const keys = names.length > 0 ? ` (it has ${names.slice(0, 10).join(', ')})` : ''
  return `a JSON object without the key ${quoted(key, 60)}${keys}`
}

function malformed({ secret }: AwsRequest, seen: string): ActionError {
  return new ActionError('secret-malformed', {
    failed: `The secret ${secret.id} does not hold a token where it was looked for. Its value is not shown.`,
    seen,
    expected: `the token as a plain string, or a JSON object with the token at ${quoted(secret.key, 60)}`,
    cause: 'the secret was stored under another key, or with other text around it.',
    fix: `Set \`secret-key\` to the right key, or store the secret anew:\naws secretsmanager put-secret-value --region ${secret.region} --secret-id ${secret.id} --secret-string file://secret.json\nwhere secret.json holds {"${/^[\w.-]+$/.test(secret.key) ? secret.key : 'token'}": "hf_…"}`,
  })
}

function decode(bytes: Uint8Array | undefined): string | undefined {
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
  const failure = explainSecret(error, session, request)
  if (isPassing(error) || error.name === 'InternalServiceError') throw new TryAgain(failure)
  throw failure
}
