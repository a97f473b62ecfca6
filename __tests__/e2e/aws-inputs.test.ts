/** Where the token is: in a path, in a version, and under names from the claims. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ACCOUNT, REGION, roleArn, secretName, trustPolicy } from '../../sandbox/index.ts'
import { DAY } from './rotation-world.ts'
import { errorOf, Stage, warningsOf } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

describe('a path in a JSON secret', () => {
  const whole = (token: string) =>
    `{ "n": 12345678901234567890, "hub": { "a.b": {"token" : "${token}"}, "x": [1.0] } }\n`
  const KEY = 'hub.a\\.b.token'

  test('leads to the token, and ECS is given no key that it cannot find', async () => {
    stage.store(whole(stage.sandbox.tokens.write))
    const { main } = await stage.main({ with: { 'secret-key': KEY } })
    expect([main.exitCode, main.env.HF_TOKEN]).toEqual([0, stage.sandbox.tokens.write])
    expect(main.outputs['ecs-secret']).toBe('')
  })

  test('that leads nowhere is told, without the value', async () => {
    stage.store(whole(stage.sandbox.tokens.write))
    const { main } = await stage.main({ with: { 'secret-key': 'hub.token' } })
    expect(errorOf(main).title).toBe('secret-malformed')
    expect(errorOf(main).message).toContain('whose "hub" is an object without the key "token"')
    expect(errorOf(main).message).toContain('`{"hub": {"token": "hf_…"}}`')
  })

  test('keeps every other byte in a rotation, and its proof is next to the token', async () => {
    const { aws, tokens } = stage.sandbox
    stage.store(whole(tokens.write))
    stage.sandbox.advance(8 * DAY)
    const line = `${secretName('write')} scope=write key=${KEY} repositories=acme/model narrow=true`
    const { main } = await stage.rotate({ with: { secrets: line } })
    expect([main.exitCode, main.outputs.rotated]).toEqual([0, '1'])
    const stored = String(
      aws.secret(secretName('write')).versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.value,
    )
    const [token = ''] = stage.sandbox.hub.minted.filter((one) => stored.includes(one))
    const proof = (JSON.parse(stored) as { hub: { 'a.b': { token_proof: string } } }).hub['a.b'].token_proof
    expect(stored).toBe(whole(token).replace(`"${token}"`, () => `"${token}","token_proof":${JSON.stringify(proof)}`))

    stage.sandbox.hub.service.calls.length = 0
    const job = await stage.main({ with: { 'secret-key': KEY, repositories: 'acme/model' } })
    expect([job.main.exitCode, job.main.env.HF_TOKEN]).toEqual([0, token])
    // The proof next to the token was found: whoami-v2 is not asked.
    expect(stage.sandbox.hub.service.count('whoami-v2')).toBe(0)
  })
})

describe('a version that is pinned', () => {
  test('is read after the label has moved', async () => {
    const { aws, tokens } = stage.sandbox
    const [{ versionId } = { versionId: '' }] = aws.secret(secretName('write')).versions
    stage.store(JSON.stringify({ token: tokens.read }))
    const { main } = await stage.main({ with: { 'secret-version-id': versionId } })
    expect([main.exitCode, main.env.HF_TOKEN]).toEqual([0, tokens.write])
    expect(main.outputs).toMatchObject({
      'secret-version-id': versionId,
      'ecs-secret': expect.stringMatching(new RegExp(`:token::${versionId}$`)),
    })
  })

  test('that does not exist is told', async () => {
    const { main } = await stage.main({ with: { 'secret-version-id': '11111111-2222-4333-8444-555555555555' } })
    expect(errorOf(main).title).toBe('secret-not-found')
    expect(errorOf(main).message).toContain('has no version with the ID `11111111-2222-4333-8444-555555555555`')
  })
})

describe('{owner} and {repo}', () => {
  const NAMES = {
    'role-to-assume': `arn:aws:iam::${ACCOUNT}:role/hf/{owner}.{repo}`,
    'secret-id': 'hub/{owner}/{repo}',
  }

  test('select the role and the secret of the job’s repository', async () => {
    const { aws, github, tokens } = stage.sandbox
    const issuer = github.issuer.replace(/^https?:\/\//, '')
    aws.addRole({
      arn: `arn:aws:iam::${ACCOUNT}:role/hf/octo-org.octo-repo`,
      trustPolicy: trustPolicy(`arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer}`, {
        StringEquals: { [`${issuer}:aud`]: 'acme', [`${issuer}:sub`]: 'repo:octo-org/octo-repo:ref:refs/heads/main' },
      }),
      policy: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'secretsmanager:GetSecretValue',
            Resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:hub/octo-org/octo-repo-??????`,
          },
        ],
      },
    })
    aws.addSecret({ name: 'hub/octo-org/octo-repo', value: JSON.stringify({ token: tokens.write }) })
    const { main } = await stage.main({ with: NAMES })
    expect([main.exitCode, main.env.HF_TOKEN, warningsOf(main)]).toEqual([0, tokens.write, []])
    expect(aws.sessions[0]?.policy).toContain('secret:hub/octo-org/octo-repo-??????')
    expect(main.log).not.toContain('{owner}')
  })

  test('do not follow what the environment says about the repository', async () => {
    const { main } = await stage.main({ with: NAMES, env: { GITHUB_REPOSITORY: 'rivals/other' } })
    expect(errorOf(main).message).toContain('role/hf/octo-org.octo-repo')
  })

  test('that could mean two repositories are refused before any call', async () => {
    const { main } = await stage.main({ with: { 'role-to-assume': roleArn('{owner}-{repo}') } })
    expect(errorOf(main).title).toBe('input-invalid')
    expect(stage.sandbox.calls()).toEqual({})
  })
})
