/** RawInputs → RotationRequest: validates every input and reports all problems at once, before any network call. */

import type { Role, SecretReference } from '../../aws/request.ts'
import { sessionName } from '../../aws/session-name.ts'
import { DEFAULT_HUB } from '../../hub/pages.ts'
import type { Job } from '../../identity/job.ts'
import { parseKey, parseRegion, parseSecretId, parseSessionPolicy, ROLE_DURATION } from '../../inputs/aws.ts'
import { inWords, parseAwsEndpoints } from '../../inputs/aws-endpoints.ts'
import { parseWay } from '../../inputs/aws-way.ts'
import { duration, fill, flag, givenNumber, oneOf, wholeNumber, words } from '../../inputs/fields.ts'
import { parseEndpoint, parseOrg } from '../../inputs/hub.ts'
import { checkPartition } from '../../inputs/partition.ts'
import { addGeneralProblems, type Problem, Problems } from '../../inputs/problems.ts'
import { checkAudience, parseClaimRules, parseIdTokenFrom, parseIssuer } from '../../inputs/proof.ts'
import type { RawInputs } from '../../inputs/raw.ts'
import { MOST_CALLS } from '../../net/backoff.ts'
import { parseDuration } from '../../text/duration.ts'
import { prose } from '../../text/message.ts'
import { listed, printable, quoted } from '../../text/printable.ts'
import {
  adminOf,
  FAIL_ON,
  MAX_GRACE_SECONDS,
  MODES,
  type ReportMode,
  type RotationMode,
  type RotationRequest,
} from '../request.ts'
import { ROTATION_INPUT_NAMES, ROTATION_INPUTS, type RotationInputName } from './definitions.ts'
import { type ListFile, parseSecretLines } from './secret-lines.ts'
import { parseServiceLines } from './service-lines.ts'

type Values = Readonly<Record<RotationInputName, string>>

const DAY = 86_400
/** When the workflow does not say: a week for what renews itself, a quarter for what takes a person. */
export const MAX_AGE = { mint: '7d', promote: '90d' } as const
/** The part of `max-age` after which `mode: promote` warns, unless `warn-age` says otherwise. */
export const WARN_PART = 0.8

/** One line without invisible characters; an id, or a name of at most 96 characters. */
const ACCOUNT = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,96}$/u

/** Inputs that not every mode uses. */
const BELONGS_TO: readonly (readonly [RotationInputName, ...RotationMode['kind'][]])[] = [
  ['admin-secret-id', 'mint', 'report'],
  ['admin-secret-key', 'mint', 'report'],
  ['service-account', 'mint', 'report'],
  ['force', 'mint'],
  ['proof', 'mint'],
  ['warn-age', 'promote', 'report'],
  ['dry-run', 'mint', 'promote'],
  ['ecs-services', 'mint', 'promote'],
  ['wait-for-services', 'mint', 'promote'],
  ['fail-on', 'report'],
  ['unused-after', 'report'],
]

/** Reads a file of the repository: its text, or what is wrong with it, as the rest of a sentence. */
export type ReadFile = (path: string) => { text: string } | { problem: Problem }

const NO_FILES: ReadFile = () => ({ problem: 'names a file, but there is no repository here' })

/**
 * The request, with every placeholder filled in and every default taken.
 *
 * @throws `ActionError` `input-invalid` listing every problem; `audience-mismatch`.
 */
export function parseRotation(
  raw: RawInputs<RotationInputName>,
  job: Job,
  readFile: ReadFile = NO_FILES,
): RotationRequest {
  const problems = new Problems()
  const { values } = raw
  addGeneralProblems(raw, ROTATION_INPUT_NAMES, problems)
  const org = parseOrg(values['hf-org'], problems)
  const filled = (name: RotationInputName) => fill(name, values[name], { org }, problems)
  const hubEndpoint = parseEndpoint('hf-endpoint', values['hf-endpoint'] || raw.hfEndpoint || DEFAULT_HUB, problems)
  const services = parseServiceLines(values['ecs-services'], problems)
  const awsEndpoints = parseAwsEndpoints(
    raw.awsVariables,
    ['STS', 'SECRETS_MANAGER', ...(services.length > 0 ? (['ECS'] as const) : [])],
    problems,
  )
  const idTokenFrom = parseIdTokenFrom(values['id-token-from'], problems)
  const { role, way } = parseWay(
    { ...values, 'role-to-assume': filled('role-to-assume'), 'role-chain': filled('role-chain') },
    raw.awsVariables,
    problems,
  )
  const region = parseRegion(values['aws-region'] || raw.awsRegion, problems)
  checkPartition('role-to-assume', role, region, problems)
  const kind = oneOf('mode', values.mode, MODES, problems)
  // Only a service account's tokens can be replaced without a person.
  const renewal = kind === 'report' ? (values['admin-secret-id'] === '' ? 'promote' : 'mint') : kind
  const maxAgeSeconds = age('max-age', values['max-age'] || MAX_AGE[renewal], problems)
  const mode = parseMode(kind, { values, filled, region, role, maxAgeSeconds }, problems)
  const key = parseKey('secret-key', values['secret-key'], problems)
  const request: RotationRequest = {
    org,
    hubEndpoint,
    endpointOverrides: [
      ...(hubEndpoint === DEFAULT_HUB ? [] : [`the Hub is ${printable(hubEndpoint, 120)}`]),
      ...inWords(awsEndpoints),
    ],
    audience: filled('audience'),
    issuer: parseIssuer(values['oidc-issuer'], job, idTokenFrom, problems),
    claimRules: parseClaimRules(values['required-claims'], problems),
    idTokenFrom,
    role,
    ...(way === undefined ? {} : { way }),
    region,
    roleSessionName: sessionName(values['role-session-name'], job),
    roleDurationSeconds: wholeNumber('role-duration-seconds', values, ROLE_DURATION, problems),
    sessionPolicy: parseSessionPolicy(values['session-policy'], problems),
    awsEndpoints,
    mode,
    secrets: parseSecretLines(
      values.secrets,
      { org, region, role, key },
      problems,
      listFile(values, readFile, problems),
    ),
    maxAgeSeconds,
    graceSeconds: duration('grace', values, { min: 0, max: MAX_GRACE_SECONDS }, problems),
    force: flag('force', values, problems),
    proof: flag('proof', values, problems),
    // An inventory writes nothing, either.
    dryRun: flag('dry-run', values, problems) || kind === 'report',
    services,
    waitForServices: flag('wait-for-services', values, problems),
    timeoutMs: duration('timeout', values, { min: 1, max: 43_200 }, problems) * 1000,
    maxAttempts: givenNumber('max-attempts', values, { min: 1, max: MOST_CALLS }, problems),
  }
  checkTogether(request, problems)
  problems.throwIfAny('Correct the inputs of this step. Every input is described in docs/rotation.md, under "Inputs".')
  checkAudience(request)
  return request
}

/** The file with the list, as far as it was given and can be read. */
function listFile(values: Values, readFile: ReadFile, problems: Problems): ListFile {
  const path = values['secrets-file']
  if (path === '') return { path: '', text: '' }
  const read = readFile(path)
  if ('text' in read) return { path, text: read.text }
  problems.add('secrets-file', prose`${read.problem} (got ${quoted(path, 200)})`)
  return { path, text: undefined }
}

interface ModeContext {
  values: Values
  filled: (name: RotationInputName) => string
  region: string
  role: Role
  maxAgeSeconds: number
}

function parseMode(kind: RotationMode['kind'], context: ModeContext, problems: Problems): RotationMode {
  const { values } = context
  // An unknown mode is a problem of its own.
  if (kind === values.mode) refuseInputsOfOtherMode(kind, values, problems)
  if (kind === 'report') return parseReport(context, problems)
  if (kind === 'mint') return { kind, ...parseAccount(kind, context, problems) }
  return { kind, warnAgeSeconds: parseWarnAge(context, problems) }
}

function refuseInputsOfOtherMode(kind: RotationMode['kind'], values: Values, problems: Problems): void {
  for (const [name, ...owners] of BELONGS_TO) {
    const isGiven = values[name] !== (ROTATION_INPUTS[name] ?? '')
    if (owners.includes(kind) || !isGiven) continue
    const modes = owners.length === 1 ? `mode ${owners[0]}` : `modes ${listed(owners)}`
    problems.add(name, `applies to ${modes} only; remove it`)
  }
}

function parseReport(context: ModeContext, problems: Problems): ReportMode {
  const { values } = context
  const failOn = words(values['fail-on']).map((word) => oneOf('fail-on', word, FAIL_ON, problems))
  const isListed = values['admin-secret-id'] !== '' || values['service-account'] !== ''
  if (failOn.includes('unused') && !isListed) {
    problems.add(
      'fail-on',
      'can list unused only with admin-secret-id and service-account: the Hub says when a token was last used only for a service account’s tokens',
    )
  }
  return {
    kind: 'report',
    listing: isListed ? parseAccount('report', context, problems) : undefined,
    failOn,
    unusedAfterSeconds: age('unused-after', values['unused-after'], problems),
    warnAgeSeconds: parseWarnAge(context, problems),
  }
}

function parseWarnAge({ values, maxAgeSeconds }: ModeContext, problems: Problems): number {
  const given = values['warn-age']
  if (given === '') return Math.floor(maxAgeSeconds * WARN_PART)
  const warnAgeSeconds = age('warn-age', given, problems)
  if (warnAgeSeconds >= maxAgeSeconds) {
    problems.add('warn-age', 'must be shorter than max-age, so that the warning comes before the failure')
  }
  return warnAgeSeconds
}

function parseAccount(
  kind: 'mint' | 'report',
  { values, filled, region, role }: ModeContext,
  problems: Problems,
): { admin: SecretReference; account: string } {
  const id = filled('admin-secret-id')
  const required = (other: string) => `is required with ${kind === 'mint' ? 'mode mint' : other}`
  if (id === '') {
    problems.add(
      'admin-secret-id',
      `${required('service-account')}: the secret that holds a token that can manage service accounts`,
    )
  }
  const account = values['service-account']
  if (account === '') {
    problems.add('service-account', `${required('admin-secret-id')}: the slug of the service account`)
  } else if (!ACCOUNT.test(account)) {
    problems.add('service-account', `must be the slug, ID, or name of a service account (got ${quoted(account, 100)})`)
  }
  const admin: SecretReference = {
    id,
    key: parseKey('admin-secret-key', values['admin-secret-key'], problems),
    stage: 'AWSCURRENT',
    region: id === '' ? region : parseSecretId('admin-secret-id', id, { region, role }, problems),
    input: 'admin-secret-id',
  }
  return { admin, account }
}

/** What single inputs cannot know. */
function checkTogether(request: RotationRequest, problems: Problems): void {
  const { mode, secrets, services, waitForServices, timeoutMs, roleDurationSeconds } = request
  if (secrets.some(({ secret }) => secret.id === adminOf(mode)?.id)) {
    problems.add('secrets', 'must not list the admin secret: this action cannot mint an admin token')
  }
  if (waitForServices && services.length === 0) {
    problems.add('wait-for-services', 'requires ecs-services; without it, there is nothing to wait for')
  }
  if (timeoutMs / 1000 > roleDurationSeconds) {
    problems.add(
      'timeout',
      `must not be longer than the AWS session: shorten it, or increase role-duration-seconds (now ${roleDurationSeconds})`,
    )
  }
}

function age(name: string, text: string, problems: Problems): number {
  const seconds = parseDuration(text)
  if (seconds === undefined || seconds < 1 || seconds > 3650 * DAY) {
    problems.add(name, `must be a whole number and a unit, such as 12h or 7d, at most 3650d (got ${quoted(text, 60)})`)
  }
  return seconds ?? 0
}
