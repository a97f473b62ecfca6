/** What to tell a user about a secret that cannot be used as it is: gone, a copy, another service's, or full. */
import { ActionError, type ErrorCode, type Explanation } from '../errors/action-error.ts'
import { block, code, prose } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import { secretCommand, word } from './commands.ts'
import { secretAccount } from './policies/secret-resources.ts'
import type { SecretKind } from './reasons/reason.ts'
import { createSecret, secretInput } from './secret-content.ts'
import { forwardSecret, type SecretFacts } from './secret-use.ts'
import { said } from './service-error.ts'

/** One explanation for each state of a secret. */
export const SECRET_STATES = {
  'secret-missing': secretMissing,
  'version-missing': versionMissing,
  'secret-deleted': markedForDeletion,
  'secret-replica': isReplica,
  'secret-managed': isManaged,
  'too-many-versions': tooManyVersions,
  'function-not-invocable': notInvocable,
} as const satisfies Partial<Record<SecretKind, (facts: SecretFacts) => ActionError>>

/** AWS says whether the secret or the stage is missing; not everything that speaks its protocol does. */
function secretMissing(facts: SecretFacts): ActionError {
  const { secret, use } = facts
  if (secret.stage !== 'AWSCURRENT' || secret.versionId !== undefined) return versionMissing(facts)
  const byDefault = secret.input
    ? ''
    : prose` (${code('secret-id')} is ${code('huggingface/{org}/{scope}')} by default)`
  return stateOf(facts, 'secret-not-found', {
    failed: prose`The AWS account ${accountOf(facts)} has no secret ${code(secret.id)} in ${secret.region}.`,
    expected: 'a secret with this name in this account and region',
    cause: prose`The secret is in another region or account, it has another name${byDefault}, or it was never created.`,
    fix: [
      prose`Check ${code(secretInput(secret))} and ${code('aws-region')}, or create the secret:`,
      ...createSecret(use.content, secret),
    ],
    forward: prose`Anyone who can correct the name or the region. If both are correct, send this message to whoever administers AWS account ${accountOf(facts)}.`,
  })
}

function versionMissing(facts: SecretFacts): ActionError {
  const { error, secret } = facts
  if (secret.versionId !== undefined) return pinnedVersionMissing(facts, secret.versionId)
  const where = prose`The secret ${code(secret.id)} (AWS account ${accountOf(facts)}, ${secret.region})`
  if (/versionid/i.test(error.message)) {
    return stateOf(facts, 'secret-not-found', {
      failed: prose`${where} does not have the version that was requested.`,
      expected: 'a version with this ID and a value',
      cause:
        'The version was never created, or Secrets Manager has removed it. It may remove a version without a staging label once that version is a day old.',
      fix: ['List the versions and their staging labels:', block(secretCommand('list-secret-version-ids', secret))],
    })
  }
  return stateOf(facts, 'secret-not-found', {
    failed: prose`${where} has no version with the staging label ${code(printable(secret.stage, 60))}.`,
    expected: 'a version with this staging label',
    cause: 'No version was ever given this staging label, or the label was moved.',
    fix: [
      'List the versions and their staging labels:',
      block(secretCommand('list-secret-version-ids', secret)),
      prose`Or set ${code('secret-version-stage: AWSCURRENT')}.`,
    ],
  })
}

function pinnedVersionMissing(facts: SecretFacts, versionId: string): ActionError {
  const { secret } = facts
  return stateOf(facts, 'secret-not-found', {
    failed: prose`The secret ${code(secret.id)} (AWS account ${accountOf(facts)}, ${secret.region}) has no version with the ID ${code(printable(versionId, 80))}.`,
    expected: prose`a version with the ID in ${code('secret-version-id')}`,
    cause:
      'The ID is that of another secret, or the version was removed: Secrets Manager removes versions without a staging label.',
    fix: [
      'List the versions:',
      block(secretCommand('list-secret-version-ids', secret, '--include-deprecated')),
      prose`Or remove ${code('secret-version-id')}, so that the step reads the version with the staging label AWSCURRENT.`,
    ],
  })
}

function markedForDeletion(facts: SecretFacts): ActionError {
  const { secret } = facts
  return stateOf(facts, 'secret-not-found', {
    failed: prose`The secret ${code(secret.id)} is marked for deletion.`,
    expected: 'a secret that is in use',
    cause: 'Somebody deleted it; AWS keeps it until the recovery window is over.',
    fix: [
      'Restore it:',
      block(secretCommand('restore-secret', secret)),
      prose`Or set ${code(secretInput(secret))} to a different secret.`,
    ],
  })
}

function isReplica(facts: SecretFacts): ActionError {
  const { secret } = facts
  return stateOf(facts, 'secret-failed', {
    failed: prose`The secret ${code(secret.id)} in ${secret.region} is a replica, and a replica cannot be changed.`,
    expected: 'the primary secret, in its own region',
    cause: prose`The secret was replicated to ${secret.region} from another region. Changes are made there, and Secrets Manager copies them.`,
    fix: [
      'Find the region of the primary secret:',
      block(secretCommand('describe-secret', secret, '--query PrimaryRegion')),
      prose`Set ${code(secretInput(secret))} to the ARN of the secret in that region, or ${code('aws-region')} to that region.`,
    ],
  })
}

function isManaged(facts: SecretFacts): ActionError {
  const { secret, use } = facts
  return stateOf(facts, 'secret-failed', {
    failed: prose`The secret ${code(secret.id)} is managed by another AWS service, and this action cannot ${use.verb} it.`,
    expected: 'a secret that no other service manages',
    cause: prose`${code(secretInput(secret))} names a secret that another service created for its own use, such as the password of a database.`,
    fix: [
      'Check which service owns it:',
      block(secretCommand('describe-secret', secret, '--query OwningService')),
      prose`Set ${code(secretInput(secret))} to the secret that holds the Hub token.`,
    ],
  })
}

function tooManyVersions(facts: SecretFacts): ActionError {
  const { secret } = facts
  return stateOf(facts, 'secret-failed', {
    failed: prose`The secret ${code(secret.id)} cannot take another version.`,
    expected: 'a secret with room for one more version',
    cause:
      'A secret can have about 100 versions. Secrets Manager removes a version without a staging label only when it is more than a day old, so something writes to this secret very often, or many versions have labels of their own.',
    fix: [
      'List the versions with their labels and dates:',
      block(secretCommand('list-secret-version-ids', secret, '--include-deprecated')),
      'Stop what writes so often, or remove staging labels that nobody needs, and try again a day later.',
    ],
  })
}

function notInvocable(facts: SecretFacts): ActionError {
  const { secret } = facts
  const region = word(secret.region)
  return stateOf(facts, 'secret-failed', {
    failed: prose`Secrets Manager is not allowed to call the rotation function of the secret ${code(secret.id)}.`,
    expected: prose`a policy on the function that allows ${code('lambda:InvokeFunction')} to ${code('secretsmanager.amazonaws.com')}`,
    cause: 'The function’s resource policy does not name Secrets Manager, or names another account.',
    fix: [
      'Allow it, for this account only:',
      block(
        `aws lambda add-permission --region ${region} --function-name FUNCTION_NAME --statement-id secretsmanager --action lambda:InvokeFunction --principal secretsmanager.amazonaws.com --source-account ${accountOf(facts)}`,
      ),
    ],
  })
}

function stateOf(facts: SecretFacts, errorCode: ErrorCode, state: Omit<Explanation, 'seen'>): ActionError {
  return new ActionError(errorCode, { seen: said(facts.error), forward: forwardSecret(facts), ...state })
}

function accountOf({ caller, secret }: SecretFacts): string {
  return secretAccount(caller.role, secret)
}
