/** Whether a secret's token is due for replacement: its age, and what the mode makes of it. */
import type { SecretShape } from '../../aws/store-command.ts'
import { ActionError } from '../../errors/action-error.ts'
import { formatDuration } from '../../text/duration.ts'
import { code, type Part, plain, prose } from '../../text/message.ts'
import type { SecretContext } from '../context.ts'
import type { Action } from '../outcome.ts'
import type { RotationRequest } from '../request.ts'
import { shapeOf, type TokenVersion } from './look.ts'
import { newTokenByHand } from './new-token-by-hand.ts'
import { askedStanding, listedEntry, type Standing } from './standing.ts'

/** What is known about the current token. Times in milliseconds since the epoch. */
export interface Age {
  /** Undefined when there is no token, or nobody knows. */
  createdAt: number | undefined
  /** When it is due for replacement: at `max-age`, or `grace` before it expires. */
  dueAt: number | undefined
  /** The Hub's refusal, when it no longer accepts the token. */
  refusal: ActionError | undefined
  /** True when the secret has no token yet. */
  none: boolean
  /** The form of the secret. */
  shape: SecretShape
  /** What whoami-v2 says about the token; undefined when it was not asked. */
  standing: Standing | undefined
}

/** Why a token is due, in a few words: before the rotation, and after it. */
export interface DueNote {
  before: string
  after: string
}

export type Due = { due: true; note: DueNote } | { due: false; action: Action; note: string }

/** The largest part of `max-age`, and the longest time in milliseconds, that a run may come early. */
export const SLACK_PART = 0.01
export const MAX_SLACK_MS = 3_600_000

/** A weekly schedule is never exact to the second: a token that is a minute short of a week must not get another one. */
function slackMs({ maxAgeSeconds }: RotationRequest): number {
  return Math.min(MAX_SLACK_MS, maxAgeSeconds * 1000 * SLACK_PART)
}

type DueContext = SecretContext & { request: RotationRequest }

/**
 * How old the current token is. The account's list says it of a token that is certainly in it; the Hub is asked about any
 * other.
 *
 * @throws what `askedStanding` throws.
 */
export async function ageOf(context: DueContext, arn: string, current: TokenVersion | undefined): Promise<Age> {
  const { request } = context
  const listed = listedEntry(context, { arn, current })
  const standing = listed ? undefined : await askedStanding(context, current)
  const known = standing?.kind === 'alive' ? standing.who : listed
  // A token from the future would never be due.
  const isPlausible = known?.createdAt !== undefined && known.createdAt < context.now() + MAX_SLACK_MS
  const createdAt = isPlausible ? known.createdAt : current?.createdAt
  const byAge = createdAt === undefined ? undefined : createdAt + request.maxAgeSeconds * 1000
  const byExpiry = known?.expiresAt === undefined ? undefined : known.expiresAt - request.graceSeconds * 1000
  const times = [byAge, byExpiry].filter((time) => time !== undefined)
  return {
    createdAt,
    dueAt: times.length > 0 ? Math.min(...times) : undefined,
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
  const { request } = context
  if (request.mode.kind === 'promote') return judgePromotion(context, request.mode.warnAgeSeconds, age, now)
  const old = howOld(age, now)
  if (age.none) return isDue('the secret has no value yet', 'the secret had no value')
  if (age.refusal)
    return isDue('the Hub no longer accepts the current token', 'the Hub no longer accepted the previous token')
  if (request.force) return isDue(`forced; the current token is ${old}`, `forced; the previous token was ${old}`)
  const isOld = age.dueAt !== undefined && now >= age.dueAt - slackMs(request)
  // A token of unknown age would never be due.
  if (isOld || age.createdAt === undefined) return isDue(`the current token is ${old}`, `the previous token was ${old}`)
  return { due: false, action: 'not-due', note: `the current token is ${old}` }
}

function isDue(before: string, after: string): Due {
  return { due: true, note: { before, after } }
}

function howOld({ createdAt }: Age, now: number): string {
  return createdAt === undefined ? 'of unknown age' : `${formatDuration((now - createdAt) / 1000)} old`
}

function judgePromotion(context: DueContext, warnAgeSeconds: number, age: Age, now: number): Due {
  const { request, rotated, log } = context
  const old = howOld(age, now)
  const fix = [...newTokenByHand(context, age.shape), prose`Then run this workflow again.`]
  if (age.refusal) throw new ActionError(age.refusal.code, { ...age.refusal.explanation, fix })
  if (age.none || (age.dueAt !== undefined && now >= age.dueAt)) throw overdue(context, age, now, fix)
  const left = age.dueAt === undefined ? undefined : age.dueAt - now
  const isOld = age.createdAt !== undefined && now - age.createdAt >= warnAgeSeconds * 1000
  // A token that expires may be due long before it is old.
  const isExpiring = left !== undefined && left < (request.maxAgeSeconds - warnAgeSeconds) * 1000
  if (!isOld && !isExpiring) return { due: false, action: 'not-due', note: `the current token is ${old}` }
  const time = left === undefined ? '' : ` This workflow will start to fail in ${formatDuration(left / 1000)}.`
  log.warning(`The token in ${rotated.secret.id} is ${old} and should be replaced soon.${time}\n${plain(fix)}`)
  return { due: false, action: 'due-soon', note: `the current token is ${old}, and nothing is pending` }
}

function overdue({ request, rotated }: DueContext, age: Age, now: number, fix: readonly Part[]): ActionError {
  const { id } = rotated.secret
  return new ActionError('rotation-overdue', {
    failed: age.none ? `The secret ${id} has no token yet.` : `The token in ${id} is overdue for replacement.`,
    seen: age.none
      ? 'no current version and no pending version'
      : `a current token that is ${howOld(age, now)} and was due for replacement on ${new Date(age.dueAt ?? now).toISOString()}, and no pending version`,
    expected: `a pending version with a new token within ${formatDuration(request.maxAgeSeconds)}`,
    cause: prose`Nobody has stored a new token. With ${code('mode: promote')}, a person must create each token.`,
    fix,
  })
}
