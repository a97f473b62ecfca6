/** What a Hub token looks like. */
import { ActionError } from '../errors/action-error.ts'
import type { Wording } from '../text/message.ts'

/** Prefix and characters of `hf_…`, `hf_oauth_…` and `hf_jwt_…` (a JWT follows). Source: huggingface.co/docs/hub/security-tokens. */
const SHAPE = /^hf_[A-Za-z0-9_][\w.~+/=-]{7,8190}$/

/**
 * The value without the white space around it, once it is shaped like a Hub token.
 *
 * @throws `ActionError` `token-malformed`, describing the value without showing any of it.
 */
export function checkTokenShape(value: string, where: string, fix: Wording): string {
  const token = value.trim()
  if (SHAPE.test(token)) return token
  throw new ActionError('token-malformed', {
    failed: `${where} does not hold something shaped like a Hugging Face token. The value is not shown.`,
    seen: describe(token),
    expected: '`hf_` and at least 8 letters or digits, nothing around them',
    cause: 'something else was stored, or the token was stored with quotes, a variable name or other text around it.',
    fix,
  })
}

/** One token, if need be cut short, with no more around it than quotes, a variable's name or the name of a header. */
const NEARLY = /^(?:export\s+)?(?:[\w-]+\s*[=:]\s*)?(?:bearer\s+)?["'`]?hf_[\w.~+/-]*["'`]?[;,]?$/i

/** True for a value that is nothing but a token badly stored, and for an empty one: there is nothing else to lose in it. */
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
  if (token.startsWith('AKIA') || token.startsWith('ASIA')) traits.push('the form of an AWS access key id')
  if (token.startsWith('gh') && /^gh[a-z]_/.test(token)) traits.push('the form of a GitHub token')
  if (!token.includes('hf_')) traits.push('no "hf_" anywhere')
  return traits.join(', ')
}
