/** AWS session → the secret's value: one GetSecretValue. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ActionError } from '../errors/action-error.ts'
import type { Http } from '../net/http.ts'
import type { RetryPolicy } from '../net/retry.ts'
import { closest } from '../text/closest.ts'
import { isRecord, parseJson } from '../text/json.ts'
import type { Mask } from '../text/log.ts'
import { code, codes, prose } from '../text/message.ts'
import { quoted, verbatim } from '../text/printable.ts'
import type { AwsCaller } from './caller.ts'
import { callAws } from './clients.ts'
import type { SecretReference } from './request.ts'
import { readSecretArn } from './secret-arn.ts'
import { exampleOf, keysOf, type SecretContent, wrongSecret } from './secret-content.ts'
import { formatPath, isPlainKey, type KeyPath, nextTo, otherKeys, pathIn, valueAt } from './secret-key.ts'
import type { SecretShape } from './store-command.ts'

export interface StoredSecret {
  arn: string
  versionId: string
  /** The values that make up the content, in the order of their keys, masked. */
  values: readonly string[]
  /** The text at the key that {@link Reading.also} names, if the secret is a JSON object that has it. */
  also: string | undefined
  shape: SecretShape
}

/** What is read, by whom, and how. */
export interface Reading {
  secret: SecretReference
  /** What the secret must hold. */
  content: SecretContent
  /** Names another key to read next to the first one, by the name of that; it need not be there. */
  also?: ((key: string) => string) | undefined
  caller: AwsCaller
  http: Http
  policy: RetryPolicy
  mask: Mask
}

/** Masked, anything shorter would only make the log unreadable; it cannot be a token. */
const SHORTEST_MASK = 8

/**
 * Reads one version of one secret, and takes what it must hold out of it. A plain string is the one value of a content
 * that has no more.
 *
 * @throws `ActionError` `secret-not-found`, `secret-access-denied`, `secret-kms-denied`, `secret-malformed`, `secret-failed`,
 * `network-unreachable`, `deadline-exceeded`.
 * Source: Secrets Manager API reference, GetSecretValue.
 */
export async function readSecret({
  secret,
  content,
  also,
  caller,
  http,
  policy,
  mask,
}: Reading): Promise<StoredSecret> {
  const { id, region, stage, versionId } = secret
  // AWS would require a label to be on this very version.
  const version = versionId === undefined ? { VersionStage: stage } : { VersionId: versionId }
  const command = new GetSecretValueCommand({ SecretId: id, ...version })
  const answer = await callAws({
    Client: SecretsManagerClient,
    service: 'SECRETS_MANAGER',
    region,
    endpoints: caller.awsEndpoints,
    what: `Secrets Manager in ${region} to read ${id}`,
    http,
    policy,
    credentials: caller.credentials,
    isRepeatable: true,
    counted: 'all',
    send: (client) => client.send(command),
    examine: ({ SecretString, SecretBinary }) =>
      SecretString === undefined && SecretBinary === undefined
        ? malformed(secret, content, 'neither a string nor UTF-8 text')
        : undefined,
    explain: async (error) => {
      const { explainSecret, reading } = await import('./explain-secret.ts')
      return explainSecret({ error, caller, secret, use: reading(content) })
    },
  })
  const text: unknown = answer.SecretString ?? decode(answer.SecretBinary)
  if (typeof text !== 'string') throw malformed(secret, content, 'neither a string nor UTF-8 text')
  const binary = answer.SecretString === undefined
  const { values, shape } = pick(text, binary, secret, content)
  for (const form of new Set(values.flatMap((value) => [value, value.trim()]))) {
    if (form.length >= SHORTEST_MASK) mask(form)
  }
  return {
    arn: arnOf(answer.ARN) ?? id,
    versionId: versionOf(answer.VersionId) ?? '',
    values,
    also: also && textNextTo(text, keysOf(content, secret)[0] ?? '', also),
    shape,
  }
}

function textNextTo(text: string, key: string, nameOf: (key: string) => string): string | undefined {
  const parsed = parseJson(text.trim())
  const value = isRecord(parsed) ? valueAt(parsed, nextTo(pathIn(parsed, key), nameOf)) : undefined
  return typeof value === 'string' ? value : undefined
}

/** Source: Secrets Manager API reference, GetSecretValue, `VersionId`; emulators have shorter ones. */
const VERSION = /^[\w.-]{1,64}$/

/** A secret's ARN in an answer; undefined for anything else, because later steps use it. */
export function arnOf(value: unknown): string | undefined {
  return typeof value === 'string' && readSecretArn(value) ? value : undefined
}

/** A version's id in an answer; undefined for anything else, because later steps use it. */
export function versionOf(value: unknown): string | undefined {
  return typeof value === 'string' && VERSION.test(value) ? value : undefined
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
    const paths = keys.map((key) => pathIn(parsed, key))
    const values = paths.map((path) => {
      const value = valueAt(parsed, path)
      if (typeof value === 'string') return value
      const seen =
        value === undefined
          ? withoutKey(parsed, path)
          : `a JSON object whose ${quoted(formatPath(path), 60)} is not a string`
      throw malformed(secret, content, seen)
    })
    const [path] = paths
    const hasOthers = otherKeys(parsed, paths).length > 0
    const where = path === undefined || isPlainKey(path) ? {} : { path }
    return { values, shape: { kind: 'object', binary, otherKeys: hasOthers, ...where } }
  }
  if (trimmed.startsWith('{')) {
    throw malformed(secret, content, 'text that begins like a JSON object but is not valid JSON')
  }
  if (Array.isArray(parsed)) throw malformed(secret, content, 'a JSON array')
  if (keys.length > 1) throw malformed(secret, content, 'a plain string')
  return { values: [text], shape: { kind: 'plain', binary } }
}

/**
 * Says what is there instead of a key. Another key is named only when it is a typo away from the one that was looked
 * for: a secret may have been stored as a key.
 */
export function withoutKey(object: Record<string, unknown>, path: KeyPath): string {
  const missing = path.findIndex((_, at) => valueAt(object, path.slice(0, at + 1)) === undefined)
  const key = path[missing] ?? ''
  const outer = valueAt(object, path.slice(0, missing))
  const place = missing > 0 ? `a JSON object whose ${quoted(formatPath(path.slice(0, missing)), 60)}` : ''
  if (!isRecord(outer)) return `${place} is not an object`
  const names = Object.keys(outer)
  const near = closest(key, names)
  const count = names.length === 1 ? '1 key' : `${names.length} keys`
  const without = place === '' ? 'a JSON object without the' : `${place} is an object without the`
  return `${without} key ${quoted(key, 60)} (it has ${count}${near === undefined ? '' : `, one of them ${quoted(near, 60)}`})`
}

/** `secret-malformed`: `seen` describes the secret without showing any of it. */
export function malformed(secret: SecretReference, content: SecretContent, seen: string): ActionError {
  const keys = keysOf(content, secret)
  const plainForm = keys.length > 1 ? '' : ', or the value as a plain string'
  return new ActionError('secret-malformed', {
    failed: prose`The secret ${code(secret.id)} has no usable value under ${codes(keys.map((key) => verbatim(key, 60)))}.`,
    seen: `${seen}; the value itself is not shown`,
    expected: prose`a JSON object such as ${code(exampleOf(content, secret))}${plainForm}`,
    cause: 'The action read the wrong secret, the value is under another key, or other text was stored with it.',
    fix: wrongSecret(content, secret),
  })
}

/** The text in a binary secret; undefined when it is not text. */
export function decode(bytes: Uint8Array | undefined): string | undefined {
  if (!bytes) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
