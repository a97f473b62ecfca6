/** Numbers that documents mention and code decides: `<!-- constant:POST_MS -->120 seconds<!-- /constant -->`. */
import { GITHUB_CLAIMS } from '../../src/aws/policies/evaluate/identity-providers.ts'
import { MAX_SESSION_NAME } from '../../src/aws/session-name.ts'
import { TAG_PREFIX, TAGGED_CLAIMS } from '../../src/aws/session-tags.ts'
import { SOON_MS } from '../../src/hub/verdict/verify.ts'
import { CLOCK_TOLERANCE_SECONDS, MAX_DRIFT_SECONDS } from '../../src/identity/clock.ts'
import { MAX_POLICY, ROLE_DURATION } from '../../src/inputs/aws.ts'
import { MAX_CHAIN } from '../../src/inputs/aws-way.ts'
import { MOST_CALLS } from '../../src/net/backoff.ts'
import { MAX_ANSWER_BYTES } from '../../src/net/http.ts'
import { ROTATION_INPUTS, type RotationInputName } from '../../src/rotation/inputs/definitions.ts'
import { MAX_AGE, parseRotation, WARN_PART } from '../../src/rotation/inputs/parse.ts'
import { DELETE_WITHIN_MS } from '../../src/rotation/leftovers/leftovers.ts'
import { MAX_SLACK_MS, SLACK_PART } from '../../src/rotation/secret/due.ts'
import { WRITE_INTERVAL_MS } from '../../src/rotation/secret/renew.ts'
import { MAX_ROUNDS } from '../../src/rotation/secret/rotate-secret.ts'
import { rotationPolicy } from '../../src/rotation/session-policy.ts'
import { ABANDONED_MS, OWN_MS, SETTLE_MS } from '../../src/rotation/settling.ts'
import { POST_MS } from '../../src/runner/clean-up/revoke-minted.ts'
import { DECIDING_PREFIXES, DECIDING_VARIABLES } from '../../src/runner/deciding-variables.ts'
import { readPlatform } from '../../src/runner/platform.ts'
import { EXTRA_MS as CLEANING_MS, MAX_ORPHANS } from '../../src/sources/orphans.ts'
import { INPUTS } from '../../src/token/inputs/definitions.ts'
import { MAX_ROLE_NAME } from '../../src/token/inputs/parse-aws.ts'
import { DOWNLOAD_LIMIT, SIZE_LIMITS } from '../dist-limits.ts'
import { type Filler, MarkerError, markersOf } from './markers.ts'
import { lineAt, type Problem, type Project, pages } from './project.ts'
import { actionsOf } from './tables.ts'

const SECONDS = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const
type Unit = keyof typeof SECONDS

/** A job of which nothing is known: enough to take inputs apart. */
const NO_JOB = {
  idTokenRequest: undefined,
  serverUrl: 'https://github.com',
  repository: '',
  runId: '',
  runAttempt: '',
  eventName: '',
  actor: '',
  workflow: '',
  tempDirectory: '',
  hubTokenFiles: [],
  presetVariables: new Set<string>(),
  ownVariables: new Set<string>(),
  clientVariables: {},
  gitUses: [],
  gitConfigCount: 0,
  platform: readPlatform({}),
}

/** By name: the value as a sentence says it. */
export const CONSTANTS: Readonly<Record<string, string>> = {
  'INPUTS.orphan-age': duration(INPUTS['orphan-age']),
  'INPUTS.role-duration-seconds': time(Number(INPUTS['role-duration-seconds']), 'minute'),
  'ROTATION_INPUTS.grace': duration(ROTATION_INPUTS.grace),
  'ROTATION_INPUTS.timeout': duration(ROTATION_INPUTS.timeout),
  // What a variable of the rotation function is when it is not set: the default of the input.
  'LAMBDA.ADMIN_SECRET_KEY': `\`${ROTATION_INPUTS['admin-secret-key']}\``,
  'LAMBDA.SECRET_KEY': `\`${ROTATION_INPUTS['secret-key']}\``,
  'LAMBDA.GRACE': `\`${ROTATION_INPUTS.grace}\``,
  'MAX_AGE.promote': duration(MAX_AGE.promote),
  WARN_PART: percent(WARN_PART),
  SLACK_PART: percent(SLACK_PART),
  MAX_SLACK_MS: time(MAX_SLACK_MS / 1000, 'hour'),
  CLOCK_TOLERANCE_SECONDS: time(CLOCK_TOLERANCE_SECONDS, 'second'),
  MAX_DRIFT_SECONDS: time(MAX_DRIFT_SECONDS, 'minute'),
  MAX_ANSWER_BYTES: `${MAX_ANSWER_BYTES / 1024 / 1024} MB`,
  MAX_SESSION_NAME: String(MAX_SESSION_NAME),
  MAX_CHAIN: String(MAX_CHAIN),
  MAX_ROLE_NAME: String(MAX_ROLE_NAME),
  TAGGED_CLAIMS: codes(TAGGED_CLAIMS),
  TAG_PREFIX: `\`${TAG_PREFIX}\``,
  MAX_POLICY: number(MAX_POLICY),
  SECRETS_IN_ONE_SESSION: String(secretsInOneSession()),
  SOON_MS: time(SOON_MS / 1000, 'day'),
  MOST_CALLS: word(MOST_CALLS),
  MAX_ORPHANS: word(MAX_ORPHANS),
  CLEANING_MS: time(CLEANING_MS / 1000, 'second'),
  POST_MS: time(POST_MS / 1000, 'second'),
  GITHUB_CLAIMS: codes(GITHUB_CLAIMS),
  DECIDING_VARIABLES: codes(DECIDING_VARIABLES),
  DECIDING_PREFIXES: codes(DECIDING_PREFIXES.map((prefix) => `${prefix}*`)),
  MAX_ROUNDS: word(MAX_ROUNDS),
  WRITE_INTERVAL_MS: time(WRITE_INTERVAL_MS / 1000, 'minute'),
  SETTLE_MS: time(SETTLE_MS / 1000, 'second'),
  DELETE_WITHIN_MS: time(DELETE_WITHIN_MS / 1000, 'second'),
  OWN_MS: time(OWN_MS / 1000, 'second'),
  ABANDONED_MS: time(ABANDONED_MS / 1000, 'minute'),
  'SIZE_LIMITS.main': number(SIZE_LIMITS.main),
  'SIZE_LIMITS.post': number(SIZE_LIMITS.post),
  'SIZE_LIMITS.rotate': number(SIZE_LIMITS.rotate),
  'SIZE_LIMITS.lambda': number(SIZE_LIMITS.lambda),
  DOWNLOAD_LIMIT: number(DOWNLOAD_LIMIT),
}

/** What the descriptions in an `action.yml`, where no marker can stand, must say: action, input, words. */
const DESCRIBED: readonly (readonly [action: string, input: string, says: string])[] = [
  ['', 'role-duration-seconds', `${ROLE_DURATION.min} to ${ROLE_DURATION.max}`],
  ['', 'max-attempts', `1 to ${MOST_CALLS}`],
  ['rotate', 'role-duration-seconds', `${ROLE_DURATION.min} to ${ROLE_DURATION.max}`],
  ['rotate', 'max-attempts', `1 to ${MOST_CALLS}`],
  ['rotate', 'max-age', `\`${MAX_AGE.mint}\` for \`mint\` and \`${MAX_AGE.promote}\` for \`promote\``],
  ['rotate', 'warn-age', `${percent(WARN_PART)} of \`max-age\``],
]

/** `<!-- constant:<name> -->`. */
export const constants: Filler = {
  kind: 'constant',
  content({ name }) {
    const text = CONSTANTS[name]
    if (text === undefined) throw new MarkerError('there is no such name in CONSTANTS in scripts/docs/constants.ts')
    return text
  },
}

/** Constants that no page mentions any more, and descriptions of inputs that say something else than the code. */
export function constantProblems(project: Project, kinds: readonly string[]): Problem[] {
  const used = new Set(pages(project).flatMap((page) => markersOf(page, kinds).markers.map(({ name }) => name)))
  const unused = Object.keys(CONSTANTS).filter((name) => !used.has(name))
  const actions = actionsOf(project)
  const wrong = DESCRIBED.flatMap(([folder, input, says]) => {
    const action = actions.find(({ name }) => name === folder)
    if (!action || action.inputs[input]?.description.includes(says)) return []
    const text = project.read(action.path) ?? ''
    const line = lineAt(text, Math.max(0, text.indexOf(`\n  ${input}:`) + 1))
    return [{ path: action.path, line, says: `the description of \`${input}\` must say "${says}", as the code does` }]
  })
  return [
    ...unused.map((name) => ({ path: 'scripts/docs/constants.ts', line: 1, says: `no page mentions ${name}` })),
    ...wrong,
  ]
}

/** `A`, `B`, and `C`. */
function codes(names: readonly string[]): string {
  const all = names.map((name) => `\`${name}\``)
  return `${all.slice(0, -1).join(', ')}, and ${all.at(-1)}`
}

/** How many secrets with names of 25 characters, beside one service, fit into the session policy of one run. */
function secretsInOneSession(): number {
  let count = 1
  if (policyLength(count) > MAX_POLICY) throw new Error('one secret does not fit into a session policy')
  while (policyLength(count + 1) <= MAX_POLICY) count += 1
  return count
}

/** The length of the session policy for so many secrets, in characters; infinite when the inputs are refused. */
function policyLength(count: number): number {
  const defaults = Object.fromEntries(Object.entries(ROTATION_INPUTS).map(([name, value]) => [name, value ?? '']))
  const given: Partial<Record<RotationInputName, string>> = {
    'hf-org': 'acme',
    'role-to-assume': 'arn:aws:iam::123456789012:role/hf-rotate',
    'aws-region': 'eu-west-1',
    'admin-secret-id': 'huggingface/acme/service-accounts',
    'service-account': 'ci',
    secrets: Array.from({ length: count }, (_, at) => `huggingface/acme/model-${at + 10} scope=write`).join('\n'),
    'ecs-services': 'prod/inference',
  }
  const raw = {
    values: { ...defaults, ...given } as Record<RotationInputName, string>,
    unknown: [],
    awsRegion: '',
    hfEndpoint: '',
    environmentProblems: [],
    awsVariables: {},
  }
  try {
    return rotationPolicy(parseRotation(raw, NO_JOB))?.length ?? 0
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** `24h` as `24 hours`. */
function duration(text: string): string {
  const unit = (Object.keys(SECONDS) as Unit[]).find((one) => text.endsWith(one[0] ?? ''))
  if (!unit) throw new Error(`${text} is not a duration`)
  return time(Number.parseInt(text, 10) * SECONDS[unit], unit)
}

/** Seconds in this unit: `1 hour`, `120 seconds`. */
function time(seconds: number, unit: Unit): string {
  const count = seconds / SECONDS[unit]
  return `${number(count)} ${unit}${count === 1 ? '' : 's'}`
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}

function percent(part: number): string {
  return `${Math.round(part * 100)}%`
}

/** How often, or how many: small numbers as words. */
function word(count: number): string {
  const words = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
  return words[count] ?? number(count)
}
