import { beforeAll, describe, expect, test } from '@jest/globals'
import type { JSONWebKeySet } from 'jose'
import * as forgeries from '../../sandbox/github/forgeries.ts'
import { KeyRing } from '../../sandbox/github/keys.ts'
import { CLOCK_TOLERANCE_SECONDS } from '../../src/identity/clock.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { type VerifyOptions, verifyIdToken } from '../../src/identity/verify.ts'
import { AUDIENCE, claimsOfNow, ISSUER, NOW } from './identity-for-tests.ts'

let github: KeyRing
let elliptic: KeyRing
beforeAll(async () => {
  github = await KeyRing.create()
  elliptic = await KeyRing.create('ES256')
})

const seconds = NOW.getTime() / 1000
const foreign = true

const verify = (idToken: string, options: Partial<VerifyOptions> = {}): Promise<Identity> =>
  verifyIdToken(idToken, { issuer: ISSUER, audience: AUDIENCE, keys: async () => github.jwks, now: NOW, ...options })

/** Verifies a token of GitHub's with these claims. */
const verifyClaims = async (claims: Record<string, unknown>, options: Partial<VerifyOptions> = {}) =>
  verify(await github.current.sign(claimsOfNow(claims)), options)

/** The message of the refusal. */
const refusal = (verified: Promise<unknown>): Promise<string> =>
  verified.then(
    () => 'it was accepted',
    (error: Error) => error.message,
  )

test('a genuine token becomes an identity', async () => {
  const idToken = await github.current.sign(claimsOfNow({ actor: 'octocat' }))
  expect(await verify(idToken)).toMatchObject({
    idToken,
    issuer: ISSUER,
    audience: AUDIENCE,
    subject: 'repo:octo-org/octo-repo:ref:refs/heads/main',
    claims: { actor: 'octocat' },
    expiresAt: seconds + 300,
    keyId: github.current.kid,
  })
})

describe('the signature', () => {
  test.each(Object.entries(forgeries).filter(([name]) => name !== 'expired'))(
    'of a forged token is refused: %s',
    async (_name, mint) => {
      const forged = await mint(claimsOfNow(), github.current)
      expect(await refusal(verify(forged))).toMatch(/^\[id-token-invalid\]/)
      expect(await refusal(verify(forged, { foreign }))).toMatch(/^\[id-token-invalid\]/)
    },
  )

  test('of GitHub is RS256 and nothing else', async () => {
    const keys = async () => elliptic.jwks
    const idToken = await elliptic.current.sign(claimsOfNow())
    const message = await refusal(verify(idToken, { keys }))
    expect(message).toContain('Seen: `alg = "ES256"`\nExpected: `alg = "RS256"`\n')
    expect((await verify(idToken, { keys, foreign })).keyId).toBe(elliptic.current.kid)
  })

  test('with an algorithm that nobody accepts names those that are accepted', async () => {
    const message = await refusal(verify(await forgeries.unsigned(claimsOfNow(), github.current), { foreign }))
    expect(message).toContain('Seen: `alg = "none"`\nExpected: `alg = "RS256"` or `alg = "ES256"`\n')
  })

  test('by someone else in the name of this GitHub is not remedied by another issuer', async () => {
    const message = await refusal(verify(await forgeries.unsigned(claimsOfNow(), github.current)))
    expect(message).toContain('What to do: Do not use this runner until you know where the token came from.')
    expect(message).not.toContain('oidc-issuer')
  })

  test('by another key under the same id is refused without fetching the keys again', async () => {
    let fetched = 0
    const keys = async () => {
      fetched += 1
      return github.jwks
    }
    const message = await refusal(verify(await forgeries.foreignKey(claimsOfNow(), github.current), { keys }))
    expect(message).toContain('signature verification failed')
    expect(fetched).toBe(1)
  })

  test.each([
    ['without a modulus', {}],
    ['that is too small', { n: 'sXch'.repeat(30) }],
  ])('by a key %s is refused', async (_what, members) => {
    const keys = async () =>
      ({
        keys: [{ kty: 'RSA', kid: github.current.kid, alg: 'RS256', use: 'sig', e: 'AQAB', ...members }],
      }) as JSONWebKeySet
    const message = await refusal(verifyClaims({}, { keys }))
    expect(message).toMatch(/^\[id-token-invalid\][\s\S]*an RSA key of at least 2048 bits/)
  })

  test('of something that is no JWT is refused', async () => {
    expect(await refusal(verify('not-a-jwt'))).toMatch(
      /^\[id-token-invalid\].*\nSeen: Invalid JWT \(key \(none\), issuer \(none\)\)/,
    )
  })
})

describe('keys that were rotated between two requests', () => {
  test('are fetched a second time', async () => {
    const before = await KeyRing.create()
    const answers = [before.jwks, github.jwks]
    const keys = async () => answers.shift() ?? { keys: [] }
    expect((await verifyClaims({}, { keys })).keyId).toBe(github.current.kid)
  })

  test('are not fetched a third time', async () => {
    let fetched = 0
    const keys = async () => {
      fetched += 1
      return { keys: [] }
    }
    expect(await refusal(verifyClaims({}, { keys }))).toContain(`a signature by the key "${github.current.kid}"`)
    expect(fetched).toBe(2)
  })

  test('that cannot be fetched are a failure of their own', async () => {
    const keys = () => Promise.reject(new Error('no keys'))
    await expect(verifyClaims({}, { keys })).rejects.toThrow('no keys')
  })
})

describe('the issuer', () => {
  test.each([
    ['a different one', 'https://token.actions.githubusercontent.com/acme-enterprise', 'set `oidc-issuer: '],
    ['one in other case', ISSUER.toUpperCase(), 'set `oidc-issuer: '],
    ['none', undefined, 'What to do: Do not use this runner until you know where the token came from.'],
    ['a list', [ISSUER], 'set `oidc-issuer: '],
  ])('%s is refused before the keys are fetched', async (_what, iss, remedy) => {
    const keys = () => Promise.reject(new Error('the keys were fetched'))
    const message = await refusal(verifyClaims({ iss }, { keys }))
    expect(message).toMatch(/^\[id-token-invalid\]/)
    expect(message).toContain(`Expected: \`iss = "${ISSUER}"\``)
    expect(message).toContain(remedy)
    expect(await refusal(verifyClaims({ iss }, { keys, foreign }))).toContain(
      'Compare `oidc-issuer` with `iss` in the token',
    )
  })
})

describe('the audience', () => {
  test.each([['evil'], [['evil']], ['Acme'], [['acme', 'evil']], [[]]])('%j is refused from GitHub', async (aud) => {
    expect(await refusal(verifyClaims({ aud }))).toMatch(
      /^\[audience-mismatch\] The ID token is for a different audience than the one requested\./,
    )
  })

  test('may be one of several from an issuer other than GitHub', async () => {
    expect((await verifyClaims({ aud: ['https://kubernetes.default.svc', 'acme'] }, { foreign })).audience).toBe('acme')
    expect(await refusal(verifyClaims({ aud: ['a', 'b'] }, { foreign }))).toContain(
      'Seen: `aud = "a", "b"`\nExpected: `aud = "acme"`',
    )
  })

  test('may be a list of one', async () => expect((await verifyClaims({ aud: ['acme'] })).audience).toBe('acme'))

  test('that is wrong has a remedy for the issuer that issued it', async () => {
    expect(await refusal(verifyClaims({ aud: 'x' }))).toContain('Do not use this runner until you know why')
    expect(await refusal(verifyClaims({ aud: 'x' }, { foreign }))).toContain('It must match exactly (case-sensitive).')
  })
})

describe('the time', () => {
  const tolerance = CLOCK_TOLERANCE_SECONDS

  test('the tolerance is half a minute', () => expect(tolerance).toBe(30))

  test.each([
    ['exp', -tolerance, 'the token expired 30s ago', 'in the future'],
    ['nbf', tolerance + 1, 'the token is not valid for another 31s', 'in the past'],
  ])('%s %i seconds from now is refused, by its name', async (claim, offset, seen, expected) => {
    const message = await refusal(verifyClaims({ [claim]: seconds + offset }))
    expect(message).toMatch(/^\[id-token-invalid\]/)
    expect(message).toContain(`\n  - \`${claim} = ${new Date((seconds + offset) * 1000).toISOString()}\`: ${seen}\n`)
    expect(message).toContain('  - a runner whose clock shows 2026-11-22T12:00:00.000Z\n')
    expect(message).toContain(`Expected: \`${claim}\` ${expected}, with a tolerance of 30 s\n`)
    expect(message).toContain('Synchronize the runner’s clock (NTP), and re-run the job.')
  })

  test.each([
    ['exp', -tolerance + 1],
    ['nbf', tolerance],
    ['nbf', undefined],
    ['iat', tolerance + 1],
    ['iat', 3600],
  ])('%s %j seconds from now refuses nothing', async (claim, offset) => {
    const value = offset === undefined ? undefined : seconds + offset
    expect((await verifyClaims({ [claim]: value })).subject).toMatch(/^repo:/)
  })

  test.each([[-1], [8.65e12], [1e300], ['today'], [null], [true]])(
    'iat %j is malformed, which no clock can cure',
    async (iat) => {
      const message = await refusal(verifyClaims({ iat }))
      expect(message).toMatch(/^\[id-token-invalid\].*\nSeen: "iat" /)
      expect(message).not.toMatch(/(?:cause|do): .*clock/)
    },
  )

  test.each(['nbf', 'exp'])('%s that is no number is malformed, which no clock can cure', async (claim) => {
    const message = await refusal(verifyClaims({ [claim]: '2026-11-22' }))
    expect(message).toContain(`Seen: "${claim}" claim must be a number\n`)
    expect(message).not.toMatch(/(?:cause|do): .*clock/)
  })

  test('of a token shows from when to when it is valid', async () => {
    const message = await refusal(verifyClaims({ exp: seconds - 60 }, { foreign }))
    expect(message).toContain('`exp = 2026-11-22T11:59:00.000Z`: the token expired 1m ago')
    expect(message).toContain('`nbf = 2026-11-22T11:55:00.000Z`')
  })

  test.each([8.65e12, 1e20])('%d, which no date can represent, is refused', async (exp) => {
    expect(await refusal(verifyClaims({ exp }))).toContain('"exp" is not a valid time')
  })
})

describe('a required claim', () => {
  test.each(['sub', 'exp', 'iat', 'aud'])('%s that is missing is named', async (claim) => {
    const message = await refusal(verifyClaims({ [claim]: undefined }))
    expect(message).toMatch(/^\[(?:id-token-invalid|audience-mismatch)\]/)
    if (claim !== 'aud') expect(message).toContain(`missing required "${claim}" claim`)
  })

  test.each(['', 7, ['repo:x'], null])('sub that is %j is refused', async (sub) => {
    expect(await refusal(verifyClaims({ sub }))).toContain('"sub" is empty')
  })
})
