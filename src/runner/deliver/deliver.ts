/** Edge: hands a verified token to later steps. Masks first, then saves what post must clean up, then does the rest. */
import { exportVariable, saveState, setOutput, setSecret, warning } from '@actions/core'
import { ActionError } from '../../errors/action-error.ts'
import type { VerifiedToken } from '../../hub/verdict/verify.ts'
import type { Identity } from '../../identity/identity.ts'
import type { Job } from '../../identity/job.ts'
import { listed, printable } from '../../text/printable.ts'
import { ecsSecret } from '../../token/ecs-secret.ts'
import { exportedVariables, type Request } from '../../token/request.ts'
import { COPIES_STATE, savedCopies } from '../copies.ts'
import { deliveryFailed, notSet, writeFailure } from '../delivery-failed.ts'
import { GIT_USES, gitAnswerVariable, listGitUses, OWN_VARIABLES } from '../own-variables.ts'
import { credentialAnswer, gitPrefixes, gitVariables, slashed } from './git.ts'
import { writeHomeFiles } from './home-file.ts'
import { DELIVERED_STATE, type DeliveredGit, gitReach, planDelivery } from './plan.ts'
import { makePrivateDirectory, writePrivateFile } from './private-file.ts'

const NOT_DELIVERED = 'The token is valid, but it could not be passed to later steps.'

/**
 * Writes the token in every form that was requested, and the outputs. Returns where it can be found, in words.
 *
 * @throws `ActionError` `delivery-failed` when the runner's files cannot be written; post cleans up what was written by
 * then.
 */
export function deliver(token: VerifiedToken, identity: Identity, request: Request, job: Job): string {
  setSecret(token.value)
  requireCommandFiles()
  const plan = planDelivery(request, job)
  let homeFiles: string[] = []
  try {
    saveState(DELIVERED_STATE, plan.delivered)
    saveState(COPIES_STATE, savedCopies(token.value, process.env))
    if (plan.delivered.directory) makePrivateDirectory(plan.delivered.directory)
    if (plan.tokenFile) {
      writePrivateFile(plan.tokenFile, token.value)
      exportVariable('HF_TOKEN_PATH', plan.tokenFile)
    }
    homeFiles = writeHomeFiles(plan.homeFiles, token.value, NOT_DELIVERED)
    if (plan.gitAnswer !== undefined && plan.delivered.git) {
      writePrivateFile(plan.gitAnswer, credentialAnswer(token.value))
      configureGit(plan.gitAnswer, plan.delivered.git, gitPrefixes(gitReach(request)), job)
    }
    for (const name of request.exportEnv) exportVariable(name, token.value)
    const names = exportedVariables(request)
    if (names.length > 0) exportVariable(OWN_VARIABLES, [...new Set([...job.ownVariables, ...names])].join(' '))
    for (const [name, value] of Object.entries(outputs(token, identity, request))) setOutput(name, value)
  } catch (error) {
    throw error instanceof ActionError ? error : writeFailure(NOT_DELIVERED, error, job.platform)
  }
  return places(request, homeFiles)
}

/** `answer`: the helper's file. */
function configureGit(answer: string, git: DeliveredGit, prefixes: readonly string[], job: Job): void {
  warnOfReplaced(prefixes, job)
  exportVariable(gitAnswerVariable(git.use), slashed(answer))
  exportVariable(GIT_USES, listGitUses([...job.gitUses, { number: git.use, prefixes }]))
  for (const [name, value] of gitVariables(git.entries, git.count)) exportVariable(name, value)
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

function warnOfReplaced(prefixes: readonly string[], { gitUses }: Job): void {
  const replaced = prefixes.filter((prefix) => gitUses.some((use) => use.prefixes.includes(prefix)))
  if (replaced.length === 0) return
  warning(
    `An earlier use of this action in this job gave git a token for ${listed(replaced.map((one) => printable(one, 120)))}. From now on, git uses this step's token there. To keep the earlier one, remove \`git-credentials\` from this step.`,
  )
}

function places(request: Request, homeFiles: readonly string[]): string {
  const { exportEnv, exportFile, gitCredentials, hubEndpoint } = request
  const [path = ''] = gitReach(request).paths
  return listed([
    ...exportEnv.map((name) => `$${name}`),
    ...(exportFile ? ['the file at $HF_TOKEN_PATH'] : []),
    ...homeFiles.map((path) => printable(path)),
    ...(gitCredentials ? [`Git for ${[new URL(hubEndpoint).host, path].filter(Boolean).join('/')}`] : []),
    'the output hf-token',
  ])
}

/** Without these files, `@actions/core` would fall back to printing the token in an old workflow command. */
function requireCommandFiles(): void {
  const missing = ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STATE'].filter((name) => !process.env[name])
  if (missing.length > 0) throw deliveryFailed(NOT_DELIVERED, notSet(missing))
}
