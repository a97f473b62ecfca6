/** The token inside a secret's value, and the same value with another token: every other byte stays as it is. */
import { malformed, withoutKey } from '../../aws/read-secret.ts'
import type { SecretReference } from '../../aws/request.ts'
import { isProof, proofKey } from '../../hub/proof.ts'
import { checkTokenShape } from '../../hub/token-shape.ts'
import { isRecord, parseJson } from '../../text/json.ts'

export interface TokenInSecret {
  /** A secret: the caller masks it. */
  token: string
  isObject: boolean
  /** The value without the token and its proof, to compare it with another one. */
  rest: string
  /** The keys next to the token's and its proof's, when the secret is an object. */
  otherKeys: readonly string[]
  /** The value with another token, and, in an object, with its proof: without one, a proof that is there stays. */
  with(token: string, proof?: string): string
}

/**
 * Finds the token in a secret's text: at `secret.key` of a JSON object, or the text itself. `label`: the secret and its
 * version, for messages.
 *
 * @throws `ActionError` `secret-malformed`; `token-malformed` when what is there is not shaped like a token, and so
 * must not be replaced by one.
 */
export function tokenInSecret(text: string, secret: SecretReference, label: string): TokenInSecret {
  const trimmed = text.trim()
  const parsed = parseJson(trimmed)
  const proofName = proofKey(secret.key)
  const check = (value: string) =>
    checkTokenShape(
      value,
      `The secret ${label}`,
      `Check that ${secret.id} is the secret you mean; nothing in it was changed. A secret can be rotated if it holds a Hub token, alone or under the key ${secret.key}, or if it has no value yet.`,
    )
  if (isRecord(parsed)) {
    const value = Object.hasOwn(parsed, secret.key) ? parsed[secret.key] : undefined
    if (typeof value !== 'string') {
      const seen =
        value === undefined ? withoutKey(parsed, secret.key) : 'a JSON object whose key does not hold a string'
      throw malformed(secret, 'token', seen)
    }
    return {
      token: check(value),
      isObject: true,
      rest: withoutProof(replaceMember(text, secret.key, ''), isProof(parsed[proofName]) ? proofName : undefined),
      otherKeys: Object.keys(parsed).filter(
        (key) => key !== secret.key && !(key === proofName && isProof(parsed[key])),
      ),
      with: (token, proof) => {
        const replaced = replaceMember(text, secret.key, token)
        const isFree = !Object.hasOwn(parsed, proofName)
        // Whatever else somebody keeps under this key stays.
        if (proof === undefined || !(isFree || isProof(parsed[proofName]))) return replaced
        return isFree
          ? addMember(replaced, secret.key, { [proofName]: proof })
          : replaceMember(replaced, proofName, proof)
      },
    }
  }
  if (/^[{["]/.test(trimmed)) {
    throw malformed(secret, 'token', 'text that begins like JSON but is not a JSON object')
  }
  return {
    token: check(text),
    isObject: false,
    rest: text.replace(trimmed, ''),
    otherKeys: [],
    with: (token) => text.replace(trimmed, () => token),
  }
}

/** True when two values differ in nothing but the token and its proof. */
export function sameButToken(a: TokenInSecret, b: TokenInSecret): boolean {
  return a.rest === b.rest
}

/**
 * Replaces the string at a top-level key of a JSON object, and no other byte: parsing and writing it again would round
 * large numbers and reorder keys. If the key occurs more than once, the last one counts, as for `JSON.parse`.
 */
function replaceMember(json: string, wanted: string, value: string): string {
  const member = [...topLevelStrings(json)].findLast(({ key }) => key === wanted)
  if (!member) throw new TypeError('the key is not in the text')
  return json.slice(0, member.start) + JSON.stringify(value) + json.slice(member.end)
}

/** Adds a member right after another one. */
function addMember(json: string, after: string, member: Record<string, string>): string {
  const found = [...topLevelStrings(json)].findLast(({ key }) => key === after)
  if (!found) throw new TypeError('the key is not in the text')
  return `${json.slice(0, found.end)},${JSON.stringify(member).slice(1, -1)}${json.slice(found.end)}`
}

/** The text without the proof, and without the comma that comes with it. */
function withoutProof(json: string, key: string | undefined): string {
  const found = key === undefined ? undefined : [...topLevelStrings(json)].findLast((member) => member.key === key)
  if (!found) return json
  const before = json.slice(0, found.start).replace(/,?\s*"(?:[^"\\]|\\.)*"\s*:\s*$/, '')
  const after = json.slice(found.end)
  // The first member of an object has its comma behind it.
  return before.trimEnd().endsWith('{') ? before + after.replace(/^\s*,\s*/, '') : before + after
}

/** A string that is the value of a top-level key, quotes included: from `start` up to `end`, not including it. */
interface StringMember {
  key: string
  start: number
  end: number
}

/** Strings are the only tokens in which braces and commas mean nothing. */
const PIECES = /"(?:[^"\\]|\\.)*"|[{}[\],]/gs
const DEPTH: Readonly<Record<string, number>> = { '{': 1, '[': 1, '}': -1, ']': -1 }

/** `json`: the valid text of an object. */
function* topLevelStrings(json: string): Generator<StringMember> {
  let depth = 0
  let key: string | undefined
  for (const { 0: piece, index } of json.matchAll(PIECES)) {
    depth += DEPTH[piece] ?? 0
    if (depth !== 1) continue
    // The next string at this depth is a key.
    if (piece === '{' || piece === ',') key = undefined
    else if (piece.startsWith('"')) {
      if (key === undefined) key = JSON.parse(piece) as string
      else yield { key, start: index, end: index + piece.length }
    }
  }
}
