/** Which of the contacted hosts are not the services' own. */
import { isServiceHost } from '../aws/partition.ts'
import { DEFAULT_HUB } from '../hub/pages.ts'
import type { Contacted } from '../net/http.ts'
import type { AuditedHosts } from './audit-event.ts'

/** Where github.com and GHE.com issue ID tokens and publish their keys. */
const GITHUB = /(?:^|\.)actions\.(?:githubusercontent\.com|[a-z0-9-]+\.ghe\.com)$/

/** Everything that was contacted, for the event. */
export function auditedHosts({ hosts, proxy }: Contacted): AuditedHosts {
  return { contacted: hosts, custom: hosts.filter((host) => !isOwn(host)), proxy }
}

function isOwn(host: string): boolean {
  return host === new URL(DEFAULT_HUB).host || GITHUB.test(host) || isServiceHost(host)
}
