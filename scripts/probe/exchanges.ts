/** Tokens that the probe exchanges or mints itself: publishers, an organization's exchange, a service account, AWS. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { remember } from '../../src/text/redact.ts'
import { askJwt, askToken, type Probe, reportLeak } from './ask-token.ts'
import { MINTED_NAME, stringIn } from './call.ts'
import { isSafeUrl } from './settings.ts'

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'

/** The job's ID token for the Hub, or undefined after a line that says why there is none. */
export async function idToken({ settings, caller, print }: Probe): Promise<string | undefined> {
  const given = settings.get('PROBE_ID_TOKEN')
  if (given) return given
  const url = settings.get('ACTIONS_ID_TOKEN_REQUEST_URL')
  const secret = settings.get('ACTIONS_ID_TOKEN_REQUEST_TOKEN')
  if (!url || !secret || !isSafeUrl(url)) {
    print.skipped('publishers', 'no ID token: run it in a job with `id-token: write`, or set PROBE_ID_TOKEN')
    return undefined
  }
  const asked = new URL(url)
  asked.searchParams.set('audience', settings.audience)
  const answer = await caller.call({ url: asked.href, authorization: `Bearer ${secret}` })
  const token = stringIn(answer.json, 'value')
  if (token === undefined) print.observed('GET ID token', answer)
  else remember(token)
  return token
}

/** Exchanges an ID token as a publisher of `resource`, and asks what the Hub answers to the result. */
export async function askPublisher(
  probe: Probe,
  kind: string,
  of: { subject: string; resource: string },
): Promise<void> {
  const { settings, caller, print } = probe
  print.heading(`exchange for ${kind}`)
  const answer = await caller.call({
    url: `${settings.hub}/oauth/token`,
    method: 'POST',
    body: JSON.stringify({
      grant_type: TOKEN_EXCHANGE,
      subject_token_type: ID_TOKEN,
      subject_token: of.subject,
      resource: of.resource,
    }),
  })
  print.observed('POST /oauth/token', answer)
  await askExchanged(probe, kind, stringIn(answer.json, 'access_token'))
}

/** The organization's exchange, for one harmless scope: do others come unasked? */
export async function askOrganization(probe: Probe): Promise<void> {
  const { settings, caller, print } = probe
  const [id, secret, member] = ['PROBE_OAUTH_CLIENT_ID', 'PROBE_OAUTH_CLIENT_SECRET', 'PROBE_MEMBER'].map(settings.get)
  if (!id || !secret || !member) {
    const names = 'PROBE_OAUTH_CLIENT_ID, PROBE_OAUTH_CLIENT_SECRET and PROBE_MEMBER'
    return print.skipped("an organization's token exchange", `${names} are not all set`)
  }
  const basic = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')
  remember(basic)
  const kind = "an organization's exchange token"
  print.heading(`exchange for ${kind}, requesting only read-repos`)
  const answer = await caller.call({
    url: `${settings.hub}/oauth/token`,
    method: 'POST',
    authorization: `Basic ${basic}`,
    body: new URLSearchParams({
      grant_type: TOKEN_EXCHANGE,
      subject_token: member,
      subject_token_type: 'urn:huggingface:token-type:user-email',
      scope: 'read-repos',
    }),
  })
  print.observed('POST /oauth/token', answer)
  await askExchanged(probe, kind, stringIn(answer.json, 'access_token'))
}

async function askExchanged(probe: Probe, kind: string, token: string | undefined): Promise<void> {
  if (token === undefined) return probe.print.skipped(`calls with ${kind}`, 'the exchange returned no token')
  remember(token)
  const prefix = /^hf_(?:(?:jwt|oauth)_)?/.exec(token)?.[0] ?? 'another prefix'
  probe.print.line(`- the token: ${prefix}, ${token.length > 200 ? 'longer than' : 'up to'} 200 characters`)
  await askToken(probe, kind, token)
  await askJwt(probe, kind, token)
  await reportLeak(probe, kind, token)
}

/** A token minted for a service account, and deleted again whatever happens. */
export async function askServiceAccount(probe: Probe): Promise<void> {
  const { settings, caller, print } = probe
  const [admin, org, wanted] = ['PROBE_ADMIN_TOKEN', 'PROBE_ORG', 'PROBE_SERVICE_ACCOUNT'].map(settings.get)
  if (!admin || !org || !wanted) {
    return print.skipped('a service account', 'PROBE_ADMIN_TOKEN, PROBE_ORG and PROBE_SERVICE_ACCOUNT are not all set')
  }
  const authorization = `Bearer ${admin}`
  const accounts = `${settings.hub}/api/organizations/${encodeURIComponent(org)}/service-accounts`
  print.heading("an organization's service accounts")
  const list = await caller.call({ url: accounts, authorization })
  print.observed('GET service-accounts', list)
  const found = (Array.isArray(list.json) ? list.json : []).find((account: unknown) =>
    ['user', '_id', 'name'].some((key) => stringIn(account, key) === wanted),
  )
  const id = stringIn(found, '_id')
  if (id === undefined) return print.skipped('a token of the service account', 'it is not in the list')
  const account = `${accounts}/${encodeURIComponent(id)}`
  print.observed('GET service-accounts/{id}', await caller.call({ url: account, authorization }))
  const body = JSON.stringify({ displayName: MINTED_NAME, permissions: ['repo.content.read'] })
  const minted = await caller.call({ url: `${account}/tokens`, method: 'POST', authorization, body })
  print.observed('POST tokens', minted)
  const token = stringIn(minted.json, 'token')
  const info = Object.entries(minted.json ?? {}).find(([key]) => key === 'tokenInfo')?.[1]
  const tokenId = stringIn(info, '_id')
  const kind = "a service account's token"
  try {
    if (token === undefined) return print.skipped(`calls with ${kind}`, 'none was minted')
    remember(token)
    await askToken(probe, kind, token)
  } finally {
    const url = `${account}/tokens/${encodeURIComponent(tokenId ?? '')}`
    if (tokenId !== undefined) {
      const deleted = await caller.call({ url, method: 'DELETE', authorization })
      print.observed('DELETE the token', deleted)
      if (deleted.status !== 204) leftBehind(probe)
    } else if (minted.status === 0 || minted.status < 300) leftBehind(probe)
  }
}

function leftBehind({ print }: Probe): void {
  print.line(`- The token "${MINTED_NAME}" may still exist: delete it on the service account's page.`)
}

/** AWS as the issuer of a publisher: the names of its claims, and whether the exchange takes its token. */
export async function askAws(probe: Probe): Promise<void> {
  const { settings, print } = probe
  const { repo } = settings
  if (!repo) return print.skipped('the AWS issuer', 'PROBE_REPO is not set')
  if (settings.get('PROBE_AWS') !== 'true') return print.skipped('the AWS issuer', 'PROBE_AWS is not `true`')
  const args = ['sts', 'get-web-identity-token', '--audience', settings.audience, '--signing-algorithm', 'RS256']
  const token = await aws([...args, '--query', 'WebIdentityToken', '--output', 'text'], settings.limitMs)
  if (token === undefined) {
    return print.skipped('the AWS issuer', '`aws sts get-web-identity-token` failed or returned no JWT')
  }
  remember(token)
  print.heading('a web identity token of AWS')
  print.line(`- claims: ${claimNames(token).join(', ')}`)
  await askPublisher(probe, 'AWS as a publisher', { subject: token, resource: repo.resource })
}

async function aws(args: string[], limitMs: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('aws', args, { timeout: limitMs })
    const token = stdout.trim()
    return token.split('.').length === 3 ? token : undefined
  } catch {
    return undefined
  }
}

/** Names only, also of the claims within `https://sts.amazonaws.com/`. */
function claimNames(jwt: string): string[] {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
    const names = (value: unknown, under: string): string[] =>
      Object.entries(value ?? {}).flatMap(([name, item]) => {
        const shown = /^(?:[a-z_]{1,40}|https:\/\/sts\.amazonaws\.com\/)$/.test(name)
          ? `${under}${name}`
          : `${under}<key>`
        // Tags are the user's own words.
        return typeof item === 'object' && under === '' ? [shown, ...names(item, `${shown} > `)] : [shown]
      })
    return names(claims, '')
  } catch {
    return ['(not readable)']
  }
}
