/** How a secret stands: what is current, what is pending, what was replaced. */
import { CURRENT, PENDING, PREVIOUS, type SecretDescription, type SecretVersion } from '../../aws/secret-versions.ts'
import type { SecretShape } from '../../aws/store-command.ts'
import { ActionError } from '../../errors/action-error.ts'
import type { SecretContext } from '../context.ts'
import { retiredSince } from '../names/retired-label.ts'
import { labelOf } from './steps.ts'
import { type TokenInSecret, tokenInSecret } from './value.ts'

/** A version with the token in it: a secret, masked. */
export interface TokenVersion extends SecretVersion {
  value: TokenInSecret
}

/** A version whose token was replaced. */
export interface RetiredVersion {
  versionId: string
  labels: readonly string[]
  /** Milliseconds since the epoch; undefined when it was replaced without a word of when. */
  since: number | undefined
}

export interface SecretState {
  arn: string
  description: SecretDescription
  /** Undefined for a secret that never had a value. */
  current: TokenVersion | undefined
  /** The id of a pending version that is not the current one; it may lack a value, or hold nonsense. */
  pendingId: string | undefined
  pending: SecretVersion | undefined
}

/**
 * Looks at the secret and reads its current and pending versions.
 *
 * @throws `ActionError` `secret-malformed`, `token-malformed` for a current value that is none to rotate;
 * `rotation-blocked` when Secrets Manager rotates it by itself; and what Secrets Manager throws.
 */
export async function look(context: SecretContext, { byFunction = false } = {}): Promise<SecretState> {
  const { versions, rotated } = context
  const description = await versions.describe()
  if (description.rotationEnabled && !byFunction) throw twoMasters(rotated.secret)
  const currentId = versionWith(description, CURRENT)
  const pendingId = versionWith(description, PENDING)
  const current = currentId === undefined ? undefined : await versions.read(currentId)
  if (currentId !== undefined && !current) throw noValue(rotated.secret, currentId)
  const isPending =
    pendingId !== undefined && pendingId !== currentId && !isRetired(description.stages.get(pendingId) ?? [])
  return {
    arn: description.arn,
    description,
    current: current && withToken(context, current),
    pendingId: isPending ? pendingId : undefined,
    pending: isPending ? await versions.read(pendingId) : undefined,
  }
}

/** The version with the token in it, masked. */
export function withToken(context: SecretContext, version: SecretVersion): TokenVersion {
  const value = tokenInSecret(version.text, context.rotated.secret, labelOf(context, version.versionId))
  context.mask(value.token)
  return { ...version, value }
}

/** The form of the secret, by its current version. */
export function shapeOf(current: TokenVersion | undefined): SecretShape {
  if (!current) return { kind: 'none' }
  const { binary, value } = current
  return value.isObject ? { kind: 'object', binary, otherKeys: value.otherKeys.length > 0 } : { kind: 'plain', binary }
}

/** How much the clocks of a runner and of AWS may differ, in milliseconds. */
const SKEW_MS = 600_000

/** The versions whose tokens were replaced: not current, and not on their way to it. */
export function retiredVersions({
  description,
  current,
}: Pick<SecretState, 'description' | 'current'>): RetiredVersion[] {
  return [...description.stages].flatMap(([versionId, labels]) => {
    const labelled = retiredSince(labels)
    if (labels.includes(CURRENT) || !isRetired(labels)) return []
    // It was current until the current version took its place: an older label is of an earlier time, before somebody
    // had brought it back.
    const replaced = labels.includes(PREVIOUS) ? (current?.createdAt ?? 0) - SKEW_MS : 0
    const since = labelled !== undefined && labelled >= replaced ? labelled : undefined
    return [{ versionId, labels, since }]
  })
}

/** A version that was replaced may still be labelled as pending: it is not on its way any more. */
function isRetired(labels: readonly string[]): boolean {
  return labels.includes(PREVIOUS) || retiredSince(labels) !== undefined
}

function versionWith({ stages }: SecretDescription, label: string): string | undefined {
  return [...stages].find(([, labels]) => labels.includes(label))?.[0]
}

function noValue({ id, region }: SecretContext['rotated']['secret'], versionId: string): ActionError {
  return new ActionError('rotation-blocked', {
    failed: `The current version ${versionId} of ${id} has no value: whoever reads the secret gets nothing.`,
    seen: `${CURRENT} at a version without a value`,
    expected: 'a version with a token',
    cause: 'the label was moved to a version that was never filled, by hand or by another rotation function.',
    fix: `Move the label back to a version that works (nothing was revoked):\naws secretsmanager list-secret-version-ids --region ${region} --secret-id ${id}\naws secretsmanager update-secret-version-stage --region ${region} --secret-id ${id} --version-stage ${CURRENT} --remove-from-version-id ${versionId} --move-to-version-id <that version>`,
  })
}

function twoMasters({ id, region }: SecretContext['rotated']['secret']): ActionError {
  return new ActionError('rotation-blocked', {
    failed: `The secret ${id} is rotated by Secrets Manager itself.`,
    seen: 'RotationEnabled: true',
    expected: 'a secret that one scheduler rotates',
    cause: 'a rotation function is set up for it: two schedulers would take each other’s work for their own.',
    fix: `Take the secret out of \`secrets\`, or end the other rotation:\naws secretsmanager cancel-rotate-secret --region ${region} --secret-id ${id}`,
  })
}
