/** The sandbox's other issuers: their tokens and their discovery are those of the real ones. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { createRemoteJWKSet, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose'
import * as forgeries from '../../sandbox/github/forgeries.ts'
import { type IssuerOptions, OtherIssuer } from '../../sandbox/issuers.ts'

const issuers: OtherIssuer[] = []

afterEach(async () => {
  await Promise.all(issuers.splice(0).map((issuer) => issuer.close()))
})

type Kind = 'okta' | 'gitlab' | 'kubernetes' | 'circleci' | 'buildkite'

async function start(kind: Kind, options?: IssuerOptions): Promise<OtherIssuer> {
  const issuer = await OtherIssuer[kind](options)
  issuers.push(issuer)
  return issuer
}

async function verify(issuer: OtherIssuer, token: string, audience = 'acme'): Promise<JWTPayload> {
  const response = await fetch(`${issuer.issuer}/.well-known/openid-configuration`)
  const discovery = (await response.json()) as { issuer: string; jwks_uri: string }
  expect(discovery.issuer).toBe(issuer.issuer)
  const keys = createRemoteJWKSet(new URL(discovery.jwks_uri))
  return (await jwtVerify(token, keys, { issuer: issuer.issuer, audience })).payload
}

describe.each<[Kind, string, string, Record<string, unknown>]>([
  ['okta', '/oauth2/', '/v1/keys', { aud: 'acme', cid: expect.any(String), scp: ['huggingface.write'] }],
  ['gitlab', '', '/oauth/discovery/keys', { project_path: 'octo-org/octo-repo', ref: 'main', ref_protected: 'true' }],
  [
    'kubernetes',
    '',
    '/openid/v1/jwks',
    {
      aud: ['https://kubernetes.default.svc', 'acme'],
      sub: 'system:serviceaccount:ml:publisher',
      'kubernetes.io': { namespace: 'ml', serviceaccount: { name: 'publisher' } },
    },
  ],
  ['circleci', '/org/', '/.well-known/jwks-pub.json', { 'oidc.circleci.com/vcs-ref': 'refs/heads/main' }],
  ['buildkite', '', '/.well-known/jwks', { pipeline_slug: 'octo-repo', build_branch: 'main' }],
])('%s', (kind, issuerPath, keysPath, claims) => {
  test.each(['RS256', 'ES256'] as const)('issues tokens that discovery and %s keys prove', async (alg) => {
    const issuer = await start(kind, { alg })
    expect(new URL(issuer.issuer).pathname.startsWith(issuerPath || '/')).toBe(true)
    const token = await issuer.issue({ actor: 'mona', jti: undefined })
    expect(decodeProtectedHeader(token)).toMatchObject({ alg, kid: issuer.jwks().keys[0]?.kid })
    const payload = await verify(issuer, token)
    expect(payload).toMatchObject({ ...claims, actor: 'mona' })
    expect(payload).not.toHaveProperty('jti')
    expect(issuer.issued).toEqual([token])
    expect(issuer.service.calls.map(({ operation }) => operation)).toEqual(['openid-configuration', 'jwks'])
    expect(issuer.service.calls[1]?.request.url.pathname.endsWith(keysPath)).toBe(true)
  })
})

test.each(['okta', 'gitlab', 'kubernetes', 'circleci'] as const)(
  '%s has no keys where GitHub has them',
  async (kind) => {
    const issuer = await start(kind)
    expect((await fetch(`${issuer.issuer}/.well-known/jwks`)).status).toBe(404)
    expect(issuer.service.count('unknown')).toBe(1)
  },
)

test('an audience can be chosen', async () => {
  const issuer = await start('kubernetes', { audience: ['https://huggingface.co', 'other'] })
  expect((await verify(issuer, await issuer.issue(), 'other')).aud).toEqual(['https://huggingface.co', 'other'])
})

test.each(Object.entries(forgeries))('a forged token is refused by a verifier: %s', async (_, mint) => {
  for (const alg of ['RS256', 'ES256'] as const) {
    const issuer = await start('okta', { alg })
    await expect(issuer.issue({}, mint).then((token) => verify(issuer, token))).rejects.toThrow()
  }
})

test('keys rotate within their algorithm', async () => {
  const issuer = await start('gitlab', { alg: 'ES256' })
  const old = await issuer.issue()
  await issuer.rotateKeys({ retire: true })
  await expect(verify(issuer, old)).rejects.toThrow('no applicable key')
  await verify(issuer, await issuer.issue())
})
