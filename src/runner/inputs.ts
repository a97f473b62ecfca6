/** Edge: reads what the runner gives to a step, without validating it. The only reader of inputs. */
import { getInput } from '@actions/core'
import type { Job } from '../identity/job.ts'
import { AWS_VARIABLES } from '../inputs/aws-endpoints.ts'
import { RUNNER_VARIABLES } from '../inputs/aws-runner.ts'
import type { RawInputs } from '../inputs/raw.ts'
import { proxyProblem } from '../net/proxy.ts'
import { CLIENT_VARIABLES } from '../token/next-client.ts'
import { gitProblem } from './git-version.ts'
import { hubTokenFiles } from './hub-token-files.ts'
import { GIT_USES, OWN_VARIABLES, parseGitUses } from './own-variables.ts'
import { readPlatform } from './platform.ts'

/** Reads `INPUT_*` as `@actions/core` does, and lists the ones that are not declared. */
export function readInputs<Name extends string>(
  env: NodeJS.ProcessEnv,
  inputs: Readonly<Record<Name, string | undefined>>,
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
    environmentProblems: [proxyProblem(env), needsGit(values) ? gitProblem(env) : undefined].filter(
      (problem) => problem !== undefined,
    ),
    awsVariables: Object.fromEntries(
      [...AWS_VARIABLES, ...RUNNER_VARIABLES].flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
    ),
  }
}

/** Most jobs have no use for Git, and most programs have no such input. */
function needsGit(values: Readonly<Record<string, string>>): boolean {
  return /^true$/i.test(values['git-credentials'] ?? '')
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
    hubTokenFiles: hubTokenFiles(env),
    presetVariables: new Set(Object.keys(env).filter((name) => env[name])),
    ownVariables: new Set((env[OWN_VARIABLES] ?? '').split(' ').filter(Boolean)),
    clientVariables: Object.fromEntries(
      CLIENT_VARIABLES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
    ),
    gitUses: parseGitUses(env[GIT_USES] ?? ''),
    gitConfigCount: gitConfigCount(env.GIT_CONFIG_COUNT ?? ''),
    platform: readPlatform(env),
  }
}

/** Git takes no larger one. */
const MAX_GIT_COUNT = 2 ** 31 - 1

/**
 * How many entries git reads: with a lower number, this action would overwrite some of the job's. None where git fails
 * anyway. Source: `strtoul` in `config.c` of git 2.39.
 */
function gitConfigCount(text: string): number {
  const count = Number(/^\s*\+?(\d+)$/.exec(text)?.[1] ?? 0)
  return count <= MAX_GIT_COUNT ? count : 0
}

function environmentName(input: string): string {
  return `INPUT_${input.replace(/ /g, '_').toUpperCase()}`
}
