/** RawInputs → Request: judges every input and reports all that is wrong at once, before any network call. */
import { sessionName } from '../aws/session-name.ts'
import { sessionPolicy } from '../aws/session-policy.ts'
import { ActionError } from '../errors/action-error.ts'
import {
  includes,
  LEAST_OAUTH_SCOPES,
  LEAST_PERMISSIONS,
  NEEDED,
  OAUTH_SCOPES,
  permits,
  scopeOf,
} from '../hub/scopes.ts'
import { isAllowedUrl } from '../net/endpoint.ts'
import { parseDuration } from '../text/duration.ts'
import { listed, printable, quoted } from '../text/printable.ts'
import { closest } from './closest.ts'
import { INPUT_NAMES, INPUTS, type InputName } from './definitions.ts'
import { issuerOf } from './issuer.ts'
import type { RawInputs } from './read.ts'
import { parseRepository, REPOSITORY_PART } from './repository.ts'
import type {
  AwsRequest,
  ClaimRule,
  HubRepository,
  IdTokenFrom,
  Job,
  Request,
  Role,
  Scope,
  SecretReference,
  SourceRequest,
  VerifyMode,
} from './request.ts'
import { SCOPES, SOURCES, VERIFY_MODES } from './request.ts'

const DEFAULT_HUB = 'https://huggingface.co'
const ORG = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/
const REGION = /^[a-z]{2,5}(?:-[a-z0-9]+){1,3}-\d{1,2}$/
const ROLE_ARN = /^arn:(aws(?:-[a-z]+)*):iam::(\d{12}):role\/[\w+=,.@/-]{1,576}$/
const SECRET_ARN = /^arn:(aws(?:-[a-z]+)*):secretsmanager:([a-z0-9-]+):\d{12}:secret:[\w/+=.@-]{1,519}$/
const SECRET_NAME = /^[\w/+=.@-]{1,512}$/
/** STS API reference, AssumeRoleWithWebIdentity, Policy. */
const MAX_POLICY = 2048
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/
/** The runner refuses these in `GITHUB_ENV`, or the job would break. */
const RESERVED_VARIABLE = /^(?:GITHUB_.*|RUNNER_.*|ACTIONS_.*|NODE_OPTIONS|PATH|HOME)$/i
/** Prefixes of repositories in `hf-resource`. Source: huggingface.co/docs/hub/trusted-publishers. */
const RESOURCE_KINDS = ['models', 'datasets', 'spaces', 'kernels', 'buckets']

/** Collects what is wrong, so that one run tells all of it. */
class Problems {
  readonly lines: string[] = []

  add(input: string, problem: string): undefined {
    this.lines.push(`\`${input}\` ${problem}`)
    return undefined
  }
}

/**
 * The request, with every placeholder filled in and every default taken.
 *
 * @throws `ActionError` `input-invalid` listing every problem; `audience-mismatch` when the inputs are well-formed but
 * the audience does not name the organization.
 */
export function parseInputs(raw: RawInputs, job: Job): Request {
  const problems = new Problems()
  const { values } = raw
  for (const name of raw.unknown) {
    const guess = closest(name, INPUT_NAMES)
    problems.add(printable(name, 80), `is not an input of this action${guess ? `; did you mean \`${guess}\`?` : ''}`)
  }

  problems.lines.push(...raw.environmentProblems)
  const org = parseOrg(values['hf-org'], problems)
  const scope = oneOf('scope', values.scope, SCOPES, problems)
  const filled = (name: InputName) => fill(name, values[name], org, scope, problems)

  const hubEndpoint = parseEndpoint('hf-endpoint', values['hf-endpoint'] || raw.hfEndpoint || DEFAULT_HUB, problems)
  const source = parseSource(values, org, scope, problems)
  const usesAws = source.kind !== 'trusted-publisher'
  if (usesAws) for (const [name, value] of raw.awsEndpoints) checkUrl(name, value, problems)
  const idTokenFrom = parseIdTokenFrom(values['id-token-from'], problems)

  const request: Request = {
    org,
    scope,
    // The Hub takes ID tokens for itself only.
    audience: usesAws ? filled('audience') : hubEndpoint,
    issuer: parseIssuer(values['oidc-issuer'], job.serverUrl, idTokenFrom, problems),
    claimRules: parseClaimRules(values['required-claims'], problems),
    idTokenFrom,
    source,
    aws: usesAws ? parseAws(values, raw, job, filled, problems) : undefined,
    revoke: flag('revoke', values, problems),
    repositories: parseRepositories(values.repositories, problems),
    verify: oneOf('verify', values.verify, VERIFY_MODES, problems) satisfies VerifyMode,
    minLifetimeSeconds: duration('min-token-lifetime', values, 0, 30 * 86_400, problems),
    exportEnv: parseVariables(values['export-env'], problems),
    exportFile: flag('export-file', values, problems),
    gitCredentials: flag('git-credentials', values, problems),
    hubEndpoint,
    endpointOverrides: [
      ...(hubEndpoint === DEFAULT_HUB ? [] : [`the Hub is ${printable(hubEndpoint, 120)}`]),
      ...(usesAws ? raw.awsEndpoints.map(([name, value]) => `${name} is ${printable(value, 120)}`) : []),
    ],
    timeoutMs: duration('timeout', values, 1, 3600, problems) * 1000,
    maxAttempts: wholeNumber('max-attempts', values, 1, 10, problems),
  }
  if ((request.exportFile || request.gitCredentials) && job.tempDirectory === '') {
    problems.add(
      request.exportFile ? 'export-file' : 'git-credentials',
      'needs RUNNER_TEMP, which this runner does not set',
    )
  }
  if (problems.lines.length > 0) throw invalid(problems.lines)
  if (usesAws) checkAudience(request)
  return request
}

/** Inputs that only some sources use: given for another one, they would mislead whoever reads the workflow. */
const BELONGS_TO: readonly (readonly [InputName, readonly SourceRequest['kind'][]])[] = [
  ...(
    [
      'role-to-assume',
      'aws-region',
      'secret-id',
      'secret-key',
      'secret-version-stage',
      'audience',
      'role-session-name',
      'role-duration-seconds',
      'session-policy',
    ] as const
  ).map((name) => [name, ['secrets-manager', 'token-exchange', 'service-account']] as const),
  ['hf-resource', ['trusted-publisher']],
  ['member', ['token-exchange']],
  ['oauth-scopes', ['token-exchange']],
  ['service-account', ['service-account']],
  ['permissions', ['service-account']],
  ['orphan-age', ['service-account']],
  ['revoke', ['trusted-publisher', 'token-exchange', 'service-account']],
]

function parseSource(values: Record<InputName, string>, org: string, scope: Scope, problems: Problems): SourceRequest {
  const kind = oneOf('token-source', values['token-source'], SOURCES, problems)
  for (const [name, kinds] of BELONGS_TO) {
    const given = values[name] !== (INPUTS[name] ?? '')
    if (given && !kinds.includes(kind)) {
      problems.add(name, `is not used with \`token-source: ${kind}\`, only with ${listed(kinds)}; remove it`)
    }
  }
  switch (kind) {
    case 'secrets-manager':
      return { kind }
    case 'trusted-publisher':
      return { kind, resource: parseResource(values['hf-resource'], org, scope, problems) }
    case 'token-exchange':
      return {
        kind,
        member: parseMember(values.member, problems),
        scopes: parseScopes(values['oauth-scopes'], scope, problems),
      }
    case 'service-account':
      return {
        kind,
        account: parseAccount(values['service-account'], problems),
        permissions: parsePermissions(values.permissions, scope, problems),
        orphanAgeSeconds: duration('orphan-age', values, 0, 30 * 86_400, problems),
      }
  }
}

function parseResource(text: string, org: string, scope: Scope, problems: Problems): string {
  const parts = text.split('/')
  if (text === '') {
    problems.add(
      'hf-resource',
      `is required with \`token-source: trusted-publisher\`: a repository such as ${org || 'acme'}/model, or a user's name`,
    )
  } else if (!parts.every((part) => REPOSITORY_PART.test(part)) || parts.length > 3) {
    problems.add('hf-resource', `is ${quoted(text, 120)}, which is neither a repository nor a user's name`)
  } else if (parts.length === 3 && !RESOURCE_KINDS.includes(parts[0] ?? '')) {
    problems.add(
      'hf-resource',
      `is ${quoted(text, 120)}; a repository begins with its namespace, or with ${listed(RESOURCE_KINDS)}`,
    )
  } else if (parts.length > 1 && parts.at(-2) !== org) {
    problems.add(
      'hf-resource',
      `is ${quoted(text, 120)}, which is not in the namespace of \`hf-org\`, ${quoted(org, 60)}`,
    )
  } else if (scope === 'read' && ['kernels', 'buckets'].includes(parts[0] ?? '')) {
    problems.add(
      'hf-resource',
      `is ${quoted(text, 120)}; the Hub cannot be asked whether a token only reads a ${parts[0]?.slice(0, -1)}, so \`scope: read\` cannot be checked`,
    )
  } else if (scope === 'admin' || (parts.length === 1 && scope !== 'read')) {
    problems.add(
      'hf-resource',
      `can never give \`scope: ${scope}\`: a repository's token reads or writes it, a user's only reads`,
    )
  }
  // `models/` is how other inputs write it; the Hub wants the bare name.
  return parts[0] === 'models' && parts.length === 3 ? parts.slice(1).join('/') : text
}

function parseMember(text: string, problems: Problems): string {
  if (text === '') problems.add('member', "is required with `token-source: token-exchange`: a member's e-mail")
  else if (!/^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{1,255}$/u.test(text))
    problems.add('member', `is ${quoted(text, 100)}, which is not an e-mail address`)
  return text
}

function parseScopes(text: string, scope: Scope, problems: Problems): readonly string[] {
  const given = [...new Set(text.split(/[\s,]+/).filter(Boolean))]
  for (const name of given) {
    const width = OAUTH_SCOPES[name]
    if (!width) problems.add('oauth-scopes', `has ${quoted(name, 60)}, which is not a scope of the Hub`)
    else if (!includes(scope, width))
      problems.add('oauth-scopes', `has ${name}, which is more than \`scope: ${scope}\``)
  }
  return given.length > 0 ? given : LEAST_OAUTH_SCOPES[scope]
}

function parseAccount(text: string, problems: Problems): string {
  if (text === '') problems.add('service-account', 'is required with `token-source: service-account`: its name or id')
  else if (!/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,96}$/u.test(text))
    problems.add('service-account', `is ${quoted(text, 100)}, which is neither a name nor an id`)
  return text
}

function parsePermissions(text: string, scope: Scope, problems: Problems): readonly string[] {
  const given = [...new Set(text.split(/[\s,]+/).filter(Boolean))]
  for (const name of given) {
    if (!/^[A-Za-z]+(?:\.[A-Za-z]+)+$/.test(name))
      problems.add('permissions', `has ${quoted(name, 60)}, which is not a permission such as repo.write`)
    else if (!includes(scope, scopeOf(name)))
      problems.add('permissions', `has ${name}, which is more than \`scope: ${scope}\``)
  }
  if (given.length > 0 && !given.some((name) => permits(name, scope))) {
    problems.add('permissions', `has nothing that \`scope: ${scope}\` needs: add ${NEEDED[scope]}`)
  }
  return given.length > 0 ? given : LEAST_PERMISSIONS[scope]
}

function parseIdTokenFrom(text: string, problems: Problems): IdTokenFrom {
  if (text === 'github') return { kind: 'github' }
  const env = /^env:([A-Za-z_]\w*)$/.exec(text)?.[1]
  if (env) return { kind: 'env', name: env }
  const path = /^file:(.+)$/.exec(text)?.[1]
  if (path) return { kind: 'file', path }
  problems.add('id-token-from', `is ${quoted(text, 100)}; it is github, env:NAME or file:PATH`)
  return { kind: 'github' }
}

function parseAws(
  values: Record<InputName, string>,
  raw: RawInputs,
  job: Job,
  filled: (name: InputName) => string,
  problems: Problems,
): AwsRequest {
  const role = parseRole(filled('role-to-assume'), problems)
  const region = parseRegion(values['aws-region'] || raw.awsRegion, problems)
  const secret = parseSecret(filled('secret-id'), values, region, role, problems)
  const policy = parseSessionPolicy(values['session-policy'], problems)
  if (policy === 'auto' && (sessionPolicy(policy, role, secret)?.length ?? 0) > MAX_POLICY) {
    problems.add(
      'secret-id',
      `is too long for \`session-policy: auto\` (STS takes ${MAX_POLICY} characters); give the name instead of the ARN, or a policy`,
    )
  }
  return {
    role,
    region,
    roleSessionName: sessionName(values['role-session-name'], job),
    roleDurationSeconds: wholeNumber('role-duration-seconds', values, 900, 43_200, problems),
    sessionPolicy: policy,
    secret,
  }
}

function invalid(lines: readonly string[]): ActionError {
  const count = lines.length === 1 ? 'One input is' : `${lines.length} inputs are`
  return new ActionError('input-invalid', {
    failed: `${count} not usable; nothing was asked of GitHub, AWS or the Hub.`,
    seen: lines.map((line) => `- ${line}`).join('\n'),
    fix: 'Correct the `with:` block of this step. Every input is described in the README, under "Inputs".',
  })
}

/** The audiences that name the organization: its slug, or its page on the Hub. */
export function acceptedAudiences(org: string, hubEndpoint: string): string[] {
  return [...new Set([org, `${DEFAULT_HUB}/${org}`, `${hubEndpoint}/${org}`])]
}

function checkAudience({ audience, org, hubEndpoint }: Request): void {
  const accepted = acceptedAudiences(org, hubEndpoint)
  if (accepted.includes(audience)) return
  const cased = accepted.find((candidate) => candidate.toLowerCase() === audience.toLowerCase())
  throw new ActionError('audience-mismatch', {
    failed: 'The audience to ask for does not name the Hugging Face organization.',
    seen: `audience ${quoted(audience)}, organization ${quoted(org)}`,
    expected: `exactly ${accepted.map((candidate) => quoted(candidate)).join(' or ')}`,
    cause: cased
      ? 'upper and lower case differ; AWS compares audiences letter by letter.'
      : 'the `audience` input was copied from another workflow (`sts.amazonaws.com` is the usual one elsewhere), or `hf-org` is another organization.',
    fix: `Remove the \`audience\` input (its default is the slug), or set \`audience: ${printable(org)}\`; the same text must be in the client id list of the IAM OIDC provider and in the role's trust policy.`,
  })
}

function parseOrg(text: string, problems: Problems): string {
  if (text === '') problems.add('hf-org', 'is required: the slug of the organization, as in huggingface.co/<slug>')
  else if (!ORG.test(text)) {
    const hint = text.includes('/') ? '; give the slug alone, not a URL or a repository' : ''
    problems.add('hf-org', `is ${quoted(text, 100)}, which is not an organization's slug on the Hub${hint}`)
  }
  return text
}

function fill(name: InputName, text: string, org: string, scope: Scope, problems: Problems): string {
  const values: Record<string, string> = { org, scope }
  return text.replace(/\{([^{}]*)\}/g, (whole, key: string) => {
    if (Object.hasOwn(values, key)) return values[key] ?? ''
    problems.add(name, `has the placeholder ${quoted(whole, 60)}; only {org} and {scope} are filled in`)
    return ''
  })
}

function parseRole(arn: string, problems: Problems): Role {
  const match = ROLE_ARN.exec(arn)
  if (match?.[1] && match[2]) return { arn, partition: match[1], account: match[2] }
  const form = 'arn:aws:iam::<12-digit account>:role/<name>'
  if (arn === '') problems.add('role-to-assume', `is required: the ARN of the IAM role, ${form}`)
  else problems.add('role-to-assume', `is ${quoted(arn, 200)}, which is not the ARN of an IAM role (${form})`)
  return { arn, partition: 'aws', account: '' }
}

function parseRegion(text: string, problems: Problems): string {
  if (text === '') problems.add('aws-region', 'is required: set it, or AWS_REGION, for example to eu-west-1')
  else if (!REGION.test(text))
    problems.add('aws-region', `is ${quoted(text, 60)}, which is not a region like eu-west-1`)
  return text
}

function parseSecret(
  id: string,
  values: Record<InputName, string>,
  region: string,
  role: Role,
  problems: Problems,
): SecretReference {
  const arn = SECRET_ARN.exec(id)
  if (id.startsWith('arn:') ? !arn : !SECRET_NAME.test(id)) {
    problems.add('secret-id', `is ${quoted(id, 200)}, which is neither a Secrets Manager name nor a secret's ARN`)
  }
  if (arn && role.account !== '' && arn[1] !== role.partition) {
    problems.add('secret-id', `is in the partition ${arn[1]}, but \`role-to-assume\` is in ${role.partition}`)
  }
  const stage = values['secret-version-stage']
  if (!/^[^\s:]{1,256}$/.test(stage))
    problems.add('secret-version-stage', `is ${quoted(stage, 60)}, not a staging label`)
  const key = values['secret-key']
  if (/[\p{Cc}:]/u.test(key))
    problems.add('secret-key', `is ${quoted(key, 60)}; a key has no colon or control character`)
  return { id, key, stage, region: arn?.[2] ?? region }
}

function parseIssuer(text: string, serverUrl: string, from: IdTokenFrom, problems: Problems): string {
  if (text !== '') {
    checkUrl('oidc-issuer', text, problems)
    return text
  }
  if (from.kind !== 'github') {
    problems.add('oidc-issuer', 'is required with `id-token-from`: the issuer whose ID tokens are accepted')
    return ''
  }
  if (!URL.canParse(serverUrl) || !isAllowedUrl(new URL(serverUrl))) {
    problems.add(
      'oidc-issuer',
      `cannot be derived: GITHUB_SERVER_URL is ${serverUrl.includes('@') ? 'not usable' : quoted(serverUrl, 100)}; give the issuer`,
    )
    return ''
  }
  return issuerOf(serverUrl)
}

function parseEndpoint(name: string, text: string, problems: Problems): string {
  checkUrl(name, text, problems)
  return text.replace(/\/+$/, '')
}

/** What a URL may consist of here: no quotes, blanks or controls, which would mean something in other places. */
const URL_TEXT = /^[\w:/.~%[\]-]+$/

/** An absolute `https:` URL (or `http:` on loopback) and nothing but scheme, host and path. */
function checkUrl(name: string, text: string, problems: Problems): void {
  // Anything with an @ may hold a password, also when it is malformed.
  const shown = text.includes('@') ? '(not shown, for it may hold a password)' : quoted(text, 120)
  if (!URL.canParse(text)) {
    problems.add(name, `is ${shown}, which is not an absolute URL`)
  } else if (!isAllowedUrl(new URL(text))) {
    problems.add(name, `is ${shown}; it must be https: (http: is accepted for loopback addresses only)`)
  } else if (!URL_TEXT.test(text)) {
    problems.add(
      name,
      `is ${shown}; give scheme, host and path only: no credentials, query, fragment or other characters`,
    )
  }
}

function parseClaimRules(text: string, problems: Problems): ClaimRule[] {
  return lines(text).flatMap((line) => {
    const at = line.indexOf('=')
    const claim = line.slice(0, at).trim()
    const pattern = line.slice(at + 1).trim()
    if (at > 0 && /^[A-Za-z_][\w.:/-]*$/.test(claim) && pattern !== '') return [{ claim, pattern }]
    problems.add(
      'required-claims',
      `has the line ${quoted(line, 120)}; each line is claim=pattern, and neither side is empty`,
    )
    return []
  })
}

function parseRepositories(text: string, problems: Problems): HubRepository[] {
  const found = new Map<string, HubRepository>()
  for (const line of lines(text)) {
    const repository = parseRepository(line)
    if (repository) found.set(repository.label, repository)
    else {
      problems.add(
        'repositories',
        `has the line ${quoted(line, 120)}; write acme/model, datasets/acme/data or spaces/acme/app`,
      )
    }
  }
  return [...found.values()]
}

function parseVariables(text: string, problems: Problems): string[] {
  const names = [...new Set(text.split(/[\s,]+/).filter(Boolean))]
  for (const name of names) {
    if (!VARIABLE.test(name)) problems.add('export-env', `has ${quoted(name, 60)}, which is not a variable name`)
    else if (RESERVED_VARIABLE.test(name)) problems.add('export-env', `has ${name}, which the runner keeps for itself`)
  }
  return names
}

function parseSessionPolicy(text: string, problems: Problems): string {
  if (text === 'auto' || text === 'none') return text
  let policy: unknown
  try {
    policy = JSON.parse(text)
  } catch {
    policy = undefined
  }
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy) || !('Statement' in policy)) {
    problems.add('session-policy', 'is neither auto, none nor a JSON policy document with a Statement')
    return text
  }
  const compact = JSON.stringify(policy)
  if (compact.length > MAX_POLICY) {
    problems.add(
      'session-policy',
      `is ${compact.length} characters long without spaces; STS takes at most ${MAX_POLICY}`,
    )
  }
  return compact
}

function oneOf<T extends string>(name: InputName, text: string, choices: readonly T[], problems: Problems): T {
  const found = choices.find((choice) => choice === text)
  if (!found) problems.add(name, `is ${quoted(text, 60)}; it is one of ${listed(choices)}`)
  return found ?? (choices[0] as T)
}

function flag(name: InputName, values: Record<InputName, string>, problems: Problems): boolean {
  const text = values[name]
  if (/^(?:true|True|TRUE)$/.test(text)) return true
  if (!/^(?:false|False|FALSE)$/.test(text)) problems.add(name, `is ${quoted(text, 60)}; it is true or false`)
  return false
}

function duration(
  name: InputName,
  values: Record<InputName, string>,
  min: number,
  max: number,
  problems: Problems,
): number {
  const seconds = parseDuration(values[name])
  if (seconds === undefined) {
    problems.add(name, `is ${quoted(values[name], 60)}; write a whole number and a unit: 60s, 15m, 2h, 7d`)
  } else if (seconds < min || seconds > max) {
    problems.add(name, `is ${values[name]}; it must be from ${min}s to ${max}s`)
  }
  return seconds ?? 0
}

function wholeNumber(
  name: InputName,
  values: Record<InputName, string>,
  min: number,
  max: number,
  problems: Problems,
): number {
  const number = /^\d{1,9}$/.test(values[name]) ? Number(values[name]) : Number.NaN
  if (!(number >= min && number <= max)) {
    problems.add(name, `is ${quoted(values[name], 60)}; it must be a whole number from ${min} to ${max}`)
  }
  return number
}

function lines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean)
}
