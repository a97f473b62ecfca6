/** The claim rules: what the workflow requires of the verified claims. */
import { ActionError } from '../errors/action-error.ts'
import { block, code, oneOrList, type Prose, prose } from '../text/message.ts'
import { quoted, verbatim } from '../text/printable.ts'
import type { Identity } from './identity.ts'
import type { ClaimRule } from './request.ts'

/**
 * Checks every rule against the verified claims. A missing claim does not match; if a claim has several values, one of
 * them must match. Matching is case-sensitive.
 *
 * @throws `ActionError` `claim-rejected`, listing every rule that does not match.
 */
export function checkClaims(identity: Identity, rules: readonly ClaimRule[]): void {
  const rejected = rules.filter(
    ({ claim, pattern }) => !values(identity, claim).some((value) => matches(value, pattern)),
  )
  if (rejected.length > 0) throw claimsRejected(identity, rejected)
}

function claimsRejected(identity: Identity, rejected: readonly ClaimRule[]): ActionError {
  const matching = rejected.flatMap(({ claim }) => {
    const [value] = values(identity, claim)
    return value === undefined ? [] : [`${claim}=${verbatim(value)}`]
  })
  return new ActionError('claim-rejected', {
    failed: prose`The claims of this job do not satisfy ${code('required-claims')}, so nothing was sent to AWS or the Hub.`,
    seen: oneOrList(rejected.map(({ claim }) => seenOf(identity, claim))),
    expected: oneOrList(rejected.map(({ claim, pattern }) => prose`${code(`${claim} = ${quoted(pattern, 200)}`)}`)),
    cause: 'The job runs from a different branch, environment, workflow or repository than the rules allow.',
    fix:
      matching.length === 0
        ? 'Run the job from a branch, environment, workflow or repository that the rules allow, or change the rules.'
        : [
            'Run the job from a branch, environment, workflow or repository that the rules allow. If this job should be allowed, change the rules; these would match it:',
            block(matching.join('\n')),
          ],
  })
}

function seenOf(identity: Identity, claim: string): Prose {
  const seen = values(identity, claim)
  if (seen.length > 0) return prose`${code(`${claim} = ${seen.map((value) => quoted(value, 200)).join(', ')}`)}`
  return Object.hasOwn(identity.claims, claim)
    ? prose`${code(claim)} is not text, a number, a boolean or a list of them`
    : prose`${code(claim)} is not in the token`
}

function values({ claims }: Identity, name: string): string[] {
  if (!Object.hasOwn(claims, name)) return []
  const value: unknown = claims[name]
  const all: unknown[] = Array.isArray(value) ? value : [value]
  return all.flatMap((item) => (['string', 'number', 'boolean'].includes(typeof item) ? [String(item)] : []))
}

/**
 * True when the whole text matches. `*` stands for any run of characters, including none; nothing else is special.
 * Takes time proportional to text × pattern at most, so that a hostile claim cannot make it slow.
 */
export function matches(text: string, pattern: string): boolean {
  let at = 0
  let p = 0
  let star = -1
  let retryAt = 0
  while (at < text.length) {
    if (pattern[p] === '*') {
      star = p
      retryAt = at
      p += 1
    } else if (p < pattern.length && pattern[p] === text[at]) {
      p += 1
      at += 1
    } else if (star >= 0) {
      retryAt += 1
      at = retryAt
      p = star + 1
    } else {
      return false
    }
  }
  while (pattern[p] === '*') p += 1
  return p === pattern.length
}
