/** Compares what the Hub says of a token with what the workflow asks for: pure, no call. */
import { ActionError } from '../../errors/action-error.ts'
import { formatDuration } from '../../text/duration.ts'
import { listed, printable } from '../../text/printable.ts'
import type { Requirement } from '../requirement.ts'
import { NEEDED } from '../scopes.ts'
import type { Evidence, HubToken } from '../token.ts'
import type { Membership, WhoAmI } from '../whoami.ts'
import { judgeResource, judgeRole, judgeScopes } from './evidence.ts'
import { remedy } from './remedies.ts'
import { isClassic, membershipIn, shortfall, surplusRights } from './rights.ts'

/** `fine-grained`, `read`, `write`, `god`; `trusted-publisher` and `oauth`; or the Hub's word for what else there is. */
export function tokenKind(who: WhoAmI, evidence: Evidence | { kind: 'stored' }): string {
  if (evidence.kind === 'resource') return 'trusted-publisher'
  if (evidence.kind === 'oauth') return 'oauth'
  return who.role === 'fineGrained' ? 'fine-grained' : printable(who.role ?? who.authType, 40)
}

/**
 * Every problem, the gravest first; an empty list is a confirmation. Codes: `token-wrong-org`,
 * `token-revoked-by-org`, `token-pending-approval`, `org-restricted`, `token-expired`, `token-under-scoped`,
 * `token-over-scoped`, `token-expiring`. `now`: milliseconds since the epoch.
 */
export function judge(
  who: WhoAmI,
  request: Requirement,
  { evidence }: Pick<HubToken, 'evidence'>,
  now: number,
): ActionError[] {
  const org = membershipIn(who, request.org)
  // A Trusted Publisher's token is bound to one resource, which says more than its owner's memberships.
  if (!org && evidence.kind !== 'resource') return [wrongOrg(who, request, evidence)]
  const end = endOf(who, evidence)
  const found = [
    ...(org ? restrictions(who, org, request, evidence) : []),
    expired(end, request, evidence, now),
    ...reach(who, org, request, evidence),
    expiring(end, request, evidence, now),
  ]
  return found.filter((problem) => problem !== undefined)
}

/** What the token can do, next to what was asked. */
function reach(
  who: WhoAmI,
  org: Membership | undefined,
  request: Requirement,
  evidence: Evidence,
): (ActionError | undefined)[] {
  if (evidence.kind === 'resource') return [...judgeResource(who, evidence, request), ...judgeRole(who)]
  if (evidence.kind === 'oauth') return [...judgeScopes(evidence, request), ...judgeRole(who)]
  return org ? [underScoped(who, org, request, evidence), overScoped(who, org, request, evidence)] : []
}

function wrongOrg(who: WhoAmI, request: Requirement, evidence: Evidence): ActionError {
  const { org } = request
  const names = who.orgs.map(({ name }) => printable(name, 80))
  const cased = names.find((name) => name.toLowerCase() === org.toLowerCase())
  const isUser = who.name.toLowerCase() === org.toLowerCase()
  return new ActionError('token-wrong-org', {
    failed: `The token does not belong to the organization ${org}.`,
    seen: `a token of ${who.name}, who is a member of ${listed(names)}`,
    expected: `a token of a member or service account of ${org}`,
    ...(cased
      ? {
          cause: `the Hub spells the organization ${cased}; the audience that AWS compares must be spelt alike.`,
          fix: `Set \`hf-org: ${cased}\`, and use the same spelling in the OIDC provider’s client ids and in the trust policy.`,
        }
      : isUser
        ? { cause: `${org} is a user, not an organization.`, fix: 'Set `hf-org` to the slug of the organization.' }
        : remedy('wrong-org', evidence, { request })),
  })
}

function restrictions(who: WhoAmI, org: Membership, request: Requirement, evidence: Evidence): ActionError[] {
  const { org: slug } = request
  return org.securityRestrictions.map((restriction) => {
    const seen = `securityRestrictions of ${slug}: ${printable(restriction, 60)} (token ${printable(who.displayName ?? '', 80)} of ${who.name})`
    if (restriction === 'token-revoked') {
      return new ActionError('token-revoked-by-org', {
        failed: `An admin of ${slug} has cut this token off from the organization.`,
        seen,
        expected: 'a token that the organization lets in',
        ...remedy('cut-off', evidence, { request }),
      })
    }
    if (restriction === 'token-policy') {
      return new ActionError('token-pending-approval', {
        failed: `The token policy of ${slug} does not let this token in yet.`,
        seen,
        expected: 'a fine-grained token that an admin has approved',
        ...remedy(isClassic(who) ? 'classic' : 'unapproved', evidence, { request }),
      })
    }
    const { cause, fix } = (Object.hasOwn(RESTRICTIONS, restriction) ? RESTRICTIONS[restriction] : undefined) ?? {
      cause: 'the organization has a rule that this version of the action does not know.',
      fix: `Ask an admin of ${slug} what "${printable(restriction, 60)}" asks of tokens.`,
    }
    return new ActionError('org-restricted', {
      failed: `${slug} does not let this token in: ${printable(restriction, 60)}.`,
      seen,
      expected: 'no restriction',
      cause,
      fix,
    })
  })
}

const RESTRICTIONS: Record<string, { cause: string; fix: string }> = {
  mfa: {
    cause: 'the organization wants two-factor authentication, and the token’s account has none.',
    fix: 'Turn two-factor authentication on for the account that owns the token (Settings, Authentication).',
  },
  sso: {
    cause:
      'the organization wants a login by SSO, and the token’s account has not logged in that way, or its login ended.',
    fix: 'Log in to the organization by SSO with the account that owns the token; for unattended use prefer a service account.',
  },
  ip: {
    cause: 'the organization lets in certain IP addresses only, and the runner’s is not among them.',
    fix: 'Run the job on a runner with a fixed address that the organization lists (self-hosted, or a larger runner with static IPs).',
  },
}

/** When the token ends, by the Hub's word and by that of the exchange: the earlier one counts. */
export function endOf(who: Pick<WhoAmI, 'expiresAt'> | undefined, evidence: Evidence): number | undefined {
  const ends = [who?.expiresAt, 'expiresAt' in evidence ? evidence.expiresAt : undefined].filter(
    (end) => end !== undefined,
  )
  return ends.length > 0 ? Math.min(...ends) : undefined
}

function expired(
  expiresAt: number | undefined,
  request: Requirement,
  evidence: Evidence,
  now: number,
): ActionError | undefined {
  if (expiresAt === undefined || expiresAt > now) return undefined
  return new ActionError('token-expired', {
    failed: 'The token’s time is over.',
    seen: `it ended on ${new Date(expiresAt).toISOString()}; this runner’s clock says ${new Date(now).toISOString()}`,
    expected: 'a token that is valid now',
    ...remedy('dead', evidence, { request }),
  })
}

function expiring(
  expiresAt: number | undefined,
  request: Requirement,
  evidence: Evidence,
  now: number,
): ActionError | undefined {
  const { minLifetimeSeconds } = request
  if (expiresAt === undefined || expiresAt <= now || expiresAt - now >= minLifetimeSeconds * 1000) return undefined
  return new ActionError('token-expiring', {
    failed: 'The token ends before this job may need it.',
    seen: `it ends on ${new Date(expiresAt).toISOString()}, in ${formatDuration((expiresAt - now) / 1000)}`,
    expected: `at least ${formatDuration(minLifetimeSeconds)} (\`min-token-lifetime\`)`,
    ...remedy('expiring', evidence, { request }),
  })
}

function underScoped(who: WhoAmI, org: Membership, request: Requirement, evidence: Evidence): ActionError | undefined {
  const { scope, repositories } = request
  const seen = shortfall(who, org, scope)
  if (seen === undefined) return undefined
  return new ActionError('token-under-scoped', {
    failed: `The token cannot do what \`scope: ${scope}\` asks in ${org.name}.`,
    seen,
    expected: `${NEEDED[scope]} on ${org.name}${repositories.length > 0 ? `, or on ${listed(repositories.map(({ label }) => label))}` : ' or on repositories in it'}`,
    ...remedy('too-narrow', evidence, { request }),
  })
}

function overScoped(who: WhoAmI, org: Membership, request: Requirement, evidence: Evidence): ActionError | undefined {
  const { scope } = request
  const surplus = isClassic(who)
    ? classicRights(who, org)
    : who.role === undefined
      ? unseenRights(who)
      : [...surplusRights(who, org, scope), ...notAsked(who, evidence)]
  if (surplus.length === 0) return undefined
  return new ActionError('token-over-scoped', {
    failed: `The token can do more than \`scope: ${scope}\` in ${org.name}: whoever got hold of it could use that too.`,
    seen: `${tokenKind(who, evidence)} token of ${who.name}, with these surplus rights:\n${surplus.map((right) => `- ${right}`).join('\n')}`,
    expected: `a fine-grained token with nothing but ${scope} rights in ${org.name}`,
    ...remedy('too-wide', evidence, { request }),
    ...(isClassic(who)
      ? { cause: 'it is a classic token: only fine-grained ones can be limited to an organization.' }
      : {}),
  })
}

/** What a minted token has beyond the permissions that were asked for, although the scope includes it. */
function notAsked(who: WhoAmI, evidence: Evidence): string[] {
  if (evidence.kind !== 'minted') return []
  const held = new Set(who.grants.flatMap(({ permissions }) => permissions))
  return [...held]
    .filter((permission) => !evidence.asked.includes(permission))
    .map((permission) => `${printable(permission, 80)} (was not asked for)`)
}

/** What a classic token reaches, in words: all that its owner does. */
export function classicRights(who: WhoAmI, org: Membership): string[] {
  const can = who.role === 'read' ? 'reads' : 'reads and writes'
  const others = who.orgs.map(({ name }) => name).filter((name) => name !== org.name)
  return [
    `${can} everything that ${who.name} can reach, in ${org.name} and outside`,
    `${can} the repositories of ${who.name} (outside ${org.name})`,
    ...others.map((name) => `${can} the organization ${printable(name, 80)} (outside ${org.name})`),
  ]
}

/** What is to be said of a token whose rights the Hub does not list. */
export function unseenRights(who: WhoAmI): string[] {
  return [`unknown rights: the Hub does not list those of a token of the type ${printable(who.authType, 40)}`]
}
