/**
 * Judges tokens of which the call that issued them says what they can do. whoami-v2 corroborates that: its silence is no
 * refusal, but what it says must not contradict. What nothing states is assumed at its widest.
 */
import { code, type Prose, prose } from '../../text/message.ts'
import { printable, quoted } from '../../text/printable.ts'
import { allowItem, isAllowed, mayHave, needsInWords, needsOf, settingOf, unmetNeeds } from '../asked-rights.ts'
import { isBoundToRepository, type Prefix } from '../facts/facts.ts'
import { impliedMembership, isResource, membershipIn, placeOf, plainMembership } from '../facts/rights.ts'
import { HARMLESS_OAUTH_SCOPES, permissionsOf, READ, WRITE } from '../scopes.ts'
import type { Evidence } from '../token.ts'
import { type Found, type Hearing, type KnownHearing, theToken } from './hearing.ts'
import { names, overScoped, type Surplus, scopeInWords, tooNarrow, tooWide, unknownMembers } from './listed.ts'
import { restrictions, wrongOrg } from './organization.ts'

type Of<Kind extends Evidence['kind']> = Extract<Evidence, { kind: Kind }>

/** Every problem with what was issued, and every contradiction to it. */
export function issuedRights(hearing: Hearing): Found[] {
  const { evidence, who } = hearing.facts
  const known = who && isKnownPrincipal(who.principal) ? { ...hearing, who } : undefined
  switch (evidence.kind) {
    case 'stored':
      return []
    case 'minted':
      return [...withRights(minted(hearing, evidence), hearing, known), ...prefix(hearing, known)]
    case 'resource':
      return [
        ...bound(hearing, evidence),
        ...(known ? contradictsBound(known, evidence) : []),
        ...prefix(hearing, known),
      ]
    case 'oauth':
      return [
        ...oauth(hearing, evidence),
        ...(known ? contradictsOAuth(known, evidence) : []),
        ...prefix(hearing, known),
      ]
  }
}

/** What one answer says in two forms is found once. */
function withRights(found: Found[], { facts }: Hearing, known: KnownHearing | undefined): Found[] {
  const more = known ? contradictsMinted(known) : []
  return [...found, ...more.filter(({ code }) => !facts.isStated || found.every((one) => one.code !== code))]
}

function isKnownPrincipal(principal: string): boolean {
  return principal === 'user' || principal === 'app'
}

/** How a token of each kind begins. */
function expectedPrefix(evidence: Evidence): Prefix {
  if (evidence.kind === 'oauth') return 'hf_oauth_'
  if (evidence.kind !== 'resource') return 'hf_'
  return isBoundToRepository(evidence) ? 'hf_jwt_' : 'hf_oauth_'
}

/** A token that begins like one of another kind is only accepted if whoami-v2 says what it is. */
function prefix({ facts }: Hearing, known: KnownHearing | undefined): Found[] {
  const expected = expectedPrefix(facts.evidence)
  if (facts.prefix === expected || (known && tellsKind(known))) return []
  return [
    {
      code: 'token-over-scoped',
      trouble: 'other-kind',
      failed: 'The Hub issued a different kind of token than requested, and whoami-v2 does not say what it can do.',
      seen: prose`a token that begins with ${code(facts.prefix)}`,
      expected: prose`a token that begins with ${code(expected)}`,
    },
  ]
}

/** Whether whoami-v2 says what kind of token it is. */
function tellsKind({ who, facts: { evidence } }: KnownHearing): boolean {
  if (evidence.kind === 'resource') return who.resource !== undefined
  if (evidence.kind === 'minted') return who.role === 'fineGrained'
  return /oauth/i.test(who.authType)
}

function minted(hearing: Hearing, { asked, granted = [], beyond, repositories }: Of<'minted'>): Found[] {
  const { requirement } = hearing
  const missing = unmetNeeds(requirement, granted)
  const surplus: Surplus[] = granted
    .filter((permission) => !isAllowed(requirement, permission))
    .flatMap((permission) => {
      const text = printable(permission, 80)
      if (!mayHave(requirement, permission)) {
        return { text: `${text} (more than ${scopeInWords(requirement)})`, allow: allowItem(permission) }
      }
      return asked.includes(permission) ? [] : { text: `${text} (not requested)`, allow: allowItem(permission) }
    })
  surplus.push(...beyond.map((text) => ({ text })))
  if (requirement.repositoriesOnly && repositories.length === 0) {
    surplus.push({ text: 'every repository of the organization (not only the repositories)' })
  }
  return [
    ...underScoped(missing, {
      hearing,
      seen: prose`a token that was minted with ${granted.length === 0 ? 'no permissions' : names(granted)}`,
    }),
    ...(surplus.length === 0
      ? []
      : [
          overScoped(requirement, surplus, {
            seen: 'a minted token with these surplus rights:',
            expected: prose`a token with ${asked.length === 0 ? 'no permissions' : names(asked)} and nothing else`,
          }),
        ]),
  ]
}

interface Shortfall {
  hearing: Hearing
  seen: Prose
}

function underScoped(missing: readonly (readonly string[])[], { hearing, seen }: Shortfall): Found[] {
  if (missing.length === 0) return []
  return [
    {
      code: 'token-under-scoped',
      trouble: 'too-narrow',
      failed: prose`${theToken(hearing.facts)} lacks ${needsInWords(missing)}, which ${settingOf(hearing.requirement)} requires.`,
      seen,
      missing,
      expected: prose`a token that also has ${needsInWords(missing)}`,
    },
  ]
}

/** What whoami-v2 says of a minted token is judged like that of a stored one, as far as it says anything. */
function contradictsMinted(known: KnownHearing): Found[] {
  const { who, requirement } = known
  const org = membershipIn(who, requirement.org)
  if (!org && who.orgs.length > 0) return [wrongOrg(known)]
  const place = org ?? impliedMembership(who, requirement.org) ?? plainMembership(requirement.org)
  const rights = who.role === undefined ? unknownRights(known) : [...tooNarrow(known, place), ...tooWide(known, place)]
  return [...(org ? restrictions(known, org) : []), ...rights]
}

/** What a Trusted Publisher's token can do: what the exchange says, or else everything that such a token may do. */
function bound(hearing: Hearing, evidence: Of<'resource'>): Found[] {
  const { requirement, facts } = hearing
  const isRepository = isBoundToRepository(evidence)
  const scopes = evidence.scopes ?? (isRepository ? [READ, WRITE] : ['gated-repos', 'inference-api'])
  const held = scopes.flatMap((scope) => permissionsOf(scope) ?? [])
  // A user's publisher is there to read gated repositories: naming one asks for that.
  const reads = isRepository || !scopes.includes('gated-repos') ? [] : [READ]
  const missing = unmetNeeds(requirement, [...held, ...reads])
  // What its repository may do there, the Hub is asked itself.
  const isAsked = facts.boundTo !== undefined || facts.failures.some(({ question }) => question === 'bound repository')
  const surplus = scopes
    .filter((scope) => !(isAsked && scope === WRITE))
    .flatMap((scope) => surplusScope(scope, requirement, evidence.scopes === undefined))
  if (requirement.repositoriesOnly && !isRepository) surplus.push(everyRepository())
  const said = evidence.scopes === undefined ? '' : ', for which the exchange lists its scopes'
  return [
    ...underScoped(missing, { hearing, seen: prose`a token for ${evidence.resource} with ${scopesInWords(scopes)}` }),
    ...(surplus.length === 0
      ? []
      : [
          overScoped(requirement, surplus, {
            seen: `a token for ${printable(evidence.resource, 120)}${said} with these surplus rights:`,
            expected: `a token for ${printable(evidence.resource, 120)} that can do what was requested and nothing else`,
          }),
        ]),
  ]
}

function everyRepository(): Surplus {
  return { text: 'every repository that its user can reach (not only the repositories)' }
}

function scopesInWords(scopes: readonly string[]) {
  return scopes.length === 0 ? 'no scopes' : prose`the scopes ${names(scopes)}`
}

/** Whether a scope that came with a token is more than was requested. */
function surplusScope(scope: string, requirement: Hearing['requirement'], isAssumed: boolean): Surplus[] {
  if (HARMLESS_OAUTH_SCOPES.includes(scope) || isAllowed(requirement, scope)) return []
  // A user's publisher is there for this.
  if (scope === 'gated-repos') return []
  const permissions = permissionsOf(scope)
  const isFine = (permission: string) => mayHave(requirement, permission) || isAllowed(requirement, permission)
  if (permissions !== undefined && permissions.length > 0 && permissions.every(isFine)) return []
  const assumed = isAssumed ? ': the Hub does not say what it granted, so the action assumes it' : ''
  return [{ text: `${printable(scope, 80)}${assumed}`, allow: allowItem(scope) }]
}

/** A different resource, organization or kind of token, or one right too many. */
function contradictsBound(known: KnownHearing, evidence: Of<'resource'>): Found[] {
  const { who, requirement } = known
  const { resource } = evidence
  const org = membershipIn(who, requirement.org)
  const held = who.resource?.replace(/^models\//, '')
  const found = [...(org ? restrictions(known, org) : []), ...withoutRole(known)]
  if (held !== undefined) return held === resource ? found : [...found, otherResource(quoted(held, 120), resource)]
  const entities = who.appScope?.entities ?? []
  const others = entities.filter((entity) => !isResource(entity, resource))
  if (others.length > 0) {
    return [...found, otherResource(others.map((entity) => placeOf(entity)).join(', '), resource)]
  }
  const isNobody = who.principal !== 'user' || who.name === '' || who.name.startsWith('[')
  // A user's publisher gives tokens of that user.
  if (!isBoundToRepository(evidence) && !isNobody && who.name !== resource) {
    return [...found, otherResource(`user ${printable(who.name, 96)}`, resource)]
  }
  const isElsewhere = isBoundToRepository(evidence) && who.orgs.length > 0 && !org && who.name !== requirement.org
  return isElsewhere ? [...found, wrongOrg(known)] : found
}

function otherResource(seen: string, resource: string): Found {
  return {
    code: 'token-wrong-org',
    trouble: 'wrong-org',
    failed: `The token is not bound to ${printable(resource, 120)}.`,
    seen: `a token for ${seen}`,
    expected: `a token for ${quoted(resource, 120)}`,
  }
}

/** An OAuth token must have the scopes that were requested, and no others. */
function oauth(hearing: Hearing, { asked, granted }: Of<'oauth'>): Found[] {
  const { requirement } = hearing
  const missing = asked.filter((name) => !granted.includes(name) && !HARMLESS_OAUTH_SCOPES.includes(name))
  const surplus = granted.filter((name) => !asked.includes(name)).flatMap((name) => surplusOAuth(name, requirement))
  if (requirement.repositoriesOnly) surplus.push(everyRepository())
  const found: Found[] = []
  if (missing.length > 0) {
    found.push({
      code: 'token-under-scoped',
      trouble: 'too-narrow',
      failed: prose`${theToken(hearing.facts)} lacks ${names(missing)}, which the action requested for ${settingOf(requirement)}.`,
      seen: prose`an OAuth token with ${scopesInWords(granted)}`,
      expected: prose`an OAuth token that also has ${names(missing)}`,
      missing: missing.map((name) => [name]),
    })
  }
  if (surplus.length > 0) {
    found.push(
      overScoped(requirement, surplus, {
        seen: 'an OAuth token with these surplus scopes:',
        expected: prose`an OAuth token with ${scopesInWords(asked)} and no others`,
      }),
    )
  }
  return found
}

function surplusOAuth(name: string, requirement: Hearing['requirement']): Surplus[] {
  if (HARMLESS_OAUTH_SCOPES.includes(name) || isAllowed(requirement, name)) return []
  const permissions = permissionsOf(name) ?? []
  const isFine = permissions.length > 0 && permissions.every((permission) => mayHave(requirement, permission))
  return isFine ? [] : [{ text: printable(name, 80), allow: allowItem(name) }]
}

function contradictsOAuth(known: KnownHearing, { member }: Of<'oauth'>): Found[] {
  const { who, requirement } = known
  const org = membershipIn(who, requirement.org)
  if (!org && who.orgs.length > 0) return [wrongOrg(known), ...withoutRole(known)]
  return [...(org ? restrictions(known, org) : []), ...otherMember(known, member), ...withoutRole(known)]
}

/** The Hub must act for the member who was named, where it says for whom it does. */
function otherMember({ who: { email } }: KnownHearing, member: string): Found[] {
  if (email === undefined || email === '' || email.toLowerCase() === member.toLowerCase()) return []
  return [
    {
      code: 'token-wrong-org',
      trouble: 'wrong-member',
      failed: prose`The token belongs to someone other than ${code('member')}.`,
      seen: 'a token of an account with a different email address (not shown)',
      expected: prose`a token of the ${code('member')} that was requested`,
    },
  ]
}

/** A bound or OAuth token has no role. One with a role is a user access token, which reaches what the role reaches. */
function withoutRole(known: KnownHearing): Found[] {
  const { role } = known.who
  if (role === undefined) return unknownRights(known)
  return [
    {
      code: 'token-over-scoped',
      trouble: 'other-kind',
      failed: 'The Hub issued a different kind of token than requested; anyone who obtained it could do more.',
      seen: `a user access token with the role ${quoted(role, 40)}`,
      expected: 'a token that is limited to what was requested',
    },
  ]
}

function unknownRights({ who, requirement }: KnownHearing): Found[] {
  const surplus = unknownMembers(who, requirement)
  if (surplus.length === 0) return []
  return [
    overScoped(requirement, surplus, {
      seen: 'a token for which whoami-v2 lists something that may be a surplus right:',
      expected: prose`a token with ${needsInWords(needsOf(requirement))} and nothing else`,
    }),
  ]
}
