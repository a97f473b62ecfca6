/** What to tell a user about a secret that nobody can write to. Loaded only then. */
import { secretCommand } from '../../aws/commands.ts'
import type { SecretDescription } from '../../aws/secret-versions.ts'
import { ActionError, type Explanation } from '../../errors/action-error.ts'
import { block, code, prose } from '../../text/message.ts'
import type { RotatedSecret } from '../request.ts'

/** Nothing was minted or written: the first thing that keeps the secret from being written to. */
export function explainUnfit(rotated: RotatedSecret, description: SecretDescription): ActionError {
  const { deletedAt, primaryRegion, owningService } = description
  if (deletedAt !== undefined) return blocked(markedForDeletion(rotated, deletedAt))
  if (primaryRegion !== undefined) return blocked(replica(rotated, description.arn, primaryRegion))
  return blocked(managed(rotated, owningService ?? ''))
}

function blocked(explanation: Explanation): ActionError {
  return new ActionError('rotation-blocked', explanation)
}

function markedForDeletion({ secret }: RotatedSecret, deletedAt: number): Explanation {
  return {
    failed: prose`The secret ${code(secret.id)} is marked for deletion, so it cannot be rotated. No token was minted.`,
    seen: prose`${code('DeletedDate')}: ${new Date(deletedAt).toISOString()}`,
    expected: 'a secret that is in use',
    cause: 'Somebody deleted it; AWS keeps it until the recovery window is over.',
    fix: [
      'If it is still needed, restore it:',
      block(secretCommand('restore-secret', secret)),
      prose`Otherwise, remove its line from ${code('secrets')}.`,
    ],
  }
}

function replica({ secret, line }: RotatedSecret, arn: string, primaryRegion: string): Explanation {
  // The ARN of a replica differs in nothing but the region.
  const primary = arn.replace(/^((?:[^:]*:){3})[^:]*/, `$1${primaryRegion}`)
  const [, ...settings] = line.split(/\s+/)
  return {
    failed: prose`The secret ${code(secret.id)} in ${secret.region} is a replica, so it cannot be rotated there. No token was minted.`,
    seen: prose`${code('PrimaryRegion')}: ${primaryRegion}`,
    expected: 'the primary secret, in its own region',
    cause: prose`The secret was replicated from ${primaryRegion}. New values are stored there, and Secrets Manager copies them to ${secret.region}.`,
    fix: [
      prose`Rotate the primary secret: change the line in ${code('secrets')} to this, and allow its ARN in the policy of the role:`,
      block([primary, ...settings].join(' ')),
      prose`Jobs can keep reading the replica in ${secret.region}.`,
    ],
  }
}

function managed({ secret }: RotatedSecret, owningService: string): Explanation {
  return {
    failed: prose`The secret ${code(secret.id)} is managed by another AWS service, so it cannot be rotated here. No token was minted.`,
    seen: prose`${code('OwningService')}: ${code(owningService)}`,
    expected: 'a secret that no other service manages',
    cause: prose`The line names a secret that ${owningService} created for its own use, and only that service may change it.`,
    fix: prose`Change the line in ${code('secrets')} to the secret that holds the Hub token, or remove it.`,
  }
}
