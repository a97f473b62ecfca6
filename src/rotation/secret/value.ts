/** The token inside a secret's value, and the same value with another token: every other byte stays as it is. */
import { malformed, withoutKey } from '../../aws/read-secret.ts'
import type { SecretReference } from '../../aws/request.ts'
import { checkTokenShape } from '../../hub/token-shape.ts'
import { isRecord, parseJson } from '../../text/json.ts'

export interface TokenInSecret {
  /** A secret: the caller masks it. */
  token: string
  isObject: boolean
  /** The keys beside the token's, when the secret is an object. */
  otherKeys: readonly string[]
  /** The value with another token. */
  with(token: string): string
}

/**
 * Finds the token in a secret's text: at `secret.key` of a JSON object, or the text itself.
 *
 * @throws `ActionError` `secret-malformed`; `token-malformed` when what is there is not shaped like a token, and so
 * must not be replaced by one.
 */
export function tokenInSecret(text: string, secret: SecretReference, label: string): TokenInSecret {
  const trimmed = text.trim()
  const parsed = parseJson(trimmed)
  const check = (value: string) =>
    checkTokenShape(
      value,
      `The secret ${label}`,
      `Check that ${secret.id} is the secret that you mean: nothing was changed in it. A secret to rotate holds a Hub token, alone or at the key ${secret.key}; or it has no value yet.`,
    )
  if (isRecord(parsed)) {
    const value = Object.hasOwn(parsed, secret.key) ? parsed[secret.key] : undefined
    if (typeof value !== 'string') {
      const seen = value === undefined ? withoutKey(parsed, secret.key) : 'a JSON object whose key holds no string'
      throw malformed(secret, 'token', seen)
    }
    return {
      token: check(value),
      isObject: true,
      otherKeys: Object.keys(parsed).filter((key) => key !== secret.key),
      with: (token) => replaceMember(text, secret.key, token),
    }
  }
  if (/^[{["]/.test(trimmed)) {
    throw malformed(secret, 'token', 'text that begins like JSON and is not a JSON object')
  }
  return { token: check(text), isObject: false, otherKeys: [], with: (token) => text.replace(trimmed, () => token) }
}

/** True when two values differ in nothing but the token. */
export function sameButToken(a: TokenInSecret, b: TokenInSecret): boolean {
  return a.with('') === b.with('')
}

/**
 * Replaces the string at a top-level key of a JSON object, and no other byte: parsing and writing anew would round
 * large numbers and reorder keys. Of a key that stands there twice, the last one counts, as for `JSON.parse`.
 */
function replaceMember(json: string, wanted: string, value: string): string {
  // Strings are the only tokens in which braces and commas mean nothing; the text is known to be valid.
  const pieces = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs
  let depth = 0
  let key: string | undefined
  let awaitsKey = false
  let span: [number, number] | undefined
  for (let piece = pieces.exec(json); piece; piece = pieces.exec(json)) {
    const [text] = piece
    if (text === '{' || text === '[') {
      depth += 1
      awaitsKey = depth === 1
      if (depth > 1) key = undefined
    } else if (text === '}' || text === ']') depth -= 1
    else if (text === ',') awaitsKey = depth === 1
    else if (text.startsWith('"') && depth === 1) {
      if (awaitsKey) key = JSON.parse(text) as string
      else if (key === wanted) span = [piece.index, piece.index + text.length]
      awaitsKey = false
    }
  }
  if (!span) throw new TypeError('the key is not in the text')
  return json.slice(0, span[0]) + JSON.stringify(value) + json.slice(span[1])
}
