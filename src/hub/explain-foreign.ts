/** What to tell a user when something other than the Hub's API responded. Loaded only then. */
import { ActionError } from '../errors/action-error.ts'
import { adviceAboutBetween, isFromBetween, originOf, type Received } from '../net/explain-answer.ts'
import type { HttpResponse } from '../net/http.ts'
import { type MaybePlatform, networkOperators } from '../platform/people.ts'
import { block, code, link, prose, type Wording } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import { DEFAULT_HUB, STATUS_PAGE } from './pages.ts'

export interface Foreign {
  answer: HttpResponse
  /** The answer in one line. */
  said: string
  /** What the action was waiting for, as a noun phrase. */
  what: string
  endpoint: string
  /** The machine, for who can fix it. */
  platform?: MaybePlatform
}

/** `hub-failed`: a page, a mirror's own refusal, or a route that does not exist. */
export function notTheHub({ answer, said, what, endpoint, platform }: Foreign): ActionError {
  const url = new URL(endpoint)
  const isDefault = endpoint === DEFAULT_HUB
  const where = code(printable(endpoint, 120))
  return new ActionError('hub-failed', {
    failed: prose`The response from ${where} did not come from the Hub’s API. The action was waiting for ${what}.`,
    seen: prose`${said}, ${originOf(answer)}`,
    expected: 'a JSON response from the Hub’s API',
    cause: isDefault
      ? causeOf({ url, answer })
      : prose`${where} (from ${code('hf-endpoint')} or ${code('HF_ENDPOINT')}) may be a mirror, such as Artifactory or Nexus. A mirror serves the Hub’s files but not this part of its API, and accepts only its own tokens. If it is not a mirror, a proxy or a firewall responded instead.`,
    fix: isDefault
      ? prose`Make sure that the runner’s proxy or firewall lets requests to ${where} through unchanged. If it does, check ${link(STATUS_PAGE)} for an incident.`
      : useTheHub(endpoint),
    forward: networkOperators(platform, url.host),
  })
}

function causeOf(received: Received): Wording {
  return isFromBetween(received)
    ? adviceAboutBetween(received, 'the Hub', undefined).cause
    : 'A proxy, a firewall, or another intermediary responded instead of the Hub.'
}

function useTheHub(endpoint: string): Wording {
  return [
    'If it is a mirror, point this step to the Hub, and name the mirror for the later steps:',
    block(`hf-endpoint: ${DEFAULT_HUB}\nclient-endpoint: ${printable(endpoint, 200)}`),
    prose`${code('client-endpoint')} lets the later steps send the token to the mirror. If the mirror must not have it, write ${code('export-env: ""')} instead of that line. ${code('rotate')} has no ${code('client-endpoint')}: set only ${code('hf-endpoint')} there.`,
    prose`If it is not a mirror, make sure that the runner’s proxy or firewall lets requests to it through unchanged.`,
  ]
}
