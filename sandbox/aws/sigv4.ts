/** Checks a request's Signature Version 4: recomputes the signature from the request as it arrived. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { SandboxRequest } from '../service.ts'
import { AwsError } from './error.ts'
import type { Iam, Session } from './iam.ts'

const MAX_SKEW_MS = 5 * 60_000
const AUTHORIZATION = /^AWS4-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/

/** Who signed the request, and for which region. */
export interface Caller {
  session: Session
  region: string
}

/**
 * The session whose credentials signed the request for `service` in one of `regions`.
 *
 * @throws AwsError `MissingAuthenticationTokenException`, `IncompleteSignatureException`, `UnrecognizedClientException`,
 * `ExpiredTokenException`, `InvalidSignatureException`.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function authenticate(
  request: SandboxRequest,
  iam: Iam,
  expected: { service: string; regions: ReadonlySet<string> },
): Caller {
  const signature = parseAuthorization(request)
  const session = sessionOf(signature, request, iam)
  requireScope(signature, expected, iam)
  requireSignedHeaders(signature, request)
  if (!timingSafeEqual(sign(signature, request, session), Buffer.from(signature.value, 'hex'))) {
    throw invalid(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    )
  }
  return { session, region: signature.region }
}

/** What an `Authorization` header says, and when the request was signed. */
interface Signature {
  accessKeyId: string
  date: string
  region: string
  service: string
  signedHeaders: string
  value: string
  timestamp: string
}

function parseAuthorization(request: SandboxRequest): Signature {
  const { authorization } = request.headers
  if (authorization === undefined) {
    throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token')
  }
  const [, credential, signedHeaders, value] = AUTHORIZATION.exec(authorization) ?? []
  const [accessKeyId, date, region, service, terminator] = credential?.split('/') ?? []
  if (!signedHeaders || !value || !accessKeyId || !date || !region || !service || terminator !== 'aws4_request') {
    throw new AwsError('IncompleteSignatureException', 'Authorization header is not a complete AWS4-HMAC-SHA256 one.')
  }
  return { accessKeyId, date, region, service, signedHeaders, value, timestamp: header(request, 'x-amz-date') }
}

function sessionOf({ accessKeyId }: Signature, request: SandboxRequest, iam: Iam): Session {
  const session = iam.session(accessKeyId)
  if (!session || header(request, 'x-amz-security-token') !== session.credentials.sessionToken) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.')
  }
  if (session.credentials.expiration.getTime() <= iam.now()) {
    throw new AwsError('ExpiredTokenException', 'The security token included in the request is expired')
  }
  return session
}

function requireScope(
  { region, service, date, timestamp }: Signature,
  expected: { service: string; regions: ReadonlySet<string> },
  iam: Iam,
): void {
  if (!expected.regions.has(region)) throw invalid('Credential should be scoped to a valid region.')
  if (service !== expected.service) {
    throw invalid(`Credential should be scoped to correct service: '${expected.service}'.`)
  }
  if (!timestamp.startsWith(date)) throw invalid('Date in Credential scope does not match YYYYMMDD from ISO-8601 date.')
  requireTime(timestamp, iam.now())
}

/** AWS's own words. Signatures from the future are refused as well. */
function requireTime(timestamp: string, now: number): void {
  const signedAt = parseTimestamp(timestamp)
  const [server, earliest, latest] = [now, now - MAX_SKEW_MS, now + MAX_SKEW_MS].map(formatTimestamp)
  if (!(signedAt >= now - MAX_SKEW_MS)) {
    throw invalid(`Signature expired: ${timestamp} is now earlier than ${earliest} (${server} - 5 min.)`)
  }
  if (signedAt > now + MAX_SKEW_MS) {
    throw invalid(`Signature not yet current: ${timestamp} is still later than ${latest} (${server} + 5 min.)`)
  }
}

function requireSignedHeaders({ signedHeaders }: Signature, request: SandboxRequest): void {
  const names = signedHeaders.split(';')
  for (const required of ['host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target']) {
    if (request.headers[required] !== undefined && !names.includes(required)) {
      throw invalid(`'${required}' must be a 'SignedHeader' in the AWS Authorization.`)
    }
  }
}

function sign(
  { date, region, service, signedHeaders, timestamp }: Signature,
  request: SandboxRequest,
  session: Session,
) {
  const canonical = [
    request.method,
    request.url.pathname,
    canonicalQuery(request.url),
    ...signedHeaders.split(';').map((name) => `${name}:${header(request, name).trim().replace(/\s+/g, ' ')}`),
    '',
    signedHeaders,
    sha256(request.body),
  ].join('\n')
  const scope = `${date}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonical)].join('\n')
  let key: Buffer = Buffer.from(`AWS4${session.credentials.secretAccessKey}`)
  for (const part of [date, region, service, 'aws4_request']) key = hmac(key, part)
  return hmac(key, toSign)
}

function header(request: SandboxRequest, name: string): string {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(',') : (value ?? '')
}

function canonicalQuery(url: URL): string {
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  return [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
}

/** `20261103T120000Z` in milliseconds since 1970; NaN if it is not such a timestamp. */
function parseTimestamp(timestamp: string): number {
  return Date.parse(timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

function formatTimestamp(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidSignatureException', message)
}
