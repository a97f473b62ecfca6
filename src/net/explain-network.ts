/** What to tell a user whose runner cannot reach a host. Loaded only then. */

import { ActionError } from '../errors/action-error.ts'
import { printable } from '../text/printable.ts'
import type { NetworkError, Phase } from './http.ts'

const CAUSES: Record<Phase, { cause: string; fix: string }> = {
  DNS: {
    cause:
      'the name does not resolve on this runner: a typing mistake in an endpoint or region, or a private DNS zone.',
    fix: 'Check the spelling of the endpoint; on a self-hosted runner check its resolver, and for a VPC endpoint that private DNS is on.',
  },
  connect: {
    cause:
      'nothing accepts connections there: an egress rule, a security group or a firewall, or a missing VPC endpoint.',
    fix: 'Open TCP 443 from the runner to this host, or set `HTTPS_PROXY` (and `NO_PROXY`) if egress goes through a proxy; for AWS from a private subnet, create the VPC endpoint for this service.',
  },
  TLS: {
    cause: 'the certificate is not trusted here, mostly because a proxy inspects TLS with a company CA.',
    fix: 'Give Node the CA with `NODE_EXTRA_CA_CERTS=/path/to/ca.pem` in the runner’s environment, or exempt this host from inspection.',
  },
  proxy: {
    cause: 'the proxy does not answer, does not know the host, or asks for credentials.',
    fix: 'Check `HTTPS_PROXY` (with `user:password@` if it asks for them), let the proxy pass this host, or add the host to `NO_PROXY` if it is reachable directly.',
  },
  'time-out': {
    cause: 'packets to this host are dropped on the way: an egress rule, a firewall or a proxy.',
    fix: 'Open TCP 443 from the runner to this host, or set `HTTPS_PROXY`; for AWS from a private subnet, create the VPC endpoint for this service.',
  },
  answer: {
    cause:
      'the connection was cut before the whole answer had come: a proxy or load balancer in between, or the service restarting.',
    fix: 'Try again; if it stays, look at the proxy or firewall between the runner and this host.',
  },
  policy: {
    cause:
      'an endpoint in the inputs or the environment is plain `http:`, which would show secrets to everyone on the way.',
    fix: 'Use an `https:` endpoint: check `hf-endpoint`, `oidc-issuer`, `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_STS` and `AWS_ENDPOINT_URL_SECRETS_MANAGER`.',
  },
}

/** `network-unreachable`: which host, in which phase, after how many tries, and the usual causes of just that. */
export function explainNetworkError(error: NetworkError, attempts: number): ActionError {
  const { cause, fix } = CAUSES[error.phase]
  const through = error.proxy ? `, through the proxy ${printable(error.proxy)}` : ''
  const tries = attempts === 1 ? 'one try' : `${attempts} tries`
  return new ActionError('network-unreachable', {
    failed: `No answer from ${printable(error.host)}${through}, while waiting for ${error.what}.`,
    seen: `phase ${error.phase}: ${printable(error.detail)}, after ${tries}`,
    expected: `an answer from ${printable(error.host)}`,
    cause,
    fix,
  })
}
