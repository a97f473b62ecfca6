/**
 * The four steps of Secrets Manager's contract, each of which may be called again: create, set, test, finish. The
 * scheduled run and AWS's own rotation function are two edges of these.
 * Source: Secrets Manager user guide, "Rotation by Lambda function".
 */

import type { SecretReference } from '../../aws/request.ts'
import { CURRENT, PENDING, type SecretVersion } from '../../aws/secret-versions.ts'
import { type SecretShape, storeCommand, type TokenPlace } from '../../aws/store-command.ts'
import { ActionError } from '../../errors/action-error.ts'
import type { Requirement } from '../../hub/requirement.ts'
import { type VerifiedToken, verifyToken } from '../../hub/verdict/verify.ts'
import type { WhoAmI } from '../../hub/whoami.ts'
import type { NewToken } from '../account/minter.ts'
import type { SecretContext } from '../context.ts'
import { retiredLabel } from '../names/retired-label.ts'
import { tokenInSecret } from './value.ts'

/** How long a token must live at least when it becomes the current one, if it ends at all: ten minutes. */
const MIN_LIFETIME_SECONDS = 600

/** What create did. */
export type Created =
  /** The pending version holds this token. */
  | { kind: 'stored'; token: NewToken }
  /** Somebody else has stored another value under this id; nothing is left of ours. */
  | { kind: 'taken' }

/**
 * Mints a token and stores it as the pending version `versionId`: the value of `current` with another token in it, or
 * `{"token": …}` when there is none yet.
 *
 * @throws what minting and Secrets Manager throw; a token that could not be stored is revoked first.
 */
export async function createPending(
  context: SecretContext,
  arn: string,
  versionId: string,
  current: SecretVersion | undefined,
): Promise<Created> {
  const { minter, rotated, versions, mask, log } = context
  if (!minter) throw new TypeError('nobody to mint')
  const { secret } = rotated
  const template = current && tokenInSecret(current.text, secret, labelOf(context, current.versionId))
  if (template?.with('').includes(template.token)) throw twice(rotated.secret)
  const token = await minter.mint(arn, versionId, rotated.permissions)
  const { value } = token
  const text = template?.with(value) ?? JSON.stringify({ [secret.key]: value })
  mask(value)
  try {
    const put = await versions.putPending(versionId, text, current?.binary ?? false)
    if (put === 'stored') {
      log.info(`Secrets Manager: stored ${secret.id}, version ${versionId} (${PENDING})`)
      return { kind: 'stored', token }
    }
  } catch (error) {
    // Refused for good: nobody will ever use it. After anything else it may have been stored, and the next run looks.
    if (error instanceof ActionError && /^secret-(?:access|kms)-denied$|^secret-not-found$/.test(error.code)) {
      await discard(context, versionId, token).catch(() => warnOfLeft(context, token))
    }
    throw error
  }
  await discard(context, versionId, token).catch(() => warnOfLeft(context, token))
  return { kind: 'taken' }
}

/**
 * Revokes a token that this run minted for `versionId`, unless that version holds it and is current or pending. False when
 * `isOurs` says, right before it would be revoked, that the time for that is over.
 *
 * @throws what the Hub and Secrets Manager throw.
 */
export async function discard(
  { minter, versions }: SecretContext,
  versionId: string,
  token: NewToken,
  isOurs = () => true,
): Promise<boolean> {
  if (!minter) throw new TypeError('nobody has minted')
  if ((await versions.read(versionId))?.text.includes(token.value)) {
    const labels = (await versions.describe()).stages.get(versionId) ?? []
    if (labels.includes(CURRENT) || labels.includes(PENDING)) return true
  }
  const entries = await minter.findMinted(token)
  if (!isOurs()) return false
  for (const entry of entries) await minter.remove(entry)
  return true
}

/** Nothing to do: the Hub knows a token from the moment it is minted. */
export async function setPending(): Promise<void> {}

/** What the token of a secret must be. */
export function requirementOf({ request, rotated }: Pick<SecretContext, 'request' | 'rotated'>): Requirement {
  const { scope, repositories } = rotated
  return {
    org: request.org,
    scope,
    repositories,
    verify: 'strict',
    minLifetimeSeconds: MIN_LIFETIME_SECONDS,
    hubEndpoint: request.hubEndpoint,
  }
}

/** A pending token that the Hub has confirmed, and what it says of it. */
export interface ConfirmedToken extends VerifiedToken {
  readonly whoami: WhoAmI
}

/**
 * Has the Hub confirm the token that the pending version holds: the organization's, wide enough, and not wider.
 *
 * @throws `ActionError` `secret-not-found` when the version has no value; `secret-malformed`, `token-malformed`, and what
 * `verifyToken` throws.
 */
export async function testPending(context: SecretContext, versionId: string): Promise<ConfirmedToken> {
  const { rotated, versions, request, hub, log, mask, minter } = context
  const { secret, scope } = rotated
  const pending = await versions.read(versionId)
  if (!pending) {
    throw new ActionError('secret-not-found', {
      failed: `The pending version ${versionId} of ${secret.id} has no value.`,
      seen: 'a version without a value, or none at all',
      expected: 'the value that was stored as the new one',
      cause: 'the staging label was moved by somebody else meanwhile.',
      fix: `Run the rotation again; look at the versions with\naws secretsmanager list-secret-version-ids --region ${secret.region} --secret-id ${secret.id}`,
    })
  }
  const label = labelOf(context, versionId)
  const { token } = tokenInSecret(pending.text, secret, label)
  mask(token)
  const evidence = minter
    ? ({ kind: 'minted', asked: rotated.permissions } as const)
    : ({ kind: 'stored', howToStore: storeCommand(pendingPlace(secret)) } as const)
  const confirmed = await verifyToken(
    { value: token, origin: { label, aws: undefined }, evidence },
    { request: requirementOf(context), hub, log },
  )
  const { whoami } = confirmed
  if (!whoami) throw new TypeError('strict verification has no stand-in for whoami-v2')
  log.info(`Hub: confirmed the pending token: ${confirmed.identity}, ${confirmed.kind}, ${scope} in ${request.org}`)
  return { ...confirmed, whoami }
}

/** What finish did. */
export type Finished =
  | 'finished'
  /** Another version was current already, or this one is not pending any more: nothing was tried. */
  | 'overtaken'
  /** It was tried, and AWS says that it was not done: who knows what comes of it. */
  | 'refused'

/**
 * Makes the version the current one, if it is pending still, and `from` is current (undefined: if there is none). Then
 * nothing is pending any more, for a label that stayed would make it look unfinished once it is replaced.
 */
export async function finishPending(
  { rotated, versions, log }: SecretContext,
  versionId: string,
  from: string | undefined,
): Promise<Finished> {
  const before = (await versions.describe()).stages
  if (!before.get(versionId)?.includes(CURRENT)) {
    // As long as it is pending, nobody takes its token for a leftover.
    const isFree = from === undefined ? !isSomewhere(before, CURRENT) : before.get(from)?.includes(CURRENT)
    if (!isFree || !before.get(versionId)?.includes(PENDING)) return 'overtaken'
    const moved = await versions.move(CURRENT, { ...(from === undefined ? {} : { from }), to: versionId })
    // The answer to an earlier try may have been lost, or a run beside this one was faster with the same version.
    if (!moved && !(await versions.describe()).stages.get(versionId)?.includes(CURRENT)) return 'refused'
  }
  log.info(`Secrets Manager: version ${versionId} of ${rotated.secret.id} is now ${CURRENT}`)
  if (before.get(versionId)?.includes(PENDING)) await versions.move(PENDING, { from: versionId })
  return 'finished'
}

function isSomewhere(stages: ReadonlyMap<string, readonly string[]>, label: string): boolean {
  return [...stages.values()].some((labels) => labels.includes(label))
}

/** The version's token is not to be used any more: from now on it works for `grace`. */
export async function retire({ versions }: Pick<SecretContext, 'versions'>, versionId: string): Promise<void> {
  await versions.move(retiredLabel(Date.now()), { to: versionId })
}

/** Where a person brings a new token: as the pending version, in the form of the current one. */
export function pendingPlace(secret: SecretReference, shape: SecretShape = { kind: 'unknown' }): TokenPlace {
  return { secret: { ...secret, stage: CURRENT }, shape, storeAs: PENDING }
}

/** One phrase for messages: `huggingface/acme/write, version 1234`. */
export function labelOf({ rotated }: Pick<SecretContext, 'rotated'>, versionId: string): string {
  return `${rotated.secret.id}, version ${versionId}`
}

/** Replaced at one place, it would be revoked at the other. */
function twice({ id, key }: SecretContext['rotated']['secret']): ActionError {
  return new ActionError('rotation-blocked', {
    failed: `The token stands in ${id} more than once, and only the one at ${key} would be replaced.`,
    seen: 'the same token in another place of the same value',
    expected: 'the token at one key alone',
    cause: 'it was stored under a second name for somebody who reads another key.',
    fix: 'Let all who read the secret use the same key, and store it with the token there alone.',
  })
}

function warnOfLeft({ log }: SecretContext, { displayName }: NewToken): void {
  log.warning(`A token was made, is not used, and could not be revoked: "${displayName}". The next run removes it.`)
}
