/** Judges tokens of which whoami-v2 tells no rights: by what the Hub bound them to when it made them. */
import { ActionError } from '../../errors/action-error.ts'
import { printable, quoted } from '../../text/printable.ts'
import type { Requirement } from '../requirement.ts'
import { includes, OAUTH_SCOPES } from '../scopes.ts'
import type { Evidence } from '../token.ts'
import type { WhoAmI } from '../whoami.ts'
import { remedy } from './remedies.ts'

/** Problems of a Trusted Publisher's token: it must be bound to the resource that was asked for. */
export function judgeResource(
  who: WhoAmI,
  evidence: Evidence & { kind: 'resource' },
  request: Requirement,
): ActionError[] {
  const bound = who.resource?.replace(/^models\//, '')
  if (bound === evidence.resource) return []
  return [
    new ActionError('token-wrong-org', {
      failed: `The token is not bound to ${evidence.resource}.`,
      seen:
        who.resource === undefined
          ? 'a token that the Hub binds to no resource'
          : `a token for ${quoted(who.resource, 120)}`,
      expected: `auth.resource.sub = ${quoted(evidence.resource, 120)}`,
      ...remedy('wrong-org', evidence, { request }),
    }),
  ]
}

/** Problems of an OAuth token: it must have the scopes that were asked for, and none besides. */
export function judgeScopes(evidence: Evidence & { kind: 'oauth' }, request: Requirement): ActionError[] {
  const { asked, granted } = evidence
  const { scope } = request
  const problems: ActionError[] = []
  const missing = asked.filter((name) => !granted.includes(name))
  if (missing.length > 0) {
    problems.push(
      new ActionError('token-under-scoped', {
        failed: `The token cannot do what \`scope: ${scope}\` asks.`,
        seen: `scopes ${quoted(granted.join(' '), 200)}`,
        expected: `also ${quoted(missing.join(' '), 200)}`,
        ...remedy('too-narrow', evidence, { request }),
      }),
    )
  }
  const surplus = granted.filter((name) => !asked.includes(name) || !includes(scope, OAUTH_SCOPES[name] ?? 'admin'))
  if (surplus.length > 0) {
    problems.push(
      new ActionError('token-over-scoped', {
        failed: `The token can do more than was asked for: whoever got hold of it could use that too.`,
        seen: `OAuth token with these surplus scopes:\n${surplus.map((name) => `- ${printable(name, 80)}`).join('\n')}`,
        expected: `the scopes ${quoted(asked.join(' '), 200)} and no more`,
        ...remedy('too-wide', evidence, { request }),
      }),
    )
  }
  return problems
}

/** The failure when a token bound to a repository can write it although only reading was asked for. */
export function writesToo(evidence: Evidence & { kind: 'resource' }, request: Requirement): ActionError {
  const resource = printable(evidence.resource, 120)
  return new ActionError('token-over-scoped', {
    failed: 'The token can do more than `scope: read`: whoever got hold of it could use that too.',
    seen: `these surplus rights:\n- write ${resource}`,
    expected: `a token that reads ${resource} and no more`,
    ...remedy('too-wide', evidence, { request }),
  })
}

/** A bound or OAuth token has no role: one with a role is another token, that reaches what the role reaches. */
export function judgeRole(who: WhoAmI): ActionError[] {
  if (who.role === undefined) return []
  return [
    new ActionError('token-over-scoped', {
      failed: 'The Hub gave another kind of token than was asked for: whoever got hold of it could use more.',
      seen: `a user access token with the role ${quoted(who.role, 40)}`,
      expected: 'a token that is bound to what was asked for',
      cause: 'something other than the Hub answered at `/oauth/token`, or the Hub changed what it gives.',
      fix: 'Check that `hf-endpoint` is the Hub.',
    }),
  ]
}
