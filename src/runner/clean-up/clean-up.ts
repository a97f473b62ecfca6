/** Edge of post: removes what main delivered, from saved state. */
import { basename, dirname, resolve } from 'node:path'
import { exportVariable, getState } from '@actions/core'
import { isRecord, parseJson } from '../../text/json.ts'
import { listed } from '../../text/printable.ts'
import { DELIVERED_STATE, type Delivered, DIRECTORY_PREFIX, HOME_FILES_STATE } from '../deliver/plan.ts'
import { runnerLog } from '../log.ts'
import { Remover } from '../remove.ts'
import { shownPath, tellLeftInFolder } from '../tell-removal.ts'
import { removeHomeFiles } from './remove-home-files.ts'
import { readDeliveredGit, restoredGit } from './restore-git.ts'

/** Cleans up everything that it can and warns about the rest. Never throws: the job must not fail because of it. */
export function cleanUp(env: NodeJS.ProcessEnv, remover = new Remover()): void {
  const { directory, variables, git } = readDelivered(getState(DELIVERED_STATE))
  const folder = directory === undefined ? undefined : removeDirectory(directory, env.RUNNER_TEMP ?? '', remover)
  const homeFiles = removeHomeFiles(getState(HOME_FILES_STATE), remover)
  const emptied = env.GITHUB_ENV ? variables.filter((name) => set(name, '')) : []
  if (env.GITHUB_ENV && git) for (const [name, value] of restoredGit(git, env)) set(name, value)
  const done = [
    ...(folder === undefined ? [] : [`${shownPath(folder)} removed`]),
    ...homeFiles.removed.map((path) => `${shownPath(path)} removed`),
    ...(emptied.length > 0 ? [`${listed(emptied)} emptied`] : []),
  ]
  if (done.length > 0) runnerLog.info(`Cleaned up: ${done.join('; ')}.`)
  else if (directory === undefined && variables.length === 0 && homeFiles.count === 0) {
    runnerLog.info('Nothing to clean up.')
  }
}

/** The name of a variable; anything else could write other lines into the environment file. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The state may be missing (main failed early) or, on a runner that was tampered with, anything. */
function readDelivered(state: string): Delivered {
  const saved = parseJson(state)
  if (!isRecord(saved)) return { directory: undefined, variables: [], git: undefined }
  const { directory, variables, git } = saved
  return {
    directory: typeof directory === 'string' ? directory : undefined,
    variables: Array.isArray(variables)
      ? variables.filter((name) => typeof name === 'string' && VARIABLE.test(name))
      : [],
    git: readDeliveredGit(git),
  }
}

/** Removes a folder of ours, directly under RUNNER_TEMP, and no other. Returns its path if it was there and is gone. */
function removeDirectory(saved: string, temp: string, remover: Remover): string | undefined {
  const directory = resolve(saved)
  const isOurs = basename(directory).startsWith(DIRECTORY_PREFIX) && temp !== '' && dirname(directory) === resolve(temp)
  if (!isOurs) {
    runnerLog.warning(`Did not remove ${shownPath(directory)}, because it is not a folder of this action.`)
    return undefined
  }
  const removal = remover.folder(directory)
  for (const warning of tellLeftInFolder(removal)) runnerLog.warning(warning)
  if (removal.outcome === 'gone') runnerLog.info(`${shownPath(directory)} was already gone.`)
  return removal.outcome === 'removed' ? directory : undefined
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
