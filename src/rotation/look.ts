/** How a secret stands: what is current, what is pending, what was replaced. */
import { CURRENT, PENDING, PREVIOUS, type SecretDescription, type SecretVersion } from '../aws/secret-versions.ts'
import { ActionError } from '../errors/action-error.ts'
import { retiredSince } from './retired-label.ts'
import { type TokenInSecret, tokenInSecret } from './secret-value.ts'
import { labelOf } from './steps.ts'
import type { SecretWorld } from './world.ts'

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
export async function look(world: SecretWorld, { byFunction = false } = {}): Promise<SecretState> {
  const { versions, rotated } = world
  const description = await versions.describe()
  if (description.rotationEnabled && !byFunction) throw twoMasters(rotated.secret)
  const currentId = versionWith(description, CURRENT)
  const pendingId = versionWith(description, PENDING)
  const current = currentId === undefined ? undefined : await versions.read(currentId)
  const isPending = pendingId !== undefined && pendingId !== currentId
  return {
    arn: description.arn,
    description,
    current: current && withToken(world, current),
    pendingId: isPending ? pendingId : undefined,
    pending: isPending ? await versions.read(pendingId) : undefined,
  }
}

/** The version with the token in it, masked. */
export function withToken(world: SecretWorld, version: SecretVersion): TokenVersion {
  const value = tokenInSecret(version.text, world.rotated.secret, labelOf(world, version.versionId))
  world.mask(value.token)
  return { ...version, value }
}

/** The versions whose tokens were replaced: neither current nor pending. */
export function retiredVersions({ stages }: SecretDescription): RetiredVersion[] {
  return [...stages].flatMap(([versionId, labels]) => {
    const since = retiredSince(labels)
    const inUse = labels.includes(CURRENT) || labels.includes(PENDING)
    if (inUse || (since === undefined && !labels.includes(PREVIOUS))) return []
    return [{ versionId, labels, since }]
  })
}

function versionWith({ stages }: SecretDescription, label: string): string | undefined {
  return [...stages].find(([, labels]) => labels.includes(label))?.[0]
}

function twoMasters({ id, region }: SecretWorld['rotated']['secret']): ActionError {
  return new ActionError('rotation-blocked', {
    failed: `The secret ${id} is rotated by Secrets Manager itself.`,
    seen: 'RotationEnabled: true',
    expected: 'a secret that one scheduler rotates',
    cause: 'a rotation function is set up for it: two schedulers would take each other’s work for their own.',
    fix: `Take the secret out of \`secrets\`, or end the other rotation:\naws secretsmanager cancel-rotate-secret --region ${region} --secret-id ${id}`,
  })
}
