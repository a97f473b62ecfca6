/** RawInputs → Request: judges every input and reports all that is wrong at once, before any network call. */

import { DEFAULT_HUB } from '../../hub/pages.ts'
import type { VerifyMode } from '../../hub/requirement.ts'
import { VERIFY_MODES } from '../../hub/requirement.ts'
import { SCOPES } from '../../hub/scopes.ts'
import type { Job } from '../../identity/job.ts'
import { inWords } from '../../inputs/aws-endpoints.ts'
import { duration, fill, flag, lines, oneOf, wholeNumber } from '../../inputs/fields.ts'
import { parseEndpoint, parseOrg, parseRepositories } from '../../inputs/hub.ts'
import { addGeneralProblems, invalid, Problems } from '../../inputs/problems.ts'
import { checkAudience, parseClaimRules, parseIdTokenFrom, parseIssuer } from '../../inputs/proof.ts'
import type { RawInputs } from '../../inputs/raw.ts'
import { MOST_ATTEMPTS } from '../../net/retry.ts'
import { printable, quoted } from '../../text/printable.ts'
import type { Request, RevokeMode } from '../request.ts'
import { REVOKE_MODES } from '../request.ts'
import { INPUT_NAMES, type InputName } from './definitions.ts'
import { parseAws } from './parse-aws.ts'
import { parseSource } from './parse-source.ts'

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/
/** The runner refuses these in `GITHUB_ENV`, or the job would break. */
const RESERVED_VARIABLE = /^(?:GITHUB_.*|RUNNER_.*|ACTIONS_.*|NODE_OPTIONS|PATH|HOME)$/i

/**
 * The request, with every placeholder filled in and every default taken.
 *
 * @throws `ActionError` `input-invalid` listing every problem; `audience-mismatch` when the inputs are well-formed but
 * the audience does not name the organization.
 */
export function parseInputs(raw: RawInputs<InputName>, job: Job): Request {
  const problems = new Problems()
  const { values } = raw
  addGeneralProblems(raw, INPUT_NAMES, problems)
  const org = parseOrg(values['hf-org'], problems)
  const scope = oneOf('scope', values.scope, SCOPES, problems)
  const filled = (name: InputName) => fill(name, values[name], { org, scope }, problems)

  const hubEndpoint = parseEndpoint('hf-endpoint', values['hf-endpoint'] || raw.hfEndpoint || DEFAULT_HUB, problems)
  const source = parseSource(values, org, scope, problems)
  const usesAws = source.kind !== 'trusted-publisher'
  const aws = usesAws ? parseAws(values, raw, job, filled, problems) : undefined
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
    aws,
    revoke: parseRevoke(values.revoke, problems),
    repositories: parseRepositories(lines(values.repositories), problems),
    verify: oneOf('verify', values.verify, VERIFY_MODES, problems) satisfies VerifyMode,
    minLifetimeSeconds: duration('min-token-lifetime', values, 0, 30 * 86_400, problems),
    exportEnv: parseVariables(values['export-env'], problems),
    exportFile: flag('export-file', values, problems),
    gitCredentials: flag('git-credentials', values, problems),
    hubEndpoint,
    endpointOverrides: [
      ...(hubEndpoint === DEFAULT_HUB ? [] : [`the Hub is ${printable(hubEndpoint, 120)}`]),
      ...(aws ? inWords(aws.awsEndpoints) : []),
    ],
    timeoutMs: duration('timeout', values, 1, 3600, problems) * 1000,
    maxAttempts: wholeNumber('max-attempts', values, 1, MOST_ATTEMPTS, problems),
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

/** True and false as YAML writes them, like every other flag. */
function parseRevoke(text: string, problems: Problems): RevokeMode {
  const plain = /^(?:True|TRUE|False|FALSE)$/.test(text) ? text.toLowerCase() : text
  return oneOf('revoke', plain, REVOKE_MODES, problems)
}

function parseVariables(text: string, problems: Problems): string[] {
  const names = [...new Set(text.split(/[\s,]+/).filter(Boolean))]
  for (const name of names) {
    if (!VARIABLE.test(name)) problems.add('export-env', `has ${quoted(name, 60)}, which is not a variable name`)
    else if (RESERVED_VARIABLE.test(name)) problems.add('export-env', `has ${name}, which the runner keeps for itself`)
  }
  return names
}
