/** HubToken → VerifiedToken: the Hub confirms that the token is the organization's, wide enough, not wider, and alive. */
import { ActionError } from '../../errors/action-error.ts'
import { formatDuration } from '../../text/duration.ts'
import type { Log } from '../../text/log.ts'
import { listed } from '../../text/printable.ts'
import type { HubClient } from '../client.ts'
import type { HubRepository } from '../repository.ts'
import { parseRepository } from '../repository.ts'
import type { Requirement } from '../requirement.ts'
import type { HubToken } from '../token.ts'
import type { WhoAmI } from '../whoami.ts'
import { writesToo } from './evidence.ts'
import { endOf, judge, tokenKind } from './judge.ts'
import { remedy } from './remedies.ts'

declare const verified: unique symbol

/** A token that passed the checks which `verify` asks for. Made by {@link verifyToken} only. */
export interface VerifiedToken extends HubToken {
  readonly [verified]: true
  /** What whoami-v2 says of it; undefined when it was not asked or did not answer. */
  readonly whoami: WhoAmI | undefined
  /** Who the Hub says it is; empty when the Hub did not say. */
  readonly identity: string
  /** `fine-grained`, `read`, `write`, …; empty when the Hub did not say. */
  readonly kind: string
  /** Milliseconds since the epoch; undefined when it does not end, or the Hub did not say. */
  readonly expiresAt: number | undefined
  /** Milliseconds since the epoch; undefined when the Hub did not say. */
  readonly createdAt: number | undefined
  /** What it may do, in words, for the summary. */
  readonly rights: readonly string[]
  readonly confirmedBy: 'whoami-v2' | 'auth-check' | 'nothing'
}

export interface VerifyTokenOptions {
  request: Requirement
  hub: HubClient
  log: Log
  /** Milliseconds since the epoch. */
  now?: number
}

/** A token that ends within this time gets a warning: seven days, in milliseconds. */
export const SOON_MS = 7 * 86_400_000
/** What a wait for whoami-v2 must leave for the checks that can stand in for it, in milliseconds. */
const STAND_IN_MS = 5_000
/** How many repositories are checked at the same time. */
const CONCURRENCY = 4

/**
 * Confirms the token as `request.verify` asks: `strict` throws the first problem (the others are logged), `warn` logs
 * them all, `off` asks nothing.
 *
 * @throws `ActionError` `token-rejected`, `token-expired`, `token-expiring`, `token-wrong-org`, `token-over-scoped`,
 * `token-under-scoped`, `token-pending-approval`, `token-revoked-by-org`, `org-restricted`, `hub-rate-limited`,
 * `hub-failed`, `network-unreachable`, `deadline-exceeded`.
 */
export async function verifyToken(token: HubToken, options: VerifyTokenOptions): Promise<VerifiedToken> {
  const { request, log } = options
  if (request.verify === 'off') {
    log.warning(
      `The Hub was not asked about the token (\`verify: off\`)${request.repositories.length > 0 ? '; the `repositories` were not checked either' : ''}.`,
    )
    return confirmed(token, undefined, 'nothing', [])
  }
  const report = problemReporter(request, log)
  const who = await askWhoItIs(token, options, report)
  if (who) {
    for (const problem of judge(who, request, token, options.now ?? Date.now())) report.add(problem)
    report.settle()
    if (token.evidence.kind === 'stored') warnIfEndingSoon(who, options)
  }
  await checkReadOnly(token, options, report)
  const checked = await checkRepositories(token, who?.displayName, options, report)
  report.settle()
  const confirmedBy = who ? 'whoami-v2' : checked.length > 0 ? 'auth-check' : 'nothing'
  return confirmed(token, who, confirmedBy, checked)
}

interface ProblemReporter {
  add(problem: ActionError): void
  /** Under `strict`: throws the first problem added so far. */
  settle(): void
}

function problemReporter(request: Requirement, log: Log): ProblemReporter {
  let first: ActionError | undefined
  return {
    add(problem) {
      // The first one is the failure itself under strict; every other one would be lost if it were not told here.
      if (request.verify === 'warn' || first) log.warning(problem.message)
      first ??= problem
    },
    settle() {
      if (first && request.verify === 'strict') throw first
    },
  }
}

async function askWhoItIs(
  token: HubToken,
  { request, hub, log }: VerifyTokenOptions,
  report: ProblemReporter,
): Promise<WhoAmI | undefined> {
  const mayStandIn = request.verify === 'warn' && request.repositories.length > 0
  try {
    return await hub.whoAmI(token.value, mayStandIn ? STAND_IN_MS : 0)
  } catch (error) {
    if (!(error instanceof ActionError) || error.code === 'deadline-exceeded') throw error
    if (error.code === 'hub-rate-limited' && mayStandIn) {
      log.info(
        `Hub: whoami-v2 is rate limited; auth-check stands in for it, for ${listed(request.repositories.map(({ label }) => label))}`,
      )
      log.warning(
        'The Hub limited whoami-v2: whether the token can do more than asked was not checked (`verify: warn`).',
      )
      return undefined
    }
    report.add(forThisKind(error, token, request))
    report.settle()
    return undefined
  }
}

/** The Hub's refusal of a token, with what to do about one of this kind; any other failure as it is. */
function forThisKind(error: ActionError, { evidence }: HubToken, request: Requirement): ActionError {
  if (error.code !== 'token-rejected' && error.code !== 'token-expired') return error
  return new ActionError(error.code, { ...error.explanation, ...remedy('dead', evidence, { request }) })
}

function warnIfEndingSoon({ expiresAt }: WhoAmI, { log, now }: VerifyTokenOptions): void {
  const left = expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt - (now ?? Date.now())
  if (expiresAt === undefined || left > SOON_MS) return
  log.warning(
    `The Hub token ends on ${new Date(expiresAt).toISOString()}, in ${formatDuration(left / 1000)}: rotate it before that day.`,
  )
}

/** whoami-v2 does not say whether a Trusted Publisher's token may write: where it must not, its repository is asked. */
async function checkReadOnly(
  token: HubToken,
  { request, hub }: VerifyTokenOptions,
  report: ProblemReporter,
): Promise<void> {
  const { evidence } = token
  if (request.scope !== 'read' || evidence.kind !== 'resource') return
  const repository = parseRepository(evidence.resource)
  if (!repository) return
  try {
    const [read, write] = await Promise.all([
      hub.authCheck(token.value, repository, false),
      hub.authCheck(token.value, repository, true),
    ])
    if (write.granted) report.add(writesToo(evidence, request))
    // Only the Hub's own 403 beside a granted read says "reads, and does not write".
    else if (!read.granted || write.status !== 403) {
      const refusal = read.granted ? write : read
      report.add(unreachable([`${repository.label}: ${refusal.seen}`], token, undefined, request, false))
    }
  } catch (error) {
    if (!(error instanceof ActionError) || error.code === 'deadline-exceeded') throw error
    report.add(forThisKind(error, token, request))
  }
}

async function checkRepositories(
  token: HubToken,
  name: string | undefined,
  { request, hub }: VerifyTokenOptions,
  report: ProblemReporter,
): Promise<HubRepository[]> {
  const write = request.scope !== 'read'
  const refused: string[] = []
  const granted: HubRepository[] = []
  const waiting = [...request.repositories]
  const worker = async () => {
    for (let repository = waiting.shift(); repository; repository = waiting.shift()) {
      try {
        const access = await hub.authCheck(token.value, repository, write)
        if (access.granted) granted.push(repository)
        else refused.push(`${repository.label}: ${access.seen}`)
      } catch (error) {
        if (!(error instanceof ActionError) || error.code === 'deadline-exceeded') throw error
        report.add(forThisKind(error, token, request))
        // The Hub has trouble: asking on would make its bad day worse.
        waiting.length = 0
      }
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  if (refused.length > 0) report.add(unreachable(refused, token, name, request, write))
  return granted
}

function unreachable(
  refused: readonly string[],
  { origin, evidence }: HubToken,
  displayName: string | undefined,
  request: Requirement,
  write: boolean,
): ActionError {
  const foreign = request.repositories.filter(({ namespace }) => namespace !== request.org).map(({ label }) => label)
  return new ActionError('token-under-scoped', {
    failed: `The token may not ${write ? 'write' : 'read'} ${refused.length === 1 ? 'a repository' : `${refused.length} repositories`} that this job needs.`,
    seen: refused.join('\n'),
    expected: `${write ? 'write' : 'read'} access to ${listed(request.repositories.map(({ label }) => label))}`,
    cause: `${foreign.length > 0 ? `${listed(foreign)} lies outside ${request.org}, where a token of this action has no rights; or ` : ''}the repository is not among those the token was made for, does not exist, or is gated and its terms were not accepted by the token’s account.`,
    ...remedy('out-of-reach', evidence, {
      request,
      label: origin.label,
      displayName,
    }),
  })
}

function confirmed(
  token: HubToken,
  who: WhoAmI | undefined,
  confirmedBy: VerifiedToken['confirmedBy'],
  checked: readonly HubRepository[],
): VerifiedToken {
  const rights = (who?.grants ?? []).flatMap(({ entity, permissions }) =>
    permissions.length > 0 ? [`${entity.type} ${entity.name ?? entity.id}: ${listed(permissions)}`] : [],
  )
  if (token.evidence.kind === 'resource') rights.push(`bound to ${token.evidence.resource}`)
  if (token.evidence.kind === 'oauth') rights.push(`scopes ${listed(token.evidence.granted)}`)
  if (checked.length > 0) rights.push(`auth-check passed: ${listed(checked.map(({ label }) => label))}`)
  const result: Omit<VerifiedToken, typeof verified> = {
    value: token.value,
    origin: token.origin,
    evidence: token.evidence,
    whoami: who,
    identity: who?.name ?? '',
    kind: who ? tokenKind(who, token.evidence) : '',
    expiresAt: endOf(who, token.evidence),
    createdAt: who?.createdAt,
    rights,
    confirmedBy,
  }
  return result as VerifiedToken
}
