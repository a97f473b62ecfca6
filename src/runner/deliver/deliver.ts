/** Edge: hands a verified token to the later steps. Mask first, then what post must undo, then everything else. */
import { exportVariable, saveState, setOutput, setSecret } from '@actions/core'
import type { VerifiedToken } from '../../hub/verdict/verify.ts'
import type { Identity } from '../../identity/identity.ts'
import type { Job } from '../../identity/job.ts'
import { listed, printable } from '../../text/printable.ts'
import { ecsSecret } from '../../token/ecs-secret.ts'
import type { Request } from '../../token/request.ts'
import { exportedVariables } from '../../token/request.ts'
import { deliveryFailed } from '../delivery-failed.ts'
import { OWN_VARIABLES } from '../own-variables.ts'
import { credentialAnswer, gitConfig, gitVariables } from './git.ts'
import { planDelivery, UNDO_STATE } from './plan.ts'
import { makePrivateDirectory, writePrivateFile } from './private-file.ts'

const NOT_HANDED_OVER = 'The token was confirmed, but could not be handed to the later steps.'

/**
 * Writes the token in every form that was asked for, and the outputs. Returns where it can be found, in words.
 *
 * @throws `ActionError` `delivery-failed` when the runner's files cannot be written; what was written by then is taken
 * back in post.
 */
export function deliver(token: VerifiedToken, identity: Identity, request: Request, job: Job): string {
  setSecret(token.value)
  requireCommandFiles()
  const plan = planDelivery(request, job)
  try {
    saveState(UNDO_STATE, plan.undo)
    if (plan.undo.directory) makePrivateDirectory(plan.undo.directory)
    if (plan.tokenFile) {
      writePrivateFile(plan.tokenFile, token.value)
      exportVariable('HF_TOKEN_PATH', plan.tokenFile)
    }
    if (plan.git) {
      writePrivateFile(plan.git.answer, credentialAnswer(token.value))
      writePrivateFile(plan.git.config, gitConfig(request.hubEndpoint, request.org, plan.git.answer))
      for (const [name, value] of gitVariables(plan.git.config, job.gitConfigCount)) exportVariable(name, value)
    }
    for (const name of request.exportEnv) exportVariable(name, token.value)
    const names = exportedVariables(request)
    if (names.length > 0) exportVariable(OWN_VARIABLES, [...new Set([...job.ownVariables, ...names])].join(' '))
    for (const [name, value] of Object.entries(outputs(token, identity, request))) setOutput(name, value)
  } catch (error) {
    throw deliveryFailed(
      NOT_HANDED_OVER,
      `writing failed with ${printable((error as NodeJS.ErrnoException).code ?? 'an error', 40)}`,
    )
  }
  return places(request)
}

function outputs(token: VerifiedToken, identity: Identity, request: Request): Record<string, string> {
  const { origin } = token
  return {
    'hf-token': token.value,
    'hf-identity': token.identity,
    'hf-token-expires-at': token.expiresAt === undefined ? '' : new Date(token.expiresAt).toISOString(),
    'hf-token-kind': token.kind,
    'secret-arn': origin.aws?.secretArn ?? '',
    'secret-version-id': origin.aws?.secretVersionId ?? '',
    'ecs-secret': ecsSecret(origin, request),
    'aws-account-id': origin.aws?.accountId ?? '',
    'oidc-subject': identity.subject,
    'oidc-audience': identity.audience,
  }
}

function places({ org, exportEnv, exportFile, gitCredentials, hubEndpoint }: Request): string {
  return listed([
    ...exportEnv.map((name) => `$${name}`),
    ...(exportFile ? ['the file at $HF_TOKEN_PATH'] : []),
    ...(gitCredentials ? [`git for ${new URL(hubEndpoint).host}/${org}`] : []),
    'the output hf-token',
  ])
}

/** Without these files `@actions/core` would fall back to printing the token in an old workflow command. */
function requireCommandFiles(): void {
  const missing = ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STATE'].filter((name) => !process.env[name])
  if (missing.length > 0) throw deliveryFailed(NOT_HANDED_OVER, `${listed(missing)} not set`)
}
