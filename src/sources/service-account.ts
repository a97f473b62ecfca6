/** The token source `service-account`: a fresh token for this job alone, minted with an admin token, revoked in post. */
import { wrongSecret } from '../aws/secret-content.ts'
import { ActionError } from '../errors/action-error.ts'
import { mintToken } from '../hub/mint.ts'
import { type AccountToken, type ServiceAccount, ServiceAccounts } from '../hub/service-accounts.ts'
import { checkTokenShape } from '../hub/token-shape.ts'
import { formatDuration } from '../text/duration.ts'
import { listed, printable } from '../text/printable.ts'
import type { ServiceAccountRequest } from './request.ts'
import { readStoredSecret } from './stored-secret.ts'
import { isSameRun, madeAt, tokenName } from './token-name.ts'
import { awsOf, type SourceContext, type TokenSource } from './token-source.ts'

/** How many tokens of runs that died one run removes at most: cleaning must not make a job slow. */
export const MAX_ORPHANS = 5
/** How much longer than minting it may take, in milliseconds. */
export const CLEANING_MS = 3_000
/** Below this, in seconds, an orphan may well be the token of a job that runs: one hour. */
const SHORT_ORPHAN_AGE = 3600

/** Reads the admin token, mints, and removes what earlier runs could not. The admin token never leaves this function. */
export function serviceAccountSource(context: SourceContext, asked: ServiceAccountRequest): TokenSource {
  return {
    async obtain(identity) {
      const { request, job, http, policy, log } = context
      const { secret } = awsOf(request)
      const stored = await readStoredSecret(identity, context, 'admin-token')
      const fix = wrongSecret('admin-token', secret)
      const admin = checkTokenShape(stored.values[0] ?? '', `The secret ${stored.label}`, fix)
      const accounts = new ServiceAccounts({ endpoint: request.hubEndpoint, http, policy }, request.org, admin, {
        input: 'secret-id',
        id: secret.id,
      })
      const account = await accounts.find(asked.account)

      if (asked.orphanAgeSeconds < SHORT_ORPHAN_AGE) {
        log.warning(
          `\`orphan-age\` is ${formatDuration(asked.orphanAgeSeconds)}: tokens of jobs that still run would be removed. Make it longer than your longest job.`,
        )
      }
      const displayName = tokenName(job, Date.now())
      const cleaning = startCleaning(accounts, account, displayName, context, asked)
      const value = await mint(accounts, account, displayName, context, asked).finally(cleaning.end)
      log.info(
        `Hub: minted a token of the service account ${printable(account.name, 80)} with ${listed(asked.permissions)}`,
      )
      return {
        value: checkTokenShape(
          value,
          'The Hub’s answer',
          'Report it: the Hub answered with something else than a token.',
        ),
        origin: { label: `service account ${printable(account.name, 80)}, by ${stored.label}`, aws: stored.origin },
        evidence: { kind: 'minted', asked: asked.permissions },
      }
    },
  }
}

/** Mints, and lets the ledger know at every moment what may exist. */
async function mint(
  accounts: ServiceAccounts,
  account: ServiceAccount,
  displayName: string,
  { mask, ledger, request, log }: SourceContext,
  { permissions }: ServiceAccountRequest,
): Promise<string> {
  const where = `named "${displayName}", of the service account ${printable(account.name, 80)}; nobody has its value. A later run removes it, or delete it on the Hub.`
  let doubt = false
  ledger.begin(where)
  const { value } = await mintToken(accounts, {
    account,
    displayName,
    permissions,
    log,
    onValue(value) {
      mask(value)
      ledger.made({ value, endpoint: request.hubEndpoint, expiresAt: undefined })
    },
    onDoubt() {
      doubt = true
      log.warning(`The answer to minting was lost. A token may exist, ${where}`)
    },
  }).catch((error: unknown) => {
    if (!doubt && error instanceof ActionError && error.code === 'exchange-rejected') ledger.refused()
    throw error
  })
  return value
}

/**
 * Removes tokens that this action made in runs that are over, while the new one is minted and a little longer. Whatever
 * fails here is a warning: the job comes first, and the next run goes on.
 */
function startCleaning(
  accounts: ServiceAccounts,
  account: ServiceAccount,
  own: string,
  { job, log }: SourceContext,
  { orphanAgeSeconds }: ServiceAccountRequest,
): { end: () => Promise<void> } {
  let ended = false
  const clean = async () => {
    const limit = Date.now() - orphanAgeSeconds * 1000
    const tokens = await accounts.tokens(account)
    // Some runners number every run alike, so a name of this run is not proof that the run goes on; an earlier use of
    // this action in the job is.
    const inUse = (name: string) => name === own || (job.ownVariables.size > 0 && isSameRun(name, own))
    const orphans = tokens.filter((token) => !inUse(token.displayName) && isOrphan(token, limit))
    for (const token of orphans.slice(0, MAX_ORPHANS)) {
      if (ended) return
      await accounts.remove(account, token).then(
        () =>
          log.info(
            `Hub: removed the token "${printable(token.displayName, 160)}", left by a run that did not end properly`,
          ),
        (error: unknown) => warn(error),
      )
    }
  }
  const warn = (error: unknown) => {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'an error'
    if (!ended)
      log.warning(
        `Tokens of earlier runs (older than ${formatDuration(orphanAgeSeconds)}) could not be removed: ${reason}`,
      )
  }
  const cleaning = clean().catch(warn)
  return {
    async end() {
      let timer: NodeJS.Timeout | undefined
      const enough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLEANING_MS)
      })
      await Promise.race([cleaning, enough])
      clearTimeout(timer)
      ended = true
    },
  }
}

/** Ours by its name, and made before the limit by its name and by the Hub's own record. */
function isOrphan({ displayName, createdAt }: AccountToken, limit: number): boolean {
  const made = madeAt(displayName)
  return made !== undefined && made <= limit && (createdAt === undefined || createdAt <= limit)
}
