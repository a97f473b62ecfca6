/** Judges tokens of which whoami-v2 tells no rights: by what the Hub bound them to when it made them. */
import { ActionError } from '../errors/action-error.ts'
import type { Requirement } from '../inputs/request.ts'
import type { Evidence } from '../sources/token-source.ts'
import { printable, quoted } from '../text/printable.ts'
import { includes, OAUTH_SCOPES } from './scopes.ts'
import type { WhoAmI } from './whoami.ts'

/** Problems of a Trusted Publisher's token: it must be bound to the resource that was asked for. */
export function judgeResource(who: WhoAmI, evidence: Evidence & { kind: 'resource' }): ActionError[] {
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
      cause: 'the endpoint in use answered with another token than the one that was asked for.',
      fix: `Check that \`hf-endpoint\` is the Hub, and the trusted publishers of ${evidence.resource}.`,
    }),
  ]
}

/** Problems of an OAuth token: it must have the scopes that were asked for, and none besides. */
export function judgeScopes({ asked, granted }: Evidence & { kind: 'oauth' }, { scope }: Requirement): ActionError[] {
  const problems: ActionError[] = []
  const missing = asked.filter((name) => !granted.includes(name))
  if (missing.length > 0) {
    problems.push(
      new ActionError('token-under-scoped', {
        failed: `The token cannot do what \`scope: ${scope}\` asks.`,
        seen: `scopes ${quoted(granted.join(' '), 200)}`,
        expected: `also ${quoted(missing.join(' '), 200)}`,
        cause: 'the OAuth app, or the member, has fewer rights than were asked for.',
        fix: 'Give the app these scopes on its page, or ask for fewer with `oauth-scopes` or `scope`.',
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
        cause: 'the Hub gave the app’s own scopes instead of those that were asked for.',
        fix: 'Take the surplus scopes from the OAuth app on its page, or use an app of its own for this scope.',
      }),
    )
  }
  return problems
}

/** The failure when a token bound to a repository can write it although only reading was asked for. */
export function writesToo(resource: string): ActionError {
  return new ActionError('token-over-scoped', {
    failed: 'The token can do more than `scope: read`: whoever got hold of it could use that too.',
    seen: `these surplus rights:\n- write ${printable(resource, 120)}`,
    expected: `a token that reads ${printable(resource, 120)} and no more`,
    cause: 'the trusted publisher was not made read-only.',
    fix: `Tick "Read-only" at the trusted publisher on the settings page of ${printable(resource, 120)}, or set \`scope: write\` if the job writes.`,
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
