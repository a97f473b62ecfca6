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
      return prose`GitHub operates this runner; a setting of the workflow, or an image that it chooses, is up to the authors of the workflow.`
    case 'self-hosted':
      return prose`Send this to the people who operate this self-hosted runner.`
    default:
      return prose`Send this to the people who operate this machine.`
  }
}

/** Whoever runs proxies, firewalls and name servers between the machine and a host. */
export function networkOperators(platform: MaybePlatform, host: string): Prose {
  const what = prose`the people who administer the network of this runner (proxy, firewall, DNS): they must let it reach ${code(printable(host, 120))}`
  if (platform?.hosted !== 'github-hosted') return prose`Send this to ${what}.`
  return prose`On a GitHub-hosted runner, there is such a network only if the workflow sets a proxy or your organization uses private networking. If so, send this to ${what}.`
}

/** Whoever runs the forge. */
export function forgeOperators(platform: MaybePlatform): Prose {
  const host = platform?.host ?? ''
  if (platform === undefined || platform.forge === 'github' || platform.forge === 'ghe.com') {
    return prose`GitHub: ${link('https://www.githubstatus.com')} lists incidents, and ${link('https://support.github.com')} takes reports.`
  }
  return prose`Send this to the administrators of ${host === '' ? 'the server that runs this workflow' : code(printable(host, 120))}.`
}
