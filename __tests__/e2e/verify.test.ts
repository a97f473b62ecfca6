/** How strictly the Hub's word is taken, and what happens when it is hard to get. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { errorOf, Stage, warningsOf } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

const DAY = 86_400_000

function storeToken(token: Parameters<Stage['sandbox']['hub']['addToken']>[0]): string {
  const value = stage.sandbox.hub.addToken(token)
  stage.secrets.push({ name: 'the stored token', value })
  stage.store(JSON.stringify({ token: value }))
  return value
}

test('warn turns every problem into a warning and delivers', async () => {
  stage.sandbox.hub.addUser({
    name: 'rosa',
    orgs: [{ name: 'acme', roleInOrg: 'write', securityRestrictions: ['sso'] }],
  })
  const value = storeToken({ user: 'rosa', role: 'write', expiresAt: new Date(Date.now() + 300_000) })
  const { main } = await stage.main({ with: { verify: 'warn' } })
  expect(main.env).toMatchObject({ HF_TOKEN: value })
  const warnings = warningsOf(main)
  for (const code of ['org-restricted', 'token-over-scoped', 'token-expiring']) {
    expect(warnings.some((text) => text.startsWith(`[${code}]`))).toBe(true)
  }
})

test('warn delivers even a token that the Hub does not accept, with a warning', async () => {
  stage.sandbox.hub.revokeToken(stage.sandbox.tokens.write)
  const { main } = await stage.main({ with: { verify: 'warn' } })
  expect(main.exitCode).toBe(0)
  expect(warningsOf(main)).toEqual([expect.stringMatching(/^\[token-rejected\]/)])
})

test('off asks the Hub nothing, and says so', async () => {
  const { main } = await stage.main({ with: { verify: 'off', repositories: 'acme/model' } })
  expect(main.exitCode).toBe(0)
  expect(stage.sandbox.hub.service.calls).toEqual([])
  expect(main.outputs['hf-identity']).toBe('')
  expect(warningsOf(main)).toEqual([expect.stringContaining('The `repositories` were not checked either')])
})

test('off still refuses what is not shaped like a token', async () => {
  stage.store('{"token":"not a token"}')
  expect(errorOf((await stage.main({ with: { verify: 'off' } })).main).title).toBe('token-malformed')
})

test('strict tells all problems: the gravest as the failure, the others as warnings', async () => {
  stage.sandbox.hub.addUser({
    name: 'rosa',
    orgs: [{ name: 'acme', roleInOrg: 'write', securityRestrictions: ['token-policy'] }],
  })
  storeToken({ user: 'rosa', role: 'write' })
  const { main } = await stage.main()
  expect(errorOf(main).title).toBe('token-pending-approval')
  expect(errorOf(main).message).toContain('accepts fine-grained tokens only')
  expect(warningsOf(main)).toEqual([expect.stringMatching(/^\[token-over-scoped\]/)])
})

test('a token whose owner is in further organizations is delivered, with a warning that names them', async () => {
  stage.sandbox.hub.addUser({
    name: 'rosa',
    orgs: ['beta', 'acme', 'gamma'].map((name) => ({ name, roleInOrg: 'write' })),
  })
  const value = storeToken({
    user: 'rosa',
    role: 'fineGrained',
    fineGrained: { scoped: [{ entity: { type: 'org', name: 'acme' }, permissions: ['repo.write'] }] },
  })
  const { main } = await stage.main()
  expect(main.env).toMatchObject({ HF_TOKEN: value })
  expect(warningsOf(main)).toEqual([
    expect.stringContaining('(rosa) is also a member of other organizations (beta and gamma).'),
  ])
})

test('a token that ends within seven days is warned of, with the date', async () => {
  const expiresAt = new Date(Date.now() + 3 * DAY)
  storeToken({
    user: 'acme-ci',
    role: 'fineGrained',
    fineGrained: { scoped: [{ entity: { type: 'org', name: 'acme' }, permissions: ['repo.write'] }] },
    expiresAt,
  })
  const { main } = await stage.main()
  expect(main.outputs['hf-token-expires-at']).toBe(expiresAt.toISOString())
  expect(warningsOf(main)).toEqual([expect.stringContaining(expiresAt.toISOString())])
})

test('a token for one repository is enough when that is the one that is needed', async () => {
  storeToken({
    user: 'acme-ci',
    role: 'fineGrained',
    fineGrained: { scoped: [{ entity: { type: 'model', name: 'acme/model' }, permissions: ['repo.write'] }] },
  })
  const { main } = await stage.main({ with: { repositories: 'acme/model' } })
  expect(main.exitCode).toBe(0)
  expect(stage.sandbox.calls()).toMatchObject({ 'auth-check-write': 1 })
})

test('repositories are checked with the scope’s kind of access', async () => {
  const { main } = await stage.main({
    with: { scope: 'read', repositories: 'acme/model\ndatasets/acme/data\nacme/model' },
  })
  expect(main.exitCode).toBe(0)
  expect(stage.sandbox.calls()).toMatchObject({ 'auth-check': 2 })
  expect(main.summary).toContain('auth-check passed')
})

test('a rate limit is waited for as told, within the deadline', async () => {
  stage.sandbox.hub.rateLimit('whoami-v2', { times: 1, resetSeconds: 1 })
  const { main } = await stage.main()
  expect(main.exitCode).toBe(0)
  const [first, second] = stage.sandbox.hub.service.calls
  expect((second?.startedAt ?? 0) - (first?.endedAt ?? 0)).toBeGreaterThanOrEqual(1000)
})

test('Retry-After goes before RateLimit', async () => {
  stage.sandbox.hub.rateLimit('whoami-v2', { times: 1, resetSeconds: 250, retryAfter: '1' as never })
  expect((await stage.main()).main.exitCode).toBe(0)
})

test('when the rate limit lasts longer than there is time, auth-check stands in under warn and says so', async () => {
  stage.sandbox.hub.rateLimit('whoami-v2', { times: 9, resetSeconds: 250 })
  const { main } = await stage.main({ with: { verify: 'warn', repositories: 'acme/model\ndatasets/acme/data' } })
  expect(main.exitCode).toBe(0)
  expect(main.log).toContain('the action used auth-check instead, for acme/model and datasets/acme/data')
  expect(main.outputs['hf-identity']).toBe('')
  expect(stage.sandbox.calls()).toMatchObject({ 'whoami-v2': 1, 'auth-check-write': 2 })
  expect(main.summary).toContain('auth-check')
})

test('strict lets nothing stand in: what the token can do besides would stay unknown', async () => {
  stage.sandbox.hub.rateLimit('whoami-v2', { times: 9, resetSeconds: 250 })
  const { main } = await stage.main({ with: { repositories: 'acme/model' } })
  expect(errorOf(main).title).toBe('hub-rate-limited')
  expect(stage.sandbox.calls()).not.toHaveProperty('auth-check-write')
})

test('the claims of a required environment are matched with wildcards', async () => {
  const { main } = await stage.main({
    with: { 'required-claims': 'repository=octo-org/*\nsub=*:ref:refs/heads/*\nrunner_environment=github-hosted' },
  })
  expect(main.exitCode).toBe(0)
  expect(main.log).toContain('3 of 3 rules match')
})

test('an enterprise’s own issuer is accepted when it is given', async () => {
  const issuer = stage.sandbox.github.addIssuer('/_services/token/acme-enterprise')
  const { main } = await stage.main({ job: { issuer }, with: { 'oidc-issuer': issuer } })
  // The account has no provider for it: the ID token itself was accepted.
  expect(errorOf(main).title).toBe('oidc-provider-missing')
})

test('an issuer without keys at the usual place is asked for its discovery document', async () => {
  stage.sandbox.github.service.inject('jwks', { kind: 'answer', status: 404 })
  const { main } = await stage.main()
  expect(main.exitCode).toBe(0)
  expect(stage.sandbox.calls()).toMatchObject({ jwks: 2, 'openid-configuration': 1 })
})

test('keys that were rotated between two requests are fetched once more', async () => {
  const old = stage.sandbox.github.jwks()
  await stage.sandbox.github.rotateKeys({ retire: true })
  stage.sandbox.github.service.inject('jwks', { kind: 'answer', status: 200, body: old })
  const { main } = await stage.main()
  expect(main.exitCode).toBe(0)
  expect(stage.sandbox.calls()).toMatchObject({ jwks: 2, 'id-token': 1 })
})
