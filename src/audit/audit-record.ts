/** The event of one run: begun when the program starts, sent once, however the program ends. */

import type { Steps } from '../text/steps.ts'
import {
  AUDIT_SCHEMA_VERSION,
  type AuditedFacts,
  type AuditedProgram,
  type AuditResult,
  type AuditSink,
} from './audit-event.ts'

export interface AuditOptions {
  event: AuditedProgram
  steps: Steps
  /** What is known by now; called when the event is sent. */
  facts: () => AuditedFacts
  sinks: readonly AuditSink[]
}

/** Begun when the program starts; `result` is set on the way. */
export class AuditRecord {
  /** Until somebody knows better, nobody foresaw how the program ended. */
  result: AuditResult = 'internal-error'
  readonly #options: AuditOptions
  readonly #startedAt = Date.now()
  readonly #begun = performance.now()
  #isSent = false

  constructor(options: AuditOptions) {
    this.#options = options
  }

  /** Sends the event to every sink; a second call does nothing. A sink that fails does not keep it from the others. */
  send(): void {
    if (this.#isSent) return
    this.#isSent = true
    const { event, steps, facts, sinks } = this.#options
    const sent = {
      ...known(facts),
      event,
      schemaVersion: AUDIT_SCHEMA_VERSION,
      startedAt: this.#startedAt,
      durationMs: Math.round(performance.now() - this.#begun),
      result: this.result,
      steps: steps.all,
    } as const
    for (const sink of sinks) attempt(() => sink(sent))
  }
}

/** An event without its facts says more than none. */
function known(facts: () => AuditedFacts): AuditedFacts {
  return attempt(facts) ?? {}
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}
