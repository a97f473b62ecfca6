/** Edge: the runner's log, annotations and summary. Every line is made printable here once more. */
import { inspect } from 'node:util'
import { debug, error, info, setFailed, setSecret, summary, warning } from '@actions/core'
import type { ActionError } from '../errors/action-error.ts'
import type { Log, Mask } from '../text/log.ts'
import { printable, verbatim } from '../text/printable.ts'
import { redact, remember } from '../text/redact.ts'

const MAX = 4000

/** A shorter mask would hide letters and digits everywhere in the log of the job. */
export const SHORTEST_MASK = 4

let isTold = false

/**
 * Masks a value in the runner's log, and keeps it out of every text of our own. Line by line, as the runner itself takes a value
 * of several lines, but without the short ones: a `}` would be hidden everywhere. A value that has only short lines is not
 * masked at all, and no message of ours contains one: a proxy's password, for example, is shown nowhere with its address.
 */
export const mask: Mask = (secret) => {
  const all = secret.split(/[\r\n]+/).map((line) => line.trim())
  const long = all.filter(({ length }) => length >= SHORTEST_MASK)
  for (const line of new Set(long)) setSecret(line)
  remember(secret)
  if (long.length > 0 || secret.trim() === '' || isTold) return
  isTold = true
  info(
    `A secret value (such as a proxy’s password) is shorter than ${SHORTEST_MASK} characters, so it is not masked: the runner would hide these characters everywhere in the log. This action does not print the value. Choose a longer one to have it masked in the output of other steps too.`,
  )
}

/** A warning may have several lines (an explanation); each is made printable on its own. */
function lines(message: string): string {
  return message
    .split('\n')
    .map((line) => verbatim(line, MAX))
    .join('\n')
}

/** The runner's log. */
export const runnerLog: Log = {
  info: (message) => info(verbatim(message, MAX)),
  debug: (message) => debug(verbatim(message, MAX)),
  warning: (message) => {
    warnings += 1
    warning(lines(message), { title: 'hf-oidc-action' })
  },
}

let warnings = 0

/** How many warnings this program has logged. */
export const warningCount = (): number => warnings

/** Adds an annotation with the code as its title, and fails the step. The cause goes to the debug log only. */
export function annotate(failure: ActionError): void {
  process.exitCode = 1
  const page = errorsPage()
  const more = page === undefined ? '' : `\nMore: ${page}#${failure.code}`
  error(lines(failure.message) + more, { title: failure.code })
  if (failure.cause !== undefined) debugCause(failure.cause)
}

/** What nobody foresaw may quote anything: beside this run's secrets, what looks like one is left out too. */
function debugCause(cause: unknown): void {
  const text = redact(inspect(cause, { depth: 2, breakLength: 120 }))
  for (const line of text.split('\n')) debug(printable(line, MAX))
}

/** The page that explains the codes, if the runner says which repository the action comes from. */
export function errorsPage(): string | undefined {
  const { GITHUB_ACTION_REPOSITORY: repository = '', GITHUB_ACTION_REF: ref = '' } = process.env
  const known = /^[\w.-]+\/[\w.-]+$/.test(repository) && /^[\w./-]+$/.test(ref)
  return known ? `https://github.com/${repository}/blob/${ref}/docs/errors.md` : undefined
}

/** The last resort, when the report itself failed. */
export function reportBroken(): void {
  setFailed('[internal-error] The action failed, and its report could not be written.')
}

/** Adds to the job summary, if the runner has one. */
export async function writeSummary(html: string): Promise<void> {
  try {
    await summary.addRaw(html, true).write()
  } catch {
    debug('The job summary could not be written.')
  }
}
