/** The claim rules: what the workflow demands of the verified claims. */
import { ActionError } from '../errors/action-error.ts'
import { listed, printable, quoted } from '../text/printable.ts'
import type { Identity } from './identity.ts'
import type { ClaimRule } from './request.ts'

/**
 * Checks every rule against the verified claims. A missing claim does not match; of a claim with several values, one
 * must match. Case matters.
 *
 * @throws `ActionError` `claim-rejected`, listing every rule that does not match.
 */
export function checkClaims(identity: Identity, rules: readonly ClaimRule[]): void {
  const rejected = rules.filter(
    ({ claim, pattern }) => !values(identity, claim).some((value) => matches(value, pattern)),
  )
  if (rejected.length === 0) return
  const matching = rejected.flatMap(({ claim }) => {
    const [value] = values(identity, claim)
    return value === undefined ? [] : [`\`${claim}=${printable(value, 120)}\``]
  })
  throw new ActionError('claim-rejected', {
    failed: 'The claims of this job do not satisfy `required-claims`; nothing was sent to AWS or the Hub.',
    seen: rejected
      .map(({ claim }) => {
        const seen = values(identity, claim)
        return `${claim} = ${seen.length > 0 ? seen.map((value) => quoted(value, 200)).join(', ') : Object.hasOwn(identity.claims, claim) ? '(no text, number or list of them)' : '(not in the token)'}`
      })
      .join('\n'),
    expected: rejected.map(({ claim, pattern }) => `${claim} = ${quoted(pattern, 200)}`).join('\n'),
    cause: 'the job runs from another branch, environment, workflow or repository than the rule allows.',
    fix: `Run the job from where the rules allow it, or change the rule${matching.length > 0 ? `: ${listed(matching)} would match this job` : ''}.`,
  })
}

function values({ claims }: Identity, name: string): string[] {
  if (!Object.hasOwn(claims, name)) return []
  const value: unknown = claims[name]
  const all: unknown[] = Array.isArray(value) ? value : [value]
  return all.flatMap((item) => (['string', 'number', 'boolean'].includes(typeof item) ? [String(item)] : []))
}

/**
 * True when the whole text matches; `*` stands for any run of characters, also none, and nothing else is special.
 * Takes time in proportion to text × pattern at most: a hostile claim cannot make it slow.
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
