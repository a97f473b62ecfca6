/** Pieces of explanations that are the same for every service of AWS. */
import type { Explanation } from '../errors/action-error.ts'
import { code, type Prose, prose } from '../text/message.ts'
import { type AwsService, endpointVariable, GENERAL_ENDPOINT } from './endpoints.ts'

/** For errors of the SDK itself, before anything was sent. */
export const CHECK_SETTINGS = {
  cause: 'The AWS SDK found no endpoint for these settings, or could not sign the request; its own message is above.',
  fix: prose`Check ${code('aws-region')} and the variables ${code('AWS_ENDPOINT_URL*')}, ${code('AWS_USE_FIPS_ENDPOINT')} and ${code('AWS_USE_DUALSTACK_ENDPOINT')}. If they are all correct, report this as a bug.`,
} as const satisfies Pick<Explanation, 'cause' | 'fix'>

/** The two variables that can set the endpoint of a service, for a sentence. */
export function endpointVariables(service: AwsService): Prose {
  return prose`${code(endpointVariable(service))} or ${code(GENERAL_ENDPOINT)}`
}
