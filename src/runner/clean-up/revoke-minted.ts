/** Edge of post: revokes the token that main had minted, or tells when it expires; all from saved state. */
import { debug, getState, info, setSecret, warning } from '@actions/core'
import { revokeToken } from '../../hub/revoke.ts'
import { isAllowedUrl } from '../../net/endpoint.ts'
import { withNetwork } from '../../net/network.ts'
import { proxyPasswords } from '../../net/proxy.ts'
import { isRecord, parseJson } from '../../text/json.ts'
import { printable } from '../../text/printable.ts'
import { remember } from '../../text/redact.ts'
import {
  LEFT_STATE,
  MINTED_STATE,
  MINTING_STATE,
  mustRevoke,
  type RevocableToken,
  tellExpiry,
  tellLeft,
} from '../ledger.ts'

/** How long post may take, in milliseconds: the Hub's short incidents are over by then, and no job hangs for it. */
export const POST_MS = 120_000
/** How often post tries. More than main does by default: nothing comes after it. */
export const POST_ATTEMPTS = 6

/** Revokes what there is to revoke; a failure is a warning that says until when the token lives. Never throws. */
export async function revokeMinted(env: NodeJS.ProcessEnv): Promise<void> {
  const token = readToken(getState(MINTED_STATE))
  if (token?.value) {
    for (const secret of [token.value, ...proxyPasswords(env)]) {
      setSecret(secret)
      remember(secret)
    }
    if (mustRevoke(token, Date.now())) await revoke(token, env)
    else tell(token)
    return
  }
  const left = readToken(getState(LEFT_STATE))
  if (left) tell(left)
  else warnOfUnfinished(getState(MINTING_STATE))
}

/** State may be missing (no token was made) or, on a tampered runner, anything. */
function readToken(state: string): RevocableToken | undefined {
  const saved = parseJson(state)
  if (!isRecord(saved)) return undefined
  const { value, endpoint, expiresAt, revoke } = saved
  return {
    value: typeof value === 'string' ? value : '',
    endpoint: typeof endpoint === 'string' ? endpoint : '',
    // What `Date` can show: ECMA-262, "Time Values and Time Range".
    expiresAt: typeof expiresAt === 'number' && Math.abs(expiresAt) <= 8.64e15 ? expiresAt : undefined,
    revoke: revoke === 'true' || revoke === 'false' ? revoke : 'auto',
  }
}

async function revoke({ value, endpoint, expiresAt }: RevocableToken, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    if (!URL.canParse(endpoint) || !isAllowedUrl(new URL(endpoint))) throw new TypeError('no endpoint')
    await withNetwork({ env, limitMs: POST_MS, maxAttempts: POST_ATTEMPTS, onRetry: debug }, (network) =>
      revokeToken(value, { endpoint, ...network }),
    )
    info('Hub: revoked the token of this job. The Hub e-mails the token’s owner about it.')
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'an error'
    const orphan = expiresAt === undefined ? '; if it is a service account’s, a later run removes it' : ''
    warn(`The token of this job could not be revoked. ${tellExpiry(expiresAt)}${orphan}. ${printable(reason, 400)}`)
  }
}

function tell(token: RevocableToken): void {
  const left = tellLeft(token, Date.now())
  if (left.warn) warn(left.text)
  else info(left.text)
}

/** The job ended between asking for a token and saving it: nobody holds its value, but it may exist. */
function warnOfUnfinished(what: string): void {
  if (what === '') return
  warn(`The job ended while a token was being made, and it may exist: ${printable(what, 400)}`)
}

function warn(text: string): void {
  warning(text, { title: 'hf-oidc-action' })
}
