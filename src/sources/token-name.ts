/** Names of minted tokens: they say which run minted them and when, so that later runs find what a killed run left. */
import { createHash, randomBytes } from 'node:crypto'
import { MAX_TOKEN_NAME } from '../hub/mint-rights.ts'
import type { Job } from '../identity/job.ts'

/**
 * `hf-oidc-action <repository> <run id>.<attempt> <time> <random>`; the time as `20261122T181530Z`. Earlier versions of this
 * action wrote up to 80 characters of the repository.
 */
const OURS = /^hf-oidc-action [\w./-]{0,80} \d{0,20}\.\d{0,6} (\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z [0-9a-f]{8}$/

/**
 * A new name for a token of this run: at most {@link MAX_TOKEN_NAME} characters. `now`: milliseconds since the epoch.
 */
export function tokenName({ repository, runId, runAttempt }: Job, now: number): string {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
  const digits = (text: string, max: number) => text.replace(/\D/g, '').slice(-max)
  const rest = `${digits(runId, 20)}.${digits(runAttempt, 6)} ${time} ${randomBytes(4).toString('hex')}`
  return `hf-oidc-action ${fitted(repository, MAX_TOKEN_NAME - `hf-oidc-action  ${rest}`.length)} ${rest}`
}

/** The repository; one that does not fit, or has other characters, as a hash and what is left of it. */
function fitted(repository: string, max: number): string {
  const clean = repository.replace(/[^\w./-]+/g, '-')
  if (clean === repository && clean.length <= max) return clean
  const hash = createHash('sha256').update(repository).digest('hex').slice(0, 8)
  return `${hash}-${clean.slice(-(max - hash.length - 1))}`
}

/** When a token with this name was minted, in milliseconds since the epoch; undefined when it is not one of ours. */
export function madeAt(displayName: string): number | undefined {
  const match = OURS.exec(displayName)
  if (!match) return undefined
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map(Number)
  return Date.UTC(year, month - 1, day, hours, minutes, seconds)
}

/** True when two of our names are of the same repository, run and attempt. */
export function isSameRun(one: string, other: string): boolean {
  const run = (name: string) => name.split(' ').slice(0, -2).join(' ')
  return run(one) === run(other)
}
