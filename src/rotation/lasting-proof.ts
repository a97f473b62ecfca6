/** One ID token for all sessions of a run, and a new one when it has expired. */
import type { Identity } from '../identity/identity.ts'

/** A token that expires sooner than this may have expired when STS sees it, in milliseconds. */
const MARGIN_MS = 10_000

/** The proof of one job, for as long as the run takes. */
export class LastingProof {
  #identity: Identity
  #renewal: Promise<Identity> | undefined
  readonly #renew: () => Promise<Identity>

  /** `renew`: proves the same job again. */
  constructor(identity: Identity, renew: () => Promise<Identity>) {
    this.#identity = identity
    this.#renew = renew
  }

  /**
   * The identity, with an ID token that is still valid.
   *
   * @throws what `renew` throws.
   */
  async current(): Promise<Identity> {
    const { expiresAt, clockOffsetMs } = this.#identity
    const leftMs = expiresAt * 1000 - (Date.now() + clockOffsetMs)
    return leftMs < MARGIN_MS ? await this.renewed(this.#identity) : this.#identity
  }

  /**
   * Another one than `used`. Several that ask at the same time get the same.
   *
   * @throws what `renew` throws.
   */
  async renewed(used: Identity): Promise<Identity> {
    if (this.#identity !== used) return this.#identity
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined
    })
    this.#identity = await this.#renewal
    return this.#identity
  }
}
