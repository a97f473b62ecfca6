/** What to tell a user whom the KMS key of a secret refuses. */
import { ActionError } from '../errors/action-error.ts'
import { block, code, codes, type Part, prose } from '../text/message.ts'
import { verbatim } from '../text/printable.ts'
import { roleName } from './caller.ts'
import { secretCommand, word } from './commands.ts'
import {
  type Advice,
  byPolicy,
  type OwnDenied,
  principalOf,
  type Refused,
  SHARED,
  statement,
  what,
} from './explain-denial.ts'
import { crossAccountSecret, isCrossAccount } from './policies/cross-account.ts'
import { keyStatement, oneOrAll, type Statement, viaSecretsManager } from './policies/missing-statements.ts'
import { secretAccount } from './policies/secret-resources.ts'
import { accountIn } from './reasons/fixer.ts'
import type { Denied } from './reasons/reason.ts'
import { forwardSecret, type SecretFacts, seenAs } from './secret-use.ts'

type Remedy = (facts: SecretFacts, refused: Refused) => Advice

/** One remedy for each policy that can keep a session from the key of a secret. */
const REMEDIES: Record<OwnDenied, Remedy> = {
  'identity-silent': roleLacks,
  'identity-deny': (_facts, refused) => ({
    expected: prose`no Deny statement for ${what(refused)} in the policies of this role`,
    cause: prose`A policy of the role ${roleName(refused.role)} explicitly denies ${what(refused)}${byPolicy(refused)}.`,
    fix: 'Narrow its Deny statement. An Allow in another policy does not help.',
  }),
  'resource-silent': keyLacks,
  'resource-deny': (facts, refused) => ({
    expected: prose`no Deny statement for ${what(refused)} in the policy of the key that applies to this role`,
    cause: prose`The policy of the key explicitly denies ${what(refused)}.`,
    fix: [...findKey(facts), 'Exempt the role from the Deny statement in the key’s policy.'],
  }),
  'session-silent': sessionLacks,
  'session-deny': sessionLacks,
  'trust-silent': roleLacks,
  'trust-deny': roleLacks,
  denied: bothSides,
}

/** `secret-kms-denied`: a policy does not allow the use of the key, or denies it. */
export function keyDenied(denied: Denied): (facts: SecretFacts) => ActionError {
  return (facts) => {
    const { caller, secret, use, reason } = facts
    const refused: Refused = {
      reason,
      role: caller.role,
      actions: use.kmsActions,
      region: secret.region,
      endpoint: 'kms',
      statement: roleStatement(facts),
    }
    const advice = isOwn(denied) ? REMEDIES[denied](facts, refused) : SHARED[denied](refused)
    return kmsDenied(facts, advice)
  }
}

/** The key cannot be used by anyone, or not from another account. */
export const KEY_STATES = {
  'key-disabled': (facts: SecretFacts) =>
    kmsDenied(facts, {
      expected: 'an enabled key',
      cause: 'The key that encrypts the secret is disabled.',
      fix: [...findKey(facts), 'Enable it:', keyCommand(facts, 'enable-key')],
    }),
  'key-deleted': (facts: SecretFacts) =>
    kmsDenied(facts, {
      expected: 'an enabled key',
      cause: 'The key that encrypts the secret is scheduled for deletion, was deleted, or has no key material.',
      fix: [
        ...findKey(facts),
        'Check its state:',
        keyCommand(facts, 'describe-key'),
        prose`If its state is ${code('PendingDeletion')}, cancel the deletion and enable the key. If it is gone, nobody can decrypt the secret anymore: store a new token in a secret with another key.`,
      ],
    }),
  'default-key': (facts: SecretFacts) => {
    const { caller, secret } = facts
    const account = secretAccount(caller.role, secret)
    return kmsDenied(facts, {
      expected: 'a secret that is encrypted with a customer managed key',
      cause: prose`The secret belongs to AWS account ${account} and is encrypted with the key ${code('aws/secretsmanager')}, which no other account can use.`,
      fix: [
        'Encrypt the secret with a customer managed key of its account. Its value stays the same:',
        block(secretCommand('update-secret', secret, '--kms-key-id KEY_ARN')),
        ...crossAccountKey(facts),
      ],
    })
  },
  'decryption-failed': (facts: SecretFacts) =>
    kmsDenied(facts, {
      expected: 'a key that is enabled and that this role may use',
      cause:
        'Secrets Manager could not use the key of the secret: it is disabled or pending deletion, or the secret was copied from somewhere else.',
      fix: [...findKey(facts), 'Check its state:', keyCommand(facts, 'describe-key')],
    }),
} as const

function kmsDenied(facts: SecretFacts, advice: Advice): ActionError {
  const { caller, secret, use } = facts
  return new ActionError('secret-kms-denied', {
    failed: prose`The role ${roleName(caller.role)} is allowed to ${use.verb} the secret ${code(secret.id)}, but not to ${use.verb === 'read' ? 'decrypt it' : 'use its key'}.`,
    seen: seenAs(facts),
    forward: forwardSecret(facts),
    ...advice,
  })
}

/** AWS says only that KMS refused: the role, the key or both may lack it. */
function bothSides(facts: SecretFacts): Advice {
  const { caller, secret, use } = facts
  if (isCrossAccount(caller.role, secret)) return otherAccount(facts)
  return {
    expected: prose`permission for ${codes(use.kmsActions)} on the key that encrypts the secret, through Secrets Manager`,
    cause: prose`The secret uses its own KMS key, and the role’s policy or the key’s policy does not let this role use it. Or the key is disabled or pending deletion (check with ${code('aws kms describe-key')}).`,
    fix: [
      ...findKey(facts),
      'Allow the role in the key’s policy, and add this statement to the role’s policy:',
      statement(roleStatement(facts)),
    ],
  }
}

function roleLacks(facts: SecretFacts): Advice {
  const { use } = facts
  return {
    expected: prose`a role whose policy allows ${codes(use.kmsActions)} on the key that encrypts the secret`,
    cause: 'The role’s policy does not allow it to use the key, and the key’s policy leaves that to the role’s policy.',
    fix: [...findKey(facts), 'Add this statement to the policy of the role:', statement(roleStatement(facts))],
  }
}

function keyLacks(facts: SecretFacts): Advice {
  const { caller, secret, use } = facts
  if (isCrossAccount(caller.role, secret)) return otherAccount(facts)
  return {
    expected: prose`a key policy that allows ${codes(use.kmsActions)} to this role`,
    cause: prose`The policy of the key does not let this role use it, and it does not leave that to the policies of account ${caller.role.account}.`,
    fix: [...findKey(facts), 'Add this statement to the policy of the key:', statement(keyPolicyStatement(facts))],
  }
}

function otherAccount(facts: SecretFacts): Advice {
  const { caller, secret, use } = facts
  const account = secretAccount(caller.role, secret)
  return {
    expected: prose`permission for ${codes(use.kmsActions)} on the key that encrypts the secret, from both accounts`,
    cause: prose`The secret belongs to AWS account ${account}. The policy of its key and the policy of the role must both allow this; the key ${code('aws/secretsmanager')} cannot be used from another account at all.`,
    fix: [...findKey(facts), ...crossAccountKey(facts)],
    forward: prose`For the key, whoever administers AWS account ${account}, which owns it. For the role, whoever administers AWS account ${caller.role.account}. Send this message to both.`,
  }
}

function crossAccountKey(facts: SecretFacts): Part[] {
  const { caller, secret, use } = facts
  const { secretAccount: account, keyStatement: ofKey } = crossAccountSecret(principalOf(caller.role), secret, use)
  return [
    prose`In account ${account}, add this statement to the policy of the key:`,
    statement(ofKey),
    prose`In account ${caller.role.account}, add this statement to the policy of the role:`,
    statement(roleStatement(facts)),
  ]
}

function sessionLacks({ caller, use, reason }: SecretFacts): Advice {
  const own = caller.sessionPolicy !== 'auto' && caller.sessionPolicy !== 'none'
  return {
    expected: prose`a session policy that allows ${codes(use.kmsActions)} on the key that encrypts the secret`,
    cause: prose`The session policy of this session ${reason.kind.endsWith('deny') ? 'explicitly denies' : 'does not allow'} the use of the key; a session can do only what both that policy and the role allow.`,
    fix: own
      ? prose`Allow ${codes(use.kmsActions)} on the key in ${code('session-policy')}, or set ${code('session-policy: auto')}.`
      : prose`${code('session-policy: auto')} allows the use of the key for this secret only. Set ${code('secret-id')} to the full ARN of the secret.`,
  }
}

/** For the policy of the role. */
function roleStatement({ caller, secret, use, reason }: SecretFacts): Statement {
  return keyStatement(caller.role, secret, use.kmsActions, keyArn(reason.resource))
}

/** For the policy of the key, where `*` is the key. */
function keyPolicyStatement({ caller, secret, use }: SecretFacts): object {
  return {
    Effect: 'Allow',
    Principal: { AWS: principalOf(caller.role).arn },
    Action: oneOrAll(use.kmsActions),
    Resource: '*',
    Condition: viaSecretsManager(caller.role, secret),
  }
}

function findKey({ secret, reason }: SecretFacts): Part[] {
  const known = keyArn(reason.resource)
  if (known !== undefined) return [prose`The key is ${code(verbatim(known))}.`]
  return [prose`Find the key:`, block(secretCommand('describe-secret', secret, '--query KmsKeyId'))]
}

function keyCommand({ secret, reason }: SecretFacts, operation: string): Part {
  const known = keyArn(reason.resource)
  const key = known === undefined ? 'KEY_ARN' : word(known)
  return block(`aws kms ${operation} --region ${word(secret.region)} --key-id ${key}`)
}

/** AWS may name an alias, which a policy cannot use. */
function keyArn(resource: string | undefined): string | undefined {
  return accountIn(resource, 'kms') !== undefined && /:key\/[\w-]+$/.test(resource ?? '') ? resource : undefined
}

function isOwn(denied: Denied): denied is OwnDenied {
  return Object.hasOwn(REMEDIES, denied)
}
