import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { KeyRing } from '../../sandbox/github/keys.ts'
import { GitHub, type JobOptions } from '../../sandbox/github.ts'
import { OtherIssuer } from '../../sandbox/issuers.ts'
import type { Identity } from '../../src/identity/identity.ts'
import type { Job } from '../../src/identity/job.ts'
import { type ProofContext, prove } from '../../src/identity/prove.ts'
import type { ProofRequest } from '../../src/identity/request.ts'
import { client, closeAll, deadline } from '../net/network-for-tests.ts'
import { platformOf } from '../platform/platforms.ts'
import { fakeHttp } from './identity-for-tests.ts'

let github: GitHub
beforeEach(async () => {
  github = await GitHub.start()
})
afterEach(async () => {
  await closeAll()
  await github.close()
})

interface Play {
  job?: JobOptions
  request?: Partial<ProofRequest>
  context?: Partial<ProofContext>
}

/** Proves a job of the sandbox; what was said, masked and verified meanwhile is told too. */
function play({ job: options, request, context }: Play = {}) {
  const { idTokenRequestUrl: url, idTokenRequestToken: token, environment } = github.startJob(options)
  const said: string[] = []
  const masked: string[] = []
  const identities: Identity[] = []
  const log = { info: said.push.bind(said), debug: said.push.bind(said), warning: said.push.bind(said) }
  const proved = prove({
    request: { audience: 'acme', issuer: github.issuer, claimRules: [], idTokenFrom: { kind: 'github' }, ...request },
    job: {
      idTokenRequest: url ? { url, token } : undefined,
      eventName: environment.GITHUB_EVENT_NAME,
      actor: environment.GITHUB_ACTOR,
      repository: environment.GITHUB_REPOSITORY,
      platform: platformOf(),
    } as Job,
    http: client(),
    policy: { maxAttempts: 2, deadline: deadline(), random: () => 0 },
    mask: (secret) => masked.push(secret),
    log,
    givenIdToken: () => '',
    onIdentity: (identity) => identities.push(identity),
    ...context,
  })
  return { proved, said, masked, identities }
}

const operations = () => github.service.calls.map(({ operation }) => operation).sort()
const RULE = { claim: 'ref', pattern: 'refs/heads/release' }

describe('a job of GitHub', () => {
  test('proves who it is with one request for the token and one for the keys', async () => {
    const { proved, said, masked, identities } = play({
      request: { claimRules: [{ claim: 'ref', pattern: 'refs/*' }] },
    })
    const identity = await proved
    expect(identity.subject).toBe('repo:octo-org/octo-repo:ref:refs/heads/main')
    expect(masked).toEqual([identity.idToken])
    expect(identities).toEqual([identity])
    expect(operations()).toEqual(['id-token', 'jwks'])
    expect(said).toEqual([
      'Requesting an ID token from GitHub for the audience acme',
      'ID token verified: repo:octo-org/octo-repo:ref:refs/heads/main',
      expect.stringMatching(/^issuer .*, key [0-9a-f]{64}, expires 20\d\d-/),
      'Claims: 1 of 1 rules match',
    ])
  })

  test('must satisfy the claim rules, and is known before it is refused', async () => {
    const { proved, identities } = play({ request: { claimRules: [RULE] } })
    await expect(proved).rejects.toThrow(/^\[claim-rejected\]/)
    expect(identities.length).toBe(1)
  })

  test('is verified with keys that are fetched again when GitHub has just rotated them', async () => {
    const before = await KeyRing.create()
    github.service.inject('jwks', { kind: 'answer', status: 200, body: before.jwks })
    expect((await play().proved).subject).toMatch(/^repo:octo-org/)
    expect(operations()).toEqual(['id-token', 'jwks', 'jwks'])
  })

  test('is refused with a signature that GitHub does not use', async () => {
    const ring = await KeyRing.create('ES256')
    github.service.inject('jwks', { kind: 'answer', status: 200, body: ring.jwks }, 9)
    const { proved } = play({ job: { mint: (claims) => ring.current.sign(claims) } })
    await expect(proved).rejects.toThrow(/`alg = "ES256"`/)
  })

  test('without an ID token makes no call, and is told why', async () => {
    const { http, asked } = fakeHttp({})
    const { proved } = play({ job: { idTokenPermission: false }, context: { http } })
    await expect(proved).rejects.toThrow(/^\[oidc-permission-missing\]/)
    expect(asked).toEqual([])
  })

  test('is told about the ID token when the keys cannot be fetched either', async () => {
    github.service.inject('*', { kind: 'answer', status: 400, body: 'no' }, 9)
    await expect(play().proved).rejects.toThrow(/^\[oidc-request-failed\]/)
  })
})

describe('a token of another issuer', () => {
  test.each([
    [{ kind: 'env', name: 'CI_ID_TOKEN' } as const, 'Reading the ID token from the variable CI_ID_TOKEN'],
    [{ kind: 'file', path: '/x' } as const, 'Reading the ID token from the given file'],
  ])('from %j is verified with the keys of its issuer', async (idTokenFrom, message) => {
    const issuer = await OtherIssuer.kubernetes({ alg: 'ES256' })
    try {
      const idToken = await issuer.issue()
      const { proved, said } = play({
        request: { issuer: issuer.issuer, idTokenFrom },
        context: { givenIdToken: () => idToken },
      })
      expect((await proved).subject).toBe('system:serviceaccount:ml:publisher')
      expect(said[0]).toBe(message)
      expect(operations()).toEqual([])
      expect(issuer.service.count('openid-configuration')).toBe(1)
    } finally {
      await issuer.close()
    }
  })
})
