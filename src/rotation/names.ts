/**
 * The names in which a rotation keeps its state between runs: ids of versions, names of tokens on the Hub, staging labels
 * of versions whose token was replaced. Anyone may choose such names, so each is read strictly, and none is proof alone.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { MAX_TOKEN_NAME } from '../hub/mint-rights.ts'
import type { Job } from '../identity/job.ts'

/** Source: Secrets Manager API reference, PutSecretValue, ClientRequestToken: 32 to 64 characters, a UUID recommended. */
export const VERSION_ID = /^[\w-]{32,64}$/

/**
 * The id of the `count`th version (from 0) that a run makes of a secret, in the form of a UUID (version 8, RFC 9562). It
 * is the same when the run is retried; a runner that does not number its runs gets a random one.
 */
export function versionId(
  { repository, runId }: Pick<Job, 'repository' | 'runId'>,
  arn: string,
  count: number,
): string {
  if (runId === '') return randomUUID()
  const hex = createHash('sha256')
    .update(['hf-oidc-rotate', arn, repository, runId, String(count)].join('\n'))
    .digest('hex')
  // The two highest bits of a UUID's variant are 10.
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/**
 * `hf-oidc-rotate <end of the secret's name> <hash of its ARN> <version id> <random>`; the hash and the random part in
 * base64url, so that the longest version id fits too.
 */
const TOKEN_NAME = /^hf-oidc-rotate [\w/+=.@-]{0,60} ([\w-]{11}) ([\w-]{32,64}) [\w-]{6}$/

/** The names of earlier versions of this action: hash and random part in hexadecimal, and up to 180 characters. */
const EARLIER_TOKEN_NAME = /^hf-oidc-rotate [\w/+=.@-]{0,60} ([0-9a-f]{16}) ([\w-]{32,64}) [0-9a-f]{8}$/

/**
 * A new display name for a token that goes into this version of this secret: at most {@link MAX_TOKEN_NAME} characters.
 * Every call returns a different one.
 */
export function rotatedTokenName(arn: string, versionId: string): string {
  const rest = `${hashesOfArn(arn)[0]} ${versionId} ${randomBytes(4).toString('base64url')}`
  const room = MAX_TOKEN_NAME - `hf-oidc-rotate  ${rest}`.length
  const name = arn.split(':').slice(6).join(':')
  const clean = name.replace(/[^\w/+=.@-]/g, '-')
  return `hf-oidc-rotate ${room > 0 ? clean.slice(-room) : ''} ${rest}`
}

/** The version of this secret that a token was minted for; undefined for a token of another secret, or with another name. */
export function versionOfToken(displayName: string, arn: string): string | undefined {
  const hashes = hashesOfArn(arn)
  // Thousands of names are compared with one secret after the other.
  if (!hashes.some((one) => displayName.includes(one))) return undefined
  const { hash = '', versionId } = readTokenName(displayName) ?? {}
  return hashes.includes(hash) ? versionId : undefined
}

/** The hash of a secret's ARN and the version that a token was minted for; undefined for any other name. */
export function readTokenName(displayName: string): { hash: string; versionId: string } | undefined {
  const [, hash, versionId] = TOKEN_NAME.exec(displayName) ?? EARLIER_TOKEN_NAME.exec(displayName) ?? []
  return hash === undefined || versionId === undefined ? undefined : { hash, versionId }
}

/** What the name of a token says about which secret it was minted for. */
export type NamedFor = { arn: string; versionId: string } | 'another secret'

/**
 * Reads the names of many tokens: for which of these secrets, and for which version, a rotation minted each; undefined for a
 * name that no rotation gives. A name is for people to read: anyone who manages the account may have chosen it.
 */
export function readNames(arns: readonly string[]): (displayName: string) => NamedFor | undefined {
  const byHash = new Map(arns.flatMap((arn) => hashesOfArn(arn).map((hash) => [hash, arn] as const)))
  return (displayName) => {
    const name = readTokenName(displayName)
    if (!name) return undefined
    const arn = byHash.get(name.hash)
    return arn === undefined ? 'another secret' : { arn, versionId: name.versionId }
  }
}

/** The version that a token of this name was minted for, of whatever secret; undefined for a token with another name. */
export function versionInTokenName(displayName: string): string | undefined {
  return readTokenName(displayName)?.versionId
}

/** The last ARN that was asked for, and its hashes. */
let latest: { arn: string; hashes: readonly string[] } | undefined

/**
 * The hashes of this ARN that names of tokens may have, now and as earlier versions wrote them. The secret's name is not
 * enough: two accounts may each have a secret of that name.
 */
export function hashesOfArn(arn: string): readonly string[] {
  if (latest?.arn === arn) return latest.hashes
  const digest = createHash('sha256').update(arn).digest().subarray(0, 8)
  latest = { arn, hashes: [digest.toString('base64url'), digest.toString('hex')] }
  return latest.hashes
}

const RETIRED_LABEL = /^hf-oidc-retired-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)\.(\d{3})Z$/

/**
 * The staging label of a version whose token was replaced at `at`, in milliseconds since the epoch. A label needs no
 * permission beyond the one that a rotation has anyway, and works for plain strings too.
 */
export function retiredLabel(at: number): string {
  return `hf-oidc-retired-${compact(at)}`
}

const compact = (at: number) => new Date(at).toISOString().replace(/[-:]/g, '')

/** True for a label in the form of {@link retiredLabel}. */
export function isRetiredLabel(label: string): boolean {
  return RETIRED_LABEL.test(label)
}

/** When a version with these labels was last replaced, in milliseconds since the epoch; undefined without such a label. */
export function retiredSince(labels: readonly string[]): number | undefined {
  const times = labels.flatMap((label) => {
    const match = RETIRED_LABEL.exec(label)
    if (!match) return []
    const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0, ms = 0] = match.slice(1).map(Number)
    return [Date.UTC(year, month - 1, day, hours, minutes, seconds, ms)]
  })
  return times.length > 0 ? Math.max(...times) : undefined
}

/**
 * How far the revocation of a replaced token is: `deleting`, the run is about to delete it from the account, whose list
 * shows whether it did; `revoking`, it was requested, and a later run must confirm that the token no longer works;
 * `revoked`, one of them is confirmed.
 */
export type Revocation = 'deleting' | 'revoking' | 'revoked'

const REVOCATION_LABEL = /^hf-oidc-(deleting|revoking|revoked)-(\d{8}T\d{6}\.\d{3}Z)-([\w-]{32,64})$/

/**
 * The staging label of a version whose token is that far at `at`, in milliseconds since the epoch. It names the version: a
 * secret has each label once, so the same label for two versions would leave the first one.
 */
export function revocationLabel(revocation: Revocation, at: number, versionId: string): string {
  return `hf-oidc-${revocation}-${compact(at)}-${versionId}`
}

/** True for a label in the form of {@link revocationLabel}. */
export function isRevocationLabel(label: string): boolean {
  return REVOCATION_LABEL.test(label)
}

/** A version that was replaced, with its labels. */
interface LabelledVersion {
  versionId: string
  labels: readonly string[]
  /** Milliseconds since the epoch; undefined when no label says when it was replaced. */
  since: number | undefined
}

/**
 * Whether the revocation of the token in this version is that far. A label from before the version was replaced is left from
 * an earlier replacement, and one that names another version was moved here: neither counts.
 */
export function isThatFar({ versionId, labels, since }: LabelledVersion, revocation: Revocation): boolean {
  if (since === undefined) return false
  return labels.some((label) => {
    const [, found, time = '', named] = REVOCATION_LABEL.exec(label) ?? []
    return found === revocation && named === versionId && time >= compact(since)
  })
}
