/** The variables with which AWS tells a machine where its own identity is → RunnerIdentity. */
import type { RunnerIdentity } from '../aws/request.ts'
import { isAllowedUrl, isCredentialUrl, isLoopback, isNormal } from '../net/endpoint.ts'
import { code, codes, prose } from '../text/message.ts'
import { parseRole } from './aws.ts'
import { on } from './aws-endpoints.ts'
import { gotUrl } from './fields.ts'
import { got, type Problems } from './problems.ts'

type Variables = Readonly<Record<string, string>>

const RELATIVE = 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'
const FULL = 'AWS_CONTAINER_CREDENTIALS_FULL_URI'
const CONTAINER_FILE = 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'
const WEB_FILE = 'AWS_WEB_IDENTITY_TOKEN_FILE'
const WEB_ROLE = 'AWS_ROLE_ARN'
const WEB_SESSION = 'AWS_ROLE_SESSION_NAME'
const DISABLED = 'AWS_EC2_METADATA_DISABLED'
const METADATA = 'AWS_EC2_METADATA_SERVICE_ENDPOINT'
const METADATA_MODE = 'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE'

/** All of them. The token of a container's endpoint is not among them: it is a secret, and read when it is needed. */
export const RUNNER_VARIABLES: readonly string[] = [
  RELATIVE,
  FULL,
  CONTAINER_FILE,
  WEB_FILE,
  WEB_ROLE,
  WEB_SESSION,
  DISABLED,
  METADATA,
  METADATA_MODE,
]

/** Where ECS has the credentials of a task. Source: ECS developer guide, "Task IAM role". */
const ECS_ADDRESS = 'http://169.254.170.2'
/** Source: EC2 user guide, "Instance metadata", by `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`. */
const INSTANCE_ADDRESSES: Readonly<Record<string, string>> = {
  '': 'http://169.254.169.254',
  ipv4: 'http://169.254.169.254',
  ipv6: 'http://[fd00:ec2::254]',
}

/**
 * The first of AWS's providers that the environment describes, in the order of the AWS SDKs: a web identity, a
 * container, the instance. Variables with keys, profiles and configuration files do not count: an earlier step or job
 * may have left them behind, and they do not say what this machine is.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
 */
export function parseRunnerIdentity(variables: Variables, problems: Problems): RunnerIdentity | undefined {
  const given = (name: string) => (variables[name] ?? '').trim()
  if (given(WEB_FILE) !== '') return webIdentity(given, problems)
  if (given(RELATIVE) !== '' || given(FULL) !== '') return container(given, problems)
  if (on(DISABLED, variables, problems)) {
    problems.add(
      'aws-identity',
      prose`is runner, but this runner has no AWS identity: ${code(DISABLED)} is set, and ${codes([WEB_FILE, RELATIVE, FULL])} are not`,
    )
    return undefined
  }
  return instance(given, problems)
}

type Given = (name: string) => string

function webIdentity(given: Given, problems: Problems): RunnerIdentity {
  const tokenFile = filePath(WEB_FILE, given, problems)
  const role = parseRole(given(WEB_ROLE), problems, WEB_ROLE)
  const sessionName = given(WEB_SESSION)
  if (sessionName === '') return { kind: 'web-identity', tokenFile, role }
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
    problems.add(WEB_SESSION, `must be the name of a role session ${got(sessionName, 100)}`)
  }
  return { kind: 'web-identity', tokenFile, role, sessionName }
}

function container(given: Given, problems: Problems): RunnerIdentity {
  const relative = given(RELATIVE)
  const name = relative === '' ? FULL : RELATIVE
  const url = relative === '' ? given(FULL) : `${ECS_ADDRESS}${relative}`
  if (!isContainerUrl(url) || (relative !== '' && !isBelow(url, ECS_ADDRESS))) {
    problems.add(
      name,
      prose`must be ${relative === '' ? prose`an ${code('https://')} URL, or an ${code('http://')} URL of loopback or of an address that AWS defines for containers` : prose`the path of an endpoint for credentials`} ${gotUrl(given(name))}`,
    )
  }
  const tokenFile = given(CONTAINER_FILE) === '' ? {} : { tokenFile: filePath(CONTAINER_FILE, given, problems) }
  return { kind: 'container', url, ...tokenFile }
}

function instance(given: Given, problems: Problems): RunnerIdentity {
  const mode = given(METADATA_MODE)
  const address = INSTANCE_ADDRESSES[mode.toLowerCase()]
  if (address === undefined) problems.add(METADATA_MODE, `must be IPv4 or IPv6 ${got(mode)}`)
  const endpoint = given(METADATA).replace(/\/$/, '') || (address ?? '')
  if (endpoint !== '' && !isInstanceEndpoint(endpoint)) {
    problems.add(
      METADATA,
      prose`must be an ${code('http://')} URL of loopback or of an address that AWS defines for instances, without a path ${gotUrl(endpoint)}`,
    )
  }
  return { kind: 'instance', endpoint }
}

/** Nothing but scheme, host, path and query, in the form that is sent. */
function isContainerUrl(text: string): boolean {
  if (!/^https?:\/\/[\w:/.~%[\]?=&-]+$/.test(text) || !URL.canParse(text)) return false
  const url = new URL(text)
  const isSame = url.href === text || url.href === `${text}/`
  return isSame && (isAllowedUrl(url) || isCredentialUrl(url))
}

function isInstanceEndpoint(text: string): boolean {
  const isAws = Object.values(INSTANCE_ADDRESSES).includes(text)
  return isAws || (/^http:\/\/[\w.:[\]-]+$/.test(text) && isNormal(text) && isLoopback(new URL(text).hostname))
}

function isBelow(url: string, origin: string): boolean {
  return URL.canParse(url) && new URL(url).origin === origin && url.startsWith(`${origin}/`)
}

function filePath(name: string, given: Given, problems: Problems): string {
  const path = given(name)
  // On Windows too.
  if (!/^(?:\/|[A-Za-z]:[\\/])/.test(path) || /\p{Cc}/u.test(path)) {
    problems.add(name, `must be the absolute path of a file ${got(path, 200)}`)
  }
  return path
}
