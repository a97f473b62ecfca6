/** STS: parameters in, a verified ID token or a session, trust policy, credentials out. */
import { createHash } from 'node:crypto'
import { createLocalJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose'
import { AwsError } from './error.ts'
import type { Iam, OidcProvider, Session } from './iam.ts'
import { readPolicy } from './read-policy.ts'

const MAX_POLICY_CHARACTERS = 2048
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512']
const UNRETRIEVABLE_KEY =
  "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"

/**
 * Answers as STS does, in XML's element names.
 *
 * Simpler than AWS: a session policy is measured by its characters (AWS also packs it), and an ID token
 * must have exactly one audience, alone or in an array.
 *
 * @throws AwsError `ValidationError`, `InvalidIdentityToken`, `ExpiredTokenException`, `AccessDenied`,
 * `MalformedPolicyDocument`, `PackedPolicyTooLarge`.
 */
export async function assumeRoleWithWebIdentity(iam: Iam, form: URLSearchParams): Promise<Record<string, unknown>> {
  const roleArn = parameter(form, 'RoleArn', /^arn:[\w-]+:iam::\d{12}:role\/.+$/, { min: 20, max: 2048 })
  const roleSessionName = parameter(form, 'RoleSessionName', /^[\w+=,.@-]*$/, { min: 2, max: 64 })
  const webIdentityToken = parameter(form, 'WebIdentityToken', /^.*$/s, { min: 4, max: 20_000 })
  const durationSeconds = duration(form.get('DurationSeconds'))
  const policy = form.get('Policy') ?? undefined
  if (policy !== undefined) checkSessionPolicy(policy)

  const account = roleArn.split(':')[4] ?? ''
  const { provider, claims } = await verify(iam, account, webIdentityToken)
  const role = iam.role(roleArn)
  const distrust = role ? iam.distrust(role, provider, claims, roleSessionName) : ''
  if (!role || distrust !== undefined) {
    throw new AwsError('AccessDenied', `Not authorized to perform sts:AssumeRoleWithWebIdentity${distrust}`, 403)
  }
  if (durationSeconds > role.maxSessionSeconds) {
    throw new AwsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    )
  }
  const session = iam.open({ role, roleSessionName, durationSeconds, policy, claims })
  return {
    SubjectFromWebIdentityToken: claims.sub,
    Audience: claims.aud,
    ...credentialsOf(session),
    Provider: provider.arn,
    ...(policy === undefined ? {} : { PackedPolicySize: Math.ceil((policy.length / MAX_POLICY_CHARACTERS) * 100) }),
  }
}

/**
 * AssumeRole by the session of a role, as STS answers it: both sides must allow it, and tags too.
 *
 * @throws AwsError `ValidationError`, `AccessDenied`, `MalformedPolicyDocument`, `PackedPolicyTooLarge`.
 */
export function assumeRole(iam: Iam, form: URLSearchParams, caller: Session): Record<string, unknown> {
  const roleArn = parameter(form, 'RoleArn', /^arn:[\w-]+:iam::\d{12}:role\/.+$/, { min: 20, max: 2048 })
  const roleSessionName = parameter(form, 'RoleSessionName', /^[\w+=,.@-]*$/, { min: 2, max: 64 })
  const durationSeconds = duration(form.get('DurationSeconds'))
  const policy = form.get('Policy') ?? undefined
  const tags = sessionTags(form)
  if (policy !== undefined) checkSessionPolicy(policy)
  const externalId = form.get('ExternalId') ?? undefined
  const context = {
    'sts:RoleSessionName': roleSessionName,
    ...(externalId === undefined ? {} : { 'sts:ExternalId': externalId }),
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(Object.keys(tags).length === 0 ? {} : { 'aws:TagKeys': Object.keys(tags) }),
  }
  const role = iam.role(roleArn)
  for (const action of ['sts:AssumeRole', ...(Object.keys(tags).length > 0 ? ['sts:TagSession'] : [])]) {
    const request = { action, resource: roleArn, context }
    const side = { policy: role?.trustPolicy ?? [], mustAllow: true }
    const verdict = iam.verdict(caller, request, side)
    if (verdict.allowed) continue
    // Of another account's trust policy STS says nothing.
    const why = verdict.by === 'resource-based policy' ? '' : ` ${verdict.reason}`
    throw new AwsError(
      'AccessDenied',
      `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${roleArn}${why}`,
      403,
    )
  }
  if (!role) throw new TypeError('nobody trusts a role that does not exist')
  if (durationSeconds > CHAINED_SECONDS) {
    throw new AwsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    )
  }
  const claims = caller.claims
  return credentialsOf(iam.open({ role, roleSessionName, durationSeconds, policy, claims, tags, externalId }))
}

/** Source: IAM user guide, "Role chaining". */
const CHAINED_SECONDS = 3600

/** Source: STS API reference, Tag. */
function sessionTags(form: URLSearchParams): Record<string, string> {
  const tags: Record<string, string> = {}
  for (let at = 1; form.has(`Tags.member.${at}.Key`); at += 1) {
    const key = form.get(`Tags.member.${at}.Key`) ?? ''
    const value = form.get(`Tags.member.${at}.Value`) ?? ''
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(key)) {
      throw constraint(`Tags.${at}.member.key`, `'${key}'`, 'Member must satisfy regular expression pattern')
    }
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value)) {
      throw constraint(`Tags.${at}.member.value`, `'${value}'`, 'Member must satisfy regular expression pattern')
    }
    tags[key] = value
  }
  if (Object.keys(tags).length > 50) throw constraint('Tags', '', 'Member must have length less than or equal to 50')
  return tags
}

/** Who calls. Source: STS API reference, GetCallerIdentity. */
export function callerIdentity({ role, arn }: Session): Record<string, unknown> {
  return { Arn: arn, UserId: `${roleId(role.arn)}:${arn.split('/').at(-1)}`, Account: role.account }
}

function credentialsOf(session: Session): Record<string, unknown> {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = session.credentials
  return {
    AssumedRoleUser: { AssumedRoleId: `${roleId(session.roleArn)}:${session.roleSessionName}`, Arn: session.arn },
    Credentials: {
      SessionToken: sessionToken,
      SecretAccessKey: secretAccessKey,
      Expiration: expiration.toISOString().replace('.000Z', 'Z'),
      AccessKeyId: accessKeyId,
    },
  }
}

/** The claims of an ID token that AWS accepts: known issuer, genuine signature, in time, registered audience. */
async function verify(
  iam: Iam,
  account: string,
  token: string,
): Promise<{ provider: OidcProvider; claims: Session['claims'] }> {
  const unverified = decode(token)
  const provider = iam.provider(account, unverified.iss ?? '')
  if (!provider) {
    throw invalidToken(`No OpenIDConnect provider found in your account for ${unverified.iss}`)
  }
  const claims = await verifySignatureAndTime(provider, token, new Date(iam.now()))
  const [aud, ...others] = [claims.aud ?? []].flat()
  if (aud === undefined || others.length > 0 || !provider.clientIds.includes(aud)) {
    throw invalidToken('Incorrect token audience')
  }
  return { provider, claims: { ...claims, aud } }
}

function decode(token: string): JWTPayload {
  try {
    return decodeJwt(token)
  } catch {
    throw invalidToken('The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)')
  }
}

async function verifySignatureAndTime(provider: OidcProvider, token: string, currentDate: Date): Promise<JWTPayload> {
  const keys = await fetchKeys(provider)
  try {
    const options = { algorithms: ALGORITHMS, requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'], currentDate }
    return (await jwtVerify(token, keys, options)).payload
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      const now = Math.floor(currentDate.getTime() / 1000)
      throw new AwsError(
        'ExpiredTokenException',
        `Token expired: current date/time ${now} must be before the expiration date/time ${error.payload.exp}`,
      )
    }
    if (error instanceof errors.JWKSNoMatchingKey) throw invalidToken(UNRETRIEVABLE_KEY)
    throw invalidToken('The web identity token that was passed could not be validated by AWS')
  }
}

async function fetchKeys(provider: OidcProvider): Promise<ReturnType<typeof createLocalJWKSet>> {
  try {
    return createLocalJWKSet(await provider.keys())
  } catch {
    throw invalidToken(UNRETRIEVABLE_KEY)
  }
}

function checkSessionPolicy(policy: string): void {
  if (policy.length > MAX_POLICY_CHARACTERS) {
    const percent = Math.ceil((policy.length / MAX_POLICY_CHARACTERS) * 100)
    throw new AwsError(
      'PackedPolicyTooLarge',
      `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
    )
  }
  readPolicy(policy, 'session')
}

function parameter(
  form: URLSearchParams,
  name: string,
  pattern: RegExp,
  { min, max }: { min: number; max: number },
): string {
  const value = form.get(name)
  if (value === null) throw constraint(name, 'null', 'Member must not be null')
  if (value.length < min) {
    throw constraint(name, `'${value}'`, `Member must have length greater than or equal to ${min}`)
  }
  if (value.length > max) throw constraint(name, `'${value}'`, `Member must have length less than or equal to ${max}`)
  if (!pattern.test(value)) {
    if (name === 'RoleArn') throw new AwsError('ValidationError', `${value} is invalid`)
    throw constraint(name, `'${value}'`, 'Member must satisfy regular expression pattern: [\\w+=,.@-]*')
  }
  return value
}

function duration(value: string | null): number {
  if (value === null) return 3600
  const seconds = Number(value)
  if (!Number.isInteger(seconds)) throw new AwsError('MalformedInput', `Invalid integer: ${value}`)
  if (seconds < 900) {
    throw constraint('DurationSeconds', `'${value}'`, 'Member must have value greater than or equal to 900')
  }
  if (seconds > 43_200) {
    throw constraint('DurationSeconds', `'${value}'`, 'Member must have value less than or equal to 43200')
  }
  return seconds
}

function constraint(name: string, value: string, rule: string): AwsError {
  const member = name.charAt(0).toLowerCase() + name.slice(1)
  return new AwsError(
    'ValidationError',
    `1 validation error detected: Value ${value} at '${member}' failed to satisfy constraint: ${rule}`,
  )
}

function invalidToken(message: string): AwsError {
  return new AwsError('InvalidIdentityToken', message)
}

function roleId(arn: string): string {
  return `AROA${createHash('sha256').update(arn).digest('hex').slice(0, 17).toUpperCase()}`
}
