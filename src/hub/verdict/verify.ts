/** HubToken → VerifiedToken: the Hub confirms that it belongs to the organization, suffices, does no more, and is alive. */
import type { ActionError } from '../../errors/action-error.ts'
import { formatDuration } from '../../text/duration.ts'
import type { Log } from '../../text/log.ts'
import { listed, printable } from '../../text/printable.ts'
import { tokenKind } from '../facts/describe.ts'
import { type AskableHub, factsOf, gatherFacts, isIssued, type TokenFacts } from '../facts/facts.ts'
import { placeOf } from '../facts/rights.ts'
import type { WhoAmI } from '../facts/whoami.ts'
import type { HubRepository } from '../repository.ts'
import type { Requirement } from '../requirement.ts'
import type { HubToken } from '../token.ts'
import { findProblems, isStoodIn, type Problem } from './find.ts'
import { inFurtherOrganizations } from './organization.ts'

declare const verified: unique symbol

/** A token that passed the checks that `verify` requires. Made by {@link verifyToken} only. */
export interface VerifiedToken extends HubToken {
  readonly [verified]: true
  /** What whoami-v2 says of it; undefined when it was not asked or did not answer. */
  readonly whoami: WhoAmI | undefined
  /** Who the Hub says it is; empty when the Hub did not say. */
  readonly identity: string
  /** `fine-grained`, `read`, `write`, …; empty when the Hub did not say. */
  readonly kind: string
  /** Milliseconds since the epoch; undefined when it does not expire, or the Hub did not say. */
  readonly expiresAt: number | undefined
  /** Milliseconds since the epoch; undefined when the Hub did not say. */
  readonly createdAt: number | undefined
  /** What it may do, in words, for the summary. */
  readonly rights: readonly string[]
  /** `proof`: a recorded one, with auth-check. `issuer`: the call that issued it, while whoami-v2 was silent. */
  readonly confirmedBy: 'whoami-v2' | 'proof' | 'auth-check' | 'issuer' | 'nothing'
}

export interface VerifyTokenOptions {
  request: Requirement
  hub: AskableHub
  log: Log
  /** Milliseconds since the epoch. */
  now?: number
  /** What the account's list, or the answer to the mint request, says of the token: it spares whoami-v2. */
  stated?: WhoAmI | undefined
}

/** A stored token that expires within this time gets a warning: seven days, in milliseconds. */
export const SOON_MS = 7 * 86_400_000

/**
 * Confirms the token as `request.verify` requires: `strict` throws the gravest problem and logs the others, `warn` logs
 * them all, `off` asks nothing.
 *
 * @throws `ActionError` `token-rejected`, `token-expired`, `token-expiring`, `token-wrong-org`, `token-over-scoped`,
 * `token-under-scoped`, `token-pending-approval`, `token-revoked-by-org`, `org-restricted`, `hub-rate-limited`,
 * `hub-failed`, `network-unreachable`, `deadline-exceeded`.
 */
export async function verifyToken(
  token: HubToken,
  { request, hub, log, now = Date.now(), stated }: VerifyTokenOptions,
): Promise<VerifiedToken> {
  if (request.verify === 'off') {
    log.warning(notAsked(request))
    return confirmed(token, factsOf(undefined, token), false)
  }
  const fatal = <P extends Problem>(problems: readonly P[]) =>
    problems.find(({ code }) => request.verify === 'strict' || code === 'deadline-exceeded')
  const facts = await gatherFacts(token, {
    requirement: request,
    hub,
    now,
    stated,
    goOn: (soFar) => fatal(findProblems(soFar, request, now)) === undefined,
  })

  tellOfAnswers(facts, log)
  if (isStoodIn(facts, request)) tellOfStandIn(request, log)
  const problems = await explained(facts, request, now)
  const failure = fatal(problems)
  // Every problem but the failure itself would be lost if it were not logged here.
  for (const problem of problems) if (problem !== failure) log.warning(problem.message)
  if (failure) throw failure

  warnIfExpiringSoon(facts, now, log)
  const further = inFurtherOrganizations(facts, request.org)
  if (further !== undefined) log.warning(further)
  return confirmed(token, facts, isIssued(facts.evidence))
}

/** Every problem as an error. What explains them is loaded only when there is one. */
async function explained(facts: TokenFacts, request: Requirement, now: number): Promise<ActionError[]> {
  if (findProblems(facts, request, now).length === 0) return []
  const { judge } = await import('./judge.ts')
  return judge(facts, request, now)
}

/** What the Hub did not say, and what it says that nobody here knows, where neither is a reason to refuse the token. */
function tellOfAnswers({ silences, who, provenAt }: TokenFacts, log: Log): void {
  for (const silence of silences) {
    log.info(
      `Hub: no confirmation from ${silence}. It is not needed: the call that issued the token says what it can do.`,
    )
  }
  if (provenAt !== undefined) {
    log.info(
      `Hub: confirmed by the proof that a rotation recorded at ${new Date(provenAt).toISOString()}, and by auth-check; whoami-v2 was not needed`,
    )
  }
  const unknown = (who?.unknown ?? []).filter(({ couldBeRight }) => !couldBeRight)
  if (unknown.length > 0) {
    log.debug(
      `whoami-v2: unknown members without a right: ${unknown.map(({ path }) => printable(path, 120)).join(', ')}`,
    )
  }
}

function notAsked({ repositories }: Requirement): string {
  const unchecked = repositories.length > 0 ? ' The `repositories` were not checked either.' : ''
  return `The action did not ask the Hub about the token (\`verify: off\`).${unchecked}`
}

function tellOfStandIn({ repositories }: Requirement, log: Log): void {
  const labels = listed(repositories.map(({ label }) => label))
  log.info(`Hub: whoami-v2 is rate limited; the action used auth-check instead, for ${labels}`)
  log.warning(
    'The Hub rate limited whoami-v2, so the action did not check whether the token can do more than requested (`verify: warn`).',
  )
}

function warnIfExpiringSoon({ who, evidence }: TokenFacts, now: number, log: Log): void {
  // The other kinds are issued for one job, and are meant to expire.
  if (evidence.kind !== 'stored' || who?.expiresAt === undefined || who.expiresAt - now > SOON_MS) return
  const left = formatDuration((who.expiresAt - now) / 1000)
  log.warning(`The Hub token expires at ${new Date(who.expiresAt).toISOString()}, in ${left}. Rotate it before then.`)
}

function confirmed(token: HubToken, facts: TokenFacts, isByIssuer: boolean): VerifiedToken {
  const { who, expiresAt, repositories, evidence } = facts
  const granted = (repositories ?? []).filter(({ access }) => access.granted).map(({ repository }) => repository)
  const result: Omit<VerifiedToken, typeof verified> = {
    value: token.value,
    origin: token.origin,
    evidence,
    whoami: facts.provenAt === undefined && !facts.isStated ? who : undefined,
    identity: who ? printable(who.name, 96) : '',
    kind: tokenKind(who, evidence.kind),
    expiresAt,
    createdAt: who?.createdAt,
    rights: rightsOf(token, who, granted),
    confirmedBy:
      facts.provenAt !== undefined
        ? 'proof'
        : who && !facts.isStated
          ? 'whoami-v2'
          : isByIssuer
            ? 'issuer'
            : granted.length > 0
              ? 'auth-check'
              : 'nothing',
  }
  return result as VerifiedToken
}

function rightsOf({ evidence }: HubToken, who: WhoAmI | undefined, granted: readonly HubRepository[]): string[] {
  const rights = (who?.grants ?? []).flatMap(({ entity, permissions }) =>
    permissions.length > 0
      ? [`${placeOf(entity)}: ${listed(permissions.map((permission) => printable(permission, 80)))}`]
      : [],
  )
  if (evidence.kind === 'minted' && evidence.granted && rights.length === 0) {
    const where =
      evidence.repositories.length === 0
        ? 'the whole organization'
        : listed(evidence.repositories.map(({ label }) => label))
    rights.push(
      `${evidence.granted.length === 0 ? 'no permissions' : listed(evidence.granted.map((permission) => printable(permission, 80)))} on ${where}`,
    )
  }
  if (evidence.kind === 'resource') rights.push(`bound to ${evidence.resource}`)
  if (evidence.kind === 'oauth') rights.push(`scopes ${listed(evidence.granted.map((scope) => printable(scope, 80)))}`)
  if (granted.length > 0) rights.push(`auth-check passed: ${listed(granted.map(({ label }) => label))}`)
  return rights
}
