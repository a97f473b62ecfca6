/** Whether a secret's token is to be replaced: its age, and what the mode makes of it. */
import { type SecretShape, storeCommand } from '../../aws/store-command.ts'
import { ActionError } from '../../errors/action-error.ts'
import { hubPages } from '../../hub/pages.ts'
import { formatDuration } from '../../text/duration.ts'
import { type Part, plain } from '../../text/message.ts'
import type { SecretContext } from '../context.ts'
import type { Action } from '../outcome.ts'
import type { RotationRequest } from '../request.ts'
import { shapeOf, type TokenVersion } from './look.ts'
import { type Standing, standingOf } from './standing.ts'
import { pendingPlace } from './steps.ts'

/** What is known of the current token. Times in milliseconds since the epoch. */
export interface Age {
  /** Undefined when there is none, or nobody knows. */
  createdAt: number | undefined
  /** From when on it is to be replaced: at `max-age`, or `grace` before its own end. */
  dueAt: number | undefined
  /** The Hub's refusal, when it does not accept the token any more. */
  refusal: ActionError | undefined
  none: boolean
  /** The form of the secret. */
  shape: SecretShape
  /** What the Hub says of the token; undefined when it was not asked. */
  standing: Standing | undefined
}

export type Due = { due: true; note: string } | { due: false; action: Action; note: string }

/** The largest part of `max-age`, and the longest time in milliseconds, that a run may come early. */
export const SLACK_PART = 0.01
export const MAX_SLACK_MS = 3_600_000

/** A weekly schedule never runs to the second: a token that is a minute short of a week must not get two. */
function slackMs({ maxAgeSeconds }: RotationRequest): number {
  return Math.min(MAX_SLACK_MS, maxAgeSeconds * 1000 * SLACK_PART)
}

type DueContext = SecretContext & { request: RotationRequest }

/**
 * How old the current token is. A token that was minted by a rotation is in the account's list; of any other one the
 * Hub is asked.
 *
 * @throws what `standingOf` throws.
 */
export async function ageOf(context: DueContext, arn: string, current: TokenVersion | undefined): Promise<Age> {
  const { minter, request } = context
  const own = minter?.firstTokensFor(arn).filter(({ versionId }) => versionId === current?.versionId) ?? []
  // Of two for one version nobody can tell here which it is.
  const listed = own.length === 1 ? own[0] : undefined
  const standing = listed ? undefined : await standingOf(context, current)
  const known = standing?.kind === 'alive' ? standing.who : { createdAt: listed?.createdAt, expiresAt: undefined }
  // A token from the future would never be due.
  const isPlausible = known.createdAt !== undefined && known.createdAt < Date.now() + MAX_SLACK_MS
  const createdAt = isPlausible ? known.createdAt : current?.createdAt
  const byAge = createdAt === undefined ? undefined : createdAt + request.maxAgeSeconds * 1000
  const byEnd = known.expiresAt === undefined ? undefined : known.expiresAt - request.graceSeconds * 1000
  const ends = [byAge, byEnd].filter((time) => time !== undefined)
  return {
    createdAt,
    dueAt: ends.length > 0 ? Math.min(...ends) : undefined,
    refusal: standing?.kind === 'dead' ? standing.refusal : undefined,
    none: standing?.kind === 'none',
    standing,
    shape: shapeOf(current),
  }
}

/**
 * What to do. `now`: milliseconds since the epoch.
 *
 * @throws `ActionError` `rotation-overdue`, `token-rejected`, `token-expired` under `mode: promote`.
 */
export function judgeDue(context: DueContext, age: Age, now: number): Due {
  const { request, rotated } = context
  const old = age.createdAt === undefined ? 'of unknown age' : `${formatDuration((now - age.createdAt) / 1000)} old`
  const overdue = age.dueAt !== undefined && now >= age.dueAt
  if (request.mode.kind === 'promote')
    return judgePromotion(context, request.mode.warnAgeSeconds, age, now, old, overdue)
  if (age.none) return { due: true, note: 'it has no value yet' }
  if (age.refusal) return { due: true, note: 'the Hub does not accept the current token any more' }
  if (request.force) return { due: true, note: `forced, the current token is ${old}` }
  if (age.dueAt !== undefined && now >= age.dueAt - slackMs(request)) {
    return { due: true, note: `the current token is ${old}` }
  }
  // Nobody could ever say that it is due.
  if (age.createdAt === undefined) return { due: true, note: `the current token of ${rotated.secret.id} is ${old}` }
  return { due: false, action: 'not-due', note: `the current token is ${old}` }
}

function judgePromotion(
  context: DueContext,
  warnAgeSeconds: number,
  age: Age,
  now: number,
  old: string,
  overdue: boolean,
): Due {
  const { request, rotated, log } = context
  const { id } = rotated.secret
  const fix = [...promotionFix(context, age.shape), 'Then run this workflow again.']
  if (age.refusal) throw new ActionError(age.refusal.code, { ...age.refusal.explanation, fix })
  if (age.none || overdue) {
    throw new ActionError('rotation-overdue', {
      failed: age.none ? `The secret ${id} has no token yet.` : `The token in ${id} should have been replaced by now.`,
      seen: age.none
        ? 'no current and no pending version'
        : `the current token is ${old}, was due on ${new Date(age.dueAt ?? now).toISOString()}, and nothing is pending`,
      expected: `a new token in the pending version, at the latest after ${formatDuration(request.maxAgeSeconds)}`,
      cause: 'nobody has brought a new token; without service accounts it takes a person.',
      fix,
    })
  }
  const left = age.dueAt === undefined ? undefined : age.dueAt - now
  const aged = age.createdAt !== undefined && now - age.createdAt >= warnAgeSeconds * 1000
  // A token with an end date of its own may be due long before it is old.
  const ending = left !== undefined && left < (request.maxAgeSeconds - warnAgeSeconds) * 1000
  if (!aged && !ending) return { due: false, action: 'not-due', note: `the current token is ${old}` }
  const time = left === undefined ? '' : ` In ${formatDuration(left / 1000)} this becomes a failure.`
  log.warning(`The token in ${id} is ${old}: it is time for a new one.${time}\n${plain(fix)}`)
  return { due: false, action: 'due-soon', note: `the current token is ${old}, and nothing is pending` }
}

/** How a person brings a new token. */
export function promotionFix(
  { request, rotated }: Pick<DueContext, 'request' | 'rotated'>,
  shape: SecretShape,
): readonly (string | Part)[] {
  const { newToken } = hubPages(request.hubEndpoint)
  return [`Create a new fine-grained token: ${newToken}`, ...storeCommand(pendingPlace(rotated.secret, shape))]
}
