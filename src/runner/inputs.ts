/** Edge: takes what the runner hands to a step, unjudged. The only reader of inputs. */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs'
import { dirname, isAbsolute } from 'node:path'
import { getInput } from '@actions/core'
import { ActionError, type Explanation } from '../errors/action-error.ts'
import type { Job } from '../identity/job.ts'
import type { IdTokenFrom } from '../identity/request.ts'
import { AWS_VARIABLES } from '../inputs/aws-endpoints.ts'
import type { RawInputs } from '../inputs/raw.ts'
import { proxyProblem } from '../net/proxy.ts'
import { plain } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import { INPUTS, type InputName } from '../token/inputs/definitions.ts'
import { OWN_VARIABLES } from './own-variables.ts'

/** Reads `INPUT_*` as `@actions/core` does, and lists the ones that nobody declared. */
export function readInputs(env: NodeJS.ProcessEnv): RawInputs<InputName> {
  return readDeclared(env, INPUTS)
}

/** The same for the inputs of a sub-action. */
export function readDeclared<Name extends string>(
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
    environmentProblems: [proxyProblem(env)].filter((problem) => problem !== undefined).map(plain),
    awsVariables: Object.fromEntries(AWS_VARIABLES.flatMap((name) => (env[name] ? [[name, env[name]]] : []))),
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
    const target = from.kind === 'file' ? linkTarget(from.path, error) : undefined
    if (target !== undefined) throw isLink(place, target)
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
/** Far more than any issuer makes, in bytes. */
const MAX_ID_TOKEN = 65_536

/** The text of an ordinary file. Follows no link, and does not wait for somebody to write into a pipe. */
function readSmallFile(path: string): string {
  // Windows has neither of the last two.
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants
  const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    // The open file is judged, not the path: another file may lie there by now.
    const stats = fstatSync(file)
    if (!stats.isFile()) throw new Error('it is no ordinary file')
    // One byte more than allowed: the file may have grown since.
    const bytes = Buffer.alloc(MAX_ID_TOKEN + 1)
    const length = stats.size > MAX_ID_TOKEN ? bytes.length : fill(file, bytes)
    if (length > MAX_ID_TOKEN) throw new Error('it is too large')
    return bytes.toString('utf8', 0, length)
  } finally {
    closeSync(file)
  }
}

/** Reads until the buffer is full or the file ends. Returns the number of bytes. */
function fill(file: number, bytes: Buffer): number {
  let length = 0
  while (length < bytes.length) {
    const read = readSync(file, bytes, length, bytes.length - length, null)
    if (read === 0) break
    length += read
  }
  return length
}

/** Where the link points that made `openSync` fail. FreeBSD's word for it is EMLINK. */
function linkTarget(path: string, error: unknown): string | undefined {
  if (!['ELOOP', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
  try {
    const target = readlinkSync(path)
    // Not tidied up: `..` after a link to a folder would mean another folder.
    return isAbsolute(target) ? target : `${dirname(path)}/${target}`
  } catch {
    return undefined
  }
}

function isLink(place: string, target: string): ActionError {
  const shown = printable(target, 400)
  return noIdToken(place, `it is a symbolic link to ${shown}`, {
    cause:
      'a link can be pointed at another file at any time, so the action does not follow it. Kubernetes mounts a service account token as such a link.',
    fix: `Name the file that it points to: \`id-token-from: file:${shown}\`.`,
  })
}

function noIdToken(place: string, seen: string, more: Partial<Explanation> = {}): ActionError {
  return new ActionError('input-invalid', {
    failed: `There is no ID token in ${place}; nothing was asked of AWS or the Hub.`,
    seen,
    expected: 'the job’s ID token (a JWT)',
    cause: 'the name in `id-token-from` has a slip, or the platform did not provide the token to this step.',
    fix: 'Check `id-token-from`, and that an earlier step or the platform puts the ID token there.',
    ...more,
  })
}

function environmentName(input: string): string {
  return `INPUT_${input.replace(/ /g, '_').toUpperCase()}`
}
