/** The account's tokens by the secret that they were minted for: an account may have thousands, and a run hundreds of secrets. */
import type { AccountToken } from '../../hub/service-accounts.ts'
import { hashesOfArn, readTokenName } from '../names.ts'

/** A token of the account that was minted for a version of one secret. */
export interface RotatedToken extends AccountToken {
  versionId: string
}

/** A list of tokens, to be asked for those of one secret. */
export class TokenIndex {
  /** Of all tokens. */
  readonly ids: ReadonlySet<string>
  /** By the hash of the ARN in the token's name. */
  readonly #bySecret = new Map<string, RotatedToken[]>()

  constructor(tokens: readonly AccountToken[]) {
    this.ids = new Set(tokens.map(({ id }) => id))
    for (const token of tokens) {
      const { hash, versionId } = readTokenName(token.displayName) ?? {}
      if (hash === undefined || versionId === undefined) continue
      const others = this.#bySecret.get(hash)
      if (others) others.push({ ...token, versionId })
      else this.#bySecret.set(hash, [{ ...token, versionId }])
    }
  }

  /** The tokens that were minted for this secret, by their names. */
  of(arn: string): RotatedToken[] {
    return hashesOfArn(arn).flatMap((hash) => this.#bySecret.get(hash) ?? [])
  }
}
