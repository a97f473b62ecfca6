/** An issuer's signing keys: RS256 (GitHub's) or ES256, published as a JWK set, rotated on demand. */
import { createHash, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { exportJWK, type JSONWebKeySet, type JWK, type JWTPayload, SignJWT } from 'jose'

export type Algorithm = 'RS256' | 'ES256'

/** What signs an ID token. */
export interface Signer {
  readonly algorithm: Algorithm
  /** The key's id: `kid` in the token's header and in the JWK set. */
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** A compact JWT. `header` adds to `alg`, `kid` and `typ`, or replaces them. */
  sign(claims: JWTPayload, header?: Record<string, unknown>): Promise<string>
}

/** A fresh key: 2048-bit RSA, or P-256. Its `kid` is the SHA-256 of the public key, in hexadecimal. */
export async function createSigner(algorithm: Algorithm = 'RS256'): Promise<Signer> {
  const { privateKey, publicKey } =
    algorithm === 'RS256'
      ? await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
      : await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const kid = createHash('sha256').update(der).digest('hex')
  return {
    algorithm,
    kid,
    privateKey,
    publicKey,
    sign: (claims, header) =>
      new SignJWT(claims).setProtectedHeader({ typ: 'JWT', alg: algorithm, kid, ...header }).sign(privateKey),
  }
}

let ofGitHub: Promise<Signer> | undefined

/** The key with which GitHub begins in every sandbox of this process: making one takes longer than most tests. */
export function githubKey(): Promise<Signer> {
  ofGitHub ??= createSigner()
  return ofGitHub
}

/** The signing key of today and those of before that are still published. */
export class KeyRing {
  #current: Signer
  #published: JWK[] = []

  private constructor(current: Signer) {
    this.#current = current
  }

  /** `first`: the key to begin with, e.g. {@link githubKey}. Default: a new one. */
  static async create(algorithm?: Algorithm, first?: Signer): Promise<KeyRing> {
    const ring = new KeyRing(first ?? (await createSigner(algorithm)))
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
    this.#current = await createSigner(this.#current.algorithm)
    const jwk = await publicJwk(this.#current)
    this.#published = retire ? [jwk] : [...this.#published, jwk]
  }
}

async function publicJwk(signer: Signer): Promise<JWK> {
  return { ...(await exportJWK(signer.publicKey)), kid: signer.kid, alg: signer.algorithm, use: 'sig' }
}
