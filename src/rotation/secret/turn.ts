/** One secret in a scheduled run: what is known about it so far, and how its turn ends. */
import type { ActionError } from '../../errors/action-error.ts'
import type { Job } from '../../identity/job.ts'
import type { Leftovers } from '../leftovers/leftovers.ts'
import type { Action } from '../outcome.ts'
import type { RotationRequest } from '../request.ts'
import type { SecretState } from './look.ts'
import { retire } from './steps.ts'

export interface Turn extends Leftovers {
  request: RotationRequest
  job: Job
  /** Ids of versions that this run has made. */
  made: Set<string>
  /** By ARN: what a secret is already, so that no turn takes it again. */
  taken: Map<string, string>
  /** Why the pending version that was found could not be used, when the secret is looked at again after that. */
  failure: ActionError | undefined
  /** When the secret was last written to, as far as is known, in milliseconds since the epoch. */
  lastWriteAt: number | undefined
}

/** What a round has come to: the end of the turn, or another look at the secret. */
export type RoundResult =
  | 'done'
  /** A concurrent run was given time to finish. */
  | 'waited'
  /** The secret changed under this run's hands, or this run changed it. */
  | 'changed'

/** How much later than the secret its first version may be created, in milliseconds. */
const CREATION_MS = 2_000

/** Notes in the turn and its outcome what a look at the secret has shown. */
export function noteState(turn: Turn, state: SecretState): void {
  const { outcome, request } = turn
  turn.first ??= state
  turn.state = state
  outcome.arn = state.arn
  outcome.versionId = state.current?.versionId
  outcome.createdAt = state.current?.createdAt
  outcome.dueAt = dueAt(outcome.createdAt, request)
  const writes = [turn.lastWriteAt, state.current?.createdAt, state.pending?.createdAt]
  // The value that the secret was created with was no update of it.
  const { stages, createdAt = 0 } = state.description
  const firstWrite = stages.size > 1 ? 0 : createdAt + CREATION_MS
  const known = writes.filter((time) => time !== undefined && time > firstWrite)
  turn.lastWriteAt = known.length > 0 ? Math.max(...known.map(Number)) : undefined
}

/** Ends the turn. `note`: why, in a few words. */
export function end({ outcome }: Turn, action: Action, note: string): 'done' {
  outcome.action = action
  outcome.note = note
  return 'done'
}

/** The version that was made current. */
export interface NewCurrent {
  versionId: string
  /** When its token was created, in milliseconds since the epoch. */
  createdAt: number | undefined
  action: 'rotated' | 'promoted'
  note: string
}

/**
 * Ends the turn after another version was made current: only now does the grace of the previous token begin.
 *
 * @throws what Secrets Manager throws.
 */
export async function endWith(turn: Turn, { current }: SecretState, next: NewCurrent): Promise<'done'> {
  const { outcome, request } = turn
  outcome.versionId = next.versionId
  outcome.previousVersionId = current?.versionId
  outcome.createdAt = next.createdAt
  outcome.dueAt = dueAt(next.createdAt, request)
  end(turn, next.action, next.note)
  if (!current) return 'done'
  await retire(turn, current.versionId)
  outcome.previousEndsAt = turn.now() + request.graceSeconds * 1000
  return 'done'
}

function dueAt(createdAt: number | undefined, { maxAgeSeconds }: RotationRequest): number | undefined {
  return createdAt === undefined ? undefined : createdAt + maxAgeSeconds * 1000
}
