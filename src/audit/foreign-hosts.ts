/** Which of the hosts that were contacted do not belong to the services themselves. */
import { ownHosts } from '../aws/partition.ts'
import { DEFAULT_HUB } from '../hub/pages.ts'
import { issuerOf } from '../identity/issuer.ts'
import { isCredentialUrl } from '../net/endpoint.ts'
import type { Contacted } from '../net/http.ts'
import type { AuditedHosts } from './audit-event.ts'

/**
 * The hosts that are not GitHub's, AWS's or the Hub's own, in order: custom endpoints, VPC endpoints and issuers other than
 * GitHub's. `serverUrl`: `GITHUB_SERVER_URL`.
 */
export function foreignHosts({ hosts }: Contacted, serverUrl: string): string[] {
  return hosts.filter((host) => !isGitHubs(host, serverUrl) && !isAws(host) && host !== new URL(DEFAULT_HUB).host)
}

/** Everything that was contacted, for the audit event. */
export function auditedHosts(contacted: Contacted, serverUrl: string): AuditedHosts {
  return { contacted: contacted.hosts, custom: foreignHosts(contacted, serverUrl), proxy: contacted.proxy }
}

/** Where github.com's runners get their ID tokens, and the issuer; for other servers, the server itself. */
function isGitHubs(host: string, serverUrl: string): boolean {
  if (host.endsWith('.actions.githubusercontent.com')) return true
  if (!URL.canParse(serverUrl)) return false
  const server = new URL(serverUrl)
  if (server.hostname.endsWith('.ghe.com') && host.endsWith(`.${server.hostname}`)) return true
  return host === server.host || host === new URL(issuerOf(serverUrl)).host
}

/**
 * The services, and the addresses at which AWS gives a machine its credentials. In most names under AWS's domains, a
 * customer has a say: `sts.s3.amazonaws.com` is a bucket.
 */
function isAws(host: string): boolean {
  const url = `http://${host}`
  if (URL.canParse(url) && isCredentialUrl(new URL(url))) return true
  const [, service, region] = /^(sts|secretsmanager|ecs)(?:-fips)?\.([a-z]{2,5}-[a-z0-9-]+-\d{1,2})\./.exec(host) ?? []
  return service !== undefined && region !== undefined && ownHosts(service, region).includes(host)
}
