/** What a Hub token looks like. */
import { ActionError } from '../errors/action-error.ts'
import { REPORT_TO } from '../errors/unforeseen.ts'
import { code, link, prose, type Wording } from '../text/message.ts'

/** Prefix and characters of `hf_…`, `hf_oauth_…` and `hf_jwt_…` (a JWT follows). Source: huggingface.co/docs/hub/security-tokens. */
const SHAPE = /^hf_[A-Za-z0-9_][\w.~+/=-]{7,8190}$/

/**
 * The value without surrounding white space, if it has the shape of a Hub token. `where`: what holds it, for messages, at
 * the start of a sentence.
 *
 * @throws `ActionError` `token-malformed`, describing the value without showing any of it.
 */
export function checkTokenShape(value: string, where: string, fix: Wording): string {
  const token = value.trim()
  if (SHAPE.test(token)) return token
  throw new ActionError('token-malformed', {
    failed: `${where} does not contain a Hugging Face token. The value is not shown.`,
    seen: describe(token),
    expected: prose`${code('hf_')} followed by at least 8 letters or digits, and nothing else`,
    cause:
      'A different value was stored, or the token was stored with quotes, a variable name or other text around it.',
    fix,
  })
}

/**
 * {@link checkTokenShape} for a token that the Hub has just issued.
 *
 * @throws `ActionError` `token-malformed`.
 */
export function checkIssuedToken(value: string, where: string): string {
  const fix = prose`Check that ${code('hf-endpoint')} points to the Hub. If it does, report this at ${link(REPORT_TO)}: the Hub returned something other than a token.`
  return checkTokenShape(value, where, fix)
}

/** One token, possibly truncated, with nothing around it but quotes, the name of a variable or the name of a header. */
const NEARLY = /^(?:export\s+)?(?:[\w-]+\s*[=:]\s*)?(?:bearer\s+)?["'`]?hf_[\w.~+/-]*["'`]?[;,]?$/i

/** True for an empty value, and for one that is nothing but a badly stored token: nothing else could be lost in it. */
export function resemblesToken(value: string): boolean {
  const text = value.trim()
  return text === '' || NEARLY.test(text)
}

function describe(token: string): string {
  if (token === '') return 'an empty value'
  const traits = [`${token.length} characters`]
  if (/^["'].*["']$/s.test(token)) traits.push('quotes around it')
  if (/^bearer\s/i.test(token)) traits.push('"Bearer" in front')
  if (/^[A-Za-z_]\w*\s*[=:]/.test(token)) traits.push('a name and "=" or ":" in front')
  if (/[\r\n]/.test(token)) traits.push('several lines')
  else if (/\s/.test(token)) traits.push('white space inside')
  if (/[^\x20-\x7e\s]/.test(token)) traits.push('characters outside ASCII')
  if (token.startsWith('AKIA') || token.startsWith('ASIA')) traits.push('the form of an AWS access key ID')
  if (token.startsWith('gh') && /^gh[a-z]_/.test(token)) traits.push('the form of a GitHub token')
  if (!token.includes('hf_')) traits.push('no "hf_" anywhere')
  return traits.join(', ')
}
