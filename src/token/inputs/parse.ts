/** RawInputs → Request: validates every input and reports all problems at once, before any network call. */
import { DEFAULT_HUB } from '../../hub/pages.ts'
import { VERIFY_MODES } from '../../hub/requirement.ts'
import type { Job } from '../../identity/job.ts'
import { inWords } from '../../inputs/aws-endpoints.ts'
import { duration, fill, flag, givenNumber, gotUrl, lines, oneOf, words } from '../../inputs/fields.ts'
import { checkMintable, parseEndpoint, parseOrg, parseRepositories } from '../../inputs/hub.ts'
import { addGeneralProblems, got, Problems } from '../../inputs/problems.ts'
import { checkAudience, parseClaimRules, parseIdTokenFrom, parseIssuer } from '../../inputs/proof.ts'
import type { RawInputs } from '../../inputs/raw.ts'
import { parseRights } from '../../inputs/rights.ts'
import { MOST_CALLS } from '../../net/backoff.ts'
import { code, prose } from '../../text/message.ts'
import { printable } from '../../text/printable.ts'
import { FILE_MODES, REVOKE_MODES, type Request } from '../request.ts'
import { checkClient } from './check-client.ts'
import { CLAIM_PLACEHOLDERS } from './claim-placeholders.ts'
import { INPUT_NAMES, INPUTS, type InputName } from './definitions.ts'
import { refuseOtherNames } from './foreign-inputs.ts'
import { parseAws } from './parse-aws.ts'
import { parseSource } from './parse-source.ts'
import { parseVariables } from './parse-variables.ts'

/**
 * The request, with every placeholder filled in and every default taken.
 *
 * @throws `ActionError` `input-invalid` listing every problem; `audience-mismatch` when the inputs are well-formed but
 * the audience does not name the organization.
 */
export function parseInputs(raw: RawInputs<InputName>, job: Job): Request {
  const problems = new Problems()
  const { values } = raw
  addGeneralProblems({ ...raw, unknown: refuseOtherNames(raw.unknown, problems) }, INPUT_NAMES, problems)
  const org = parseOrg(values['hf-org'], problems)
  const asked = parseRights(
    {
      scope: values.scope,
      permissions: words(values.permissions),
      allow: words(values.allow),
      settingFor: (name) => `scope: ${name}`,
      // Nobody can tell the default from the same word in a workflow.
      isScopeGiven: values.scope !== INPUTS.scope,
    },
    problems,
  )
  const { scope } = asked
  const filled = (name: InputName) => fill(name, values[name], { org, scope }, problems)
  const filledForAws = (name: InputName) => fill(name, values[name], { org, scope, ...CLAIM_PLACEHOLDERS }, problems)

  const hubEndpoint = parseEndpoint('hf-endpoint', values['hf-endpoint'] || raw.hfEndpoint || DEFAULT_HUB, problems)
  const clientEndpoint = values['client-endpoint']
    ? parseEndpoint('client-endpoint', values['client-endpoint'], problems)
    : undefined
  const source = parseSource(values, { org, asked }, problems)
  const usesAws = source.kind !== 'trusted-publisher'
  const aws = usesAws ? parseAws(raw, job, filledForAws, problems) : undefined
  if (!usesAws) checkHubAudience(hubEndpoint, problems)
  // The environment of a step does not say where its variables come from.
  const hubNote = values['hf-endpoint'] ? '' : ' (from HF_ENDPOINT: set it for the job, not for this step alone)'
  const exportFile = mode('export-file', values, FILE_MODES, problems)
  const idTokenFrom = parseIdTokenFrom(values['id-token-from'], problems)

  const request: Request = {
    org,
    ...asked,
    // The Hub accepts only ID tokens that are meant for it.
    audience: usesAws ? filled('audience') : hubEndpoint,
    issuer: parseIssuer(values['oidc-issuer'], job, idTokenFrom, problems),
    claimRules: parseClaimRules(values['required-claims'], problems),
    idTokenFrom,
    source,
    aws,
    revoke: mode('revoke', values, REVOKE_MODES, problems),
    repositories: parseRepositories(lines(values.repositories), problems),
    repositoriesOnly: flag('repositories-only', values, problems),
    notation: 'input',
    verify: oneOf('verify', values.verify, VERIFY_MODES, problems),
    proofMaxAgeSeconds: parseProofAge(values, problems),
    minLifetimeSeconds: duration('min-token-lifetime', values, { min: 0, max: 30 * 86_400 }, problems),
    exportEnv: parseVariables(values['export-env'], problems),
    exportFile: exportFile !== 'false',
    exportHome: exportFile === 'hf-home',
    gitCredentials: flag('git-credentials', values, problems),
    hubEndpoint,
    clientEndpoint,
    endpointOverrides: [
      ...(hubEndpoint === DEFAULT_HUB ? [] : [`the Hub is ${printable(hubEndpoint, 120)}${hubNote}`]),
      ...(clientEndpoint === undefined ? [] : [`clients may use ${printable(clientEndpoint, 120)}`]),
      ...(aws ? inWords(aws.awsEndpoints) : []),
    ],
    timeoutMs: duration('timeout', values, { min: 1, max: 3600 }, problems) * 1000,
    maxAttempts: givenNumber('max-attempts', values, { min: 1, max: MOST_CALLS }, problems),
  }
  checkFolders(request, job, problems)
  if (request.repositoriesOnly && request.repositories.length === 0) {
    problems.add('repositories-only', prose`requires ${code('repositories')}, which lists what the token may reach`)
  }
  checkClient(request, job, problems)
  if (source.kind === 'service-account') checkMintable(org, request.repositories, problems)
  problems.throwIfAny()
  if (usesAws) checkAudience(request)
  return request
}

/** With a path, the audience would be one that names an organization: an ID token for it would be good for AWS too. */
function checkHubAudience(hubEndpoint: string, problems: Problems): void {
  if (!URL.canParse(hubEndpoint) || new URL(hubEndpoint).pathname === '/') return
  problems.add(
    'hf-endpoint',
    prose`must have no path with ${code('token-source: trusted-publisher')}, because it is the audience of the ID token ${gotUrl(hubEndpoint)}`,
  )
}

function checkFolders(request: Request, job: Job, problems: Problems): void {
  if (request.exportHome && job.hubTokenFiles.length === 0) {
    problems.add(
      'export-file',
      prose`requires an absolute path in ${code('HF_HOME')} or, if that is not set, in ${code('HOME')} (on Windows, ${code('USERPROFILE')}) ${got('hf-home')}`,
    )
  }
  if (job.tempDirectory !== '') return
  for (const [name, needed] of [
    ['export-file', request.exportFile],
    ['git-credentials', request.gitCredentials],
  ] as const) {
    if (needed) problems.add(name, prose`requires ${code('RUNNER_TEMP')}, which this runner does not set`)
  }
}

function parseProofAge(values: Record<InputName, string>, problems: Problems): number {
  const isAccepted = flag('accept-proof', values, problems)
  const seconds = duration('proof-max-age', values, { min: 0, max: 90 * 86_400 }, problems)
  return isAccepted ? seconds : 0
}

/** One of a few words, with `true` and `false` in every spelling of YAML, like the flags. */
function mode<T extends string>(
  name: InputName,
  values: Record<InputName, string>,
  modes: readonly T[],
  problems: Problems,
): T {
  const text = values[name]
  const plain = /^(?:True|TRUE|False|FALSE)$/.test(text) ? text.toLowerCase() : text
  return oneOf(name, plain, modes, problems)
}
