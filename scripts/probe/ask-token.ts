/** What the Hub answers to one token, whatever its kind. */
import { type Caller, stringIn } from './call.ts'
import type { Print } from './print.ts'
import type { Settings } from './settings.ts'

export interface Probe {
  settings: Settings
  caller: Caller
  print: Print
}

const bearer = (token: string) => `Bearer ${token}`

/** whoami-v2, auth-check, auth-check/write and a preupload, which changes nothing: once each. */
export async function askToken({ settings, caller, print }: Probe, kind: string, token: string): Promise<void> {
  const authorization = bearer(token)
  const { hub, repo } = settings
  print.heading(kind)
  print.observed('GET whoami-v2', await caller.call({ url: `${hub}/api/whoami-v2`, authorization }))
  if (!repo) return print.skipped('auth-check and preupload', 'PROBE_REPO is not set')
  for (const check of ['auth-check', 'auth-check/write'])
    print.observed(`GET ${check}`, await caller.call({ url: `${repo.api}/${check}`, authorization }))
  const files = [{ path: 'probe.txt', size: 5, sample: Buffer.from('probe').toString('base64') }]
  const preupload = { url: `${repo.api}/preupload/main`, method: 'POST', authorization } as const
  print.observed('POST preupload/main (dry)', await caller.call({ ...preupload, body: JSON.stringify({ files }) }))
}

/** Whether `/jwt` gives this token a short-lived one, and whether downloads accept that. */
export async function askJwt({ settings, caller, print }: Probe, kind: string, token: string): Promise<void> {
  const { repo } = settings
  if (!repo) return print.skipped('/jwt', 'PROBE_REPO is not set')
  print.heading(`the repository's /jwt, for ${kind}`)
  const answer = await caller.call({ url: `${repo.api}/jwt?expires_in=60`, authorization: bearer(token) })
  print.observed('GET jwt', answer)
  for (const key of ['token', 'accessToken']) {
    const jwt = stringIn(answer.json, key)
    if (jwt === undefined) print.skipped(`download with \`${key}\``, 'the answer has none')
    else {
      const download = { url: repo.file, authorization: bearer(jwt), readBody: false }
      print.observed(`GET a file with \`${key}\``, await caller.call(download))
    }
  }
}

/** Reports a token that the probe itself obtained, and looks once whether the Hub still accepts it. */
export async function reportLeak({ settings, caller, print }: Probe, kind: string, token: string): Promise<void> {
  if (!settings.leak) return print.skipped(`leak endpoint for ${kind}`, 'needs --leak; it emails the owner')
  const { hub, repo } = settings
  const url = `${hub}/api/credentials/revoke`
  print.heading(`after reporting ${kind} (${token.length > 200 ? 'longer than' : 'up to'} 200 characters)`)
  const body = JSON.stringify({ credentials: [token] })
  print.observed('POST credentials/revoke', await caller.call({ url, method: 'POST', body }))
  const authorization = bearer(token)
  print.observed('GET whoami-v2', await caller.call({ url: `${hub}/api/whoami-v2`, authorization }))
  if (repo) print.observed('GET auth-check', await caller.call({ url: `${repo.api}/auth-check`, authorization }))
}
