/** Who can change something that the author of a job cannot, in words for the end of a message. Pure. */
import { code, link, type Prose, prose } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import type { Platform } from './platform.ts'

/** A platform of which nothing is known: programs that run outside of a job. */
export type MaybePlatform = Platform | undefined

/** Whoever runs the machine. */
export function runnerOperators(platform: MaybePlatform): Prose {
  switch (platform?.hosted) {
    case 'github-hosted':
      return prose`Anyone who can change this workflow. GitHub operates the runner itself.`
    case 'self-hosted':
      return prose`The people who operate this self-hosted runner. Send this message to them.`
    default:
      return prose`The people who operate this machine. Send this message to them.`
  }
}

/** Whoever runs proxies, firewalls and name servers between the machine and a host. */
export function networkOperators(platform: MaybePlatform, host: string): Prose {
  const what = prose`people who administer the network of this runner (proxy, firewall, DNS)`
  const task = prose`They must let it reach ${code(printable(host, 120))}: send this message to them.`
  if (platform?.hosted !== 'github-hosted') return prose`The ${what}. ${task}`
  return prose`If the workflow sets a proxy, or your organization uses private networking for GitHub-hosted runners, the ${what}. ${task} Otherwise, GitHub operates the network.`
}

/** Whoever runs the forge. */
export function forgeOperators(platform: MaybePlatform): Prose {
  const host = platform?.host ?? ''
  if (platform === undefined || platform.forge === 'github' || platform.forge === 'ghe.com') {
    return prose`GitHub: ${link('https://www.githubstatus.com')} lists incidents, and ${link('https://support.github.com')} takes reports.`
  }
  return prose`The administrators of ${host === '' ? 'the server that runs this workflow' : code(printable(host, 120))}. Send this message to them.`
}
