/** Edge: takes what the runner hands to a step, unjudged. The only reader of inputs. */
import { readFileSync, statSync } from 'node:fs'
import { getInput } from '@actions/core'
import { ActionError } from '../errors/action-error.ts'
import { proxyProblem } from '../net/proxy.ts'
import { printable } from '../text/printable.ts'
import { INPUTS, type InputName, OWN_VARIABLES } from './definitions.ts'
import type { IdTokenFrom, Job } from './request.ts'

/** The inputs as text, and the defaults that the environment gives. */
export interface RawInputs<Name extends string = InputName> {
  /** Trimmed; the default where an input was not given. `export-env` may be empty on purpose. */
  values: Record<Name, string>
  /** Names of inputs that were given and do not exist, in the runner's spelling (lower case). */
  unknown: readonly string[]
  /** `AWS_REGION`, then `AWS_DEFAULT_REGION`. */
  awsRegion: string
  /** `HF_ENDPOINT`. */
  hfEndpoint: string
  /** What is wrong with the environment, in whole sentences' ends as `parse.ts` lists them. */
  environmentProblems: readonly string[]
  /** The AWS endpoints that the environment sets: variable name and value. */
  awsEndpoints: readonly (readonly [string, string])[]
}

const AWS_ENDPOINTS = ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL_SECRETS_MANAGER']

/** Reads `INPUT_*` as `@actions/core` does, and lists the ones that nobody declared. */
export function readInputs(env: NodeJS.ProcessEnv): RawInputs {
  return readDeclared(env, INPUTS, AWS_ENDPOINTS)
}

/** The same for the inputs of a sub-action; `awsEndpoints`: the variables that say where AWS is. */
export function readDeclared<Name extends string>(
  env: NodeJS.ProcessEnv,
  inputs: Readonly<Record<Name, string | undefined>>,
  awsEndpoints: readonly string[],
): RawInputs<Name> {
  const names = Object.keys(inputs) as Name[]
  const values = {} as Record<Name, string>
  for (const name of names) {
    const given = getInput(name)
    const absent = name === 'export-env' ? env[environmentName(name)] === undefined : given === ''
    values[name] = absent ? (inputs[name] ?? '') : given
  }
  const known = new Set(names.map(environmentName))
  return {
    values,
    unknown: Object.keys(env)
      .filter((key) => key.startsWith('INPUT_') && !known.has(key))
      .map((key) => key.slice('INPUT_'.length).toLowerCase()),
    awsRegion: (env.AWS_REGION || env.AWS_DEFAULT_REGION || '').trim(),
    hfEndpoint: (env.HF_ENDPOINT || '').trim(),
    environmentProblems: [proxyProblem(env)].filter((problem) => problem !== undefined),
    awsEndpoints: awsEndpoints.flatMap((name) => (env[name] ? [[name, env[name]] as const] : [])),
  }
}

/** What the runner says about the job. */
export function readJob(env: NodeJS.ProcessEnv): Job {
  const url = env.ACTIONS_ID_TOKEN_REQUEST_URL
  const token = env.ACTIONS_ID_TOKEN_REQUEST_TOKEN
  return {
    idTokenRequest: url && token ? { url, token } : undefined,
    serverUrl: env.GITHUB_SERVER_URL || 'https://github.com',
    repository: env.GITHUB_REPOSITORY ?? '',
    runId: env.GITHUB_RUN_ID ?? '',
    runAttempt: env.GITHUB_RUN_ATTEMPT ?? '',
    eventName: env.GITHUB_EVENT_NAME ?? '',
    actor: env.GITHUB_ACTOR ?? '',
    workflow: env.GITHUB_WORKFLOW_REF || env.GITHUB_WORKFLOW || '',
    tempDirectory: env.RUNNER_TEMP ?? '',
    presetVariables: new Set(Object.keys(env).filter((name) => env[name])),
    ownVariables: new Set((env[OWN_VARIABLES] ?? '').split(' ').filter(Boolean)),
    gitConfigCount: Number(/^\d{1,4}$/.exec(env.GIT_CONFIG_COUNT ?? '')?.[0] ?? 0),
  }
}

/**
 * The ID token in a variable or a file, without the white space around it.
 *
 * @throws `ActionError` `input-invalid` when there is none.
 */
export function readIdToken(from: IdTokenFrom, env: NodeJS.ProcessEnv): string {
  const place =
    from.kind === 'env' ? `the variable ${from.name}` : from.kind === 'file' ? printable(from.path, 200) : ''
  let text = ''
  try {
    text =
      from.kind === 'env'
        ? Object.hasOwn(env, from.name)
          ? (env[from.name] ?? '')
          : ''
        : from.kind === 'file'
          ? readSmallFile(from.path)
          : ''
  } catch (error) {
    throw noIdToken(
      place,
      `it cannot be read (${printable((error as NodeJS.ErrnoException).code ?? (error as Error).message, 60)})`,
    )
  }
  const idToken = text.trim()
  if (idToken === '') throw noIdToken(place, 'it is empty')
  // Nothing else is masked or sent: a wrong file must not black out the log.
  if (idToken.length > MAX_ID_TOKEN || !JWT.test(idToken)) throw noIdToken(place, 'it holds something that is no JWT')
  return idToken
}

/** RFC 7519: three parts in base64url; the last one is empty in a token that is refused later for having no signature. */
const JWT = /^[\w-]{16,}\.[\w-]+\.[\w-]*$/
/** Far more than any issuer makes, in characters. */
const MAX_ID_TOKEN = 65_536

/** Never waits: a pipe or a device is refused before it is opened. */
function readSmallFile(path: string): string {
  const { size } = statSync(path)
  if (!statSync(path).isFile()) throw new Error('it is no ordinary file')
  if (size > MAX_ID_TOKEN) throw new Error('it is too large')
  return readFileSync(path, 'utf8')
}

function noIdToken(place: string, seen: string): ActionError {
  return new ActionError('input-invalid', {
    failed: `There is no ID token in ${place}; nothing was asked of AWS or the Hub.`,
    seen,
    expected: 'the job’s ID token (a JWT)',
    cause: 'the name in `id-token-from` has a slip, or the platform did not provide the token to this step.',
    fix: 'Check `id-token-from`, and that an earlier step or the platform puts the ID token there.',
  })
}

function environmentName(input: string): string {
  return `INPUT_${input.replace(/ /g, '_').toUpperCase()}`
}
