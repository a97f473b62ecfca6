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
  const rest = `${hashOf(arn)} ${versionId} ${randomBytes(4).toString('base64url')}`
  const room = MAX_TOKEN_NAME - `hf-oidc-rotate  ${rest}`.length
  const name = arn.split(':').slice(6).join(':')
  const clean = name.replace(/[^\w/+=.@-]/g, '-')
  return `hf-oidc-rotate ${room > 0 ? clean.slice(-room) : ''} ${rest}`
}

/** The version of this secret that a token was minted for; undefined for a token of another secret, or with another name. */
export function versionOfToken(displayName: string, arn: string): string | undefined {
  const { hash = '', versionId } = readTokenName(displayName) ?? {}
  return hashesOfArn(arn).includes(hash) ? versionId : undefined
}

/** The hash of a secret's ARN and the version that a token was minted for; undefined for any other name. */
export function readTokenName(displayName: string): { hash: string; versionId: string } | undefined {
  const [, hash, versionId] = TOKEN_NAME.exec(displayName) ?? EARLIER_TOKEN_NAME.exec(displayName) ?? []
  return hash === undefined || versionId === undefined ? undefined : { hash, versionId }
}

/** The hashes of this ARN that names of tokens may have. */
export function hashesOfArn(arn: string): string[] {
  return [hashOf(arn), digestOf(arn).toString('hex')]
}

/** What the name of a token says about which secret it was minted for. */
export type NamedFor = { arn: string; versionId: string } | 'another secret'

/**
 * Reads the names of many tokens: for which of these secrets, and for which version, a rotation minted each; undefined for a
 * name that no rotation gives. A name is for people to read: anyone who manages the account may have chosen it.
 */
export function readNames(arns: readonly string[]): (displayName: string) => NamedFor | undefined {
  const byHash = new Map(
    arns.flatMap((arn) => [[hashOf(arn), arn] as const, [digestOf(arn).toString('hex'), arn] as const]),
  )
  return (displayName) => {
    const [, hash = '', versionId = ''] = TOKEN_NAME.exec(displayName) ?? EARLIER_TOKEN_NAME.exec(displayName) ?? []
    if (versionId === '') return undefined
    const arn = byHash.get(hash)
    return arn === undefined ? 'another secret' : { arn, versionId }
  }
}

/** The secret's name is not enough: two accounts may each have a secret of that name. */
function hashOf(arn: string): string {
  return digestOf(arn).toString('base64url')
}

function digestOf(arn: string): Buffer {
  return createHash('sha256').update(arn).digest().subarray(0, 8)
}

const RETIRED_LABEL = /^hf-oidc-retired-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)\.(\d{3})Z$/

/**
 * The staging label of a version whose token was replaced at `at`, in milliseconds since the epoch. A label needs no
 * permission beyond the one that a rotation has anyway, and works for plain strings too.
 */
export function retiredLabel(at: number): string {
  return `hf-oidc-retired-${new Date(at).toISOString().replace(/[-:]/g, '')}`
}

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
