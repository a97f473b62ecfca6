/** Runs a program and sends its audit event, however it ends: done, failed, or cancelled by the runner. */
import { constants } from 'node:os'
import { info } from '@actions/core'
import type { AuditSink } from '../audit/audit-event.ts'
import { auditLine } from '../audit/audit-line.ts'
import { type AuditOptions, AuditRecord } from '../audit/audit-record.ts'

/** The event as one line in the job's log. */
export const logSink: AuditSink = (event) => info(`Audit: ${auditLine(event)}`)

/** How the runner cancels a step: SIGINT, and SIGTERM 7.5 seconds later. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

export interface AuditedOptions extends Omit<AuditOptions, 'sinks'> {
  /** Who receives the event besides the log. */
  sinks?: readonly AuditSink[]
}

/**
 * Does `work`, which sets the result of the record that it gets. The event is sent when `work` has ended, also by an error
 * (which is thrown on), and when the process ends before that: by a signal, by an error outside of `work`, or because
 * nothing is left to wait for.
 */
export async function audited(
  { sinks = [], ...options }: AuditedOptions,
  work: (record: AuditRecord) => Promise<void>,
): Promise<void> {
  const record = new AuditRecord({ ...options, sinks: [logSink, ...sinks] })
  const exit = () => record.send()
  const cancel = (signal: NodeJS.Signals) => {
    record.result = 'cancelled'
    record.send()
    // As a shell reports it: 128 and the number of the signal.
    process.exit(128 + constants.signals[signal])
  }
  for (const signal of SIGNALS) process.once(signal, cancel)
  process.once('exit', exit)
  try {
    await work(record)
  } finally {
    for (const signal of SIGNALS) process.off(signal, cancel)
    process.off('exit', exit)
    record.send()
  }
}
