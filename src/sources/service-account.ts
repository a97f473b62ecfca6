/** The token source `service-account`: a token for this job alone, minted with an admin token and revoked in post. */
import { wrongSecret } from '../aws/secret-content.ts'
import { ActionError } from '../errors/action-error.ts'
import type { MintedToken } from '../hub/account-answers.ts'
import { mintToken } from '../hub/mint.ts'
import { type MintRights, mintedFor } from '../hub/mint-rights.ts'
import { mintedEvidence } from '../hub/minted-evidence.ts'
import { rightsToMint } from '../hub/repository-ids.ts'
import { type ServiceAccount, ServiceAccounts } from '../hub/service-accounts.ts'
import { checkIssuedToken, checkTokenShape } from '../hub/token-shape.ts'
import { plain } from '../text/message.ts'
import { listed, printable } from '../text/printable.ts'
import { startSweep, warnOfShortAge } from './orphans.ts'
import type { ServiceAccountRequest } from './request.ts'
import { readStoredSecret } from './stored-secret.ts'
import { tokenName } from './token-name.ts'
import { awsOf, type SourceContext, type TokenSource } from './token-source.ts'

/**
 * Reads the admin token, mints, and removes what earlier runs could not revoke. The admin token never leaves this
 * function.
 */
export function serviceAccountSource(context: SourceContext, asked: ServiceAccountRequest): TokenSource {
  return {
    async obtain(identity) {
      const { request, job, http, policy, log, steps, swept, now = Date.now } = context
      const { permissions, orphanAgeSeconds } = asked
      const { secret } = awsOf(request)
      const stored = await readStoredSecret(identity, context, 'admin-token')
      const fix = wrongSecret('admin-token', secret)
      const admin = checkTokenShape(stored.values[0] ?? '', `The secret ${stored.label}`, fix)
      const { org, repositories } = request
      const access = { endpoint: request.hubEndpoint, http, policy }
      const accounts = new ServiceAccounts(access, org, admin, { input: 'secret-id', id: secret.id })
      const account = await accounts.find(asked.account)
      const accountName = printable(account.name, 80)

      const rights = await rightsToMint({ access, org, admin, permissions, repositories })
      warnOfShortAge(orphanAgeSeconds, log)
      const displayName = tokenName(job, now())
      const tidying = { accounts, account, own: displayName, job, ageSeconds: orphanAgeSeconds, swept, log, now }
      const sweep = startSweep(tidying)
      const minting = { accounts, account, displayName, rights }
      const minted = await steps.time('mint', () => mint(minting, context).finally(sweep.end))
      const labels = repositories.map(({ label }) => label)
      log.info(
        `Hub: minted a token of the service account ${accountName} with ${listed(permissions)} (${plain(mintedFor(org, permissions, labels))})`,
      )
      return {
        value: checkIssuedToken(minted.value, 'The Hub’s answer'),
        origin: { label: `service account ${accountName}, by ${stored.label}`, aws: stored.origin },
        evidence: mintedEvidence({ asked: permissions, rights, repositories, org }, minted.granted),
      }
    },
  }
}

interface Minting {
  accounts: ServiceAccounts
  account: ServiceAccount
  displayName: string
  rights: MintRights
}

/** Mints, and tells the ledger at every moment what may exist. */
async function mint(minting: Minting, { mask, ledger, request, log }: SourceContext): Promise<MintedToken> {
  const { accounts, account, displayName, rights } = minting
  const where = `named "${displayName}", of the service account ${printable(account.name, 80)}. Nobody has its value. A later run removes it, or you can delete it on the Hub.`
  let isInDoubt = false
  let mintedId: string | undefined
  ledger.begin(where)
  try {
    const minted = await mintToken(accounts, {
      account,
      displayName,
      rights,
      log,
      onMinted({ value, id }) {
        mask(value)
        const entry = id === undefined ? undefined : { accountId: account.id, tokenId: id, displayName }
        mintedId = id
        ledger.made({ value, endpoint: request.hubEndpoint, expiresAt: undefined, entry })
      },
      onDoubt() {
        isInDoubt = true
        log.warning(`The response to the request for a new token was lost. A token may exist, ${where}`)
      },
    })
    if (minted.granted.permissions !== undefined || minted.id === undefined) return minted
    // The Hub did not say what it granted: its list of the account's tokens does.
    const listed = (await accounts.tokens(account).catch(() => undefined))?.find(({ id }) => id === minted.id)
    if (!listed) return minted
    const { permissions, repoIds, repoPermissions, endpointPatterns } = listed
    return { ...minted, granted: { permissions, repoIds, repoPermissions, endpointPatterns } }
  } catch (error) {
    if (!isInDoubt && error instanceof ActionError && error.code === 'exchange-rejected') ledger.refused()
    // Post does not know of it, so nobody else would delete it.
    if (mintedId !== undefined) await accounts.remove(account, { id: mintedId }).catch(() => warnOfLeft(log, where))
    throw error
  }
}

function warnOfLeft(log: SourceContext['log'], where: string): void {
  log.warning(`A token was minted, but it could neither be saved for the post step nor deleted. It is ${where}`)
}
