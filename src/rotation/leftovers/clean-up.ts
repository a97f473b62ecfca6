/** Removes what is left over in all secrets of a scheduled run. */
import { inPool } from '../../net/pool.ts'
import { guarded } from '../outcome.ts'
import { Deletions } from './deletions.ts'
import { AT_ONCE, hasLeftovers, type Leftovers, unconfirmed } from './leftovers.ts'
import { tidyLabels } from './marks.ts'
import { revokePrevious } from './revoke-previous.ts'
import { survey } from './survey.ts'
import { sweepUnheld } from './sweep.ts'

export interface CleanUpOptions {
  /** The admin token (a secret), when the run has one: it is always in use. */
  adminToken: string | undefined
  /** No task of the services was started before this, in milliseconds since the epoch. */
  tasksSince: number
}

/**
 * Revokes previous tokens whose grace has expired, and tokens that no version holds, of the secrets that could be looked
 * at. A failure is noted with its secret, and the others follow. When nothing has to go, only the end of the grace is
 * noted, without any call to the Hub.
 */
export async function cleanUp(turns: readonly Leftovers[], options: CleanUpOptions): Promise<void> {
  const [first] = turns
  // What a blocked secret held before is what a person may want to go back to.
  const free = turns.filter(({ outcome }) => !outcome.isBlocked)
  if (first && free.some(hasLeftovers)) await guarded(first.outcome, () => removeLeftovers(free, turns, options))
  else {
    for (const turn of turns) noteGrace(turn)
    await inPool(free, AT_ONCE, (turn) => guarded(turn.outcome, () => tidyLabels(turn)))
  }
}

/**
 * Does so for some of the secrets, with an eye on all of them. Failures are noted with their secrets.
 *
 * @throws what `survey` and `Deletions.prove` throw.
 */
export async function removeLeftovers(
  turns: readonly Leftovers[],
  all: readonly Leftovers[],
  { adminToken, tasksSince }: CleanUpOptions,
): Promise<void> {
  const surveyed = await survey(all, adminToken)
  const deletions = new Deletions(surveyed.entries)
  try {
    await revokePrevious(turns, { survey: surveyed, tasksSince, deletions })
    await inPool(turns, AT_ONCE, (turn) => guarded(turn.outcome, () => sweepUnheld(turn, surveyed, deletions)))
  } finally {
    await deletions.prove()
  }
}

function noteGrace({ state, outcome, request, now }: Leftovers): void {
  const times = state ? unconfirmed(state).map(({ since }) => since ?? now()) : []
  if (times.length === 0) return
  outcome.previousEndsAt = Math.max(outcome.previousEndsAt ?? 0, Math.max(...times) + request.graceSeconds * 1000)
}
