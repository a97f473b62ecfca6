/**
 * The four steps of Secrets Manager's contract, each of which may be called again: create, set, test, finish. The
 * scheduled run and AWS's own rotation function are two edges of these.
 * Source: Secrets Manager user guide, "Rotation by Lambda function".
 */
import { CURRENT, PENDING, type SecretVersion } from '../aws/secret-versions.ts'
import { ActionError } from '../errors/action-error.ts'
import { type VerifiedToken, verifyToken } from '../hub/verify.ts'
import { retiredLabel } from './retired-label.ts'
import { tokenInSecret } from './secret-value.ts'
import type { SecretWorld } from './world.ts'

/** How long a token must live at least when it becomes the current one, if it ends at all: ten minutes. */
const MIN_LIFETIME_SECONDS = 600

/** What create did. */
export type Created =
  /** The pending version holds a token of this name on the Hub. */
  | { kind: 'stored'; displayName: string }
  /** Somebody else has stored another value under this id; nothing is left of ours. */
  | { kind: 'taken' }

/**
 * Mints a token and stores it as the pending version `versionId`: the value of `current` with another token in it, or
 * `{"token": …}` when there is none yet.
 *
 * @throws what minting and Secrets Manager throw; a token that could not be stored is revoked first.
 */
export async function createPending(
  world: SecretWorld,
  arn: string,
  versionId: string,
  current: SecretVersion | undefined,
): Promise<Created> {
  const { minter, rotated, versions, mask, log } = world
  if (!minter) throw new TypeError('nobody to mint')
  const { secret } = rotated
  const template = current && tokenInSecret(current.text, secret, labelOf(world, current.versionId))
  const { value, displayName } = await minter.mint(arn, versionId, rotated.permissions)
  const text = template?.with(value) ?? JSON.stringify({ [secret.key]: value })
  mask(value)
  try {
    const put = await versions.putPending(versionId, text, current?.binary ?? false)
    if (put === 'stored') {
      log.info(`Secrets Manager: stored ${secret.id}, version ${versionId} (${PENDING})`)
      return { kind: 'stored', displayName }
    }
  } catch (error) {
    // Refused for good: nobody will ever use it. After anything else it may have been stored, and the next run looks.
    if (error instanceof ActionError && /^secret-(?:access|kms)-denied$|^secret-not-found$/.test(error.code)) {
      await minter.removeNamed(displayName).catch(() => warnOfLeft(world, displayName))
    }
    throw error
  }
  await minter.removeNamed(displayName).catch(() => warnOfLeft(world, displayName))
  return { kind: 'taken' }
}

/** Nothing to do: the Hub knows a token from the moment it is minted. */
export async function setPending(): Promise<void> {}

/**
 * Has the Hub confirm the token that the pending version holds: the organization's, wide enough, and not wider.
 *
 * @throws `ActionError` `secret-not-found` when the version has no value; `secret-malformed`, `token-malformed`, and what
 * `verifyToken` throws.
 */
export async function testPending(world: SecretWorld, versionId: string): Promise<VerifiedToken> {
  const { rotated, versions, request, hub, log, mask, minter } = world
  const { secret, scope, repositories } = rotated
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
  const label = labelOf(world, versionId)
  const { token } = tokenInSecret(pending.text, secret, label)
  mask(token)
  const evidence = minter ? ({ kind: 'minted', asked: rotated.permissions } as const) : ({ kind: 'stored' } as const)
  const confirmed = await verifyToken(
    { value: token, origin: { label, aws: undefined }, evidence },
    {
      request: {
        org: request.org,
        scope,
        repositories,
        verify: 'strict',
        minLifetimeSeconds: MIN_LIFETIME_SECONDS,
        hubEndpoint: request.hubEndpoint,
        aws: { secret: { ...secret, stage: PENDING } },
      },
      hub,
      log,
    },
  )
  log.info(`Hub: confirmed the pending token: ${confirmed.identity}, ${confirmed.kind}, ${scope} in ${request.org}`)
  return confirmed
}

/**
 * Makes the version the current one, if `from` still is (undefined: if there is none). `overtaken`: another one has
 * become current meanwhile.
 */
export async function finishPending(
  { rotated, versions, log }: SecretWorld,
  versionId: string,
  from: string | undefined,
): Promise<'finished' | 'overtaken'> {
  const moved = await versions.move(CURRENT, { ...(from === undefined ? {} : { from }), to: versionId })
  if (!moved) {
    // The answer to an earlier try may have been lost, or a run beside this one was faster with the same version.
    const { stages } = await versions.describe()
    if (!stages.get(versionId)?.includes(CURRENT)) return 'overtaken'
  }
  log.info(`Secrets Manager: version ${versionId} of ${rotated.secret.id} is now ${CURRENT}`)
  return 'finished'
}

/** The version's token is not to be used any more: from now on it works for `grace`. */
export async function retire({ versions }: Pick<SecretWorld, 'versions'>, versionId: string): Promise<void> {
  await versions.move(retiredLabel(Date.now()), { to: versionId })
}

/** One phrase for messages: `huggingface/acme/write, version 1234`. */
export function labelOf({ rotated }: Pick<SecretWorld, 'rotated'>, versionId: string): string {
  return `${rotated.secret.id}, version ${versionId}`
}

function warnOfLeft({ log }: SecretWorld, displayName: string): void {
  log.warning(`A token was made, is not used, and could not be revoked: "${displayName}". The next run removes it.`)
}
