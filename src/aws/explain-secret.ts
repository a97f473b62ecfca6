/** What to tell a user whom Secrets Manager refuses. Loaded only then. */
import { ActionError, type Explanation } from '../errors/action-error.ts'
import { block, code, codes, type Part, prose } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import { type AwsCaller, roleName } from './caller.ts'
import { secretCommand } from './commands.ts'
import { CHECK_SETTINGS, endpointVariables } from './explain-settings.ts'
import { keyStatement, secretStatement } from './policies/missing-statements.ts'
import { READ_ACTIONS, READ_KMS_ACTIONS } from './policies/secret-actions.ts'
import type { SecretReference } from './request.ts'
import { createSecret, type SecretContent, secretInput } from './secret-content.ts'
import { type ServiceError, said } from './service-error.ts'

/** What is done with a secret: the call that was refused, in words too, and all that the role needs for the whole. */
export interface SecretUse {
  /** After "is not allowed to": `read`, or `move the staging labels of`. */
  verb: string
  actions: readonly string[]
  kmsActions: readonly string[]
  /** What the secret must hold. */
  content: SecretContent
}

/** Reading what the secret must hold, and nothing more. */
export function reading(content: SecretContent): SecretUse {
  return { verb: 'read', actions: READ_ACTIONS, kmsActions: READ_KMS_ACTIONS, content }
}

/** What is known when Secrets Manager refuses. */
interface Facts {
  error: ServiceError
  caller: Omit<AwsCaller, 'credentials'>
  secret: SecretReference
  use: SecretUse
}

interface Case {
  applies: (error: ServiceError, secret: SecretReference) => boolean
  explain: (facts: Facts) => ActionError
}

type Advice = Pick<Explanation, 'cause' | 'fix'>

/** The first that applies explains the refusal. Source: Secrets Manager API reference, "Errors" of each call. */
const CASES: readonly Case[] = [
  { applies: ({ name }) => name === 'DecryptionFailure', explain: kmsDenied },
  { applies: isDenied(/kms/i), explain: kmsDenied },
  { applies: isDenied(/explicit deny/i), explain: explicitlyDenied },
  { applies: isDenied(/session policy/i), explain: deniedBySession },
  { applies: isDenied(), explain: deniedByRole },
  { applies: (error, secret) => isMissing(error) && speaksOfStage(error, secret), explain: stageMissing },
  { applies: isMissing, explain: secretMissing },
  {
    applies: ({ name, message }) => name === 'InvalidRequestException' && /deletion/i.test(message),
    explain: markedForDeletion,
  },
  {
    applies: ({ name }) =>
      /UnrecognizedClient|InvalidSignature|ExpiredToken|IncompleteSignature|InvalidClientTokenId/.test(name),
    explain: sessionNotAccepted,
  },
  { applies: ({ kind }) => kind === 'unsent', explain: notSent },
  { applies: () => true, explain: noAnswer },
]

/** Maps a refusal of Secrets Manager to a code and its explanation. */
export function explainSecret(facts: Facts): ActionError {
  const found = CASES.find(({ applies }) => applies(facts.error, facts.secret))
  if (!found) throw new TypeError('the last case always applies')
  return found.explain(facts)
}

function isDenied(text = /(?:)/): Case['applies'] {
  return ({ name, message }) => /AccessDenied/.test(name) && text.test(message)
}

function isMissing({ name }: ServiceError): boolean {
  return name === 'ResourceNotFoundException'
}

/** AWS says whether the secret or the stage is missing; not everything that speaks its protocol does. */
function speaksOfStage({ message }: ServiceError, { stage }: SecretReference): boolean {
  return /staging label|version/i.test(message) || stage !== 'AWSCURRENT'
}

function kmsDenied({ error, caller: { role }, secret, use: { verb, kmsActions } }: Facts): ActionError {
  return new ActionError('secret-kms-denied', {
    failed: prose`The role ${roleName(role)} is allowed to ${verb} the secret ${code(secret.id)}, but not to ${verb === 'read' ? 'decrypt it' : 'use its key'}.`,
    seen: said(error),
    expected: prose`permission for ${codes(kmsActions)} on the key that encrypts the secret, through Secrets Manager`,
    cause: prose`The secret uses its own KMS key, and the role’s policy or the key’s policy does not let this role use it. Or the key is disabled or pending deletion (check with ${code('aws kms describe-key')}).`,
    fix: [
      'Find the key:',
      block(secretCommand('describe-secret', secret, '--query KmsKeyId')),
      'Allow the role in the key’s policy, and add this statement to the role’s policy:',
      json(keyStatement(role, secret, kmsActions)),
    ],
  })
}

function explicitlyDenied({ error, caller, secret }: Facts): ActionError {
  return new ActionError('secret-access-denied', {
    failed: prose`A policy explicitly denies this role access to the secret ${code(secret.id)}.`,
    seen: seenAs(error, caller),
    expected: 'no Deny statement that applies to this role',
    cause:
      'The secret’s policy denies every role that it does not list (README, step 7), or the role’s own policy or a service control policy of your AWS organization has a Deny statement.',
    fix: [
      prose`Check the secret’s policy, and add ${roleName(caller.role)} to the roles that its Deny statement exempts:`,
      block(secretCommand('get-resource-policy', secret)),
    ],
  })
}

function deniedBySession({ error, caller, secret, use: { verb, actions } }: Facts): ActionError {
  return new ActionError('secret-access-denied', {
    failed: prose`This session is not allowed to ${verb} the secret ${code(secret.id)}.`,
    seen: seenAs(error, caller),
    expected: 'a secret with this name, and permission from both the role and the session policy',
    ...(caller.sessionPolicy === 'auto' ? noSuchSecret(caller, secret) : ownPolicyTooNarrow(actions)),
  })
}

/** With `auto`, a refusal nearly always means that AWS found no such secret. */
function noSuchSecret({ role }: Facts['caller'], secret: SecretReference): Advice {
  const input = code(secretInput(secret))
  return {
    cause: prose`The account ${role.account} has no such secret in ${secret.region}. ${code('session-policy: auto')} allows only the secret that you named, and AWS reports a secret that it cannot find as "not authorized". It reports a secret in another account the same way.`,
    fix: [
      prose`Check ${input} and ${code('aws-region')}:`,
      block(secretCommand('describe-secret', secret)),
      prose`If the secret belongs to another account, or if the name is correct and the problem persists, set ${input} to the full ARN of the secret.`,
    ],
  }
}

function ownPolicyTooNarrow(actions: readonly string[]): Advice {
  return {
    cause: prose`${code('session-policy')} does not allow it; a session can do only what both that policy and the role allow.`,
    fix: prose`Allow ${codes(actions)} on this secret in ${code('session-policy')}, or set ${code('session-policy: auto')}.`,
  }
}

function deniedByRole({ error, caller, secret, use: { verb, actions } }: Facts): ActionError {
  const { role } = caller
  return new ActionError('secret-access-denied', {
    failed: prose`The role ${roleName(role)} is not allowed to ${verb} the secret ${code(secret.id)}.`,
    seen: seenAs(error, caller),
    expected: prose`a role whose policy allows ${codes(actions)} on this secret`,
    cause: prose`The role’s policy lacks this statement, has it for another name or scope, or lacks the ${code('-??????')} that matches the six characters that AWS appends to a secret’s ARN. AWS gives the same answer when the secret does not exist in this account and region.`,
    fix: [
      'Make sure that the secret exists:',
      block(secretCommand('describe-secret', secret)),
      'Then add this statement to the policy of the role:',
      json(secretStatement(role, secret, actions)),
    ],
  })
}

function stageMissing({ error, caller: { role }, secret }: Facts): ActionError {
  return new ActionError('secret-not-found', {
    failed: prose`The secret ${code(secret.id)} (AWS account ${role.account}, ${secret.region}) has no version with the staging label ${code(printable(secret.stage, 60))}.`,
    seen: said(error),
    expected: 'a version with this staging label',
    cause: 'No version was ever given this staging label, or the label was moved.',
    fix: [
      'List the versions and their staging labels:',
      block(secretCommand('list-secret-version-ids', secret)),
      prose`Or set ${code('secret-version-stage: AWSCURRENT')}.`,
    ],
  })
}

function secretMissing({ error, caller: { role }, secret, use }: Facts): ActionError {
  const byDefault = secret.input
    ? ''
    : prose` (${code('secret-id')} is ${code('huggingface/{org}/{scope}')} by default)`
  return new ActionError('secret-not-found', {
    failed: prose`The AWS account ${role.account} has no secret ${code(secret.id)} in ${secret.region}.`,
    seen: said(error),
    expected: 'a secret with this name in this account and region',
    cause: prose`The secret is in another region or account, it has another name${byDefault}, or it was never created.`,
    fix: [
      prose`Check ${code(secretInput(secret))} and ${code('aws-region')}, or create the secret:`,
      ...createSecret(use.content, secret),
    ],
  })
}

function markedForDeletion({ error, secret }: Facts): ActionError {
  return new ActionError('secret-not-found', {
    failed: prose`The secret ${code(secret.id)} is marked for deletion.`,
    seen: said(error),
    expected: 'a secret that is in use',
    cause: 'Somebody deleted it; AWS keeps it until the recovery window ends.',
    fix: [
      'Restore it:',
      block(secretCommand('restore-secret', secret)),
      prose`Or set ${code(secretInput(secret))} to a different secret.`,
    ],
  })
}

function sessionNotAccepted({ error, secret: { region } }: Facts): ActionError {
  return new ActionError('secret-access-denied', {
    failed: `Secrets Manager in ${region} did not accept the session that STS issued.`,
    seen: said(error),
    expected: 'a session that is valid in this region',
    cause: 'The runner’s clock is wrong, or the endpoint in the environment belongs to another region or account.',
    fix: prose`Synchronize the runner’s clock (NTP); check ${code('aws-region')} and ${code('AWS_ENDPOINT_URL_SECRETS_MANAGER')}.`,
  })
}

function notSent({ error }: Facts): ActionError {
  return new ActionError('secret-failed', {
    failed: 'Secrets Manager could not be called.',
    seen: said(error),
    ...CHECK_SETTINGS,
  })
}

function noAnswer({ error, secret }: Facts): ActionError {
  return new ActionError('secret-failed', {
    failed: prose`Secrets Manager in ${secret.region} returned no usable response for the secret ${code(secret.id)}.`,
    seen: said(error),
    expected: 'a response in the format that AWS documents',
    cause:
      'Secrets Manager is throttling the account or having an incident, or a proxy or another intermediary responded in its place.',
    fix: prose`Re-run the job. If ${endpointVariables('SECRETS_MANAGER')} is set, check where it points.`,
  })
}

/** What AWS said, and to whom: the role session is not the role. */
function seenAs(error: ServiceError, { name }: Facts['caller']): Part {
  return prose`${said(error)}, as ${code(printable(name))}`
}

function json(statement: object): Part {
  return block(JSON.stringify(statement, null, 2))
}
