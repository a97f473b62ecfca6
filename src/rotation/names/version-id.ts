/** Ids of versions: a function of the run, so that a run that is tried again makes the same version. */
import { createHash, randomUUID } from 'node:crypto'
import type { Job } from '../../identity/job.ts'

/** Source: Secrets Manager API reference, PutSecretValue, ClientRequestToken: 32 to 64 characters, a UUID recommended. */
export const VERSION_ID = /^[\w-]{32,64}$/

/**
 * The id of the `count`th version (from 0) that this run makes of a secret, in the form of a UUID (version 8, RFC 9562).
 * A runner that numbers no runs gets a random one.
 */
export function versionId(
  { repository, runId }: Pick<Job, 'repository' | 'runId'>,
  arn: string,
  count: number,
): string {
  if (runId === '') return randomUUID()
  const hex = createHash('sha256')
    .update(['hf-oidc-rotate', arn, repository, runId, String(count)].join('\n'))
    .digest('hex')
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
