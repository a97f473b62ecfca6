/** Edge of post: removes what main delivered, from saved state. */
import { lstatSync, rmSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { exportVariable, getState, info, warning } from '@actions/core'
import { isRecord, parseJson } from '../../text/json.ts'
import { listed, printable } from '../../text/printable.ts'
import { DELIVERED_STATE, type Delivered, DIRECTORY_PREFIX, HOME_FILES_STATE } from '../deliver/plan.ts'
import { GIT_USES } from '../own-variables.ts'
import { removeHomeFiles } from './remove-home-files.ts'

/** Cleans up everything that it can and warns about the rest. Never throws: the job must not fail because of it. */
export function cleanUp(env: NodeJS.ProcessEnv): void {
  const { directory, variables, gitConfigCount, gitUse } = readDelivered(getState(DELIVERED_STATE))
  const files = directory === undefined ? 'gone' : removeDirectory(directory, env.RUNNER_TEMP ?? '')
  const homeFiles = removeHomeFiles(getState(HOME_FILES_STATE))
  const emptied = env.GITHUB_ENV ? variables.filter((name) => set(name, '')) : []
  // If a later step added entries on top, lowering the count would hide them.
  if (env.GITHUB_ENV && gitConfigCount !== undefined && env.GIT_CONFIG_COUNT === String(gitConfigCount + 1)) {
    set('GIT_CONFIG_COUNT', String(gitConfigCount))
  }
  // Otherwise, the helpers of an earlier use would count this one, and not answer for the host alone.
  const uses = (env[GIT_USES] ?? '').split('|')
  const at = gitUse === undefined ? -1 : uses.lastIndexOf(gitUse)
  if (env.GITHUB_ENV && at >= 0) set(GIT_USES, uses.toSpliced(at, 1).join('|'))
  const done = [
    ...(files === 'removed' ? ['files removed'] : []),
    ...homeFiles.removed.map((path) => `${printable(path)} removed`),
    ...(emptied.length > 0 ? [`${listed(emptied)} emptied`] : []),
  ]
  if (done.length > 0) info(`Cleaned up: ${done.join('; ')}.`)
  else if (files === 'gone' && variables.length === 0 && homeFiles.count === 0) info('Nothing to clean up.')
}

/** The name of a variable; anything else could write other lines into the environment file. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The state may be missing (main failed early) or, on a runner that was tampered with, anything. */
function readDelivered(state: string): Delivered {
  const saved = parseJson(state)
  if (!isRecord(saved)) return { directory: undefined, variables: [], gitConfigCount: undefined, gitUse: undefined }
  const { directory, variables, gitConfigCount, gitUse } = saved
  return {
    directory: typeof directory === 'string' ? directory : undefined,
    variables: Array.isArray(variables)
      ? variables.filter((name) => typeof name === 'string' && VARIABLE.test(name))
      : [],
    gitConfigCount: Number.isInteger(gitConfigCount) ? Number(gitConfigCount) : undefined,
    gitUse: typeof gitUse === 'string' ? gitUse : undefined,
  }
}

/** Removes a folder of ours, directly under RUNNER_TEMP, and no other. `gone`: it was not there. */
function removeDirectory(saved: string, temp: string): 'removed' | 'gone' | 'left' {
  const directory = resolve(saved)
  const isOurs = basename(directory).startsWith(DIRECTORY_PREFIX) && temp !== '' && dirname(directory) === resolve(temp)
  try {
    const found = lstatSync(directory, { throwIfNoEntry: false })
    if (!found) return 'gone'
    if (!(isOurs && found.isDirectory())) {
      warning(`Did not remove ${printable(directory)}, because it is not a folder of this action.`)
      return 'left'
    }
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
    return 'removed'
  } catch (error) {
    const reason = printable((error as NodeJS.ErrnoException).code, 40)
    warning(`Could not remove the folder ${printable(directory)} (${reason}). It holds the token: remove it yourself.`)
    return 'left'
  }
}

/** Returns whether the variable could be set. */
function set(name: string, value: string): boolean {
  try {
    exportVariable(name, value)
    return true
  } catch {
    // The environment file is gone: no later step can read it either.
    return false
  }
}
