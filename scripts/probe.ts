/** Asks the real services what docs/probe.md lists, and prints only what can be posted in public. */
import { askJwt, askToken, type Probe } from './probe/ask-token.ts'
import { Caller } from './probe/call.ts'
import { askAws, askOrganization, askPublisher, askServiceAccount, idToken } from './probe/exchanges.ts'
import { Print } from './probe/print.ts'
import { readSettings, USER_TOKENS } from './probe/settings.ts'

async function userTokens(probe: Probe): Promise<void> {
  let first = true
  for (const [variable, kind] of Object.entries(USER_TOKENS)) {
    const token = probe.settings.get(variable)
    if (token === undefined) {
      probe.print.skipped(kind, `${variable} is not set`)
      continue
    }
    await askToken(probe, kind, token)
    if (first) await askJwt(probe, kind, token)
    first = false
  }
}

async function publishers(probe: Probe): Promise<void> {
  const { settings, print } = probe
  const subject = await idToken(probe)
  if (subject === undefined) return
  const user = settings.get('PROBE_USER')
  if (settings.repo) {
    await askPublisher(probe, "a repository's publisher", { subject, resource: settings.repo.resource })
  } else print.skipped("a repository's publisher", 'PROBE_REPO is not set')
  if (user) await askPublisher(probe, "a user's publisher", { subject, resource: user })
  else print.skipped("a user's publisher", 'PROBE_USER is not set')
}

/** A string that belongs to nobody: is a credential that is longer than the description allows refused? */
async function longCredential({ settings, caller, print }: Probe): Promise<void> {
  if (!settings.leak) return print.skipped('a long credential at the leak endpoint', 'needs --leak')
  const body = JSON.stringify({ credentials: [`hf_jwt_${'x'.repeat(250)}`] })
  print.heading('a made-up credential of 257 characters')
  const url = `${settings.hub}/api/credentials/revoke`
  print.observed('POST credentials/revoke', await caller.call({ url, method: 'POST', body }))
}

const print = new Print((line) => console.log(line))
try {
  const settings = readSettings(process.env, process.argv.slice(2))
  const probe: Probe = { settings, caller: new Caller(settings.limitMs, settings.personal), print }
  print.line('# Probe of the Hub: status codes, header names, keys and types')
  for (const part of [userTokens, publishers, askAws, askOrganization, askServiceAccount, longCredential]) {
    await part(probe).catch(() => print.line(`- ${part.name} stopped: an answer had an unexpected form`))
  }
} catch (error) {
  print.line(`The probe cannot start: ${error instanceof Error ? error.message : 'its settings could not be read'}`)
  process.exitCode = 1
}
