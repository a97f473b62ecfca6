/** Compares what a token can do with what was requested: pure, no call. */
import type { ActionError } from '../../errors/action-error.ts'
import { formatDuration } from '../../text/duration.ts'
import { code, list, prose } from '../../text/message.ts'
import { listed } from '../../text/printable.ts'
import { asksToWrite, isAllowed, settingOf } from '../asked-rights.ts'
import {
  type Failure,
  isBoundToRepository,
  isIssued,
  type Question,
  type RepositoryAccess,
  type TokenFacts,
} from '../facts/facts.ts'
import type { HubRepository } from '../repository.ts'
import { mayStandIn, type Requirement } from '../requirement.ts'
import { WRITE } from '../scopes.ts'
import type { Evidence } from '../token.ts'
import { type Found, type Hearing, type KnownHearing, theToken } from './hearing.ts'
import { issuedRights } from './issued.ts'
import { tooNarrow, tooWide } from './listed.ts'
import { belonging, restrictions, wrongOrg } from './organization.ts'

/** Something wrong with a token, or a question that the Hub did not answer. */
export type Problem = Found | ActionError

/** Every problem, the gravest first; an empty list is a confirmation. `now`: milliseconds since the epoch. */
export function findProblems(facts: TokenFacts, requirement: Requirement, now: number): Problem[] {
  const hearing = { facts, requirement, now }
  if (isIssued(facts.evidence)) {
    return [
      ...expired(hearing),
      ...issuedRights(hearing),
      ...expiring(hearing),
      ...unanswered('bound repository', hearing),
      ...readsOnly(hearing),
      ...reachable(hearing),
    ]
  }
  return [
    ...unanswered('whoami-v2', hearing),
    ...(facts.who ? judgeWhoAmI({ ...hearing, who: facts.who }) : []),
    ...unanswered('repositories', hearing),
    ...reachable(hearing),
  ]
}

/** True when whoami-v2 was rate limited, and the checks of the repositories replace it. */
export function isStoodIn({ failures }: TokenFacts, requirement: Requirement): boolean {
  return failures.some((failure) => isTolerated(failure, requirement))
}

function isTolerated({ question, error }: Failure, requirement: Requirement): boolean {
  return question === 'whoami-v2' && error.code === 'hub-rate-limited' && mayStandIn(requirement)
}

/** The failures of one question. */
function unanswered(question: Question, { facts, requirement }: Hearing): ActionError[] {
  return facts.failures
    .filter((failure) => failure.question === question && !isTolerated(failure, requirement))
    .map(({ error }) => error)
}

/** What whoami-v2 says, where it decides. */
function judgeWhoAmI(hearing: KnownHearing): Found[] {
  const org = belonging(hearing)
  if (org === 'open') return []
  if (!org) return [wrongOrg(hearing)]
  return [
    ...restrictions(hearing, org),
    ...expired(hearing),
    ...tooNarrow(hearing, org),
    ...tooWide(hearing, org),
    ...expiring(hearing),
  ]
}

function expired({ facts: { expiresAt }, now }: Hearing): Found[] {
  if (expiresAt === undefined || expiresAt > now) return []
  return [
    {
      code: 'token-expired',
      trouble: 'expired',
      failed: 'The token has expired.',
      seen: `a token that expired at ${iso(expiresAt)}; this machine’s clock shows ${iso(now)}`,
      expected: 'a token that is valid now',
    },
  ]
}

function expiring({ facts: { expiresAt }, requirement: { minLifetimeSeconds, notation }, now }: Hearing): Found[] {
  if (expiresAt === undefined || expiresAt <= now || expiresAt - now >= minLifetimeSeconds * 1000) return []
  return [
    {
      code: 'token-expiring',
      trouble: 'expiring',
      failed: `The token expires too soon${notation === 'line' ? '' : ' for this job'}.`,
      seen: `a token that expires at ${iso(expiresAt)}, in ${formatDuration((expiresAt - now) / 1000)}`,
      expected: prose`a token that is valid for at least ${formatDuration(minLifetimeSeconds)}${notation === 'line' ? '' : prose` (${code('min-token-lifetime')})`}`,
    },
  ]
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** A token bound to a repository must not be able to write it when only reading was requested. */
function readsOnly({ facts, requirement }: Hearing): Found[] {
  const { boundTo } = facts
  if (!boundTo) return []
  const { repository, read, write } = boundTo
  // Only the Hub's own 403, next to a granted read, says "may read, and may not write".
  if (read.granted && !write.granted && write.status === 403) return []
  if (!write.granted && !read.granted && read.status !== 401) {
    return [outOfReach(facts, [`${repository.label}: ${read.seen}`], [repository.label], 'read')]
  }
  return [canWriteToo(repository.label, write.granted ? undefined : write.seen, requirement)]
}

/** `unknown`: what the Hub answered instead of saying whether the token can write. */
function canWriteToo(label: string, unknown: string | undefined, requirement: Requirement): Found {
  const allow = isAllowed(requirement, WRITE) ? undefined : [WRITE]
  return {
    code: 'token-over-scoped',
    trouble: 'too-wide',
    failed: prose`The token can do more than ${settingOf(requirement)} allows; anyone who obtained it would have those rights as well.`,
    seen: [
      'a token with these surplus rights:',
      list([
        unknown === undefined
          ? `write access to ${label}`
          : `write access to ${label}: a Trusted Publisher can write unless the Hub says otherwise, and the Hub did not say (${unknown})`,
      ]),
    ],
    expected: `a token that can read ${label} and nothing else`,
    allow,
  }
}

/** The token must be able to use each of the required repositories. */
function reachable({ facts, requirement }: Hearing): Found[] {
  const { org, repositories } = requirement
  const refused = [...foreignTo(facts.evidence, repositories), ...(facts.repositories ?? []).flatMap(refusal)]
  if (refused.length === 0) return []
  const foreign = repositories.filter(({ namespace }) => namespace !== org).map(({ label }) => label)
  const labels = repositories.map(({ label }) => label)
  const found = outOfReach(facts, refused, labels, asksToWrite(requirement) ? 'write' : 'read')
  if (foreign.length === 0) return [found]
  const outside = `${listed(foreign)} ${foreign.length === 1 ? 'is' : 'are'} outside ${org}. This action’s tokens have no rights outside the organization.`
  return [{ ...found, outside }]
}

function refusal({ repository, access }: RepositoryAccess): string[] {
  return access.granted ? [] : [`${repository.label}: ${access.seen}`]
}

/** Repositories that the token of another repository's Trusted Publisher cannot reach. */
function foreignTo(evidence: Evidence, repositories: readonly HubRepository[]): string[] {
  if (!isBoundToRepository(evidence)) return []
  const others = repositories.filter(({ label }) => label !== evidence.resource)
  return others.map(({ label }) => `${label}: the token is bound to ${evidence.resource}`)
}

function outOfReach(
  facts: TokenFacts,
  refused: readonly string[],
  labels: readonly string[],
  verb: 'read' | 'write',
): Found {
  return {
    code: 'token-under-scoped',
    trouble: 'out-of-reach',
    failed: `${theToken(facts)} cannot ${verb === 'write' ? 'write to' : 'read'} ${refused.length === 1 ? 'a repository' : `${refused.length} repositories`} that this job needs.`,
    seen: list(refused),
    expected: `${verb} access to ${listed(labels)}`,
  }
}
