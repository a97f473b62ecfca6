/** AWS's own rotation: each event of Secrets Manager asks for one step, for the version that it names. */
import { setPending } from '../secret/steps.ts'
import { listedSecret, readEvent } from './event.ts'
import { type FunctionContext, openInvocation } from './invocation.ts'
import { createSecret, finishSecret, requireStaged, retireSecret, testSecret } from './steps.ts'

/**
 * Does one step; each may be called again.
 *
 * @throws `ActionError` `input-invalid` for what is not a rotation event, and for a secret that is not named by its
 * complete ARN, is in another account or region than the function, or is not listed: the admin token is not read then;
 * `rotation-blocked` for a version that is not staged for rotation, or a current token that must not be replaced; and what
 * the steps throw.
 * Source: Secrets Manager user guide, "Rotation by Lambda function".
 */
export async function handleRotation(event: unknown, context: FunctionContext): Promise<void> {
  const { step, secret, versionId, rotationToken } = readEvent(event)
  if (rotationToken !== undefined) context.mask(rotationToken)
  const rotated = listedSecret({ secret, rotationToken }, context.request)
  context.log.info(`${step} ${secret.arn} ${versionId}`)
  if (step === 'setSecret') return await setPending()
  const caller = rotationToken === undefined ? context.caller : { ...context.caller, rotationToken }
  const invocation = await openInvocation({ ...context, caller }, rotated, secret)
  if (step === 'retireSecret') return await retireSecret(invocation)
  await requireStaged(invocation, versionId)
  switch (step) {
    case 'createSecret':
      return await createSecret(invocation, versionId)
    case 'testSecret':
      return await testSecret(invocation, versionId)
    case 'finishSecret':
      return await finishSecret(invocation, versionId)
  }
}
