/** What to tell a user whom Secrets Manager refuses. Loaded only then. */
import { ActionError } from '../errors/action-error.ts'
import { listed, printable, quoted } from '../text/printable.ts'
import { SETTINGS } from './explain-sts.ts'
import { kmsViaService, secretArnPatterns } from './policies/session-policy.ts'
import type { AwsRequest } from './request.ts'
import { createCommand, type SecretContent } from './secret-content.ts'
import { type ServiceError, said } from './service-error.ts'

/** What of a request is told about. */
type Asked = Pick<AwsRequest, 'role' | 'secret' | 'sessionPolicy'>

/** What is done with a secret: the call that was refused, in words too, and all that the role needs for the whole. */
export interface SecretUse {
  /** After "may not". */
  verb: string
  actions: readonly [string, ...string[]]
  kmsActions: readonly [string, ...string[]]
  /** What the secret must hold. */
  content: SecretContent
}

/** Reading what the secret must hold, and nothing more. */
export function reading(content: SecretContent): SecretUse {
  return { verb: 'read', actions: ['secretsmanager:GetSecretValue'], kmsActions: ['kms:Decrypt'], content }
}

/** Maps an answer of Secrets Manager to a code and its explanation. `caller`: the role session. */
export function explainSecret(error: ServiceError, caller: string, request: Asked, use: SecretUse): ActionError {
  const { secret, role } = request
  const seen = said(error)
  if (error.name === 'DecryptionFailure' || (/AccessDenied/.test(error.name) && /kms/i.test(error.message))) {
    return kmsDenied(seen, request, use)
  }
  if (/AccessDenied/.test(error.name)) return accessDenied(error, seen, caller, request, use)
  if (error.name === 'ResourceNotFoundException') {
    // AWS says which of the two is missing; not everything that speaks its protocol does.
    const stage = /staging label|version/i.test(error.message) || secret.stage !== 'AWSCURRENT'
    return new ActionError('secret-not-found', {
      failed: stage
        ? `The AWS account ${role.account} has no secret ${quoted(secret.id, 200)} in ${secret.region} with a version at the stage ${quoted(secret.stage, 60)}.`
        : `The AWS account ${role.account} has no secret ${quoted(secret.id, 200)} in ${secret.region}.`,
      seen,
      expected: stage ? 'a version with that stage' : 'a secret of that name in that account and region',
      cause: stage
        ? 'no version was ever given this stage, or it moved on.'
        : `another region or account, another name${secret.input ? '' : ' (`secret-id` is `huggingface/{org}/{scope}` by default)'}, or the secret was never created.`,
      fix: stage
        ? `Look at the stages: aws secretsmanager list-secret-version-ids --region ${secret.region} --secret-id ${secret.id}\nor use \`secret-version-stage: AWSCURRENT\`.`
        : `Check \`${secret.input ?? 'secret-id'}\` and \`aws-region\`, or create it:\n${createCommand(use.content, secret)}`,
    })
  }
  if (error.name === 'InvalidRequestException' && /deletion/i.test(error.message)) {
    return new ActionError('secret-not-found', {
      failed: `The secret ${secret.id} is marked for deletion.`,
      seen,
      expected: 'a secret that is in use',
      cause: 'somebody deleted it; AWS keeps it for the recovery window.',
      fix: `Take it back: aws secretsmanager restore-secret --region ${secret.region} --secret-id ${secret.id}\nor point \`${secret.input ?? 'secret-id'}\` to the new one.`,
    })
  }
  if (/UnrecognizedClient|InvalidSignature|ExpiredToken|IncompleteSignature|InvalidClientTokenId/.test(error.name)) {
    return new ActionError('secret-access-denied', {
      failed: `Secrets Manager in ${secret.region} did not accept the session that STS gave.`,
      seen,
      expected: 'a session that is valid in this region',
      cause:
        'the clock of the runner is wrong, or the endpoint in the environment belongs to another region or account.',
      fix: 'Synchronize the runner’s clock; check `aws-region` and `AWS_ENDPOINT_URL_SECRETS_MANAGER`.',
    })
  }
  if (/before anything was sent$/.test(error.name)) {
    return new ActionError('secret-failed', { failed: 'Secrets Manager could not be asked.', seen, ...SETTINGS })
  }
  return new ActionError('secret-failed', {
    failed: `Secrets Manager in ${secret.region} did not give the secret ${secret.id}.`,
    seen,
    expected: 'the secret’s value',
    cause:
      'Secrets Manager is throttling the account or has an incident, or something in between answered in its place.',
    fix: 'Re-run the job; check what `AWS_ENDPOINT_URL_SECRETS_MANAGER` or `AWS_ENDPOINT_URL` points to if it is set.',
  })
}

function accessDenied(
  error: ServiceError,
  seen: string,
  caller: string,
  request: Asked,
  { verb, actions }: SecretUse,
): ActionError {
  const { secret, role } = request
  const bySession = /session policy/i.test(error.message)
  if (/explicit deny/i.test(error.message)) {
    return new ActionError('secret-access-denied', {
      failed: `A policy refuses this role the secret ${quoted(secret.id, 200)}, whatever else allows it.`,
      seen: `${seen}\nas ${printable(caller)}`,
      expected: 'no Deny that matches this role',
      cause:
        'a policy on the secret that refuses every role it does not name (README, step 7), a Deny in the role’s own policy, or a service control policy of your AWS organization.',
      fix: `Look at the secret's policy, and add ${printable(role.arn)} to the roles that it leaves out of its Deny:\naws secretsmanager get-resource-policy --region ${secret.region} --secret-id ${secret.id}`,
    })
  }
  const statement = {
    Effect: 'Allow',
    Action: one(actions),
    Resource: secretArnPatterns(role, secret).at(-1),
  }
  return new ActionError('secret-access-denied', {
    failed: bySession
      ? `This session may not ${verb} the secret ${quoted(secret.id, 200)}.`
      : `The role ${printable(role.arn)} may not ${verb} the secret ${quoted(secret.id, 200)}.`,
    seen: `${seen}\nas ${printable(caller)}`,
    expected: bySession
      ? 'a secret of that name, with which both the role and the session policy allow this'
      : `a role whose policy allows ${listed(actions)} on this secret`,
    ...(bySession
      ? sessionAdvice(request, actions)
      : {
          cause:
            'the statement is missing, is for another name or scope, or lacks the `-??????` that stands for the six characters AWS adds to a secret’s ARN. AWS says the same when the secret does not exist in this account and region.',
          fix: `Make sure that the secret exists (aws secretsmanager describe-secret --region ${secret.region} --secret-id ${secret.id}), and add this statement to the role's policy:\n${JSON.stringify(statement, null, 2)}`,
        }),
  })
}

/** The session policy of this run refused: with `auto` that nearly always means that AWS found no such secret. */
function sessionAdvice(
  { secret, role, sessionPolicy }: Asked,
  actions: readonly string[],
): { cause: string; fix: string } {
  if (sessionPolicy !== 'auto') {
    return {
      cause: '`session-policy` does not allow it; a session may do only what both it and the role allow.',
      fix: `Allow ${listed(actions)} on this secret in \`session-policy\`, or use \`session-policy: auto\`.`,
    }
  }
  return {
    cause: `the account ${role.account} has no such secret in ${secret.region}. \`session-policy: auto\` allows exactly the secret that was named, and AWS calls a secret that it cannot find "not authorized". A secret of another account looks the same.`,
    fix: `Check \`${secret.input ?? 'secret-id'}\` and \`aws-region\`: aws secretsmanager describe-secret --region ${secret.region} --secret-id ${secret.id}\nFor a secret of another account, or when the name is right and this stays, give its whole ARN in \`${secret.input ?? 'secret-id'}\`.`,
  }
}

function kmsDenied(seen: string, request: Asked, { verb, kmsActions }: SecretUse): ActionError {
  const { secret, role } = request
  const statement = {
    Effect: 'Allow',
    Action: one(kmsActions),
    Resource: `arn:${role.partition}:kms:${secret.region}:${role.account}:key/<the key of the secret>`,
    Condition: { StringEquals: { 'kms:ViaService': kmsViaService(role.partition, secret.region) } },
  }
  return new ActionError('secret-kms-denied', {
    failed: `The role ${printable(role.arn)} may ${verb} the secret ${quoted(secret.id, 200)}, but not ${verb === 'read' ? 'decrypt it' : 'use its key'}.`,
    seen,
    expected: `${listed(kmsActions)} on the key that encrypts the secret, through Secrets Manager`,
    cause:
      'the secret has a KMS key of its own, and the role’s policy or the key’s policy leaves this role out; or the key is disabled or about to be deleted (aws kms describe-key).',
    fix: `Find the key: aws secretsmanager describe-secret --region ${secret.region} --secret-id ${secret.id} --query KmsKeyId\nand add this statement to the role's policy (and allow the role in the key's policy):\n${JSON.stringify(statement, null, 2)}`,
  })
}

/** As people write policies: a list only where there are several. */
function one(actions: readonly [string, ...string[]]): string | readonly string[] {
  return actions.length === 1 ? actions[0] : actions
}
