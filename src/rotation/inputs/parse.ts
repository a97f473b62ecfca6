/** RawInputs → RotationRequest: judges every input and reports all that is wrong at once, before any network call. */

import type { Role } from '../../aws/request.ts'
import { sessionName } from '../../aws/session-name.ts'
import { DEFAULT_HUB } from '../../hub/pages.ts'
import type { Job } from '../../identity/job.ts'
import {
  MAX_POLICY,
  parseKey,
  parseRegion,
  parseRole,
  parseSecretId,
  parseSessionPolicy,
  ROLE_DURATION,
} from '../../inputs/aws.ts'
import { inWords, parseAwsEndpoints } from '../../inputs/aws-endpoints.ts'
import { duration, fill, flag, oneOf, wholeNumber } from '../../inputs/fields.ts'
import { parseEndpoint, parseOrg } from '../../inputs/hub.ts'
import { addGeneralProblems, invalid, Problems } from '../../inputs/problems.ts'
import { checkAudience, parseClaimRules, parseIdTokenFrom, parseIssuer } from '../../inputs/proof.ts'
import type { RawInputs } from '../../inputs/raw.ts'
import { MOST_ATTEMPTS } from '../../net/retry.ts'
import { parseDuration } from '../../text/duration.ts'
import { printable, quoted } from '../../text/printable.ts'
import { MODES, type RotationMode, type RotationRequest } from '../request.ts'
import { rotationPolicy } from '../session-policy.ts'
import { ROTATION_INPUT_NAMES, ROTATION_INPUTS, type RotationInputName } from './definitions.ts'
import { parseSecretLines } from './secret-lines.ts'
import { parseServiceLines } from './service-lines.ts'

type Values = Readonly<Record<RotationInputName, string>>

const DAY = 86_400
/** When the workflow does not say: a week for what renews itself, a quarter for what takes a person. */
export const MAX_AGE = { mint: '7d', promote: '90d' } as const
/** From this part of `max-age` on `mode: promote` warns, unless `warn-age` says otherwise. */
export const WARN_PART = 0.8

/** Inputs that only one mode uses. */
const BELONGS_TO: readonly (readonly [RotationInputName, RotationMode['kind']])[] = [
  ['admin-secret-id', 'mint'],
  ['admin-secret-key', 'mint'],
  ['service-account', 'mint'],
  ['force', 'mint'],
  ['warn-age', 'promote'],
]

/**
 * The request, with every placeholder filled in and every default taken.
 *
 * @throws `ActionError` `input-invalid` listing every problem; `audience-mismatch`.
 */
export function parseRotation(raw: RawInputs<RotationInputName>, job: Job): RotationRequest {
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
  const role = parseRole(filled('role-to-assume'), problems)
  const region = parseRegion(values['aws-region'] || raw.awsRegion, problems)
  const kind = oneOf('mode', values.mode, MODES, problems)
  const maxAgeSeconds = age('max-age', values['max-age'] || MAX_AGE[kind], problems)
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
    issuer: parseIssuer(values['oidc-issuer'], job.serverUrl, idTokenFrom, problems),
    claimRules: parseClaimRules(values['required-claims'], problems),
    idTokenFrom,
    role,
    region,
    roleSessionName: sessionName(values['role-session-name'], job),
    roleDurationSeconds: wholeNumber('role-duration-seconds', values, ROLE_DURATION.min, ROLE_DURATION.max, problems),
    sessionPolicy: parseSessionPolicy(values['session-policy'], problems),
    awsEndpoints,
    mode,
    secrets: parseSecretLines(values.secrets, { org, region, role, key }, problems),
    maxAgeSeconds,
    graceSeconds: duration('grace', values, 0, 365 * DAY, problems),
    force: flag('force', values, problems),
    dryRun: flag('dry-run', values, problems),
    services,
    waitForServices: flag('wait-for-services', values, problems),
    timeoutMs: duration('timeout', values, 1, 43_200, problems) * 1000,
    maxAttempts: wholeNumber('max-attempts', values, 1, MOST_ATTEMPTS, problems),
  }
  checkTogether(request, problems)
  if (problems.lines.length > 0)
    throw invalid(
      problems.lines,
      'Correct the `with:` block of this step. Every input is described in docs/rotation.md, under "Inputs".',
    )
  checkAudience(request)
  return request
}

interface ModeContext {
  values: Values
  filled: (name: RotationInputName) => string
  region: string
  role: Role
  maxAgeSeconds: number
}

function parseMode(
  kind: RotationMode['kind'],
  { values, filled, region, role, maxAgeSeconds }: ModeContext,
  problems: Problems,
): RotationMode {
  for (const [name, owner] of kind === values.mode ? BELONGS_TO : []) {
    if (owner !== kind && values[name] !== (ROTATION_INPUTS[name] ?? '')) {
      problems.add(name, `is not used with \`mode: ${kind}\`, only with \`${owner}\`; remove it`)
    }
  }
  if (kind === 'promote') {
    const given = values['warn-age']
    const warnAgeSeconds = given === '' ? Math.floor(maxAgeSeconds * WARN_PART) : age('warn-age', given, problems)
    if (given !== '' && warnAgeSeconds >= maxAgeSeconds) {
      problems.add('warn-age', 'must be shorter than `max-age`: it is there to warn before that')
    }
    return { kind, warnAgeSeconds }
  }
  const id = filled('admin-secret-id')
  if (id === '') {
    problems.add(
      'admin-secret-id',
      'is required with `mode: mint`: the secret with a token that may manage service accounts',
    )
  }
  const account = values['service-account']
  if (account === '') problems.add('service-account', 'is required with `mode: mint`: its name or id')
  else if (!/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,96}$/u.test(account)) {
    problems.add('service-account', `is ${quoted(account, 100)}, which is neither a name nor an id`)
  }
  const secretRegion = id === '' ? region : parseSecretId('admin-secret-id', id, { region, role }, problems)
  const key = parseKey('admin-secret-key', values['admin-secret-key'], problems)
  return { kind, admin: { id, key, stage: 'AWSCURRENT', region: secretRegion, input: 'admin-secret-id' }, account }
}

/** What single inputs cannot know. */
function checkTogether(request: RotationRequest, problems: Problems): void {
  const { mode, secrets, services, waitForServices, timeoutMs, roleDurationSeconds } = request
  if (mode.kind === 'mint' && secrets.some(({ secret }) => secret.id === mode.admin.id)) {
    problems.add('secrets', 'has the admin secret in it: its token is not one that this action can mint')
  }
  if (waitForServices && services.length === 0) {
    problems.add('wait-for-services', 'needs `ecs-services`: there is nothing to wait for')
  }
  if (timeoutMs / 1000 > roleDurationSeconds) {
    problems.add(
      'timeout',
      `is longer than the session (\`role-duration-seconds: ${roleDurationSeconds}\`); raise that too`,
    )
  }
  const policy = request.sessionPolicy === 'auto' ? (rotationPolicy(request) ?? '') : ''
  if (policy.length > MAX_POLICY) {
    problems.add(
      'secrets',
      `and \`ecs-services\` are too many for \`session-policy: auto\` (${policy.length} characters, STS takes ${MAX_POLICY}); spread them over several steps, or set \`session-policy: none\` if the role itself may do no more than this`,
    )
  }
}

function age(name: string, text: string, problems: Problems): number {
  const seconds = parseDuration(text)
  if (seconds === undefined || seconds < 1 || seconds > 3650 * DAY) {
    problems.add(name, `is ${quoted(text, 60)}; write a whole number and a unit, such as 12h or 7d, at most 3650d`)
  }
  return seconds ?? 0
}
