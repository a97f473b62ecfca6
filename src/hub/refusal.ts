/** What the Hub's refusal of a token means: a token that works but may not use a route gets a 401 as well. */
import { ActionError } from '../errors/action-error.ts'
import type { Http, HttpResponse } from '../net/http.ts'
import { plain } from '../text/message.ts'
import { bearer, callHub, type HubAccess, header, said } from './call.ts'

export interface Refusal {
  /**
   * `dead`: the Hub does not accept the token anywhere; `not-allowed`: it accepts the token, but not for this;
   * `unclear`: one of the two, and whoami-v2 did not say which.
   */
  means: 'dead' | 'not-allowed' | 'unclear'
  /** The refusal and, where it was asked for, what whoami-v2 said, in words. */
  seen: string
}

/** What whoami-v2 answered; only words, when there was no answer. */
interface Heard {
  answer?: HttpResponse
  words: string
  /** Whether it was asked only because of a refusal. */
  becauseRefused: boolean
}

/** What whoami-v2 said of each token, by endpoint and token. A run has one {@link Http}. */
const HEARD = new WeakMap<Http, Map<string, Promise<Heard>>>()

/**
 * What a refusal by any route other than whoami-v2 means. Only a plain 401 raises the question whether the token works:
 * whoami-v2 is then asked, once per token and run. Never rejects. `text`: the Hub's words, where they are in the body.
 */
export async function refusalOf(
  answer: HttpResponse,
  token: string,
  access: HubAccess,
  text?: string,
): Promise<Refusal> {
  const seen = said(answer, text)
  if (answer.status !== 401 || header(answer, 'x-error-code')) return { means: 'not-allowed', seen }
  const heard = await (heardOf(access).get(keyOf(access, token)) ?? askOnce(token, access))
  const status = heard.answer?.status
  const means = status === 200 ? 'not-allowed' : status === 401 ? 'dead' : 'unclear'
  return { means, seen: `${seen}; whoami-v2: ${heard.words}` }
}

/** The answer of whoami-v2 for which a refusal made the run ask, if it decides anything. */
export async function answerAfterRefusal(token: string, access: HubAccess): Promise<HttpResponse | undefined> {
  const heard = await heardOf(access).get(keyOf(access, token))
  if (!heard?.becauseRefused || !heard.answer) return undefined
  return [200, 401].includes(heard.answer.status) ? heard.answer : undefined
}

/** Remembers what whoami-v2 says of the token, or that it says nothing. */
export function remember(
  asked: Promise<HttpResponse>,
  token: string,
  access: HubAccess,
  becauseRefused = false,
): Promise<HttpResponse> {
  const heard = asked.then(
    (answer): Heard => ({ answer, words: said(answer), becauseRefused }),
    (error: unknown): Heard => ({ words: wordsOf(error), becauseRefused }),
  )
  heardOf(access).set(keyOf(access, token), heard)
  return asked
}

/** One attempt: whoami-v2 is strictly rate limited, and the refusal stands whatever it says. */
async function askOnce(token: string, access: HubAccess): Promise<Heard> {
  const what = 'the Hub’s whoami-v2 to say whether a token works'
  const once = { ...access, policy: { ...access.policy, maxAttempts: 1 } }
  const asked = callHub(once, { method: 'GET', path: '/api/whoami-v2', headers: bearer(token), what })
  await remember(asked, token, access, true).catch(() => {})
  return (await heardOf(access).get(keyOf(access, token))) ?? { words: 'no answer', becauseRefused: true }
}

function heardOf({ http }: HubAccess): Map<string, Promise<Heard>> {
  const known = HEARD.get(http) ?? new Map<string, Promise<Heard>>()
  HEARD.set(http, known)
  return known
}

const keyOf = ({ endpoint }: HubAccess, token: string): string => `${endpoint} ${token}`

function wordsOf(error: unknown): string {
  if (!(error instanceof ActionError)) return 'no answer'
  return plain(error.explanation.seen ?? error.explanation.failed)
}
