/** What to tell a user whom a policy keeps from a secret. */
import { ActionError } from '../errors/action-error.ts'
import { block, code, codes, partsOf, prose } from '../text/message.ts'
import { verbatim } from '../text/printable.ts'
import { roleName } from './caller.ts'
import { secretCommand } from './commands.ts'
import {
  type Advice,
  byPolicy,
  nameForCommand,
  type OwnDenied,
  principalOf,
  type Refused,
  SHARED,
  statement,
  what,
} from './explain-denial.ts'
import { crossAccountSecret, isCrossAccount } from './policies/cross-account.ts'
import { oneOrAll, secretStatement } from './policies/missing-statements.ts'
import type { Denied } from './reasons/reason.ts'
import { secretInput } from './secret-content.ts'
import { forwardSecret, type SecretFacts, seenAs } from './secret-use.ts'

type Remedy = (facts: SecretFacts, refused: Refused) => Advice

/** One remedy for each policy that can keep a session from a secret. */
const REMEDIES: Record<OwnDenied, Remedy> = {
  'identity-silent': roleLacks,
  'identity-deny': roleDenies,
  'resource-silent': secretLacks,
  'resource-deny': secretDenies,
  'session-silent': sessionLacks,
  'session-deny': sessionDenies,
  'trust-silent': roleLacks,
  'trust-deny': roleDenies,
  denied: roleLacks,
}

/** `secret-access-denied`: a policy does not allow this, or denies it. */
export function secretDenied(denied: Denied): (facts: SecretFacts) => ActionError {
  return (facts) => {
    const { caller, secret, use, reason } = facts
    const { role, sessionPolicy } = caller
    const refused: Refused = {
      reason,
      role,
      actions: use.actions,
      region: secret.region,
      endpoint: 'secretsmanager',
      statement: secretStatement(role, secret, use.actions, reason.resource),
    }
    const subject = denied.startsWith('session') && sessionPolicy !== 'none' ? 'This session' : 'role'
    return new ActionError('secret-access-denied', {
      failed: prose`${subject === 'role' ? prose`The role ${roleName(role)}` : subject} is not allowed to ${use.verb} the secret ${code(secret.id)}.`,
      seen: seenAs(facts),
      forward: forwardSecret(facts),
      ...withCondition(isOwn(denied) ? REMEDIES[denied](facts, refused) : SHARED[denied](refused), facts),
    })
  }
}

/** A condition on the staging label refuses like a missing statement: AWS never says that it was the condition. */
function withCondition(advice: Advice, { use, secret }: SecretFacts): Advice {
  const asked = use.asked ?? (secret.versionId === undefined ? undefined : { versionId: secret.versionId })
  if (asked === undefined) return advice
  const key = code('secretsmanager:VersionStage')
  const note =
    'versionId' in asked
      ? prose`The version was requested by its ID, without a staging label: if a policy has a condition on ${key}, allow this read without the condition.`
      : prose`The version was requested by its staging label ${code(verbatim(asked.stage))}: if a policy has a condition on ${key}, it must allow this label${asked.stage.startsWith('hf-oidc-') ? prose` (${code('StringLike')} with ${code('hf-oidc-retired-*')})` : ''}.`
  return { ...advice, fix: [...partsOf(advice.fix ?? []), note] }
}

function isOwn(denied: Denied): denied is OwnDenied {
  return Object.hasOwn(REMEDIES, denied)
}

function roleLacks(facts: SecretFacts): Advice {
  const { caller, secret, use, reason } = facts
  const { role } = caller
  if (isCrossAccount(role, secret)) return threeThings(facts)
  return {
    expected: prose`a role whose policy allows ${codes(use.actions)} on this secret`,
    cause: prose`The role’s policy lacks this statement, has it for another name or scope, or lacks the ${code('-??????')} that matches the six characters that AWS appends to a secret’s ARN. AWS gives the same answer when the secret does not exist in this account and region${ofAnotherAccount(facts)}.`,
    fix: [
      'Make sure that the secret exists:',
      block(secretCommand('describe-secret', secret)),
      'Then add this statement to the policy of the role:',
      statement(secretStatement(role, secret, use.actions, reason.resource)),
    ],
  }
}

/** A name is always looked up in the caller's own account. */
function ofAnotherAccount({ secret }: SecretFacts) {
  return secret.id.startsWith('arn:')
    ? ''
    : prose`, and when the secret belongs to another account but ${code(secretInput(secret))} is its name instead of its full ARN`
}

function roleDenies(_facts: SecretFacts, refused: Refused): Advice {
  const { role, reason } = refused
  const { policyArn } = reason
  return {
    expected: prose`no Deny statement for ${what(refused)} in the policies of this role`,
    cause: prose`A policy of the role ${roleName(role)} explicitly denies ${what(refused)}${byPolicy(refused)}.`,
    fix: [
      ...(policyArn === undefined
        ? [
            'Find the policy:',
            block(
              `aws iam list-attached-role-policies --role-name ${nameForCommand(role)}\naws iam list-role-policies --role-name ${nameForCommand(role)}`,
            ),
          ]
        : ['Find the version of the policy that is in use:', block(`aws iam get-policy --policy-arn ${policyArn}`)]),
      'Then narrow its Deny statement. An Allow in another policy does not help.',
    ],
  }
}

function secretLacks(facts: SecretFacts): Advice {
  const { caller, secret, use } = facts
  const { role } = caller
  if (isCrossAccount(role, secret)) return threeThings(facts)
  return {
    expected: prose`a policy on the secret that allows ${codes(use.actions)} to this role`,
    cause: prose`AWS looked for a permission in the secret’s own policy and found none. It does so when the secret is not in the role’s account, and when the role’s own policies are limited by a condition that this request does not meet.`,
    fix: [
      prose`Check which secret ${code(secretInput(secret))} names and in which account it is, and read its policy:`,
      block(secretCommand('describe-secret', secret)),
      block(secretCommand('get-resource-policy', secret)),
      'If it is the right one, add this statement to the secret’s policy:',
      statement({
        Effect: 'Allow',
        Principal: { AWS: principalOf(role).arn },
        Action: oneOrAll(use.actions),
        Resource: '*',
      }),
    ],
  }
}

/** What a secret of another account takes: each of the three alone is refused with the same words. */
function threeThings({ caller: { role }, secret, use, reason }: SecretFacts): Advice {
  const documents = crossAccountSecret(principalOf(role), secret, use, reason.resource)
  const { secretAccount, secretPolicy, keyStatement, rolePolicy } = documents
  return {
    expected: prose`three things: a policy on the secret that names this role, a customer managed key that this role may use, and a policy of the role that names the secret`,
    cause: prose`The secret belongs to AWS account ${secretAccount}, and the role to account ${role.account}. Both accounts must allow this, and at least one of them does not.`,
    fix: [
      prose`1. In account ${secretAccount}, check whether the secret has a policy:`,
      block(secretCommand('get-resource-policy', secret)),
      prose`If it has one, add the statement below to it. If it has none, save this policy as ${code('secret-policy.json')} and run this command, which replaces the whole policy:`,
      block(secretCommand('put-resource-policy', secret, '--resource-policy file://secret-policy.json')),
      statement(secretPolicy),
      prose`2. The secret must be encrypted with a customer managed key: ${code('aws/secretsmanager')} cannot be used from another account. Add this statement to the policy of that key, also in account ${secretAccount}:`,
      statement(keyStatement),
      prose`3. In account ${role.account}, allow this in the policy of the role ${roleName(role)}:`,
      statement(rolePolicy),
    ],
    forward: prose`For steps 1 and 2, whoever administers AWS account ${secretAccount}, which owns the secret. For step 3, whoever administers AWS account ${role.account}. Send this message to both.`,
  }
}

function secretDenies({ caller: { role }, secret }: SecretFacts): Advice {
  return {
    expected: 'no Deny statement in the secret’s policy that applies to this role',
    cause:
      'The secret’s policy explicitly denies this role access: it denies every role that it does not list (README, step 7), or it denies this one.',
    fix: [
      prose`Read the secret’s policy, and add ${roleName(role)} to the roles that its Deny statement exempts:`,
      block(secretCommand('get-resource-policy', secret)),
    ],
  }
}

function sessionLacks(facts: SecretFacts): Advice {
  const { caller, secret, use } = facts
  if (caller.sessionPolicy === 'auto' && isCrossAccount(caller.role, secret)) return threeThings(facts)
  const expected = 'a secret with this name, and permission from both the role and the session policy'
  if (caller.sessionPolicy === 'auto') return { expected, ...noSuchSecret(facts) }
  return {
    expected,
    cause: prose`${code('session-policy')} does not allow it; a session can do only what both that policy and the role allow.`,
    fix: prose`Allow ${codes(use.actions)} on this secret in ${code('session-policy')}, or set ${code('session-policy: auto')}.`,
  }
}

/** With `auto`, a refusal nearly always means that AWS found no such secret. */
function noSuchSecret({ caller: { role }, secret }: SecretFacts): Pick<Advice, 'cause' | 'fix'> {
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

function sessionDenies(_facts: SecretFacts, refused: Refused): Advice {
  return {
    expected: 'no Deny statement in the session policy that applies to this secret',
    cause: prose`The session policy of this session explicitly denies ${what(refused)}.`,
    fix: prose`Remove the Deny statement from ${code('session-policy')}, or set ${code('session-policy: auto')}.`,
  }
}
