/** What the log says about each secret as soon as its turn has ended, and how a result reads in a table. Pure. */
import type { Outcome } from './outcome.ts'

/** `[17/200] huggingface/acme/x: rotated, it was 8 days old`. */
export function progressLine(
  outcome: Pick<Outcome, 'secret' | 'action' | 'note' | 'errors'>,
  ended: number,
  of: number,
) {
  const note = outcome.errors.length > 0 || outcome.note === '' ? '' : `, ${outcome.note}`
  return `[${ended}/${of}] ${outcome.secret}: ${verdict(outcome)}${note}`
}

/** What became of a secret, with the code of what failed. */
export function verdict({ action, errors }: Pick<Outcome, 'action' | 'errors'>): string {
  const [first] = errors
  if (!first) return action
  return action === 'failed' ? `failed: ${first.code}` : `${action}, then failed: ${first.code}`
}
