/** Ready-made forged ID tokens: what an attacker would try, as `mint` hooks of a job. */
import { createHmac } from 'node:crypto'
import type { Mint } from './job.ts'
import { createSigner } from './keys.ts'

/** `alg: none`, no signature. */
export const unsigned: Mint = (claims) => `${encode({ typ: 'JWT', alg: 'none' })}.${encode(claims)}.`

/** HS256 with the issuer's public key (PEM) as the shared secret. */
export const publicKeyAsSecret: Mint = (claims, signer) => {
  const input = `${encode({ typ: 'JWT', alg: 'HS256', kid: signer.kid })}.${encode(claims)}`
  const secret = signer.publicKey.export({ type: 'spki', format: 'pem' })
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

/** Signed with a key that is not the issuer's, under the issuer's `kid`. */
export const foreignKey: Mint = async (claims, signer) => (await createSigner()).sign(claims, { kid: signer.kid })

/** Signed with a key that is not the issuer's, under a `kid` that the issuer does not publish. */
export const unknownKey: Mint = async (claims) => (await createSigner()).sign(claims)

/** The issuer's signature over other claims. */
export const tampered: Mint = async (claims, signer) => {
  const [header, , signature] = (await signer.sign(claims)).split('.')
  return `${header}.${encode({ ...claims, repository: 'mallory/octo-repo' })}.${signature}`
}

/** Ended an hour ago. */
export const expired: Mint = (claims, signer) => {
  const iat = Math.floor(Date.now() / 1000) - 3600
  return signer.sign({ ...claims, nbf: iat - 300, iat, exp: iat + 300 })
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
