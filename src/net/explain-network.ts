/** What to tell a user whose runner cannot reach a host. Loaded only then. */
import { ActionError, type Explanation } from '../errors/action-error.ts'
import { type MaybePlatform, networkOperators, runnerOperators } from '../platform/people.ts'
import type { CaFile } from '../platform/platform.ts'
import { code, joined, partsOf, prose, type Wording } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import { isCertificateError, isSilent, type NetworkError, type Phase } from './http.ts'

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
    cause: 'The TLS handshake failed. The server may not speak TLS, or may not support a version that Node accepts.',
    fix: 'Check the host and the port of the endpoint, and any proxy or firewall between the runner and this host.',
  },
  proxy: {
    cause: prose`The proxy could not be reached, or did not answer. It may be down, or its name or port in ${PROXY} may be wrong.`,
    fix: prose`Check ${PROXY}, or add the host to ${NO_PROXY} if it can be reached directly.`,
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

const TRUST = prose`Make Node trust the CA: set ${code('NODE_EXTRA_CA_CERTS=/path/to/ca.pem')} in the runner’s environment; or, if the runner’s system already trusts it, ${code('NODE_OPTIONS=--use-system-ca')} (from runner 2.329 on, also ${code('NODE_USE_SYSTEM_CA=1')}).`

/** By the code of the error of Node or OpenSSL. */
const CERTIFICATES: readonly [RegExp, { cause: Wording; fix: Wording }][] = [
  [
    /ALTNAME/,
    {
      cause: 'The certificate is valid for other names, but not for this host.',
      fix: 'Check the endpoint, and what answers at this address. A certificate for a name does not cover the IP address, or vice versa.',
    },
  ],
  [
    /EXPIRED|NOT_YET_VALID/,
    {
      cause: 'The certificate has expired or is not valid yet, or the runner’s clock is wrong.',
      fix: 'Check the runner’s clock. If it is right, the operator of this host must renew the certificate.',
    },
  ],
  [
    /./,
    {
      cause: 'This runner does not trust the certificate, usually because a proxy inspects TLS with a company CA.',
      fix: [TRUST, 'Or exempt this host from inspection.'],
    },
  ],
]

/** By what the proxy answered to CONNECT. Source: RFC 9110, sections 15.5.4, 15.5.8 and 15.6. */
const REFUSALS: readonly [RegExp, { cause: Wording; fix: Wording }][] = [
  [
    /CONNECT with 407$/,
    {
      cause: prose`The proxy requires credentials, or does not accept those in ${PROXY}.`,
      fix: prose`Put them in ${PROXY}, as ${code('http://user:password@proxy:port')}, with special characters written as ${code('%XX')}. Or add the host to ${NO_PROXY} if it can be reached directly.`,
    },
  ],
  [
    /CONNECT with 4\d\d$/,
    {
      cause: 'The proxy does not allow connections to this host.',
      fix: prose`Allow this host on the proxy, or add it to ${NO_PROXY} if it can be reached directly.`,
    },
  ],
  [
    /CONNECT with 5\d\d$/,
    {
      cause: 'The proxy could not reach this host, or could not resolve its name.',
      fix: prose`Check the spelling of the endpoint, and the proxy’s own connection to the internet. Or add the host to ${NO_PROXY} if it can be reached directly.`,
    },
  ],
]

const OF_PROXY = {
  cause: prose`This runner does not trust the certificate of the proxy itself, or the certificate is not for the host in ${PROXY}.`,
  fix: [TRUST, prose`Or use the name in ${PROXY} that the proxy’s certificate is for.`],
}

/** The phases in which the host itself could not be reached. */
const UNREACHED: readonly Phase[] = ['DNS', 'connect', 'timeout']

/** Connected, and then nothing came. */
const SILENT = {
  cause:
    'The host accepted the connection, but its response did not arrive in time. The service may be overloaded, or a proxy or firewall may hold the response back.',
  fix: prose`Try again. If the problem persists, check the proxy or firewall between the runner and this host, or give the action more time, for example with ${code('timeout: 2m')}.`,
}

function causeOf(error: NetworkError): { cause: Wording; fix: Wording } {
  const { phase, detail, isProxys } = error
  if (isSilent(error)) return SILENT
  const isCertificate = phase === 'TLS' && isCertificateError(detail)
  if (isCertificate && isProxys) return OF_PROXY
  const table = isCertificate ? CERTIFICATES : phase === 'proxy' ? REFUSALS : []
  return table.find(([pattern]) => pattern.test(detail))?.[1] ?? CAUSES[phase]
}

/** What to say about a proxy that is set and not used, if that can be the reason. */
function unusedProxyParts({ phase, proxy, unusedProxy }: NetworkError): Wording[] {
  if (unusedProxy === undefined || proxy !== undefined || !UNREACHED.includes(phase)) return []
  return [
    prose`${code(unusedProxy)} is set in this job, but ${PROXY} is not. Calls to ${code('https:')} URLs go through the proxy in ${PROXY} only. If the runner reaches the internet through a proxy, set ${PROXY} to it.`,
  ]
}

/** `network-unreachable`: which host, in which phase, and the usual causes of exactly that. */
export function explainNetworkError(error: NetworkError, platform?: MaybePlatform): ActionError {
  const through = error.proxy ? `, through the proxy ${printable(error.proxy)},` : ''
  const ofProxy = error.phase === 'TLS' && error.isProxys ? ' of the proxy' : ''
  return new ActionError('network-unreachable', {
    failed: `No answer from ${printable(error.host)}${through} while waiting for ${error.what}.`,
    seen: `phase ${error.phase}${ofProxy}: ${printable(error.detail)}`,
    expected: `an answer from ${printable(error.host)}`,
    ...adviceFor(error, platform),
  })
}

type Advice = Pick<Explanation, 'cause' | 'fix' | 'forward'>

function adviceFor(error: NetworkError, platform: MaybePlatform): Advice {
  const { phase, host, detail } = error
  const caFile = platform?.caFile
  if (phase === 'TLS' && isCertificateError(detail) && caFile?.readable === false)
    return caFileMissing(caFile, platform)
  // An address that the workflow or the runner sets.
  const forward = phase === 'policy' ? 'Anyone who can change this workflow.' : networkOperators(platform, host)
  const { cause, fix } = causeOf(error)
  return { cause, fix: [...unusedProxyParts(error), fix].flatMap(partsOf), forward }
}

/** Node warns about such a file at its start, and goes on without it. */
function caFileMissing({ variable, path }: CaFile, platform: MaybePlatform): Advice {
  const file = code(printable(path, 200))
  const inside =
    platform?.container === 'none'
      ? ''
      : prose` In a container, it must exist inside the container: mount it there with ${code('volumes:')}.`
  return {
    cause: prose`${code(variable)} names ${file}, but there is no file that this step can read at this path, so Node ignores it and does not trust the certificates in it.`,
    fix: prose`Make sure that ${file} exists and can be read by the user of this step, or correct ${code(variable)}.${inside}`,
    forward: runnerOperators(platform),
  }
}
