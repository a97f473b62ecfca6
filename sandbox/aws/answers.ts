/** How AWS writes its answers: XML of the query protocol (STS), JSON of all others. */
import type { SandboxResponse } from '../service.ts'
import type { AwsError } from './error.ts'

const STS_XMLNS = 'https://sts.amazonaws.com/doc/2011-06-15/'
const NO_REQUEST = '00000000-0000-4000-8000-000000000000'

/** An error as STS sends it, also for `service.inject`. */
export function stsError(error: AwsError, requestId = NO_REQUEST): SandboxResponse {
  const details = { Type: error.status < 500 ? 'Sender' : 'Receiver', Code: error.code, Message: error.message }
  return xmlResponse(error.status, 'ErrorResponse', { Error: details, RequestId: requestId }, requestId)
}

/** An error as Secrets Manager sends it, also for `service.inject`. */
export function secretsManagerError(error: AwsError, requestId = NO_REQUEST): SandboxResponse {
  return jsonError(error, 'Message', requestId)
}

/** An error as ECS sends it, also for `service.inject`. */
export function ecsError(error: AwsError, requestId = NO_REQUEST): SandboxResponse {
  return jsonError(error, 'message', requestId)
}

export function jsonError(error: AwsError, messageKey: string, requestId: string): SandboxResponse {
  return jsonResponse(error.status, { __type: error.code, [messageKey]: error.message }, requestId)
}

export function jsonResponse(status: number, body: object, requestId: string): SandboxResponse {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': requestId }
  return { status, headers, body }
}

export function xmlResponse(status: number, root: string, content: object, requestId: string): SandboxResponse {
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: `<${root} xmlns="${STS_XMLNS}">\n${xml(content, '  ')}</${root}>\n`,
  }
}

function xml(content: object, indent: string): string {
  return Object.entries(content)
    .map(([name, value]: [string, unknown]) =>
      typeof value === 'object' && value !== null
        ? `${indent}<${name}>\n${xml(value, `${indent}  `)}${indent}</${name}>\n`
        : `${indent}<${name}>${escapeXml(String(value))}</${name}>\n`,
    )
    .join('')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
