/** Asks the Hub about the tokens that no list identifies. whoami-v2 is strictly rate limited: few calls, none in vain. */
import { ActionError } from '../../errors/action-error.ts'
import { HubClient } from '../../hub/client.ts'
import type { WhoAmI } from '../../hub/facts/whoami.ts'
import { CallCount, inOneLine } from '../../net/calls-made.ts'
import type { Deadline } from '../../net/deadline.ts'
import type { Http } from '../../net/http.ts'
import type { RetryPolicy } from '../../net/retry.ts'
import type { Found } from './facts.ts'

/** What asking needs. */
export interface AskContext {
  hubEndpoint: string
  http: Http
  policy: RetryPolicy
  deadline: Pick<Deadline, 'limitMs' | 'remainingMs' | 'sleep'>
}

/** The part of the time limit that is kept for the rest of the inventory. */
const KEPT_PART = 1 / 4
/** What one token may cost when the Hub does not answer, in milliseconds: half of it goes into attempts. */
const ONE_TOKEN_MS = 60_000
/** After as many answers in a row that did not come, nobody asks again. */
const MOST_FAILURES = 2

/** Whose token it is; boxed: undefined when the Hub said twice that it does not accept the token. */
export type Owner = Found<WhoAmI | undefined>

/**
 * Whose each of the tokens (secrets) is: one after the other, because all tokens of one person share a limit. A wait that
 * the Hub asks for is granted as long as there is time. When it does not answer, the rest is unknown. Never rejects.
 */
export async function askAbout(context: AskContext, tokens: readonly string[]): Promise<Map<string, Owner>> {
  const owners = new Map<string, Owner>()
  const hub = new HubClient(accessFor(context), { looksTwice: true })
  let failures = 0
  let last = ''
  for (const token of tokens) {
    if (failures >= MOST_FAILURES) {
      owners.set(token, { unknown: `the Hub was not asked again after ${failures} failures (${last})` })
      continue
    }
    const owner = await ask(hub, token)
    failures = 'unknown' in owner ? failures + 1 : 0
    if ('unknown' in owner) last = owner.unknown
    owners.set(token, owner)
  }
  return owners
}

async function ask(hub: HubClient, token: string): Promise<Owner> {
  try {
    return { is: await hub.owner(token) }
  } catch (error) {
    if (error instanceof ActionError) return { unknown: inOneLine(error) }
    throw error
  }
}

function accessFor({ hubEndpoint, http, policy, deadline }: AskContext) {
  const kept = deadline.limitMs * KEPT_PART
  const own = {
    limitMs: Math.min(deadline.limitMs, ONE_TOKEN_MS),
    remainingMs: () => Math.max(0, deadline.remainingMs() - kept),
    sleep: (ms: number, what: string) => deadline.sleep(ms, what),
  }
  return { endpoint: hubEndpoint, http, policy: { ...policy, deadline: own, calls: new CallCount() } }
}
