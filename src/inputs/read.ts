/** Edge: takes what the runner hands to a step, unjudged. The only reader of inputs and of the environment. */
import { getInput } from '@actions/core'
import { INPUT_NAMES, INPUTS, type InputName, OWN_VARIABLES } from './definitions.ts'
import type { Job } from './request.ts'

/** The inputs as text, and the defaults that the environment gives. */
export interface RawInputs {
  /** Trimmed; the default where an input was not given. `export-env` may be empty on purpose. */
  values: Record<InputName, string>
  /** Names of inputs that were given and do not exist, in the runner's spelling (lower case). */
  unknown: readonly string[]
  /** `AWS_REGION`, then `AWS_DEFAULT_REGION`. */
  awsRegion: string
  /** `HF_ENDPOINT`. */
  hfEndpoint: string
  /** The AWS endpoints that the environment sets: variable name and value. */
  awsEndpoints: readonly (readonly [string, string])[]
}

const AWS_ENDPOINTS = ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL_SECRETS_MANAGER']

/** Reads `INPUT_*` as `@actions/core` does, and lists the ones that nobody declared. */
export function readInputs(env: NodeJS.ProcessEnv): RawInputs {
  const values = {} as Record<InputName, string>
  for (const name of INPUT_NAMES) {
    const given = getInput(name)
    const absent = name === 'export-env' ? env[environmentName(name)] === undefined : given === ''
    values[name] = absent ? (INPUTS[name] ?? '') : given
  }
  const known = new Set(INPUT_NAMES.map(environmentName))
  return {
    values,
    unknown: Object.keys(env)
      .filter((key) => key.startsWith('INPUT_') && !known.has(key))
      .map((key) => key.slice('INPUT_'.length).toLowerCase()),
    awsRegion: (env.AWS_REGION || env.AWS_DEFAULT_REGION || '').trim(),
    hfEndpoint: (env.HF_ENDPOINT || '').trim(),
    awsEndpoints: AWS_ENDPOINTS.flatMap((name) => (env[name] ? [[name, env[name]] as const] : [])),
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

function environmentName(input: string): string {
  return `INPUT_${input.replace(/ /g, '_').toUpperCase()}`
}
