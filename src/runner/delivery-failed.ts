/** What to tell a user whose runner does not accept what the action writes. */
import { ActionError } from '../errors/action-error.ts'
import { runnerOperators } from '../platform/people.ts'
import { type Platform, WRITTEN_VARIABLES } from '../platform/platform.ts'
import { code, joined, type Prose, prose, type Wording } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import { lookAt, type Place } from './place.ts'
import { readPlatform } from './platform.ts'
import { adviceFor } from './write-advice.ts'

/** `delivery-failed` because the runner did not say where to write; `failed` is a whole sentence. */
export function deliveryFailed(failed: string, seen: Wording): ActionError {
  return new ActionError('delivery-failed', {
    failed,
    seen,
    expected: EXPECTED,
    cause: 'The action was not started by a runner, or a wrapper between the runner and the action removed variables.',
    fix: prose`Make sure that a runner starts the action, and that nothing around it (a wrapper, ${code('env -i')}, an image’s entry point) removes these variables. If a self-hosted runner is older than 2.327, update it.`,
    forward: runnerOperators(readPlatform(process.env)),
  })
}

/**
 * `delivery-failed` because a write failed; `failed` is a whole sentence. Names the place with its owner, its mode and the
 * space that is left, because the system's word alone (`EACCES`) does not say what to change.
 */
export function writeFailure(
  failed: string,
  error: unknown,
  platform: Platform = readPlatform(process.env),
): ActionError {
  const path = pathOf(error)
  const place = path === undefined ? undefined : lookAt(path)
  return new ActionError('delivery-failed', {
    failed,
    seen: seenOf(error, place, platform),
    expected: EXPECTED,
    ...adviceFor(codeOf(error), place, platform),
  })
}

/** `delivery-failed` because a token file in the home folder could not be written. */
export function homeFileFailed(
  failed: string,
  path: string,
  error: unknown,
  platform: Platform = readPlatform(process.env),
): ActionError {
  const place = lookAt(path)
  const { cause } = adviceFor(codeOf(error), place, platform)
  return new ActionError('delivery-failed', {
    failed,
    seen: seenOf(error, place, platform),
    expected: 'a place where the runner’s user can create a file',
    ...(cause === undefined ? {} : { cause }),
    fix: prose`Set ${code('HF_HOME')} for the job to a folder that the runner’s user can write. If all later clients know ${code('HF_TOKEN')} or ${code('HF_TOKEN_PATH')}, use ${code('export-file: true')} instead.`,
    forward: 'Anyone who can change this workflow.',
  })
}

const EXPECTED = prose`writable files at ${code('GITHUB_ENV')}, ${code('GITHUB_OUTPUT')} and ${code('GITHUB_STATE')}, and a writable ${code('RUNNER_TEMP')}`

/** What was seen: the system's error code, without its message, which may quote what was written. */
export function writeFailed(error: unknown): string {
  return `a write that failed with ${printable(codeOf(error), 40)}`
}

/** What was seen: variables without a value. */
export function notSet(names: readonly string[]): Prose {
  return prose`no value in ${joined(names.map(code), ' and ')}`
}

/** The system's word; a runner's file that is gone has none, because `@actions/core` looks before it writes. */
function codeOf(error: unknown): string {
  const word = (error as NodeJS.ErrnoException | undefined)?.code
  if (typeof word === 'string') return word
  return missingFile() === undefined ? 'an error' : 'ENOENT'
}

/** The path of a write that failed: the system names it, or a runner's file is gone. */
function pathOf(error: unknown): string | undefined {
  const { path } = (error ?? {}) as NodeJS.ErrnoException
  return typeof path === 'string' && path !== '' ? path : missingFile()
}

/** The file of a runner's variable that is not there. */
function missingFile(): string | undefined {
  return WRITTEN_VARIABLES.map((name) => process.env[name] ?? '').find(
    (path) => path !== '' && lookAt(path).existing !== path,
  )
}

function seenOf(error: unknown, place: Place | undefined, { os, user }: Platform): Prose {
  const said = writeFailed(error)
  if (place === undefined) return prose`${said}`
  const variable = WRITTEN_VARIABLES.find((name) => process.env[name] === place.path)
  // Windows has neither.
  const isPosix = os !== 'win32'
  const rights =
    isPosix && place.existing !== undefined
      ? [
          prose`${place.existing === place.path ? 'its' : prose`${code(printable(place.existing, 200))}, the nearest place that exists, has`} owner ${number(place.owner)} and mode ${octal(place.mode)}`,
        ]
      : []
  return joined(
    [
      prose`${said} at ${code(printable(place.path, 200))}${variable === undefined ? '' : prose` (${code(variable)})`}`,
      ...rights,
      ...(isPosix
        ? [`this step runs as user ${number(user.uid)}${user.name ? ` (${printable(user.name, 60)})` : ''}`]
        : []),
      ...(place.freeBytes === undefined ? [] : [`${megabytes(place.freeBytes)} are free`]),
      ...(place.freeFiles === undefined || place.freeFiles > 1000
        ? []
        : [`${place.freeFiles} files can still be created`]),
    ],
    '; ',
  )
}

function number(value: number | undefined): string {
  return value === undefined ? 'unknown' : String(value)
}

function octal(mode: number | undefined): string {
  return mode === undefined ? 'unknown' : mode.toString(8).padStart(4, '0')
}

function megabytes(bytes: number): string {
  return bytes >= 1e10 ? `${Math.round(bytes / 1e9)} GB` : `${Math.round(bytes / 1e6)} MB`
}
