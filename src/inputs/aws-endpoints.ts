/** The variables that say where AWS's services are → AwsEndpoints. */
import { type AwsEndpoints, type AwsService, endpointVariable, GENERAL_ENDPOINT } from '../aws/endpoints.ts'
import { code, prose } from '../text/message.ts'
import { printable, quoted } from '../text/printable.ts'
import { checkUrl } from './fields.ts'
import type { Problems } from './problems.ts'

type Variables = Readonly<Record<string, string | undefined>>

const IGNORE = 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'
const FIPS = 'AWS_USE_FIPS_ENDPOINT'
const DUALSTACK = 'AWS_USE_DUALSTACK_ENDPOINT'

/** All of them. */
export const AWS_VARIABLES: readonly string[] = [
  GENERAL_ENDPOINT,
  ...(['STS', 'SECRETS_MANAGER', 'ECS'] as const).map(endpointVariable),
  IGNORE,
  FIPS,
  DUALSTACK,
]

/**
 * The endpoints of the services that are called; the variables of other services are not read.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints", "Dual-stack and FIPS endpoints".
 */
export function parseAwsEndpoints(
  variables: Variables,
  services: readonly AwsService[],
  problems: Problems,
): AwsEndpoints {
  const names = on(IGNORE, variables, problems) ? [] : [GENERAL_ENDPOINT, ...services.map(endpointVariable)]
  const urls: Record<string, string> = {}
  for (const name of names) {
    const url = given(name, variables)
    if (url === '') continue
    urls[name] = url
    checkUrl(name, url, problems)
  }
  const [custom] = Object.keys(urls)
  // With both, the SDK would refuse the first call.
  const variant = (name: string): boolean => {
    const isOn = on(name, variables, problems)
    if (isOn && custom) {
      problems.add(name, prose`cannot be combined with a custom endpoint (${code(custom)}): unset one of them`)
    }
    return isOn
  }
  return { urls, useFips: variant(FIPS), useDualstack: variant(DUALSTACK) }
}

/** The custom endpoints in words for the log, one entry for each variable. */
export function inWords({ urls }: AwsEndpoints): string[] {
  return Object.entries(urls).map(([name, url]) => `${name} is ${printable(url, 120)}`)
}

function given(name: string, variables: Variables): string {
  return (variables[name] ?? '').trim()
}

/** Off when it is not set. The SDK silently takes everything but `true` for off; here, every usual word counts. */
export function on(name: string, variables: Variables, problems: Problems): boolean {
  const text = given(name, variables)
  if (/^(?:true|yes|on|1)$/i.test(text)) return true
  if (!/^(?:false|no|off|0|)$/i.test(text)) problems.add(name, `must be true or false (got ${quoted(text, 60)})`)
  return false
}
