/** The chain of identity for a job summary: who each link is, and how long it took. */
import { escapeHtml } from '../text/html.ts'
import type { StepName, Steps } from '../text/steps.ts'

export interface Link {
  title: string
  /** HTML. */
  who: string
  /** What was done for it. */
  steps: readonly StepName[]
}

/** One row for each link that is known; empty when there is none. */
export function chainTable(known: readonly (Link | undefined)[], steps: Steps | undefined): string {
  const links = known.filter((link) => link !== undefined)
  if (links.length === 0) return ''
  const rows = links.map(
    (link) =>
      `<tr><td><b>${escapeHtml(link.title)}</b></td><td>${link.who}</td><td>${took(link.steps, steps)}</td></tr>`,
  )
  const head = '<tr><th>Chain of identity</th><th></th><th>Time</th></tr>'
  return `<table>\n${[head, ...rows].join('\n')}\n</table>`
}

/** `340 ms`; empty when nothing was measured. */
function took(names: readonly StepName[], steps: Steps | undefined): string {
  const times = names.map((name) => steps?.total(name)).filter((ms) => ms !== undefined)
  return times.length === 0 ? '' : `${times.reduce((sum, ms) => sum + ms, 0)} ms`
}
