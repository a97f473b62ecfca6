/** The token inside a secret's value, and the same value with another token: every other byte stays as it is. */
import { malformed, withoutKey } from '../../aws/read-secret.ts'
import type { SecretReference } from '../../aws/request.ts'
import { formatPath, type KeyPath, nextTo, otherKeys, pathIn, valueAt } from '../../aws/secret-key.ts'
import { isProof, proofKey } from '../../hub/proof.ts'
import { checkTokenShape } from '../../hub/token-shape.ts'
import { isRecord, parseJson } from '../../text/json.ts'
import { addMember, replaceMember, withoutMember } from './json-text.ts'

export interface TokenInSecret {
  /** A secret: the caller masks it. */
  token: string
  /** Where it is, when the secret is an object. */
  path: KeyPath | undefined
  /** The value without the token and its proof, to compare it with another one. */
  rest: string
  /** The keys next to the token's and its proof's, and those of the objects around it, when the secret is an object. */
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
  const check = (value: string) =>
    checkTokenShape(
      value,
      `The secret ${label}`,
      `Check that ${secret.id} is the secret you mean; nothing in it was changed. A secret can be rotated if it holds a Hub token, alone or under the key ${secret.key}, or if it has no value yet.`,
    )
  if (isRecord(parsed)) {
    const path = pathIn(parsed, secret.key)
    const value = valueAt(parsed, path)
    if (typeof value !== 'string') {
      const seen = value === undefined ? withoutKey(parsed, path) : 'a JSON object whose key does not hold a string'
      throw malformed(secret, 'token', seen)
    }
    return inObject(text, parsed, path, check(value))
  }
  if (/^[{["]/.test(trimmed)) {
    throw malformed(secret, 'token', 'text that begins like JSON but is not a JSON object')
  }
  return {
    token: check(text),
    path: undefined,
    rest: text.replace(trimmed, ''),
    otherKeys: [],
    with: (token) => text.replace(trimmed, () => token),
  }
}

function inObject(text: string, parsed: Record<string, unknown>, path: KeyPath, token: string): TokenInSecret {
  const proofPath = nextTo(path, proofKey)
  const proof = valueAt(parsed, proofPath)
  const withoutToken = replaceMember(text, path, '')
  const proofName = formatPath(proofPath)
  return {
    token,
    path,
    rest: isProof(proof) ? withoutMember(withoutToken, proofPath) : withoutToken,
    otherKeys: otherKeys(parsed, [path]).filter((key) => !(key === proofName && isProof(proof))),
    with: (other, newProof) => {
      const replaced = replaceMember(text, path, other)
      // Whatever else somebody keeps under this key stays.
      if (newProof === undefined || !(proof === undefined || isProof(proof))) return replaced
      return proof === undefined
        ? addMember(replaced, path, { [proofPath.at(-1) ?? '']: newProof })
        : replaceMember(replaced, proofPath, newProof)
    },
  }
}

/** True when two values differ in nothing but the token and its proof. */
export function sameButToken(a: TokenInSecret, b: TokenInSecret): boolean {
  return a.rest === b.rest
}
