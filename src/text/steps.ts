/** The steps of a run and how long each took: for the audit event and the chain of identity in the summary. */

/** What a program may spend time on: links of the chain of identity, in their order, and what follows. */
export const STEPS = [
  'id-token',
  'aws-session',
  'secret',
  'exchange',
  'mint',
  'verify',
  'deliver',
  'rotate',
  'deploy',
  'clean-up',
  'revoke',
] as const
export type StepName = (typeof STEPS)[number]

export interface StepTime {
  step: StepName
  /** Whole milliseconds; until now for a step that has not finished. */
  ms: number
  /** `unfinished`: the program stopped in the middle of it. */
  outcome: 'done' | 'failed' | 'unfinished'
}

interface Entry {
  step: StepName
  startedAt: number
  endedAt?: number
  failed?: boolean
}

/** Measures steps, with a clock that no change of the system's time moves. */
export class Steps {
  readonly #entries: Entry[] = []
  readonly #now: () => number

  /** `now`: milliseconds, only ever growing. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Does `work` as this step; returns or throws what `work` does. */
  async time<T>(step: StepName, work: () => Promise<T>): Promise<T> {
    const entry: Entry = { step, startedAt: this.#now() }
    this.#entries.push(entry)
    try {
      return await work()
    } catch (error) {
      entry.failed = true
      throw error
    } finally {
      entry.endedAt = this.#now()
    }
  }

  /** Every step so far, in the order in which they began. One that was done twice is in it twice. */
  get all(): StepTime[] {
    return this.#entries.map(({ step, startedAt, endedAt, failed }) => ({
      step,
      ms: Math.max(0, Math.round((endedAt ?? this.#now()) - startedAt)),
      outcome: failed ? 'failed' : endedAt === undefined ? 'unfinished' : 'done',
    }))
  }

  /** How long this step took in all, in whole milliseconds; undefined when it never began. */
  total(step: StepName): number | undefined {
    const times = this.all.filter((time) => time.step === step)
    return times.length === 0 ? undefined : times.reduce((sum, { ms }) => sum + ms, 0)
  }
}
