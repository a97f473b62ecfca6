/** Edge of post: revokes the token that main had minted, from saved state. */
import { debug, getState, info, setSecret, warning } from '@actions/core'
import { revokeToken } from '../hub/revoke.ts'
import { Deadline } from '../net/deadline.ts'
import { isAllowedUrl } from '../net/endpoint.ts'
import { Http } from '../net/http.ts'
import { proxyFromEnvironment, proxyPasswords } from '../net/proxy.ts'
import { isRecord, parseJson } from '../text/json.ts'
import { printable } from '../text/printable.ts'
import { remember } from '../text/redact.ts'
import { MINTED_STATE, MINTING_STATE } from './minted.ts'

/** How long post may take, and how often it tries, in milliseconds. */
const POST_MS = 120_000
const ATTEMPTS = 6

/** Revokes what there is to revoke; a failure is a warning that says until when the token lives. Never throws. */
export async function revokeMinted(env: NodeJS.ProcessEnv): Promise<void> {
  const saved = parseJson(getState(MINTED_STATE))
  if (!isRecord(saved) || typeof saved.value !== 'string' || typeof saved.endpoint !== 'string') {
    warnOfUnfinished(getState(MINTING_STATE))
    return
  }
  const { value, endpoint, expiresAt } = saved
  for (const secret of [value, ...proxyPasswords(env)]) {
    setSecret(secret)
    remember(secret)
  }
  const deadline = new Deadline(POST_MS)
  const http = new Http(deadline, proxyFromEnvironment(env))
  try {
    if (!URL.canParse(endpoint) || !isAllowedUrl(new URL(endpoint))) throw new TypeError('no endpoint')
    await revokeToken(value, { endpoint, http, policy: { maxAttempts: ATTEMPTS, deadline, onRetry: debug } })
    info('Hub: revoked the token of this job.')
  } catch (error) {
    const until =
      typeof expiresAt === 'number' && Math.abs(expiresAt) <= 8.64e15
        ? `It lives until ${new Date(expiresAt).toISOString()}.`
        : 'It has no end date; a later run with the same service account removes it.'
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'an error'
    warning(`The token of this job could not be revoked. ${until} ${printable(reason, 400)}`, {
      title: 'hf-oidc-action',
    })
  } finally {
    deadline.stop()
    http.close()
  }
}

/** The job ended between asking for a token and saving it: nobody holds its value, but it may exist. */
function warnOfUnfinished(what: string): void {
  if (what === '') return
  warning(`The job ended while a token was being made, and it may exist: ${printable(what, 400)}`, {
    title: 'hf-oidc-action',
  })
}
