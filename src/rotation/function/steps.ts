/** The steps of AWS's own rotation, each for the version that the event names. */
import { CURRENT, PENDING } from '../../aws/secret-versions.ts'
import { ActionError } from '../../errors/action-error.ts'
import { type Block, block, code, prose } from '../../text/message.ts'
import { listed } from '../../text/printable.ts'
import { announceServices } from '../announce.ts'
import type { ServiceOutcome } from '../deploy.ts'
import { labelReplaced, labelUnlabelled } from '../leftovers/label.ts'
import type { Leftovers } from '../leftovers/leftovers.ts'
import { redeploy } from '../redeploy.ts'
import type { RotatedSecret } from '../request.ts'
import { confirm, isAccounts } from '../secret/confirm.ts'
import { judgeReplacement } from '../secret/judge-replacement.ts'
import { look, retiredVersions, type SecretState, withToken } from '../secret/look.ts'
import { listedEntry, standingOf } from '../secret/standing.ts'
import { createPending, finishPending, listedAs, retire } from '../secret/steps.ts'
import { sameButToken } from '../secret/value.ts'
import { oldestTask } from '../task-age.ts'
import { cleanUp } from './clean-up.ts'
import type { FunctionContext, Invocation } from './invocation.ts'

/**
 * Requires that Secrets Manager has staged the version for rotation. The pending label of a version that was replaced
 * already is left from a rotation that was cut off: it is removed, for it would block every later rotation.
 *
 * @throws `ActionError` `rotation-blocked`, and what Secrets Manager throws.
 */
export async function requireStaged({ turn, state }: Invocation, versionId: string): Promise<void> {
  const labels = state.description.stages.get(versionId)
  if (state.pendingId === versionId || labels?.includes(CURRENT)) return
  if (labels?.includes(PENDING)) {
    await turn.versions.move(PENDING, { from: versionId })
    throw replacedAlready(turn, versionId, labels)
  }
  throw new ActionError('rotation-blocked', {
    failed: `The version ${versionId} of ${turn.rotated.secret.id} is not staged for rotation.`,
    seen: labels ? `Staging labels: ${labels.length === 0 ? 'none' : listed(labels)}.` : 'No such version.',
    expected: prose`The staging label ${code(PENDING)} on this version.`,
    cause: 'The rotation was canceled, or the event is from an earlier rotation.',
    fix: ['Start the rotation again:', rotateCommand(turn.rotated)],
  })
}

/**
 * Mints a token and stores it as the pending version, unless that version already has a value.
 *
 * @throws `ActionError` `rotation-blocked` when the current token must not be replaced, or the stored value is stale; and
 * what minting and Secrets Manager throw.
 */
export async function createSecret({ context, turn, state }: Invocation, versionId: string): Promise<void> {
  const isThere = state.current?.versionId === versionId || (state.pendingId === versionId && state.pending)
  if (isThere) {
    await refuseStale(turn, state, versionId)
    return turn.log.info('The version already has its value.')
  }
  judgeReplacement(turn, await standingOf(turn, state), { kind: 'minted' })
  await announceServices({ ...context, ...context.request, callerOf: async () => context.caller })
  // If this invocation is cut off before it stores the token, the last step finds the token like any other leftover.
  await createPending(turn, state.arn, versionId, state.current)
}

/**
 * Has the Hub confirm the pending token. When a rotation is set up for later, Secrets Manager calls this step alone, for a
 * version that nobody has created: then the current token shows whether the set-up works.
 *
 * @throws what `testPending` throws.
 */
export async function testSecret({ turn, state }: Invocation, versionId: string): Promise<void> {
  const { pending, current } = state
  // A version that is both has the label that says more.
  const isCurrent = current !== undefined && (current.versionId === versionId || !pending)
  await confirm(turn, {
    ...(isCurrent ? { versionId: current.versionId, label: CURRENT } : { versionId }),
    statement: listedAs(turn, state.arn),
    followsItsOwn: listedEntry(turn, state) !== undefined,
  })
}

/**
 * Makes the version current, redeploys the services, and removes what is left over.
 *
 * @throws `ActionError` `rotation-blocked` when the current token must not be replaced, the pending value is stale, or
 * another version became current; `deployment-failed`; and what the Hub and Secrets Manager throw.
 */
export async function finishSecret(invocation: Invocation, versionId: string): Promise<void> {
  const { context, turn, state } = invocation
  if (state.current?.versionId === versionId) {
    await refuseForeign(invocation)
    await labelReplaced(turn)
    // A label that stayed would make the version look unfinished once it is replaced.
    if (hasLabel(turn, versionId, PENDING)) await turn.versions.move(PENDING, { from: versionId })
  } else await makeCurrent(turn, state, versionId)
  turn.outcome.action = 'rotated'
  const services = await redeployServices(context)
  turn.state = await look(turn, { byFunction: true })
  await cleanUp(invocation, turn.state, async () => oldestTask(context.request, services))
}

function hasLabel({ state }: Leftovers, versionId: string, label: string): boolean {
  return state?.description.stages.get(versionId)?.includes(label) === true
}

async function makeCurrent(turn: Leftovers, state: SecretState, versionId: string): Promise<void> {
  // Secrets Manager has had the version tested; others who call this step may not have.
  await refuseStale(turn, state, versionId)
  const standing = await standingOf(turn, state)
  const statement = listedAs(turn, state.arn)
  const { whoami } = await confirm(turn, { versionId, statement, followsItsOwn: isAccounts(turn, standing) })
  const minted = turn.minter?.firstTokensFor(state.arn) ?? []
  const ours = minted.some((token) => token.versionId === versionId)
  judgeReplacement(turn, standing, { kind: 'pending', who: whoami, ours })
  const previous = state.current?.versionId
  await labelUnlabelled(turn, state)
  if ((await finishPending(turn, versionId, previous)) !== 'finished') throw await overtaken(turn, versionId, previous)
  if (previous !== undefined) await retire(turn, previous)
}

/**
 * Revokes previous tokens whose grace has expired, and tokens that no version holds.
 *
 * @throws `ActionError` `rotation-blocked` when the current token belongs to another organization; and what the Hub and
 * Secrets Manager throw.
 */
export async function retireSecret(invocation: Invocation): Promise<void> {
  const { turn, state } = invocation
  await refuseForeign(invocation)
  await labelReplaced(turn)
  await cleanUp(invocation, turn.state ?? state, () => lookAtTasks(invocation))
}

/** What the secret held before another organization's token came into it is what a person may want back. */
async function refuseForeign({ turn, state }: Invocation): Promise<void> {
  // A token in the list of the organization's own account is the organization's.
  if (turn.rotated.narrow || listedEntry(turn, state)) return
  judgeReplacement(turn, await standingOf(turn, state), { kind: 'missing' })
}

/** Every time: a step that is retried after it was cut off must not leave tasks with the previous token. */
async function redeployServices(context: FunctionContext): Promise<readonly ServiceOutcome[]> {
  const { services, region } = context.request
  const options = { services, replaced: 'now', wait: false, dryRun: false, region } as const
  return withoutFailure(await redeploy({ ...context, ...options }))
}

function withoutFailure(outcomes: readonly ServiceOutcome[]): readonly ServiceOutcome[] {
  for (const { error } of outcomes) if (error) throw error
  return outcomes
}

/** Between two rotations, services are only looked at. */
async function lookAtTasks({ context, turn, state }: Invocation): Promise<number> {
  const { services, region } = context.request
  const times = retiredVersions(turn.state ?? state).map(({ since }) => since ?? turn.now())
  const options = { services, replaced: Math.max(0, ...times), wait: false, dryRun: true, region }
  return oldestTask(context.request, withoutFailure(await redeploy({ ...context, ...options })))
}

/** What was changed apart from the token since the version was created must not be brought back. */
async function refuseStale(turn: Leftovers, { current, pending }: SecretState, versionId: string): Promise<void> {
  if (!current || !pending || current.versionId === versionId) return
  if (sameButToken(current.value, withToken(turn, pending).value)) return
  await turn.versions.move(PENDING, { from: versionId })
  throw new ActionError('rotation-blocked', {
    failed: `The secret ${turn.rotated.secret.id} was edited after version ${versionId} was created.`,
    seen: 'The current version and this version differ in more than the token.',
    expected: 'The current value with a different token.',
    cause: 'Someone edited the secret while it was being rotated.',
    fix: ['Nothing is lost: the pending version was set aside. Rotate the secret again:', rotateCommand(turn.rotated)],
  })
}

function replacedAlready({ rotated }: Leftovers, versionId: string, labels: readonly string[]): ActionError {
  return new ActionError('rotation-blocked', {
    failed: `The version ${versionId} of ${rotated.secret.id} was current before, and another version has taken its place.`,
    seen: `Staging labels: ${listed(labels)}.`,
    expected: prose`The staging label ${code(PENDING)} on a version that was never current.`,
    cause: 'Someone stored a new value after a rotation had been cut off.',
    fix: [
      prose`The current version is unchanged. The label ${code(PENDING)} was removed from the old version. Rotate the secret again:`,
      rotateCommand(rotated),
    ],
  })
}

async function overtaken(turn: Leftovers, versionId: string, previous: string | undefined): Promise<ActionError> {
  const { id } = turn.rotated.secret
  const { stages } = await turn.versions.describe()
  const current = [...stages].find(([, labels]) => labels.includes(CURRENT))?.[0]
  const isUnchanged = current === previous
  return new ActionError('rotation-blocked', {
    failed: isUnchanged
      ? `The version ${versionId} of ${id} is no longer pending, so it did not become current.`
      : `Another version of ${id} became current before ${versionId} did.`,
    seen: isUnchanged
      ? prose`The staging label ${code(PENDING)} was removed from this version during this step.`
      : prose`${code(CURRENT)} is no longer on the version that was current when this step began.`,
    expected: 'One scheduler for each secret.',
    cause: isUnchanged
      ? 'Someone set the version aside, or canceled the rotation, in the meantime.'
      : 'Someone stored a new value in the meantime.',
    fix: [
      'Nothing is broken. If you still want to replace the token, rotate the secret again:',
      rotateCommand(turn.rotated),
    ],
  })
}

function rotateCommand({ secret: { region, id } }: RotatedSecret): Block {
  return block(`aws secretsmanager rotate-secret --region ${region} --secret-id ${id}`)
}
