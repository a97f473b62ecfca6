/** What to tell a user whose runner cannot reach a host. Loaded only then. */
import { ActionError } from '../errors/action-error.ts'
import { code, joined, prose, type Wording } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import type { NetworkError, Phase } from './http.ts'

const PROXY = code('HTTPS_PROXY')
const NO_PROXY = code('NO_PROXY')

/** Every setting from which the URL of a call can come. */
const ENDPOINTS = [
  'hf-endpoint',
  'oidc-issuer',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_STS',
  'AWS_ENDPOINT_URL_SECRETS_MANAGER',
  'AWS_ENDPOINT_URL_ECS',
]

const CAUSES: Record<Phase, { cause: Wording; fix: Wording }> = {
  DNS: {
    cause: 'The name does not resolve on this runner: a typo in an endpoint or region, or a private DNS zone.',
    fix: 'Check the spelling of the endpoint. On a self-hosted runner, check its resolver; for a VPC endpoint, check that private DNS is enabled.',
  },
  connect: {
    cause:
      'The connection was not accepted: nothing is listening there, an egress rule, a security group or a firewall blocks it, or a VPC endpoint is missing.',
    fix: prose`Open TCP port 443 from the runner to this host, or set ${PROXY} (and ${NO_PROXY}) if egress goes through a proxy. For AWS from a private subnet, create the VPC endpoint for this service.`,
  },
  TLS: {
    cause: 'This runner does not trust the certificate, usually because a proxy inspects TLS with a company CA.',
    fix: prose`Make Node trust the CA: set ${code('NODE_EXTRA_CA_CERTS=/path/to/ca.pem')} in the runner’s environment, or exempt this host from inspection.`,
  },
  proxy: {
    cause: 'The proxy does not respond, cannot resolve the host, or requires credentials.',
    fix: prose`Check ${PROXY} (with ${code('user:password@')} if it requires them), allow this host on the proxy, or add the host to ${NO_PROXY} if it can be reached directly.`,
  },
  timeout: {
    cause: 'Packets to this host are dropped by an egress rule, a firewall or a proxy.',
    fix: prose`Open TCP port 443 from the runner to this host, or set ${PROXY}. For AWS from a private subnet, create the VPC endpoint for this service.`,
  },
  answer: {
    cause:
      'A proxy, a load balancer or a restart of the service closed the connection before the response was complete.',
    fix: 'Try again. If the problem persists, check the proxy or firewall between the runner and this host.',
  },
  policy: {
    cause: prose`An endpoint in the inputs or the environment uses plain ${code('http:')}, which would expose secrets to anyone on the network path.`,
    fix: prose`Use an ${code('https:')} endpoint. Check ${joined(
      ENDPOINTS.map((name) => code(name)),
      ', ',
    )}.`,
  },
}

/** Connected, and then nothing came. */
const SILENT = {
  cause:
    'The host accepted the connection, but its response did not arrive in time. The service may be overloaded, or a proxy or firewall may hold the response back.',
  fix: prose`Try again. If the problem persists, check the proxy or firewall between the runner and this host, or give the action more time, for example with ${code('timeout: 2m')}.`,
}

/** A call that came to no connection names the phase. */
const isSilent = ({ phase, detail }: NetworkError): boolean => phase === 'timeout' && !detail.includes(', in phase ')

/** `network-unreachable`: which host, in which phase, and the usual causes of exactly that. */
export function explainNetworkError(error: NetworkError): ActionError {
  const { cause, fix } = isSilent(error) ? SILENT : CAUSES[error.phase]
  const through = error.proxy ? `, through the proxy ${printable(error.proxy)},` : ''
  return new ActionError('network-unreachable', {
    failed: `No answer from ${printable(error.host)}${through} while waiting for ${error.what}.`,
    seen: `phase ${error.phase}: ${printable(error.detail)}`,
    expected: `an answer from ${printable(error.host)}`,
    cause,
    fix,
  })
}
