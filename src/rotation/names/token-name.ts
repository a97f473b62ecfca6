/** Names of rotated tokens on the Hub: they say which version of which secret a token is for. */
import { createHash, randomBytes } from 'node:crypto'

/** `hf-oidc-rotate <secret> <hash of its ARN> <version id> <random>`. */
const OURS = /^hf-oidc-rotate [\w/+=.@-]{0,60} ([0-9a-f]{16}) ([\w-]{32,64}) [0-9a-f]{8}$/

/** A new name for a token that goes into this version of this secret. No two are alike. */
export function rotatedTokenName(arn: string, versionId: string): string {
  const name = arn.split(':').slice(6).join(':').slice(-60)
  return `hf-oidc-rotate ${name} ${hashOf(arn)} ${versionId} ${randomBytes(4).toString('hex')}`
}

/** The version of this secret that a token was made for; undefined when it is for another secret, or not of ours. */
export function versionOfToken(displayName: string, arn: string): string | undefined {
  const [, hash, versionId] = OURS.exec(displayName) ?? []
  return hash === hashOf(arn) ? versionId : undefined
}

/** A secret's name is not enough: two accounts may have one of the same name. */
function hashOf(arn: string): string {
  return createHash('sha256').update(arn).digest('hex').slice(0, 16)
}
