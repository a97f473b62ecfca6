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
  /** What Secrets Manager wants back with the new value: a credential. */
  rotationToken: string | undefined
}

/** Source: Secrets Manager API reference, PutSecretValue, `RotationToken`. */
const ROTATION_TOKEN = /^[a-zA-Z0-9-]{36,256}$/

/** The step by this name: one page of AWS's user guide spells it `create_secret`, the service `createSecret`. */
export function stepNamed(name: unknown): Step | undefined {
  return STEPS.find((step) => step === name || step.replace('S', '_s') === name)
}

/**
 * The event, taken apart.
 *
 * @throws `ActionError` `input-invalid` for anything but a rotation event that names its secret by a complete ARN.
 * Source: Secrets Manager user guide, "Rotation by Lambda function".
 */
export function readEvent(event: unknown): RotationEvent {
  const given = isRecord(event) ? event : {}
  const { Step: step, SecretId: secretId, ClientRequestToken: token, RotationToken: rotationToken } = given
  const known = stepNamed(step)
  const versionId = versionOf(known, token)
  if (!known || versionId === undefined || typeof secretId !== 'string') throw notAnEvent(step, secretId, token)
  const secret = parseSecretArn(secretId)
  if (!secret) throw notAnArn(secretId)
  return { step: known, secret, versionId, rotationToken: rotationTokenOf(rotationToken) }
}

/** It is shown in no message, whatever it is. */
function rotationTokenOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string' && ROTATION_TOKEN.test(value)) return value
  throw new ActionError('input-invalid', {
    failed: prose`The event’s ${code('RotationToken')} is not one that Secrets Manager sends.`,
    seen: typeof value === 'string' ? `Text of ${value.length} characters.` : 'Something other than text.',
    expected: 'Text of 36 to 256 letters, digits, and hyphens.',
    cause: 'The event was written by hand, or changed on its way.',
    fix: prose`Let Secrets Manager call the function. To test it, leave out ${code('RotationToken')}.`,
  })
}

/** Undefined for what is not a version that this step can be about. */
function versionOf(step: Step | undefined, token: unknown): string | undefined {
  if (step === 'retireSecret' && (token === undefined || token === '')) return ''
  return typeof token === 'string' && VERSION_ID.test(token) ? token : undefined
}

/**
 * The line of `SECRETS` that names the event's secret, with the complete ARN in place of the name. A secret of another
 * account must come with a `RotationToken`, and its line must be its complete ARN: both accounts want this then.
 *
 * @throws `ActionError` `input-invalid` for a secret of another region or partition than the function's own, for one of
 * another account without that, and for one that no line names.
 */
export function listedSecret(
  { secret, rotationToken }: Pick<RotationEvent, 'secret' | 'rotationToken'>,
  { secrets, region, role }: Pick<FunctionRequest, 'secrets' | 'region' | 'role'>,
): RotatedSecret {
  const isNear = secret.partition === role.partition && secret.region === region
  const isOwn = isNear && secret.account === role.account
  const isShared = isNear && rotationToken !== undefined && secrets.some((line) => line.secret.id === secret.arn)
  if (!isOwn && !isShared) throw elsewhere(secret, { partition: role.partition, account: role.account, region })
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
    fix: prose`Set up one function for each account and region. For Secrets Manager to rotate a secret of another account with this function, its line in ${code('SECRETS')} must be its complete ARN, and the event must have a ${code('RotationToken')}.`,
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
