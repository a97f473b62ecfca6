/** RawInputs → Request: judges every input and reports all that is wrong at once, before any network call. */
import { ActionError } from '../errors/action-error.ts'
import { isAllowedUrl } from '../net/endpoint.ts'
import { closest } from '../text/closest.ts'
import { printable, quoted } from '../text/printable.ts'
import { INPUT_NAMES, type InputName } from './definitions.ts'
import { checkUrl, duration, flag, lines, oneOf, wholeNumber } from './fields.ts'
import { issuerOf } from './issuer.ts'
import { parseAws } from './parse-aws.ts'
import { parseSource } from './parse-source.ts'
import { invalid, Problems } from './problems.ts'
import type { RawInputs } from './read.ts'
import { parseRepository } from './repository.ts'
import type { ClaimRule, HubRepository, IdTokenFrom, Job, Request, Scope, VerifyMode } from './request.ts'
import { SCOPES, VERIFY_MODES } from './request.ts'

const DEFAULT_HUB = 'https://huggingface.co'
const ORG = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/
/** The runner refuses these in `GITHUB_ENV`, or the job would break. */
const RESERVED_VARIABLE = /^(?:GITHUB_.*|RUNNER_.*|ACTIONS_.*|NODE_OPTIONS|PATH|HOME)$/i

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
  // With a path, the audience would be one that names an organization: good for AWS too.
  if (!usesAws && URL.canParse(hubEndpoint) && new URL(hubEndpoint).pathname !== '/') {
    problems.add(
      'hf-endpoint',
      'must have no path with `token-source: trusted-publisher`: it is the audience of the ID token',
    )
  }
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

function parseIdTokenFrom(text: string, problems: Problems): IdTokenFrom {
  if (text === 'github') return { kind: 'github' }
  const env = /^env:([A-Za-z_]\w*)$/.exec(text)?.[1]
  if (env) return { kind: 'env', name: env }
  const path = /^file:(.+)$/.exec(text)?.[1]
  if (path) return { kind: 'file', path }
  problems.add('id-token-from', `is ${quoted(text, 100)}; it is github, env:NAME or file:PATH`)
  return { kind: 'github' }
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
