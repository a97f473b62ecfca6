/** The sandbox's GitHub: its ID tokens say and prove what GitHub's do. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import * as forgeries from '../../sandbox/github/forgeries.ts'
import { GitHub, type Job, type JobOptions } from '../../sandbox/github.ts'

let github: GitHub

beforeEach(async () => {
  github = await GitHub.start()
})

afterEach(() => github.close())

function ask(job: Job, audience?: string): Promise<Response> {
  const query = audience === undefined ? '' : `&audience=${encodeURIComponent(audience)}`
  return fetch(job.idTokenRequestUrl + query, { headers: { authorization: `Bearer ${job.idTokenRequestToken}` } })
}

async function idToken(job: Job, audience?: string): Promise<string> {
  return ((await (await ask(job, audience)).json()) as { value: string }).value
}

async function verify(token: string, issuer = github.issuer): Promise<unknown> {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`)
  const discovery = (await response.json()) as { issuer: string; jwks_uri: string }
  const keys = createRemoteJWKSet(new URL(discovery.jwks_uri))
  return (await jwtVerify(token, keys, { issuer: discovery.issuer, algorithms: ['RS256'] })).payload
}

describe('the ID token', () => {
  test('is signed by the published keys and carries the claims of the job', async () => {
    const job = github.startJob({ environment: 'production', enterprise: 'acme', enterpriseId: '12' })
    const token = await idToken(job, 'https://huggingface.co/acme corp')
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RS256', typ: 'JWT', kid: github.jwks().keys[0]?.kid })
    expect(await verify(token)).toMatchObject({
      iss: github.issuer,
      aud: 'https://huggingface.co/acme corp',
      sub: 'repo:octo-org/octo-repo:environment:production',
      repository: 'octo-org/octo-repo',
      repository_id: '456789',
      repository_owner_id: '123456',
      environment: 'production',
      enterprise: 'acme',
      run_attempt: '1',
      ref_protected: 'false',
      job_workflow_ref: 'octo-org/octo-repo/.github/workflows/publish.yml@refs/heads/main',
    })
    expect(job.issued).toEqual([token])
    expect(github.service.calls.map(({ operation }) => operation)).toEqual(['id-token', 'openid-configuration', 'jwks'])
  })

  test('lives for 300 seconds, is valid some minutes earlier, and has a jti of its own', async () => {
    const job = github.startJob()
    const [one, two] = [decodeJwt(await idToken(job, 'acme')), decodeJwt(await idToken(job, 'acme'))]
    expect((one.exp ?? 0) - (one.iat ?? 0)).toBe(300)
    expect(one.nbf).toBeLessThan(one.iat ?? 0)
    expect(one.jti).not.toBe(two.jti)
  })

  test('has only strings but for the times', async () => {
    const { iat: _iat, nbf: _nbf, exp: _exp, ...others } = decodeJwt(await idToken(github.startJob(), 'acme'))
    expect(Object.values(others).filter((value) => typeof value !== 'string')).toEqual([])
  })

  test('names the owner as its audience when none was asked for', async () => {
    expect(decodeJwt(await idToken(github.startJob())).aud).toBe(`${github.serverUrl}/octo-org`)
  })

  test.each<[string, JobOptions, string]>([
    ['a push', {}, 'repo:octo-org/octo-repo:ref:refs/heads/main'],
    ['a tag', { ref: 'refs/tags/v1' }, 'repo:octo-org/octo-repo:ref:refs/tags/v1'],
    ['a pull request', { eventName: 'pull_request' }, 'repo:octo-org/octo-repo:pull_request'],
    [
      'an environment in a pull request',
      { eventName: 'pull_request', environment: 'eu:prod' },
      'repo:octo-org/octo-repo:environment:eu%3Aprod',
    ],
    [
      'a repository with an immutable subject',
      { subjectFormat: 'immutable' },
      'repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main',
    ],
    ['a templated subject', { claims: { sub: 'repository_id:456789' } }, 'repository_id:456789'],
  ])('names %s in its subject', async (_, options, sub) => {
    expect(decodeJwt(await idToken(github.startJob(options), 'acme')).sub).toBe(sub)
  })

  test('is refused without the request token of that very job', async () => {
    const [job, other] = [github.startJob(), github.startJob()]
    const authorization = `Bearer ${other.idTokenRequestToken}`
    expect((await fetch(job.idTokenRequestUrl, { headers: { authorization } })).status).toBe(401)
    expect((await fetch(job.idTokenRequestUrl)).status).toBe(401)
    expect(job.issued).toEqual([])
  })

  test('of an enterprise with its own issuer is verified there', async () => {
    const issuer = github.addIssuer('/_services/token/acme-enterprise')
    expect(await verify(await idToken(github.startJob({ issuer }), 'acme'), issuer)).toMatchObject({ iss: issuer })
  })

  test.each(Object.entries(forgeries))('is refused by a verifier when it is forged: %s', async (_, mint) => {
    const token = await idToken(github.startJob({ mint }), 'acme')
    await expect(verify(token)).rejects.toThrow()
  })
})

describe('the keys', () => {
  test('of before a rotation stay valid, until they are retired', async () => {
    const job = github.startJob()
    const old = await idToken(job, 'acme')
    await github.rotateKeys()
    await verify(old)
    await github.rotateKeys({ retire: true })
    await expect(verify(old)).rejects.toThrow('no applicable key')
    await verify(await idToken(job, 'acme'))
  })
})

describe("the runner's environment", () => {
  test('offers an ID token to a job with permission', () => {
    const job = github.startJob()
    expect(job.environment).toMatchObject({
      GITHUB_SERVER_URL: github.serverUrl,
      GITHUB_REPOSITORY_OWNER: 'octo-org',
      GITHUB_EVENT_NAME: 'push',
      ACTIONS_ID_TOKEN_REQUEST_URL: job.idTokenRequestUrl,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: job.idTokenRequestToken,
    })
  })

  test.each<[string, JobOptions]>([
    ['without permission', { idTokenPermission: false }],
    ["of a fork's pull request", { forkPullRequest: true }],
    ['of Dependabot', { actor: 'dependabot[bot]', eventName: 'pull_request' }],
  ])('offers none to a job %s', (_, options) => {
    const names = Object.keys(github.startJob(options).environment)
    expect(names.filter((name) => name.startsWith('ACTIONS_'))).toEqual([])
  })

  test("shows the fork in a pull request's event, and only there", () => {
    const fork = github.startJob({ forkPullRequest: true })
    expect(fork.environment).toMatchObject({ GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/7/merge' })
    expect(fork.event).toMatchObject({ pull_request: { head: { repo: { fork: true } } } })
    const own = github.startJob({ eventName: 'pull_request' })
    expect(own.event).toMatchObject({ pull_request: { head: { repo: { fork: false } } } })
    expect(github.startJob().event).not.toHaveProperty('pull_request')
  })

  test('has one request token a job', () => {
    const tokens = [1, 2, 3].map(() => github.startJob().idTokenRequestToken)
    expect(new Set(tokens).size).toBe(3)
  })
})
