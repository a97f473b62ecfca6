/** Reads one secret for an inventory: its description, and the token in each version that has a label. */
import type { AwsCaller } from '../../aws/caller.ts'
import type { SecretReference } from '../../aws/request.ts'
import { nextTo, pathIn, valueAt } from '../../aws/secret-key.ts'
import { CURRENT, PENDING, type SecretDescription, SecretVersions } from '../../aws/secret-versions.ts'
import { ActionError } from '../../errors/action-error.ts'
import { proofKey, proves, readProof } from '../../hub/proof.ts'
import { CallCount, inOneLine } from '../../net/calls-made.ts'
import type { Http } from '../../net/http.ts'
import type { RetryPolicy } from '../../net/retry.ts'
import { isRecord, parseJson } from '../../text/json.ts'
import type { Mask } from '../../text/log.ts'
import { guarded } from '../outcome.ts'
import type { RotatedSecret } from '../request.ts'
import { tokenInSecret } from '../secret/value.ts'
import type { VersionFacts } from './facts.ts'

/** What reading needs. */
export interface ReadContext {
  callerFor: (need: RotatedSecret) => Promise<AwsCaller>
  http: Http
  policy: RetryPolicy
  mask: Mask
}

/** A version with the token in it: a secret, masked. */
export interface ReadVersion extends Omit<VersionFacts, 'token'> {
  isCurrent: boolean
  token: string | undefined
}

/** A secret with the tokens in its versions. */
export interface ReadSecret {
  secret: string
  scope: string
  description: SecretDescription | undefined
  versions: readonly ReadVersion[]
  errors: readonly ActionError[]
}

/** Everything that can be read of the secret. Failures are in its errors; they keep nothing else from being read. */
export async function readVersions(context: ReadContext, rotated: RotatedSecret): Promise<ReadSecret> {
  const { secret, scope } = rotated
  // Each secret is a path of its own: what one of them used up must not stop the next.
  const policy = { ...context.policy, calls: new CallCount() }
  const errors: ActionError[] = []
  const read: { description?: SecretDescription; versions: ReadVersion[] } = { versions: [] }
  const guard = { secret: secret.id, errors }
  await guarded(guard, async () => {
    const versions = new SecretVersions(secret, await context.callerFor(rotated), context.http, policy)
    const description = await versions.describe()
    read.description = description
    for (const [versionId, labels] of byImportance(description)) {
      const blank = { versionId, labels, isCurrent: labels.includes(CURRENT), ...NOTHING }
      read.versions.push(blank)
      // AWS keeps the values of a secret that is to be deleted to itself.
      if (labels.length === 0 || description.deletedAt !== undefined) continue
      await guarded(guard, async () => {
        Object.assign(blank, await readIfPossible({ versions, context, secret }, blank))
      })
    }
  })
  return { secret: secret.id, scope, description: read.description, versions: read.versions, errors }
}

const NOTHING = { storedAt: undefined, token: undefined, problem: undefined, proof: undefined }

/** The current version first. */
function byImportance({ stages }: SecretDescription): [string, readonly string[]][] {
  return [...stages].sort(([, a], [, b]) => Number(b.includes(CURRENT)) - Number(a.includes(CURRENT)))
}

interface VersionContext {
  versions: SecretVersions
  context: ReadContext
  secret: SecretReference
}

/** A replaced version that cannot be read is no failure: whoever reads the secret does not get it. */
async function readIfPossible(context: VersionContext, version: ReadVersion): Promise<Partial<ReadVersion>> {
  try {
    return await readVersion(context, version)
  } catch (error) {
    const isInUse = version.labels.includes(CURRENT) || version.labels.includes(PENDING)
    if (isInUse || !(error instanceof ActionError)) throw error
    return { problem: `it could not be read: ${inOneLine(error)}` }
  }
}

/**
 * What is in a version.
 *
 * @throws what Secrets Manager throws; `ActionError` `secret-malformed`, `token-malformed` for a current version without a
 * token.
 */
async function readVersion(
  { versions, context, secret }: VersionContext,
  { versionId, isCurrent, labels }: ReadVersion,
): Promise<Partial<ReadVersion>> {
  // By a label, as a policy may demand.
  const how = { isWritten: false, labels }
  const stored = await versions.read(versionId, how)
  if (!stored) return { problem: 'no value' }
  const { text, createdAt: storedAt } = stored
  try {
    const { token } = tokenInSecret(text, secret, `${secret.id}, version ${versionId}`)
    context.mask(token)
    return { storedAt, token, proof: proofIn(text, secret, token) }
  } catch (error) {
    if (isCurrent || !(error instanceof ActionError)) throw error
    return { storedAt, problem: 'no token in its value' }
  }
}

function proofIn(text: string, { key }: SecretReference, token: string): VersionFacts['proof'] {
  const parsed = parseJson(text.trim())
  if (!isRecord(parsed)) return undefined
  const proof = readProof(valueAt(parsed, nextTo(pathIn(parsed, key), proofKey)))
  return proof && { provenAt: proof.provenAt, isOfToken: proves(proof, token) }
}
