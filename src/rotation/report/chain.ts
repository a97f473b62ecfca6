/** A rotation's chain of identity for the summary: the job, its role, the service account whose tokens it stores. */
import { chainTable, type Link } from '../../audit/chain.ts'
import { codeHtml } from '../../text/html.ts'
import type { Steps } from '../../text/steps.ts'
import type { RotationProgress } from './report.ts'

/** One row for each link that is known; empty when there is none. */
export function rotationChain({ identity, rotation }: RotationProgress, steps: Steps): string {
  const links: (Link | undefined)[] = [
    identity && { title: 'Job', who: codeHtml(identity.subject), steps: ['id-token'] },
    rotation && { title: 'Role', who: codeHtml(rotation.caller), steps: ['aws-session'] },
    rotation?.account === undefined
      ? undefined
      : { title: 'Service account', who: codeHtml(rotation.account), steps: ['secret'] },
  ]
  return chainTable(links, steps)
}
