/**
 * The four steps of Secrets Manager's contract, each of which may be called again: create, set, test, finish. The
 * scheduled run and AWS's own rotation function both go through these.
 * Source: Secrets Manager user guide, "Rotation by Lambda function".
 */

import { type KeyPath, nextTo, objectWith, parsePath } from '../../aws/secret-key.ts'
import { CURRENT, PENDING, type SecretVersion } from '../../aws/secret-versions.ts'
import { storeCommand } from '../../aws/store-command.ts'
import { ActionError } from '../../errors/action-error.ts'
import { describeRights } from '../../hub/facts/describe.ts'
import { factsOf } from '../../hub/facts/facts.ts'
import { PARTS_FOR } from '../../hub/facts/parts.ts'
import { impliedMembership, membershipIn } from '../../hub/facts/rights.ts'
import type { StatedToken } from '../../hub/facts/stated-token.ts'
import type { WhoAmI } from '../../hub/facts/whoami.ts'
import { proofKey, recordProof } from '../../hub/proof.ts'
import type { AccountToken } from '../../hub/service-accounts.ts'
import type { MintedEvidence } from '../../hub/token.ts'
import { judge } from '../../hub/verdict/judge.ts'
import { type VerifiedToken, verifyToken } from '../../hub/verdict/verify.ts'
import { code, list, prose } from '../../text/message.ts'
import { listed } from '../../text/printable.ts'
import { sha256 } from '../../text/sha256.ts'
import type { KnownToken } from '../account/known-token.ts'
import type { NewToken } from '../account/minter.ts'
import type { SecretContext } from '../context.ts'
import { retiredLabel } from '../names.ts'
import { discardUnstored, refusedForGood } from './discard.ts'
import { labelOf, listVersions, pendingPlace } from './place.ts'
import { requirementOf } from './requirement.ts'
import { tokenInSecret } from './value.ts'

/** What create did. */
export type Created =
  /** The pending version holds this token. */
  | { kind: 'stored'; token: NewToken }
  /** Someone else has stored another value under this id; nothing is left of ours. */
  | { kind: 'taken' }

/**
 * Mints a token and stores it as the pending version `versionId`: the value of `current` with another token in it, or
 * `{"token": …}` when there is none yet.
 *
 * @throws `ActionError` `rotation-blocked` when the value holds the token in another place too; what minting and Secrets
 * Manager throw; a token that AWS refuses for good to store is revoked first, and the error says so.
 */
export async function createPending(
  context: SecretContext,
  arn: string,
  versionId: string,
  current: SecretVersion | undefined,
): Promise<Created> {
  const { minter, request, rotated, versions, mask, log } = context
  if (!minter) throw new TypeError('nobody to mint')
  const { secret } = rotated
  const template = current && tokenInSecret(current.text, secret, labelOf(context, current.versionId))
  if (template?.with('').includes(template.token)) throw storedTwice(rotated.secret)
  const token = await minter.mint(arn, versionId, rotated)
  const { value } = token
  mask(value)
  context.noteToken({ sha256: sha256(value), evidence: 'minted' })
  const isObject = template === undefined || template.path !== undefined
  const proof = isObject && request.proof ? await proofOf(context, token) : undefined
  const text = template?.with(value, proof) ?? JSON.stringify(newValue(parsePath(secret.key), value, proof))
  const put = await versions.putPending(versionId, text, current?.binary ?? false)
  if (put === 'stored') {
    log.info(`Secrets Manager: stored ${secret.id}, version ${versionId} (${PENDING})`)
    return { kind: 'stored', token }
  }
  // After any other failure it may have been stored: the next run looks.
  if (put !== 'taken') throw await refusedForGood(context, versionId, token, put)
  await discardUnstored(context, versionId, token)
  return { kind: 'taken' }
}

/** The value of a secret that had none. */
function newValue(path: KeyPath, token: string, proof: string | undefined): object {
  return objectWith(path, token, proof === undefined ? {} : { [nextTo(path, proofKey).at(-1) ?? '']: proof })
}

/**
 * What the main action may accept instead of a call of whoami-v2; undefined when the Hub does not say at once that the
 * token is what was requested: without a proof, jobs are only slower.
 */
async function proofOf(context: SecretContext, { value, stated }: NewToken): Promise<string | undefined> {
  const { hub, rotated, request, now, minter } = context
  const known = stated && (await minter?.known(stated, rotated))
  const who = known ? known.who : await hub.corroborate(value, PARTS_FOR.minted)
  if ('silence' in who) return undefined
  const at = now()
  const org = membershipIn(who, request.org) ?? impliedMembership(who, request.org)
  const facts = factsOf(who, { value, evidence: known?.evidence ?? mintedFor(rotated) })
  const isFine = judge(facts, requirementOf({ request, rotated }), at).length === 0
  return org && isFine ? recordProof(value, who, org, at) : undefined
}

/** The evidence for a minted token of which only whoami-v2 can tell what it may do. */
function mintedFor({ permissions, repositories }: SecretContext['rotated']): MintedEvidence {
  return { kind: 'minted', asked: permissions, granted: undefined, beyond: [], repositories }
}

/** Does nothing: the Hub knows a token from the moment it is minted. */
export async function setPending(): Promise<void> {}

/** A pending token that the Hub has confirmed, and what it says about it. */
export interface ConfirmedToken extends VerifiedToken {
  /** What whoami-v2, or with `isStated` the mint answer or the account's list, says. */
  readonly whoami: WhoAmI
  readonly isStated: boolean
}

/** What the Hub said of the token in a version, if it is certain that it is this one; undefined: only whoami-v2 can tell. */
export type Statement = (version: SecretVersion, token: string) => StatedToken | undefined

/** What the account's list says. `tokens`: a list that was read later than the run's own. */
export function listedAs(
  { minter, now }: Pick<SecretContext, 'minter' | 'now'>,
  arn: string,
  tokens?: readonly AccountToken[],
): Statement {
  return ({ versionId, createdAt: storedAt }, token) => minter?.held({ arn, versionId, token, storedAt }, now(), tokens)
}

/** What the answer to the mint request says. */
export function mintedAs({ value, stated }: NewToken): Statement {
  return (_version, token) => (token === value ? stated : undefined)
}

/** What is known of the version to test. */
export interface Testing {
  /** What the Hub said of the token in it. */
  statement?: Statement
  /** Its staging label. Default: the pending one. */
  label?: string
}

/**
 * Has the Hub confirm the token that the version holds: the organization's, wide enough, and not wider. A statement
 * about the token spares whoami-v2, unless auth-check refuses the line's repositories.
 *
 * @throws `ActionError` `secret-not-found` when the version has no value; `secret-malformed`, `token-malformed`, and what
 * `verifyToken` throws.
 */
export async function testPending(
  context: SecretContext,
  versionId: string,
  { statement = () => undefined, label = PENDING }: Testing = {},
): Promise<ConfirmedToken> {
  const { rotated, versions, request, hub, log, mask, minter } = context
  const { secret, scope } = rotated
  // The rotation function runs each step in a process of its own: an earlier one wrote it.
  const pending = await versions.read(versionId, { isWritten: true, labels: [label] })
  if (!pending) throw noPendingValue(secret, versionId)
  const name = labelOf(context, versionId)
  const { token } = tokenInSecret(pending.text, secret, name)
  mask(token)
  const stated = statement(pending, token)
  const said = stated && (await minter?.known(stated, rotated))
  const byHand = { kind: 'stored', howToStore: storeCommand(pendingPlace(secret)) } as const
  const evidence = said?.evidence ?? (minter ? mintedFor(rotated) : byHand)
  const noted = { sha256: sha256(token), evidence: evidence.kind }
  context.noteToken(noted)
  if (said && said.missing.length > 0) throw mintedWithLess(context, said, name)
  const confirmed = await verifyToken(
    { value: token, origin: { label: name, aws: undefined }, evidence },
    { request: requirementOf(context), hub, log, now: context.now(), stated: said?.who },
  )
  const { rights, confirmedBy, identity, kind, expiresAt } = confirmed
  context.noteToken({ ...noted, rights, confirmedBy, hubIdentity: identity, kind, expiresAt })
  const isStated = confirmed.whoami === undefined
  const whoami = confirmed.whoami ?? said?.who
  if (!whoami) throw new TypeError('strict verification has no stand-in for whoami-v2')
  log.info(
    `Hub: confirmed the pending token of ${secret.id}: ${confirmed.identity}, ${confirmed.kind}, ${scope} in ${request.org}`,
  )
  return { ...confirmed, whoami, isStated }
}

function mintedWithLess({ rotated }: SecretContext, { who, missing }: KnownToken, label: string): ActionError {
  return new ActionError('token-under-scoped', {
    failed: `The token in ${label} has fewer rights than the line for ${rotated.secret.id} requests.`,
    seen: [`a token with: ${describeRights(who)}`, 'it lacks:', list(missing)],
    expected: `${listed(rotated.permissions)} on everything that the line lists`,
    cause: 'The Hub granted less than was requested, or the line was changed after the token was minted.',
    fix: 'The current version is unchanged. Run the rotation again. If the problem persists, check the service account’s role on the Hub.',
  })
}

/** What finish did. */
export type Finished =
  | 'finished'
  /** Another version was current already, or this one is no longer pending: nothing was tried. */
  | 'overtaken'
  /** It was tried, and another version is current: an earlier try may still take effect. */
  | 'refused'

/**
 * Makes the version the current one, if it is still pending and `from` is current (undefined: if there is no current
 * version). Then nothing is pending any more: a label that stayed would make the version look unfinished once it is
 * replaced.
 */
export async function finishPending(
  { rotated, versions, log }: SecretContext,
  versionId: string,
  from: string | undefined,
): Promise<Finished> {
  const before = (await versions.describe()).stages
  if (!before.get(versionId)?.includes(CURRENT)) {
    // As long as it is pending, no run takes its token for a leftover.
    const isFree = from === undefined ? !isSomewhere(before, CURRENT) : before.get(from)?.includes(CURRENT)
    if (!isFree || !before.get(versionId)?.includes(PENDING)) return 'overtaken'
    const moved = await versions.move(CURRENT, { ...(from === undefined ? {} : { from }), to: versionId })
    if (!moved) return 'refused'
  }
  log.info(`Secrets Manager: version ${versionId} of ${rotated.secret.id} is now ${CURRENT}`)
  if (before.get(versionId)?.includes(PENDING)) await versions.move(PENDING, { from: versionId })
  return 'finished'
}

function isSomewhere(stages: ReadonlyMap<string, readonly string[]>, label: string): boolean {
  return [...stages.values()].some((labels) => labels.includes(label))
}

/** Labels the version as replaced: from now on its token works for `grace`. */
export async function retire(
  { versions, now }: Pick<SecretContext, 'versions' | 'now'>,
  versionId: string,
): Promise<void> {
  await versions.move(retiredLabel(now()), { to: versionId })
}

function noPendingValue(secret: SecretContext['rotated']['secret'], versionId: string): ActionError {
  return new ActionError('secret-not-found', {
    failed: `The pending version ${versionId} of ${secret.id} has no value.`,
    seen: 'a version without a value, or no such version',
    expected: 'the value that was stored with the new token',
    cause: 'Someone else moved the staging label during the rotation.',
    fix: ['Run the rotation again. To see the versions:', listVersions(secret)],
  })
}

/** Replaced in one place, it would be revoked in the other. */
function storedTwice({ id, key }: SecretContext['rotated']['secret']): ActionError {
  return new ActionError('rotation-blocked', {
    failed: prose`The token appears in ${id} more than once, but only the one under ${code(key)} would be replaced.`,
    seen: 'the same token elsewhere in the value, where it would stop working',
    expected: prose`the token under the key ${code(key)} only`,
    cause: 'The token is also stored under a second key, for readers that use that key.',
    fix: 'Make every reader of the secret use the same key, and store the token under that key only.',
  })
}
