/** The chain of identity for the summary: from the job to the token, who each link is and how long it took. */
import { chainTable, type Link } from '../audit/chain.ts'
import type { AwsOrigin } from '../hub/token.ts'
import { codeHtml, textHtml } from '../text/html.ts'
import type { Progress } from './progress.ts'

/** One row for each link that is known; empty when there is none. */
export function chainHtml(progress: Progress): string {
  const links = [jobLink(progress), roleLink(progress), sourceLink(progress), hubLink(progress)]
  return chainTable(links, progress.steps)
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
