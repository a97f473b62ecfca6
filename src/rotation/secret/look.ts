/** The state of a secret: which version is current, which one is pending, and which ones were replaced. */
import { isPlainKey } from '../../aws/secret-key.ts'
import { CURRENT, PENDING, PREVIOUS, type SecretDescription, type SecretVersion } from '../../aws/secret-versions.ts'
import type { SecretShape } from '../../aws/store-command.ts'
import { ActionError } from '../../errors/action-error.ts'
import { block, code, prose } from '../../text/message.ts'
import type { SecretContext } from '../context.ts'
import { isRevocationLabel, retiredSince } from '../names.ts'
import { labelOf, listVersions, moveLabel } from './place.ts'
import { refuseUnfit } from './refuse-unfit.ts'
import { type TokenInSecret, tokenInSecret } from './value.ts'

/** A version with the token in it: a secret, masked. */
export interface TokenVersion extends SecretVersion {
  value: TokenInSecret
}

/** A version whose token was replaced. */
export interface RetiredVersion {
  versionId: string
  labels: readonly string[]
  /** Milliseconds since the epoch; undefined when no label says when it was replaced. */
  since: number | undefined
}

export interface SecretState {
  arn: string
  description: SecretDescription
  /** Undefined for a secret that never had a value. */
  current: TokenVersion | undefined
  /** The id of a pending version that is not the current one; it may have no value, or one that holds no token. */
  pendingId: string | undefined
  pending: SecretVersion | undefined
}

/** How a look at a secret is to be taken. */
interface LookOptions {
  /** Secrets Manager's own rotation is calling, so that it is no second scheduler. */
  byFunction?: boolean
  /** What DescribeSecret said a moment ago. */
  described?: SecretDescription
}

/** How often labels may move between two calls of one look. */
const MOST_LOOKS = 3

/**
 * Looks at the secret and reads its current and pending versions, each by its label, as policies may demand.
 *
 * @throws `ActionError` `secret-malformed`, `token-malformed` for a current value that must not be rotated;
 * `rotation-blocked` when Secrets Manager rotates the secret itself, or the secret cannot be written to; and what Secrets
 * Manager throws.
 */
export async function look(
  context: SecretContext,
  { byFunction = false, described }: LookOptions = {},
): Promise<SecretState> {
  const { versions, rotated } = context
  for (let looks = 1; ; looks += 1) {
    const description = (looks === 1 ? described : undefined) ?? (await versions.describe())
    await refuseUnfit(context, description)
    if (description.rotationEnabled && !byFunction) throw secondScheduler(rotated.secret)
    const found = await readBoth(versions, description, looks >= MOST_LOOKS)
    if (found === 'moved') continue
    const { currentId, current, pendingId, pending } = found
    if (currentId !== undefined && !current) throw noValue(rotated.secret, currentId)
    return {
      arn: description.arn,
      description,
      current: current && withToken(context, current),
      pendingId,
      pending,
    }
  }
}

/**
 * The current and the pending version; `moved` when a label is on another version by now than DescribeSecret said.
 * `insists`: on those that it named, because others keep moving the labels.
 */
async function readBoth(versions: SecretContext['versions'], description: SecretDescription, insists: boolean) {
  const currentId = versionWith(description, CURRENT)
  const pendingId = pendingIn(description, currentId)
  const read = async (id: string | undefined, label: string) => {
    if (id === undefined) return undefined
    return insists ? await versions.read(id, { labels: [label] }) : await versions.readStage(label)
  }
  const current = await read(currentId, CURRENT)
  if (current && current.versionId !== currentId) return 'moved'
  const pending = await read(pendingId, PENDING)
  if (pending && pending.versionId !== pendingId) return 'moved'
  return { currentId, current, pendingId, pending }
}

/** The pending version, if it is not the current one, nor one that was replaced. */
function pendingIn(description: SecretDescription, currentId: string | undefined): string | undefined {
  const id = versionWith(description, PENDING)
  return id === undefined || id === currentId || isRetired(description.stages.get(id) ?? []) ? undefined : id
}

/**
 * The version with the token in it, masked.
 *
 * @throws `ActionError` `secret-malformed`, `token-malformed`.
 */
export function withToken(context: SecretContext, version: SecretVersion): TokenVersion {
  const value = tokenInSecret(version.text, context.rotated.secret, labelOf(context, version.versionId))
  context.mask(value.token)
  return { ...version, value }
}

/** The form of the secret, judged by its current version. */
export function shapeOf(current: TokenVersion | undefined): SecretShape {
  if (!current) return { kind: 'none' }
  const { binary, value } = current
  if (!value.path) return { kind: 'plain', binary }
  const where = isPlainKey(value.path) ? {} : { path: value.path }
  return { kind: 'object', binary, otherKeys: value.otherKeys.length > 0, ...where }
}

/** How much the clocks of a runner and of AWS may differ, in milliseconds. */
const SKEW_MS = 600_000

/** The versions whose tokens were replaced: neither current nor about to be. */
export function retiredVersions({
  description,
  current,
}: Pick<SecretState, 'description' | 'current'>): RetiredVersion[] {
  return [...description.stages].flatMap(([versionId, labels]) => {
    const labelled = retiredSince(labels)
    if (labels.includes(CURRENT) || !isRetired(labels)) return []
    // The previous version was current until the current one took its place. A label that is older than that is left from
    // an earlier replacement, after which somebody had made the version current again.
    const replaced = labels.includes(PREVIOUS) ? (current?.createdAt ?? 0) - SKEW_MS : 0
    const since = labelled !== undefined && labelled >= replaced ? labelled : undefined
    return [{ versionId, labels, since }]
  })
}

/**
 * A version that was replaced may still carry the pending label: it is not about to become current again. What says how far
 * the revocation of its token is, is the last label that it loses.
 */
function isRetired(labels: readonly string[]): boolean {
  return labels.includes(PREVIOUS) || retiredSince(labels) !== undefined || labels.some(isRevocationLabel)
}

function versionWith({ stages }: SecretDescription, label: string): string | undefined {
  return [...stages].find(([, labels]) => labels.includes(label))?.[0]
}

function noValue(secret: SecretContext['rotated']['secret'], versionId: string): ActionError {
  return new ActionError('rotation-blocked', {
    failed: `The current version ${versionId} of ${secret.id} has no value.`,
    seen: prose`${code(CURRENT)} on a version without a value: anyone who reads the secret gets nothing`,
    expected: prose`${code(CURRENT)} on a version with a token`,
    cause: 'Someone, or another rotation function, moved the label to a version that never got a value.',
    fix: [
      'No token was revoked. List the versions:',
      listVersions(secret),
      'Then move the label back to a version that works:',
      moveLabel(secret, CURRENT, versionId, 'THAT-VERSION-ID'),
    ],
  })
}

function secondScheduler({ id, region }: SecretContext['rotated']['secret']): ActionError {
  return new ActionError('rotation-blocked', {
    failed: `Secrets Manager already rotates the secret ${id}.`,
    seen: prose`${code('RotationEnabled: true')}`,
    expected: 'a secret that only one scheduler rotates',
    cause:
      'This secret has automatic rotation turned on in Secrets Manager. Two schedulers would interfere with each other.',
    fix: [
      prose`Remove the secret from ${code('secrets')}, or turn off the rotation in Secrets Manager:`,
      block(`aws secretsmanager cancel-rotate-secret --region ${region} --secret-id ${id}`),
    ],
  })
}
