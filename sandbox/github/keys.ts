/** The issuer's signing keys: RS256, published as a JWK set, rotated on demand. */
import { createHash, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { exportJWK, type JSONWebKeySet, type JWK, type JWTPayload, SignJWT } from 'jose'

/** What signs an ID token. */
export interface Signer {
  /** The key's id: `kid` in the token's header and in the JWK set. */
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** A compact RS256 JWT. `header` adds to `alg`, `kid` and `typ`, or replaces them. */
  sign(claims: JWTPayload, header?: Record<string, unknown>): Promise<string>
}

/** A fresh 2048-bit RSA key. Its `kid` is the SHA-256 of the public key, in hexadecimal. */
export async function createSigner(): Promise<Signer> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const kid = createHash('sha256').update(der).digest('hex')
  return {
    kid,
    privateKey,
    publicKey,
    sign: (claims, header) =>
      new SignJWT(claims).setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid, ...header }).sign(privateKey),
  }
}

/** The signing key of today and those of before that are still published. */
export class KeyRing {
  #current: Signer
  #published: JWK[] = []

  private constructor(current: Signer) {
    this.#current = current
  }

  static async create(): Promise<KeyRing> {
    const ring = new KeyRing(await createSigner())
    ring.#published = [await publicJwk(ring.#current)]
    return ring
  }

  get current(): Signer {
    return this.#current
  }

  /** What the issuer publishes. */
  get jwks(): JSONWebKeySet {
    return { keys: [...this.#published] }
  }

  /** Signs with a new key from now on. The old key stays published, as it does at GitHub, unless `retire` is set. */
  async rotate(retire: boolean): Promise<void> {
    this.#current = await createSigner()
    const jwk = await publicJwk(this.#current)
    this.#published = retire ? [jwk] : [...this.#published, jwk]
  }
}

async function publicJwk(signer: Signer): Promise<JWK> {
  return { ...(await exportJWK(signer.publicKey)), kid: signer.kid, alg: 'RS256', use: 'sig' }
}
