/** Tokens of which the call that issued them says what they can do: what silence means, and what contradicts. */
import { describe, expect, test } from '@jest/globals'
import { type BoundAccess, prefixOf, type TokenFacts } from '../../src/hub/facts/facts.ts'
import { readWhoAmI, type WhoAmI } from '../../src/hub/facts/whoami.ts'
import { parseRepository } from '../../src/hub/repository.ts'
import type { Requirement } from '../../src/hub/requirement.ts'
import type { Evidence } from '../../src/hub/token.ts'
import { judge } from '../../src/hub/verdict/judge.ts'
import { acme, BOUND, factsOf, issued, MINTED, NOW, OAUTH, on, requirement, who } from './tokens.ts'

const codesOf = (facts: TokenFacts, more: Partial<Requirement> = {}) =>
  judge(facts, requirement(more), NOW).map(({ code }) => code)
const messageOf = (facts: TokenFacts, more: Partial<Requirement> = {}) =>
  judge(facts, requirement(more), NOW)[0]?.message ?? ''
const repository = (text: string) => {
  const found = parseRepository(text)
  if (!found) throw new Error(`${text} is no repository`)
  return found
}

/** An app, as Hugging Face's own servers know one. */
const app = (entities: { type: string; name?: string }[], role = 'write'): WhoAmI => {
  const read = readWhoAmI({ id: 'x', type: 'app', name: 'ci', scope: { role, entities }, auth: { type: 'app_token' } })
  if (!read) throw new Error('the app cannot be read')
  return read
}

const READ_ONLY: BoundAccess = {
  repository: repository('acme/model'),
  read: { granted: true },
  write: { granted: false, status: 403, seen: 'HTTP 403' },
}

/** What whoami-v2 may say of the token of a repository's Trusted Publisher without contradicting the exchange. */
const CORROBORATING: [string, WhoAmI | undefined][] = [
  ['nothing', undefined],
  ['a user with the resource', issued({ resource: 'acme/model' })],
  ['a user of the organization without a resource', issued()],
  ['a user of no organization without a resource', issued({ orgs: [] })],
  ['the owner of the namespace', issued({ name: 'acme', orgs: [acme({ name: 'beta' })] })],
  ['[OIDC]', issued({ name: '[OIDC]', orgs: [] })],
  ['an app with the repository', app([{ type: 'model', name: 'acme/model' }])],
  ['an app without entities', app([])],
  ['a principal that nobody knows', issued({ principal: 'unknown', role: 'god', orgs: [acme({ name: 'beta' })] })],
]

/** What contradicts it. */
const CONTRADICTING: [string, WhoAmI, string][] = [
  ['another resource', issued({ resource: 'acme/other' }), 'token-wrong-org'],
  ['an app with another repository', app([{ type: 'model', name: 'acme/other' }]), 'token-wrong-org'],
  ['an app with a dataset of that name', app([{ type: 'dataset', name: 'acme/model' }]), 'token-wrong-org'],
  [
    'an app with one more repository',
    app([
      { type: 'model', name: 'acme/model' },
      { type: 'model', name: 'acme/x' },
    ]),
    'token-wrong-org',
  ],
  ['an app with the organization', app([{ type: 'org', name: 'acme' }]), 'token-wrong-org'],
  ['an app with something that has no name', app([{ type: 'model' }]), 'token-wrong-org'],
  ['members of other organizations only', issued({ orgs: [acme({ name: 'beta' })] }), 'token-wrong-org'],
  ['a role', issued({ resource: 'acme/model', role: 'write' }), 'token-over-scoped'],
  ['rights of its own', who({ resource: 'acme/model' }), 'token-over-scoped'],
  [
    'a right that nobody knows',
    issued({ resource: 'acme/model', unknown: [{ path: 'auth.wings', couldBeRight: true }] }),
    'token-over-scoped',
  ],
  [
    'a revoked token',
    issued({ resource: 'acme/model', orgs: [acme({ securityRestrictions: ['token-revoked'] })] }),
    'token-revoked-by-org',
  ],
]

describe('the token of a repository’s Trusted Publisher', () => {
  test.each(CORROBORATING)('writes when whoami-v2 says: %s', (_what, seen) => {
    expect(codesOf(factsOf(seen, BOUND))).toEqual([])
  })

  test.each(CORROBORATING)('is not confirmed to read only when whoami-v2 says: %s', (_what, seen) => {
    expect(codesOf(factsOf(seen, BOUND), { scope: 'read' })).toEqual(['token-over-scoped'])
  })

  test.each(CORROBORATING)('reads only, by the Hub’s own 403, when whoami-v2 says: %s', (_what, seen) => {
    expect(codesOf({ ...factsOf(seen, BOUND), boundTo: READ_ONLY }, { scope: 'read' })).toEqual([])
  })

  test.each(CORROBORATING)('reads only, by its scope, when whoami-v2 says: %s', (_what, seen) => {
    expect(codesOf(factsOf(seen, { ...BOUND, scopes: ['read-repos', 'openid'] }), { scope: 'read' })).toEqual([])
  })

  test.each(CONTRADICTING)('is refused when whoami-v2 says: %s', (_what, seen, code) => {
    expect(codesOf(factsOf(seen, BOUND))).toEqual([code])
    expect(codesOf({ ...factsOf(seen, BOUND), boundTo: READ_ONLY }, { scope: 'read' })).toEqual([code])
  })

  test('cannot write when its scope says so', () => {
    expect(codesOf(factsOf(undefined, { ...BOUND, scopes: ['read-repos'] }))).toEqual(['token-under-scoped'])
  })

  test.each(['inference-api', 'jobs', 'time-travel', 'manage-repos-and-more'])(
    'does not have the scope %s too',
    (scope) => {
      const facts = factsOf(undefined, { ...BOUND, scopes: ['write-repos', scope] })
      expect(codesOf(facts)).toEqual(['token-over-scoped'])
      expect(messageOf(facts)).toContain(`allow: ${scope}`)
      expect(codesOf(facts, { allow: [scope] })).toEqual([])
    },
  )

  test('reaches no other repository', () => {
    expect(codesOf(factsOf(undefined, BOUND), { repositories: [repository('acme/model')] })).toEqual([])
    const repositories = [repository('acme/model'), repository('datasets/acme/model')]
    expect(codesOf(factsOf(undefined, BOUND), { repositories })).toEqual(['token-under-scoped'])
  })

  test('reaches its repository only', () => {
    const repositories = [repository('acme/model')]
    expect(codesOf(factsOf(undefined, BOUND), { repositories, repositoriesOnly: true })).toEqual([])
  })
})

describe('the token of a user’s Trusted Publisher', () => {
  const ROSA = { ...BOUND, resource: 'rosa' }

  test('is assumed to call Inference Providers, at the user’s expense', () => {
    expect(codesOf(factsOf(undefined, ROSA), { scope: 'read' })).toEqual(['token-over-scoped'])
    expect(messageOf(factsOf(undefined, ROSA), { scope: 'read' })).toContain('allow: inference-api')
    expect(codesOf(factsOf(undefined, ROSA), { scope: 'read', allow: ['inference-api'] })).toEqual([])
    expect(codesOf(factsOf(undefined, ROSA), { scope: 'read', allow: ['inference.serverless.write'] })).toEqual([])
    expect(codesOf(factsOf(undefined, ROSA), { scope: 'read+infer' })).toEqual([])
  })

  test('is judged by its scope where the Hub names one', () => {
    const granted = (...scopes: string[]) => factsOf(undefined, { ...ROSA, scopes })
    expect(codesOf(granted('gated-repos'), { scope: 'read' })).toEqual([])
    expect(codesOf(granted('gated-repos', 'inference-api'), { scope: 'read' })).toEqual(['token-over-scoped'])
    expect(codesOf(granted('gated-repos'), { scope: 'read+infer' })).toEqual(['token-under-scoped'])
    expect(codesOf(granted('gated-repos', 'write-repos'), { scope: 'read' })).toEqual(['token-over-scoped'])
  })

  test('is that user’s', () => {
    const facts = (seen: WhoAmI) => factsOf(seen, { ...ROSA, scopes: ['gated-repos'] })
    expect(codesOf(facts(issued()), { scope: 'read' })).toEqual([])
    expect(codesOf(facts(issued({ name: '[OIDC]' })), { scope: 'read' })).toEqual([])
    expect(codesOf(facts(issued({ name: 'eve' })), { scope: 'read' })).toEqual(['token-wrong-org'])
  })

  test('reaches more than the repositories', () => {
    const repositories = [repository('acme/model')]
    const facts = { ...factsOf(undefined, { ...ROSA, scopes: ['gated-repos'] }), repositories: [] }
    expect(codesOf(facts, { scope: 'read', repositories, repositoriesOnly: true })).toEqual(['token-over-scoped'])
  })
})

describe('a token that begins like one of another kind', () => {
  const withPrefix = (value: string, evidence: Evidence, seen?: WhoAmI): TokenFacts => ({
    ...factsOf(seen, evidence),
    prefix: prefixOf(value),
  })

  test.each([
    ['hf_abc', 'hf_'],
    ['hf_jwt_abc', 'hf_jwt_'],
    ['hf_oauth_abc', 'hf_oauth_'],
    ['hf_jwtabc', 'hf_'],
  ])('%s begins with %s', (value, prefix) => expect(prefixOf(value)).toBe(prefix))

  test.each<[string, Evidence, Partial<Requirement>]>([
    ['hf_x', BOUND, {}],
    ['hf_oauth_x', BOUND, {}],
    ['hf_jwt_x', { ...BOUND, resource: 'rosa' }, { scope: 'read+infer' }],
    ['hf_x', OAUTH, {}],
    ['hf_jwt_x', OAUTH, {}],
    ['hf_oauth_x', { ...MINTED, granted: MINTED.asked }, {}],
  ])('%s is refused when whoami-v2 is silent', (value, evidence, more) => {
    expect(codesOf(withPrefix(value, evidence), more)).toEqual(['token-over-scoped'])
    expect(codesOf(withPrefix(value, evidence, issued({ principal: 'unknown' })), more)).toEqual(['token-over-scoped'])
  })

  test('passes when whoami-v2 says what it is', () => {
    expect(codesOf(withPrefix('hf_x', BOUND, issued({ resource: 'acme/model' })))).toEqual([])
    expect(codesOf(withPrefix('hf_x', BOUND, issued()))).toEqual(['token-over-scoped'])
    expect(codesOf(withPrefix('hf_x', OAUTH, issued()))).toEqual([])
  })
})

describe('a minted token of which the Hub says what it granted', () => {
  const GRANTED = { ...MINTED, granted: MINTED.asked }
  const granted = (...permissions: string[]) => ({ ...MINTED, granted: permissions })

  test.each<[string, WhoAmI | undefined]>([
    ['nothing', undefined],
    ['the account', who({ name: 'acme-ci' })],
    ['the account without memberships', who({ orgs: [] })],
    ['nothing about rights', issued({ orgs: [] })],
    ['a principal that nobody knows', issued({ principal: 'unknown' })],
  ])('passes when whoami-v2 says: %s', (_what, seen) => expect(codesOf(factsOf(seen, GRANTED))).toEqual([]))

  test.each<[string, WhoAmI, string]>([
    ['another organization', who({ orgs: [acme({ name: 'beta' })] }), 'token-wrong-org'],
    ['one right too many', who({ grants: [...who().grants, on('org', 'acme', 'job.write')] }), 'token-over-scoped'],
    [
      'a right outside',
      who({ grants: [...who().grants, on('org', 'beta', 'repo.content.read')] }),
      'token-over-scoped',
    ],
    ['a classic role', who({ role: 'write', grants: [] }), 'token-over-scoped'],
    ['fewer rights', who({ grants: [on('org', 'acme', 'repo.content.read')] }), 'token-under-scoped'],
  ])('is refused when whoami-v2 says: %s', (_what, seen, code) => {
    expect(codesOf(factsOf(seen, GRANTED))).toEqual([code])
  })

  test('has what was requested and nothing else', () => {
    expect(codesOf(factsOf(undefined, granted('repo.content.read')))).toEqual(['token-under-scoped'])
    const more = factsOf(undefined, granted('repo.content.read', 'repo.write', 'collection.read'))
    expect(codesOf(more)).toEqual(['token-over-scoped'])
    expect(messageOf(more)).toContain('- collection.read (not requested)')
    expect(codesOf(more, { allow: ['collection.read'] })).toEqual([])
  })

  test('is not for more places than requested', () => {
    expect(codesOf(factsOf(undefined, { ...GRANTED, beyond: ['repo.write on the whole organization'] }))).toEqual([
      'token-over-scoped',
    ])
  })

  test('is for the repositories only if it was minted for them', () => {
    const repositories = [repository('acme/model')]
    const only = { repositories, repositoriesOnly: true }
    expect(codesOf(factsOf(undefined, GRANTED), only)).toEqual(['token-over-scoped'])
    expect(codesOf(factsOf(undefined, { ...GRANTED, repositories }), only)).toEqual([])
  })
})
