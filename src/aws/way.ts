/**
 * Identity → AWS session, where that takes more than one role, or where the runner's own identity begins. Loaded only
 * then.
 */
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { ActionError } from '../errors/action-error.ts'
import {
  type AwsSession,
  assumeByIdToken,
  examineSession,
  logSession,
  type SessionContext,
  sessionOf,
} from './assume-role.ts'
import type { AwsCaller, Standing } from './caller.ts'
import { callAws } from './clients.ts'
import { linkPolicy } from './policies/role-chain.ts'
import { PolicyTooLarge, saysPolicyTooLarge } from './policy-too-large.ts'
import type { Role, RoleHop, SessionAsked, Way } from './request.ts'
import { sessionTags } from './session-tags.ts'

/** Who must reach what, and how. */
export interface Asked extends SessionAsked {
  way: Way
}

/** How long a session lasts that is used once, at once, in seconds: the least that STS allows. */
const LINK_SECONDS = 900

/**
 * The session of the last role.
 *
 * @throws `ActionError` what `openSession` throws for the first role; `role-trust-rejected`, `sts-failed` for a later
 * one; `aws-identity-unavailable`.
 */
export async function openByWay(asked: Asked, shared: SessionContext): Promise<AwsCaller> {
  const context = { ...shared, clockOffsetMs: asked.identity.clockOffsetMs }
  const { way, request } = asked
  const begun = way.runner ? await beginAsRunner(asked, context) : await beginAsJob(asked, context)
  const passed: string[] = []
  let standing: Standing = begun.standing
  for (const number of way.hops.keys()) {
    if (number < begun.taken) continue
    passed.push(standing.name)
    standing = await takeHop(number, standing, asked, context)
  }
  const { role = request.role, credentials, name } = standing
  const { sessionPolicy, awsEndpoints } = request
  return { credentials, name, ...(passed.length > 0 ? { via: passed } : {}), role, sessionPolicy, awsEndpoints }
}

/** Where the way begins, and how many of its roles are assumed by then. */
interface Begun {
  standing: Standing
  taken: number
}

async function beginAsJob(asked: Asked, context: SessionContext): Promise<Begun> {
  const { identity, request, way } = asked
  const [first] = way.hops
  if (!first) throw new TypeError('a job needs a role')
  const limited = { ...request, role: first, roleDurationSeconds: secondsOf(0, asked) }
  const session = await assumeByIdToken(identity, limited, policyOf(0, asked), context)
  return { standing: standingOf(session, first), taken: 1 }
}

async function beginAsRunner(asked: Asked, context: SessionContext): Promise<Begun> {
  const { runner } = asked.way
  if (!runner) throw new TypeError('not as a runner')
  const { becomeRunner } = await import('./runner/identity.ts')
  // The session that a web identity opens is ours to limit; the others exist already.
  return { standing: await becomeRunner(runner, { ...asked, document: policyOf(-1, asked) }, context), taken: 0 }
}

async function takeHop(
  number: number,
  before: Standing,
  asked: Asked,
  { http, policy, mask, log, clockOffsetMs = 0 }: SessionContext,
): Promise<Standing> {
  const { identity, request, way } = asked
  const hop = hopAt(number, way)
  const Policy = policyOf(number, asked)
  const tags = way.tags ? sessionTags(identity) : []
  const command = new AssumeRoleCommand({
    RoleArn: hop.arn,
    RoleSessionName: request.roleSessionName,
    DurationSeconds: secondsOf(number, asked),
    ...(hop.externalId === undefined ? {} : { ExternalId: hop.externalId }),
    ...(tags.length === 0 ? {} : { Tags: tags }),
    ...(Policy === undefined ? {} : { Policy }),
  })
  let isTooLarge = false
  const answer = await callAws({
    Client: STSClient,
    service: 'STS',
    region: request.region,
    endpoints: request.awsEndpoints,
    what: `STS in ${request.region} to assume role ${number + 1} of ${way.hops.length}`,
    http,
    policy,
    credentials: before.credentials,
    // Another session expires like this one.
    isRepeatable: true,
    counted: 'all',
    send: (client) => client.send(command),
    examine: (given) => examineSession(given, mask),
    explain: async (error) => {
      const { explainHop } = await import('./explain-hop.ts')
      isTooLarge = isLast(number, way) && saysPolicyTooLarge(error)
      return explainHop({ error, identity, number, hop, before, request, way })
    },
  }).catch((error: unknown) => {
    throw isTooLarge && error instanceof ActionError ? new PolicyTooLarge(error) : error
  })
  const session = sessionOf(answer, hop, clockOffsetMs)
  logSession(session, request, log)
  return standingOf(session, hop)
}

function standingOf({ credentials, assumedRoleArn }: AwsSession, { arn, partition, account }: Role): Standing {
  return { credentials, name: assumedRoleArn, role: { arn, partition, account } }
}

/** The last session gets the policy that was asked for; one that only opens the next is limited to that. */
function policyOf(number: number, { request, way, document }: Asked): string | undefined {
  if (isLast(number, way)) return document
  return request.sessionPolicy === 'none' ? undefined : linkPolicy(hopAt(number + 1, way), way.tags)
}

function secondsOf(number: number, { request, way }: Asked): number {
  return isLast(number, way) ? request.roleDurationSeconds : LINK_SECONDS
}

function isLast(number: number, { hops }: Way): boolean {
  return number === hops.length - 1
}

function hopAt(number: number, { hops }: Way): RoleHop {
  const hop = hops[number]
  if (!hop) throw new TypeError('there is no such hop')
  return hop
}
