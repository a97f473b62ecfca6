/** The cells of an inventory's tables, in words: the same in the log and in the summary. */
import { formatDuration } from '../../text/duration.ts'
import { type CurrentToken, type LastUse, order, type SecretRow, type TokenRow, type Verdict } from './inventory.ts'

/** `7d 1h`; empty when it is not known. */
export function age(at: number | undefined, now: number): string {
  return at === undefined ? '' : formatDuration((now - at) / 1000)
}

/** What is wrong with a secret, the worst first; `ok` if nothing is. */
export function remarks(row: SecretRow): string[] {
  const { errors, token, findings, isDueSoon, orphans, owningService, primaryRegion, deletedAt } = row
  const found = [
    ...errors.map(({ code }) => `failed: ${code}`),
    ...(token.state === 'none' ? ['no token'] : token.state === 'refused' ? ['not accepted by the Hub'] : []),
    ...findings,
    ...(isDueSoon ? ['due soon'] : []),
    ...unknowns(row),
    ...(deletedAt === undefined ? [] : ['marked for deletion']),
    ...(owningService === undefined ? [] : [`owned by ${owningService}`]),
    ...(primaryRegion === undefined ? [] : [`replica of ${primaryRegion}`]),
    ...(row.rotationEnabled ? ['rotated by AWS'] : []),
    ...(orphans.length === 0 ? [] : [orphans.length === 1 ? '1 orphan' : `${orphans.length} orphans`]),
  ]
  return found.length === 0 ? ['ok'] : found
}

/** `leaver unknown`, for each finding of which nobody knows whether there is one. */
export function unknowns({ unknown }: Verdict): string[] {
  return Object.keys(unknown).map((name) => `${name} unknown`)
}

/** Whose the current token is. */
export function ownerWords({ owner, state }: CurrentToken): string {
  if (state === 'none') return ''
  if (!owner || owner.kind === 'unknown') return 'unknown'
  if (owner.kind === 'service account') return `service account ${owner.name}`
  if ('unknown' in owner.member) return `${owner.name} (unknown whether a member)`
  return owner.member.is ? `${owner.name} (member)` : `${owner.name} (not a member)`
}

/** When a token was last used. */
export function lastUseWords(use: LastUse, now: number): string {
  return typeof use === 'string' ? use : `${age(use.at, now)} ago`
}

/** When the proof was recorded. */
export function proofWords({ proof }: SecretRow, now: number): string {
  if (!proof) return 'none'
  return proof.isOfToken ? `${age(proof.provenAt, now)} old` : 'of another token'
}

/** `current, previous (replaced 2d ago)`. */
export function versionWords({ versions }: SecretRow, now: number): string {
  return versions
    .map(({ role, retiredAt, problem }) => {
      const more = [retiredAt === undefined ? '' : `replaced ${age(retiredAt, now)} ago`, problem ?? ''].filter(Boolean)
      return more.length > 0 ? `${role} (${more.join('; ')})` : role
    })
    .join(', ')
}

/** What a token of the account is, as far as its name tells. */
export function originWords({ origin, state }: TokenRow): string {
  const doubt = state === 'possibly held' ? ', which may hold it' : state === 'fresh' ? ', in progress' : ''
  switch (origin.kind) {
    case 'rotation':
      return state === 'not held' ? `orphan of ${origin.secret}` : `minted for ${origin.secret}${doubt}`
    case 'rotation of another secret':
      return 'minted for a secret that is not listed'
    case 'job':
      return 'minted for a job'
    case 'other':
      return state === 'possibly held' ? 'may be in a listed secret' : 'created by hand or by another program'
  }
}

/** What is wrong with a token of the account. */
export function tokenRemarks(row: TokenRow): string[] {
  return [...row.findings, ...unknowns(row)]
}

/** What needs attention first, then the rest, each in the order in which it was listed. */
export function worstFirst<T extends Verdict & { errors?: readonly unknown[] }>(rows: readonly T[]): T[] {
  return rows.toSorted((a, b) => order(b) - order(a))
}
