/** Refuses a request whose token the next client would send elsewhere, before any call. */

import type { Job } from '../../identity/job.ts'
import { gotUrl } from '../../inputs/fields.ts'
import type { Problems } from '../../inputs/problems.ts'
import { code, prose } from '../../text/message.ts'
import { printable, quoted } from '../../text/printable.ts'
import { isSameEndpoint, isSameResource, nextClient } from '../next-client.ts'
import type { Request } from '../request.ts'

/** Adds a problem for each way in which the next client would not do what this step verifies. */
export function checkClient(request: Request, job: Job, problems: Problems): void {
  const { source, hubEndpoint, clientEndpoint } = request
  const { endpoint, endpointFrom, isReadable } = nextClient(request, job)
  if (!isReadable) return
  const allowed = [hubEndpoint, ...(clientEndpoint ? [clientEndpoint] : [])]
  // A malformed `hf-endpoint` is a problem of its own, and may contain a password.
  const isPrintable = URL.canParse(hubEndpoint) && !hubEndpoint.includes('@')
  if (isPrintable && endpoint !== '' && !allowed.some((one) => isSameEndpoint(one, endpoint))) {
    const because = endpointFrom ? code(endpointFrom) : prose`the client’s default (${code('HF_ENDPOINT')} is not set)`
    const where = code(printable(hubEndpoint, 120))
    problems.add(
      'hf-endpoint',
      prose`is ${where}, but the next client in this job would send the token to a different endpoint, because of ${because} ${gotUrl(endpoint)}. Choose one: use the same endpoint for both (${code('hf-endpoint')} in this step, ${code('HF_ENDPOINT')} in the ${code('env:')} of the job); or keep the token from clients that are not given it (${code('export-env: ""')}, no ${code('export-file')}), and pass the output ${code('hf-token')} to the one step that needs it; or, if that endpoint is a mirror that may have the token, name it in ${code('client-endpoint')}`,
    )
  }
  const theirs = job.clientVariables.HF_OIDC_RESOURCE
  if (theirs && source.kind === 'trusted-publisher' && !isSameResource(theirs, source.resource)) {
    problems.add(
      'hf-resource',
      prose`is ${quoted(source.resource, 120)}, but ${code('HF_OIDC_RESOURCE')} is set in this job: huggingface_hub 1.19 or later would ignore the token of this step, and use one for a different resource (got ${quoted(theirs, 120)}). Remove ${code('HF_OIDC_RESOURCE')}; or set ${code('export-env: ""')}, and pass the output ${code('hf-token')} to the step that needs it`,
    )
  }
}
