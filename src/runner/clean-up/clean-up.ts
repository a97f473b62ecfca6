/** Edge of post: takes back what main delivered, from saved state. */
import { lstatSync, rmSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { exportVariable, getState, info, warning } from '@actions/core'
import { isRecord, parseJson } from '../../text/json.ts'
import { printable } from '../../text/printable.ts'
import { DIRECTORY_PREFIX, UNDO_STATE, type Undo } from '../deliver/plan.ts'

/** Undoes everything that can be; says what could not, and never throws: the job must not fail for it. */
export function undo(env: NodeJS.ProcessEnv): void {
  const { directory, variables, gitConfigCount } = readUndo(getState(UNDO_STATE))
  if (directory !== undefined) removeDirectory(directory, env.RUNNER_TEMP ?? '')
  if (env.GITHUB_ENV) {
    for (const name of variables) set(name, '')
    // Only where nothing was added on top: the entries of others must stay reachable.
    const ours = gitConfigCount !== undefined && env.GIT_CONFIG_COUNT === String(gitConfigCount + 1)
    if (ours) set('GIT_CONFIG_COUNT', String(gitConfigCount))
  }
  const done = [
    ...(directory === undefined ? [] : ['files removed']),
    ...(variables.length > 0 ? [`${variables.join(', ')} emptied`] : []),
  ]
  info(done.length > 0 ? `Taken back: ${done.join('; ')}.` : 'Nothing to take back.')
}

/** A variable's name; anything else would write other lines into the environment file. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

/** State may be missing (main failed early) or, on a tampered runner, anything. */
function readUndo(state: string): Undo {
  const saved = parseJson(state)
  if (!isRecord(saved)) return { directory: undefined, variables: [], gitConfigCount: undefined }
  const { directory, variables, gitConfigCount } = saved
  return {
    directory: typeof directory === 'string' ? directory : undefined,
    variables: Array.isArray(variables)
      ? variables.filter((name) => typeof name === 'string' && VARIABLE.test(name))
      : [],
    gitConfigCount: Number.isInteger(gitConfigCount) ? Number(gitConfigCount) : undefined,
  }
}

/** Removes a folder of ours, directly under RUNNER_TEMP, and no other. It is fine if it is gone. */
function removeDirectory(saved: string, temp: string): void {
  const directory = resolve(saved)
  const ours = basename(directory).startsWith(DIRECTORY_PREFIX) && temp !== '' && dirname(directory) === resolve(temp)
  try {
    const found = lstatSync(directory, { throwIfNoEntry: false })
    if (found && (!ours || !found.isDirectory())) {
      warning(`Left alone: ${printable(directory)} is not a folder of this action.`)
    } else if (found) {
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
    }
  } catch (error) {
    warning(
      `The folder ${printable(directory)} could not be removed (${printable((error as NodeJS.ErrnoException).code, 40)}): it holds the token; remove it on the runner.`,
    )
  }
}

function set(name: string, value: string): void {
  try {
    exportVariable(name, value)
  } catch {
    // The environment file is gone: then no later step can read it either.
  }
}
