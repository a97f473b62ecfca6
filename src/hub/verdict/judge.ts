/** The verdict in words: each problem as an error that says what to do. Needed only where there is a problem. */
import { ActionError } from '../../errors/action-error.ts'
import type { TokenFacts } from '../facts/facts.ts'
import type { Requirement } from '../requirement.ts'
import { explain, remedy } from './explain.ts'
import { findProblems } from './find.ts'
import { type Found, managesAccounts, namesOf } from './hearing.ts'

/**
 * Every problem, the gravest first; an empty list is a confirmation. `now`: milliseconds since the epoch. Codes:
 * `token-wrong-org`, `token-revoked-by-org`, `token-pending-approval`, `org-restricted`, `token-expired`,
 * `token-under-scoped`, `token-over-scoped`, `token-expiring`; for questions that the Hub did not answer,
 * `token-rejected`, `token-expired`, `hub-rate-limited`, `hub-failed`, `network-unreachable`, `deadline-exceeded`.
 */
export function judge(facts: TokenFacts, requirement: Requirement, now: number): ActionError[] {
  return findProblems(facts, requirement, now).map((problem) =>
    problem instanceof ActionError
      ? unansweredError(problem, facts, requirement)
      : foundError(problem, facts, requirement),
  )
}

function foundError(
  { spelling, rule, allow, missing, outside, ...finding }: Found,
  facts: TokenFacts,
  requirement: Requirement,
): ActionError {
  const known = {
    request: requirement,
    ...namesOf(facts),
    managesAccounts: managesAccounts(facts, requirement),
    ...{ spelling, rule, allow, missing, outside },
  }
  return explain(finding, facts.evidence, known)
}

/** The Hub's refusal of a token gets the remedy for a token of its kind. */
function unansweredError(error: ActionError, facts: TokenFacts, requirement: Requirement): ActionError {
  if (error.code !== 'token-rejected' && error.code !== 'token-expired') return error
  return new ActionError(error.code, {
    ...error.explanation,
    ...remedy(error.code === 'token-expired' ? 'expired' : 'dead', facts.evidence, {
      request: requirement,
      ...namesOf(facts),
    }),
  })
}
