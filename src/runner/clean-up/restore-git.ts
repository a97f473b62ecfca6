/** Post takes its own entries out of git's configuration in the variables of the job. */
import { isRecord } from '../../text/json.ts'
import type { DeliveredGit } from '../deliver/plan.ts'
import { GIT_HELPER, GIT_USES, gitAnswerVariable, listGitUses, parseGitUses } from '../own-variables.ts'

/** A key that git knows nothing about: a variable cannot be removed, and git fails at an empty key. */
const NO_KEY = 'hf-oidc-action.removed'

/** The variables that post sets, in their order; `env` is the job's environment now. */
export function restoredGit({ use, count, entries }: DeliveredGit, env: NodeJS.ProcessEnv): [string, string][] {
  const uses = parseGitUses(env[GIT_USES] ?? '')
  const left = uses.filter(({ number }) => number !== use)
  return [
    ...(env.GIT_CONFIG_COUNT === String(count + entries.length)
      ? [['GIT_CONFIG_COUNT', String(count)] as [string, string]]
      : // A later step added entries on top: lowering the count would hide them.
        entries.flatMap(([key, value], at) => withoutEntry(count + at, key, value, env))),
    // Otherwise, the helpers of an earlier use would count this one, and not answer for the host alone.
    ...(left.length < uses.length ? [[GIT_USES, listGitUses(left)] as [string, string]] : []),
    ...[gitAnswerVariable(use), ...(left.length === 0 ? [GIT_HELPER] : [])]
      .filter((name) => env[name])
      .map((name): [string, string] => [name, '']),
  ]
}

/** Only if it is still ours. */
function withoutEntry(index: number, key: string, value: string, env: NodeJS.ProcessEnv): [string, string][] {
  const [keyName, valueName] = [`GIT_CONFIG_KEY_${index}`, `GIT_CONFIG_VALUE_${index}`]
  if (env[keyName] !== key || env[valueName] !== value) return []
  return [
    [keyName, NO_KEY],
    [valueName, ''],
  ]
}

/** On a runner that was tampered with, the state may be anything. */
export function readDeliveredGit(saved: unknown): DeliveredGit | undefined {
  if (!isRecord(saved)) return undefined
  const { use, count, entries } = saved
  if (!(isCount(use) && isCount(count) && Array.isArray(entries))) return undefined
  return { use, count, entries: entries.filter(isEntry) }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isEntry(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === 'string')
}
