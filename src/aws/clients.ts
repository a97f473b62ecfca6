/** What every AWS client of the action shares: our way out, no credentials of its own, no retries of its own. */
import type { Http } from '../net/http.ts'
import { awsRequestHandler } from './request-handler.ts'

/**
 * Options for an SDK client. The SDK still reads `AWS_ENDPOINT_URL*`, `AWS_USE_FIPS_ENDPOINT` and
 * `AWS_USE_DUALSTACK_ENDPOINT` itself. It sends once: `net/retry.ts` repeats.
 */
export function clientOptions(http: Http, region: string, what: string) {
  return {
    region,
    maxAttempts: 1,
    requestHandler: awsRequestHandler(http, what),
    customUserAgent: [['hf-oidc-action', '1']] as [string, string][],
  }
}
