/** The chain of identity for the summary: from the job to the token, who each link is and how long it took. */
import type { AwsOrigin } from '../hub/token.ts'
import { codeHtml, escapeHtml, textHtml } from '../text/html.ts'
import type { StepName, Steps } from '../text/steps.ts'
import type { Progress } from './progress.ts'

interface Link {
  title: string
  /** HTML. */
  who: string
  steps: readonly StepName[]
}

/** One row for each link that is known; empty when there is none. */
export function chainHtml(progress: Progress): string {
  const links = [jobLink(progress), roleLink(progress), sourceLink(progress), hubLink(progress)].filter(
    (link) => link !== undefined,
  )
  if (links.length === 0) return ''
  const rows = links.map(
    ({ title, who, steps }) =>
      `<tr><td><b>${escapeHtml(title)}</b></td><td>${who}</td><td>${took(steps, progress.steps)}</td></tr>`,
  )
  const head = '<tr><th>Chain of identity</th><th></th><th>Time</th></tr>'
  return `<table>\n${[head, ...rows].join('\n')}\n</table>`
}

function jobLink({ identity }: Progress): Link | undefined {
  return identity && { title: 'Job', who: codeHtml(identity.subject), steps: ['id-token'] }
}

function roleLink({ origin }: Progress): Link | undefined {
  return origin?.aws && { title: 'Role', who: roleHtml(origin.aws), steps: ['aws-session'] }
}

/** The session, and those through which it was reached. */
function roleHtml({ assumedRoleArn, via = [] }: AwsOrigin): string {
  return [...via, assumedRoleArn].map(codeHtml).join(' →<br>')
}

function sourceLink({ origin }: Progress): Link | undefined {
  if (!origin) return undefined
  const title = origin.aws?.holdsToken ? 'Secret' : 'Source'
  return { title, who: textHtml(origin.label), steps: ['secret', 'exchange', 'mint'] }
}

function hubLink({ token }: Progress): Link | undefined {
  if (!token) return undefined
  const who = token.identity ? `${codeHtml(token.identity)} (${textHtml(token.kind)})` : 'not checked'
  return { title: 'Hub identity', who, steps: ['verify'] }
}

/** `340 ms`; empty when nothing was measured. */
function took(names: readonly StepName[], steps: Steps | undefined): string {
  const times = names.map((name) => steps?.total(name)).filter((ms) => ms !== undefined)
  return times.length === 0 ? '' : `${times.reduce((sum, ms) => sum + ms, 0)} ms`
}
