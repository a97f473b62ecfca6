/** The role sessions of a run: each is opened when something in it is needed first, and then shared. */
import type { AwsCaller } from '../aws/caller.ts'
import type { EcsService } from '../aws/ecs-service.ts'
import { PolicyTooLarge } from '../aws/policy-too-large.ts'
import type { SecretReference } from '../aws/request.ts'
import { halvesOf, planSessions } from './batches.ts'
import type { RotatedSecret, RotationRequest } from './request.ts'
import { rotationPolicy, type SessionPart } from './session-policy.ts'

/** What a session is needed for: one of the values in the request. */
export type Need = SecretReference | RotatedSecret | EcsService

/** How often one part is divided: each time, its policy is half as long. */
const MAX_DIVISIONS = 4

/** A part, and its session as soon as it was needed. */
interface Batch {
  part: SessionPart
  divided: number
  /** Undefined when the part was divided: then its halves have sessions of their own. */
  session: Promise<AwsCaller | undefined> | undefined
}

/** The sessions of one run. */
export class Sessions {
  readonly #request: RotationRequest
  readonly #open: (document: string | undefined) => Promise<AwsCaller>
  readonly #batches = new Map<Need, Batch>()
  #opened = 0

  /** `open`: opens a session of the role that is limited by this session policy. */
  constructor(request: RotationRequest, open: (document: string | undefined) => Promise<AwsCaller>) {
    this.#request = request
    this.#open = open
    for (const part of planSessions(request)) this.#add(part, 0)
  }

  /** How many were opened so far. */
  get opened(): number {
    return this.#opened
  }

  /**
   * The session for this. One that could not be opened is tried again only by the next run.
   *
   * @throws what `open` throws.
   */
  async of(need: Need): Promise<AwsCaller> {
    for (;;) {
      const batch = this.#batches.get(need)
      if (!batch) throw new TypeError('no session is planned for this')
      batch.session ??= this.#openOrDivide(batch)
      const caller = await batch.session
      if (caller) return caller
    }
  }

  #add(part: SessionPart, divided: number): void {
    const batch: Batch = { part, divided, session: undefined }
    for (const need of [...(part.admin ? [part.admin] : []), ...part.secrets, ...part.services]) {
      this.#batches.set(need, batch)
    }
  }

  async #openOrDivide({ part, divided }: Batch): Promise<AwsCaller | undefined> {
    try {
      const caller = await this.#open(rotationPolicy(this.#request, part))
      this.#opened += 1
      return caller
    } catch (error) {
      const isOurs = this.#request.sessionPolicy === 'auto' && error instanceof PolicyTooLarge
      const halves = isOurs && divided < MAX_DIVISIONS ? halvesOf(part) : undefined
      if (!halves) throw error
      for (const half of halves) this.#add(half, divided + 1)
      return undefined
    }
  }
}
