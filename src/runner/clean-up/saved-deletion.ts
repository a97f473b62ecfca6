/**
 * Whether saved state is what main saves about a token that post deletes by its ID. Main has validated all of it; it is
 * validated again, by the same rules, because it decides where post sends an ID token and an admin token.
 */
import { isDeepStrictEqual } from 'node:util'
import { sessionName } from '../../aws/session-name.ts'
import { MAX_TOKEN_NAME } from '../../hub/mint-rights.ts'
import {
  parseKey,
  parseRegion,
  parseRole,
  parseSecretId,
  parseSessionPolicy,
  parseStage,
  parseVersionId,
  ROLE_DURATION,
} from '../../inputs/aws.ts'
import { parseAwsEndpoints } from '../../inputs/aws-endpoints.ts'
import { parseWay, type WayInputs } from '../../inputs/aws-way.ts'
import { wholeNumber } from '../../inputs/fields.ts'
import { parseEndpoint, parseOrg, parseServiceAccount } from '../../inputs/hub.ts'
import { Problems } from '../../inputs/problems.ts'
import { acceptedAudiences, parseClaimRules, parseIdTokenFrom, parseIssuer } from '../../inputs/proof.ts'
import { madeAt } from '../../sources/token-name.ts'
import { isRecord } from '../../text/json.ts'
import { isDecidingVariables } from '../deciding-variables.ts'
import type { SavedDeletion } from '../ledger.ts'

/** Names of the fields that main would not have saved like this; empty: the state is a {@link SavedDeletion}. */
export function misfits(saved: Record<string, unknown>): string[] {
  return CHECKS.filter(([path, fits]) => !fits(at(saved, path), saved)).map(([path]) => path)
}

/** {@link misfits} are empty. */
export function isDeletion(saved: Record<string, unknown>): saved is Record<string, unknown> & SavedDeletion {
  return misfits(saved).length === 0
}

type Check = (value: unknown, saved: Record<string, unknown>) => boolean

/** IDs become part of a path. */
const ID = /^[A-Za-z0-9_-]{1,64}$/
const isId: Check = (value) => typeof value === 'string' && ID.test(value)

/** By path. */
const CHECKS: readonly (readonly [string, Check])[] = [
  ['kind', (value) => value === 'entry'],
  ['accountId', isId],
  ['tokenId', isId],
  ['displayName', (value) => isText(value) && value.length <= MAX_TOKEN_NAME && madeAt(value) !== undefined],
  ['variables', isDecidingVariables],
  ['request.org', parsed(parseOrg)],
  ['request.hubEndpoint', parsed((text, problems) => parseEndpoint('', text, problems))],
  ['request.audience', (value, saved) => isText(value) && audiencesOf(saved).includes(value)],
  ['request.issuer', parsed((text, problems) => parseIssuer(text, { serverUrl: '' }, { kind: 'github' }, problems))],
  ['request.claimRules', (value) => Array.isArray(value) && value.every(isClaimRule)],
  ['request.idTokenFrom', isIdTokenFrom],
  ['request.source.kind', (value) => value === 'service-account'],
  ['request.source.account', parsed((text, problems) => parseServiceAccount(text, '', problems))],
  ['request.aws.role', isRole],
  ['request.aws.way', isWay],
  ['request.aws.region', parsed(parseRegion)],
  ['request.aws.roleSessionName', (value) => isText(value) && value !== '' && sessionName(value, NO_JOB) === value],
  ['request.aws.roleDurationSeconds', isRoleDuration],
  ['request.aws.sessionPolicy', parsed(parseSessionPolicy)],
  ['request.aws.awsEndpoints', isAwsEndpoints],
  ['request.aws.secret', isSecret],
]

const NO_JOB = { repository: '', runId: '' }

function at(saved: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), saved)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** A text of which a parser returns the same and finds nothing wrong with it. */
function parsed(parse: (text: string, problems: Problems) => string): Check {
  return (value) => isText(value) && agrees(value, (problems) => parse(value, problems))
}

/** Whether `read` finds no problem, and returns this value. */
function agrees(value: unknown, read: (problems: Problems) => unknown): boolean {
  const problems = new Problems()
  return isDeepStrictEqual(read(problems), value) && problems.found.length === 0
}

function audiencesOf(saved: Record<string, unknown>): string[] {
  return acceptedAudiences(String(at(saved, 'request.org')), String(at(saved, 'request.hubEndpoint')))
}

function isClaimRule(value: unknown): boolean {
  if (!isRecord(value)) return false
  return agrees([value], (problems) => parseClaimRules(`${value.claim}=${value.pattern}`, problems))
}

function isIdTokenFrom(value: unknown): boolean {
  if (!isRecord(value)) return false
  const text = value.kind === 'github' ? 'github' : `${value.kind}:${value.kind === 'env' ? value.name : value.path}`
  return agrees(value, (problems) => parseIdTokenFrom(text, problems))
}

/** With a way, the last role is this one: see `isWay`. */
function isRole(value: unknown, saved: Record<string, unknown>): boolean {
  if (!isRecord(value)) return false
  return (
    at(saved, 'request.aws.way') !== undefined || agrees(value, (problems) => parseRole(String(value.arn), problems))
  )
}

/** Read again from what would have been its inputs and variables. */
function isWay(value: unknown, saved: Record<string, unknown>): boolean {
  if (value === undefined) return true
  if (!isRecord(value) || !Array.isArray(value.hops) || !value.hops.every(isRecord)) return false
  const { runner, hops, tags } = value
  const inputs = {
    'aws-identity': runner === undefined ? 'oidc' : 'runner',
    'role-to-assume': '',
    'role-chain': hops.map(lineOf).join('\n'),
    'session-tags': String(tags),
    'role-duration-seconds': String(at(saved, 'request.aws.roleDurationSeconds')),
    'session-policy': String(at(saved, 'request.aws.sessionPolicy')),
  }
  const again = (problems: Problems) => parseWay(firstApart(inputs), variablesOf(runner), problems)
  // The state has no field for what is undefined.
  const inState = (parsed: unknown): unknown => JSON.parse(JSON.stringify(parsed))
  return agrees({ role: at(saved, 'request.aws.role'), way: value }, (problems) => inState(again(problems)))
}

/** The first role is an input of its own, which takes no external ID. */
function firstApart(inputs: WayInputs): WayInputs {
  const [first = '', ...chain] = inputs['role-chain'].split('\n')
  if (first.includes(' ')) return inputs
  return { ...inputs, 'role-to-assume': first, 'role-chain': chain.join('\n') }
}

function lineOf({ arn, externalId }: Record<string, unknown>): string {
  return externalId === undefined ? String(arn) : `${arn} external-id=${externalId}`
}

function variablesOf(runner: unknown): Record<string, string> {
  if (!isRecord(runner)) return {}
  const entries = Object.entries({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: runner.url,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: runner.kind === 'container' ? runner.tokenFile : undefined,
    AWS_WEB_IDENTITY_TOKEN_FILE: runner.kind === 'web-identity' ? runner.tokenFile : undefined,
    AWS_ROLE_ARN: isRecord(runner.role) ? runner.role.arn : undefined,
    AWS_ROLE_SESSION_NAME: runner.sessionName,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: runner.endpoint,
  })
  return Object.fromEntries(entries.flatMap(([name, one]) => (one === undefined ? [] : [[name, String(one)]])))
}

function isRoleDuration(value: unknown): boolean {
  return agrees(value, (problems) => wholeNumber('seconds', { seconds: String(value) }, ROLE_DURATION, problems))
}

function isAwsEndpoints(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value.urls) || !Object.values(value.urls).every(isText)) return false
  const variables = {
    ...value.urls,
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: '',
    AWS_USE_FIPS_ENDPOINT: String(value.useFips),
    AWS_USE_DUALSTACK_ENDPOINT: String(value.useDualstack),
  } as Readonly<Record<string, string>>
  return agrees(value, (problems) => parseAwsEndpoints(variables, ['STS', 'SECRETS_MANAGER'], problems))
}

function isSecret(value: unknown, saved: Record<string, unknown>): boolean {
  if (!isRecord(value) || ![value.id, value.key, value.stage].every(isText)) return false
  const [id, key, stage] = [String(value.id), String(value.key), String(value.stage)]
  return agrees(value, (problems) => {
    const region = String(at(saved, 'request.aws.region'))
    // What is wrong with the role is a misfit of its own.
    const role = parseRole(String(at(saved, 'request.aws.role.arn')), new Problems())
    return {
      id,
      key: parseKey('', key, problems),
      stage: parseStage(stage, problems),
      ...(value.versionId === undefined ? {} : { versionId: parseVersionId(String(value.versionId), problems) }),
      region: parseSecretId('', id, { region, role }, problems),
    }
  })
}
