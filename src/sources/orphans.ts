/** Removes minted tokens that earlier runs could not revoke: read by name and by the Hub's own record, a few each run. */
import type { AccountToken, ServiceAccount, ServiceAccounts } from '../hub/service-accounts.ts'
import type { Job } from '../identity/job.ts'
import { formatDuration } from '../text/duration.ts'
import type { Log } from '../text/log.ts'
import { printable } from '../text/printable.ts'
import { isSameRun, madeAt } from './token-name.ts'

/** How many orphans one run removes at most: cleaning up must not make a job slow. */
export const MAX_ORPHANS = 5
/** How much longer than minting the sweep may take, in milliseconds. */
export const EXTRA_MS = 3_000
/** Below this age, in seconds, an orphan may well be the token of a job that is still running: one hour. */
const SHORT_AGE = 3600

export interface SweepOptions {
  accounts: ServiceAccounts
  account: ServiceAccount
  /** The name of the token that this run mints. */
  own: string
  job: Pick<Job, 'ownVariables'>
  /** How old an orphan is at least. */
  ageSeconds: number
  /** Filled in with the names of what was removed. */
  swept: string[]
  log: Log
  /** The right time, in milliseconds since the epoch. Default: this machine's. */
  now?: () => number
}

/** Warns of an `orphan-age` that would remove tokens that are in use. */
export function warnOfShortAge(ageSeconds: number, log: Log): void {
  if (ageSeconds >= SHORT_AGE) return
  log.warning(
    `\`orphan-age\` is ${formatDuration(ageSeconds)}, so this run may remove the tokens of jobs that are still running. Make it longer than your longest job.`,
  )
}

/**
 * Starts to remove orphans while the new token is minted. `end` waits a little longer, then gives up. Any failure is a
 * warning: the job comes first, and the next run continues.
 */
export function startSweep(options: SweepOptions): { end: () => Promise<void> } {
  const { accounts, account, ageSeconds, swept, log, now = Date.now } = options
  let ended = false
  const warn = (error: unknown) => {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'an error'
    if (!ended)
      log.warning(`Tokens of earlier runs (older than ${formatDuration(ageSeconds)}) could not be removed: ${reason}`)
  }
  const remove = async (token: AccountToken) => {
    await accounts.remove(account, token)
    swept.push(token.displayName)
    log.info(`Hub: removed the token "${printable(token.displayName, 160)}", which an interrupted run left behind`)
  }
  const sweep = async () => {
    const tokens = await accounts.tokens(account)
    if (!tokens) {
      log.info(
        'Hub: the tokens of the service account are not listed, so nothing that earlier runs left was looked for',
      )
      return
    }
    for (const token of orphansAmong(tokens, options, now())) {
      if (ended) return
      await remove(token).catch(warn)
    }
  }
  const sweeping = sweep().catch(warn)
  return {
    async end() {
      let timer: NodeJS.Timeout | undefined
      const enough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, EXTRA_MS)
      })
      await Promise.race([sweeping, enough])
      clearTimeout(timer)
      ended = true
    },
  }
}

/** The tokens that this run removes. `now`: milliseconds since the epoch. */
export function orphansAmong(
  tokens: readonly AccountToken[],
  { own, job, ageSeconds }: Pick<SweepOptions, 'own' | 'job' | 'ageSeconds'>,
  now: number,
): AccountToken[] {
  const limit = now - ageSeconds * 1000
  // Some runners give every run the same number, so a name of this run does not prove that the run is still going on; an
  // earlier use of this action in the job does.
  const isInUse = (name: string) => name === own || (job.ownVariables.size > 0 && isSameRun(name, own))
  return tokens.filter((token) => !isInUse(token.displayName) && isOrphan(token, limit)).slice(0, MAX_ORPHANS)
}

/** One of ours by its name, and created before the limit both by its name and by the Hub's own record. */
function isOrphan({ displayName, createdAt }: AccountToken, limit: number): boolean {
  const made = madeAt(displayName)
  return made !== undefined && made <= limit && (createdAt === undefined || createdAt <= limit)
}
