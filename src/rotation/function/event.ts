/** What an event asks for, and whether this function is the one to do it: decided before any call. */
import { namesSecret, parseSecretArn, type SecretArn } from '../../aws/secret-arn.ts'
import { ActionError } from '../../errors/action-error.ts'
import { isRecord } from '../../text/json.ts'
import { block, code, list, type Prose, prose } from '../../text/message.ts'
import { printable, quoted } from '../../text/printable.ts'
import type { FunctionRequest } from '../inputs/parse-function.ts'
import { VERSION_ID } from '../names.ts'
import type { RotatedSecret } from '../request.ts'

/** The four steps of the contract, and one for a schedule of your own to call between two rotations. */
export const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret', 'retireSecret'] as const
export type Step = (typeof STEPS)[number]

export interface RotationEvent {
  step: Step
  secret: SecretArn
  /** Empty for `retireSecret`. */
  versionId: string
}

/**
 * The event, taken apart.
 *
 * @throws `ActionError` `input-invalid` for anything but a rotation event that names its secret by a complete ARN.
 * Source: Secrets Manager user guide, "Rotation by Lambda function".
 */
export function readEvent(event: unknown): RotationEvent {
  const { Step: step, SecretId: secretId, ClientRequestToken: token } = isRecord(event) ? event : {}
  const known = STEPS.find((one) => one === step)
  const versionId = versionOf(known, token)
  if (!known || versionId === undefined || typeof secretId !== 'string') throw notAnEvent(step, secretId, token)
  const secret = parseSecretArn(secretId)
  if (!secret) throw notAnArn(secretId)
  return { step: known, secret, versionId }
}

/** Undefined for what is not a version that this step can be about. */
function versionOf(step: Step | undefined, token: unknown): string | undefined {
  if (step === 'retireSecret' && (token === undefined || token === '')) return ''
  return typeof token === 'string' && VERSION_ID.test(token) ? token : undefined
}

/**
 * The line of `SECRETS` that names the event's secret, with the complete ARN in place of the name.
 *
 * @throws `ActionError` `input-invalid` for a secret of another account, region or partition than the function's own, and
 * for one that no line names.
 */
export function listedSecret(
  secret: SecretArn,
  { secrets, region, role }: Pick<FunctionRequest, 'secrets' | 'region' | 'role'>,
): RotatedSecret {
  const isOwn = secret.partition === role.partition && secret.account === role.account && secret.region === region
  if (!isOwn) throw elsewhere(secret, { partition: role.partition, account: role.account, region })
  const found = secrets.find((rotated) => namesSecret(rotated.secret.id, secret))
  if (!found) throw notListed(secret, secrets)
  return { ...found, secret: { ...found.secret, id: secret.arn, region } }
}

/**
 * The entry of `SECRETS` that names the secret by its ARN without the six characters, if it may also be the complete ARN
 * of another secret: one of `huggingface/acme/write` is how the ARN of a secret begins that somebody has named
 * `huggingface/acme/write-a1B2c3`.
 */
export function ambiguousEntry(secret: SecretArn, { secrets }: Pick<FunctionRequest, 'secrets'>): string | undefined {
  const entry = secrets.find((rotated) => namesSecret(rotated.secret.id, secret))?.secret.id
  return entry !== undefined && entry !== secret.arn && parseSecretArn(entry) ? entry : undefined
}

function notAnEvent(step: unknown, secretId: unknown, token: unknown): ActionError {
  const shown = (name: string, value: unknown, max: number): Prose =>
    prose`${code(name)}: ${value === undefined ? 'missing' : quoted(value, max)}`
  return new ActionError('input-invalid', {
    failed: 'The event is not a rotation event of Secrets Manager.',
    seen: list([shown('Step', step, 60), shown('SecretId', secretId, 300), shown('ClientRequestToken', token, 80)]),
    expected: list([
      prose`${code('Step')}: one of ${STEPS.join(', ')}`,
      prose`${code('SecretId')}: the secret’s complete ARN`,
      prose`${code('ClientRequestToken')}: a version id of 32 to 64 characters`,
    ]),
    fix: prose`Let Secrets Manager call the function. Set it up with ${code('aws secretsmanager rotate-secret --rotation-lambda-arn')}. To test the function, send an event of that form.`,
  })
}

function notAnArn(secretId: string): ActionError {
  return new ActionError('input-invalid', {
    failed: 'The event does not name its secret by a complete ARN.',
    seen: prose`${code('SecretId')}: ${quoted(secretId, 300)}`,
    expected: prose`${code('arn:aws:secretsmanager:<region>:<account>:secret:<name>-<six characters>')}`,
    cause: 'The event was written by hand: Secrets Manager always sends the complete ARN.',
    fix: [
      'Send the ARN that this command prints:',
      block('aws secretsmanager describe-secret --secret-id SECRET-NAME --query ARN --output text'),
    ],
  })
}

function elsewhere(secret: SecretArn, own: Pick<SecretArn, 'partition' | 'account' | 'region'>): ActionError {
  const place = ({ partition, account, region }: typeof own) =>
    `Partition ${partition}, account ${account || 'unknown'}, region ${region}.`
  return new ActionError('input-invalid', {
    failed: `The secret ${secret.arn} is not in the account and region of this function.`,
    seen: place(secret),
    expected: place(own),
    cause: 'The event was written by hand, or for a different function.',
    fix: 'Set up one function for each account and region.',
  })
}

/** The error for a secret that no line of `SECRETS` names. */
export function notListed({ arn }: SecretArn, secrets: readonly RotatedSecret[]): ActionError {
  const SECRETS = code('SECRETS')
  return new ActionError('input-invalid', {
    failed: `This function is not set up for the secret ${arn}.`,
    seen: [
      prose`The lines of ${SECRETS}:`,
      list(secrets.map(({ secret }) => prose`${code(printable(secret.id, 200))}`)),
    ],
    expected: prose`A line for this secret in ${SECRETS}, which says what its token must be.`,
    fix: [
      prose`Add a line for the secret to the function’s environment variable ${SECRETS}, such as:`,
      block('huggingface/acme/write scope=write'),
    ],
  })
}
