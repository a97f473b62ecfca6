/** Finishes what an earlier run, or a person, has left pending. */
import { PENDING, type SecretVersion } from '../../aws/secret-versions.ts'
import { ActionError } from '../../errors/action-error.ts'
import type { AccountToken } from '../../hub/service-accounts.ts'
import { labelUnlabelled } from '../leftovers/label.ts'
import { compareWithCurrent, Unfit } from './compare.ts'
import { confirm, isAccounts } from './confirm.ts'
import { isDead, isFinal } from './final-verdict.ts'
import { judgeReplacement, noteReplacement } from './judge-replacement.ts'
import { type SecretState, withToken } from './look.ts'
import { refusedPending } from './refused-pending.ts'
import { renewIfDue } from './renew.ts'
import { type Standing, standingOf } from './standing.ts'
import { finishPending, listedAs, retire } from './steps.ts'
import { end, endWith, type RoundResult, type Turn } from './turn.ts'

/** The pending version, and whether a rotation has minted its token. */
interface Pending {
  version: SecretVersion
  ours: boolean
  /** The account's tokens for this secret. */
  tokens: readonly AccountToken[]
}

/**
 * Makes the pending version current if it is fit for that. One that is not is put aside if a rotation has made it or its
 * token is dead; a person's stays as it is.
 *
 * @throws `ActionError` why a person's version cannot be used, and what `rotateSecret` throws.
 */
export async function resume(turn: Turn, state: SecretState, version: SecretVersion): Promise<RoundResult> {
  const { minter, rotated, log } = turn
  const { versionId } = version
  log.info(`${rotated.secret.id}: version ${versionId} is pending; finishing it`)
  const standing = await standingOf(turn, state)
  // A token of another organization blocks the secret whatever is pending; with `narrow=true`, `promote` warns of it.
  if (rotated.narrow) noteReplacement(turn, standing, { kind: 'unconfirmed' })
  else judgeReplacement(turn, standing, { kind: 'unconfirmed' })
  // Read now: what the run saw at its beginning may have been revoked since.
  const tokens = (await minter?.tokensFor(state.arn)) ?? []
  const pending = { version, tokens, ours: tokens.some((token) => token.versionId === versionId) }
  try {
    return await promote(turn, state, pending, standing)
  } catch (error) {
    if (!(error instanceof ActionError) || !(isFinal(error) || error instanceof Unfit)) throw error
    await requireFree(turn, pending, error)
    return await putAside(turn, state, versionId, error)
  }
}

async function promote(
  turn: Turn,
  state: SecretState,
  { version, ours, tokens }: Pending,
  standing: Standing,
): Promise<RoundResult> {
  const { versionId } = version
  const withIt = withToken(turn, version)
  const statement = listedAs(turn, state.arn, tokens)
  const confirmed = await confirm(turn, { versionId, statement, followsItsOwn: isAccounts(turn, standing) })
  if (state.current) compareWithCurrent(turn.rotated, state.current, withIt, ours)
  judgeReplacement(turn, standing, { kind: 'pending', who: confirmed.whoami, ours })
  if (turn.request.dryRun) return end(turn, 'would-promote', `version ${versionId} is pending and was confirmed`)
  await labelUnlabelled(turn, state)
  const finish = await finishPending(turn, versionId, state.current?.versionId)
  if (finish !== 'finished') return 'changed'
  const createdAt = confirmed.whoami.createdAt ?? version.createdAt
  const note = 'the pending version was confirmed'
  return await endWith(turn, state, { versionId, createdAt, action: 'promoted', note })
}

/**
 * Lets a version pass that may be put aside: a rotation has made it, or the Hub says once more that its token is dead.
 *
 * @throws `ActionError` `error`, for a person's version: that is the person's to replace.
 */
async function requireFree(turn: Turn, { version, ours }: Pending, error: ActionError): Promise<void> {
  const { minter, hub } = turn
  if (!minter || !(ours || isDead(error))) throw refusedPending(turn, version.versionId, error)
  if (!ours && (await hub.owner(withToken(turn, version).value.token))) throw error
}

async function putAside(turn: Turn, state: SecretState, versionId: string, error: ActionError): Promise<RoundResult> {
  const { rotated, request, log, versions } = turn
  const useless = `${rotated.secret.id}: the pending version cannot be used (${error.code})`
  if (request.dryRun) {
    log.info(`${useless}; a run without \`dry-run\` sets it aside`)
    return await renewIfDue(turn, state)
  }
  turn.failure = error
  log.info(`${useless}; setting it aside`)
  await versions.move(PENDING, { from: versionId })
  if (!isDead(error)) await retire(turn, versionId)
  return 'changed'
}
