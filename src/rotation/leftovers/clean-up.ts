/** Removes what is left over in all secrets of a scheduled run. */
import { guarded } from '../outcome.ts'
import { retiredVersions } from '../secret/look.ts'
import { hasLeftovers, type Leftovers } from './leftovers.ts'
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
 * noted, without any call.
 */
export async function cleanUp(turns: readonly Leftovers[], { adminToken, tasksSince }: CleanUpOptions): Promise<void> {
  const [first] = turns
  // What a blocked secret held before is what a person may want to go back to.
  const free = turns.filter(({ outcome }) => !outcome.isBlocked)
  if (!first || !free.some(hasLeftovers)) {
    for (const turn of turns) noteGrace(turn)
    return
  }
  await guarded(first.outcome, async () => {
    const surveyed = await survey(turns, adminToken)
    for (const turn of free) {
      await guarded(turn.outcome, () => revokePrevious(turn, { survey: surveyed, tasksSince }))
      await guarded(turn.outcome, () => sweepUnheld(turn, surveyed))
    }
  })
}

function noteGrace({ state, outcome, request, now }: Leftovers): void {
  const times = state ? retiredVersions(state).map(({ since }) => since ?? now()) : []
  if (times.length === 0) return
  outcome.previousEndsAt = Math.max(outcome.previousEndsAt ?? 0, Math.max(...times) + request.graceSeconds * 1000)
}
