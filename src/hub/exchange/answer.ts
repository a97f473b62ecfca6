/** What an answer of `/oauth/token` means: the Hub reports its own failures in the form of a refusal. Pure. */

import { cureOf } from '../../net/cures.ts'
import type { HttpResponse } from '../../net/http.ts'
import { isRecord, parseJson } from '../../text/json.ts'
import { header } from '../call.ts'

export interface Answer {
  /**
   * `granted`: a success (also one that cannot be used); `refused`: the Hub judged the request; `outage`: the Hub failed;
   * `slow`: a refusal that took as long as an outage and gives no reason; `foreign`: no answer of this API.
   */
  kind: 'granted' | 'refused' | 'outage' | 'slow' | 'foreign'
  fields: Record<string, unknown>
  /** The OAuth error and the reason given for it, as far as there are any: text from outside. */
  words: string[]
}

/** From how many milliseconds on a refusal without a reason may be an outage. In September 2026, outages took some ten seconds. */
export const SLOW_MS = 8_000

/** Values that a refusal quotes from the request. */
const QUOTATION = /"[^"]*"|`[^`]*`|“[^”]*”|‘[^’]*’|(?<!\w)'[^']*'(?!\w)/g

/** `tookMs`: how long the answer took. Source: RFC 6749, sections 5.1 and 5.2; the Hub's outage of September 2026. */
export function readAnswer(response: HttpResponse, tookMs = 0): Answer {
  const json = parseJson(response.body.toString('utf8'))
  const fields = isRecord(json) ? json : {}
  const [error = '', reason = ''] = [fields.error, fields.error_description || header(response, 'x-error-message')].map(
    (value) => (typeof value === 'string' ? value.trim() : ''),
  )
  const words = [error, reason].filter(Boolean)
  const as = (kind: Answer['kind']): Answer => ({ kind, fields, words })
  const { status } = response
  if (error === '') return as(status >= 200 && status <= 299 ? 'granted' : 'foreign')
  const text = `${error}: ${reason}`.replace(QUOTATION, ' ')
  if (cureOf({ from: 'Hub', status, name: error, text }) === 'retry') return as('outage')
  return as(reason === '' && tookMs >= SLOW_MS ? 'slow' : 'refused')
}
