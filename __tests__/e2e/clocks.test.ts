/** Runners whose clocks are off, from ten minutes slow to ten minutes fast. AWS and the Hub know the right time. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Machine } from '../../sandbox/aws/machine.ts'
import { AwsError, stsError } from '../../sandbox/aws.ts'
import { roleArn } from '../../sandbox/index.ts'
import { GITHUB_ISSUER } from '../../sandbox/internet.ts'
import { OtherIssuer } from '../../sandbox/issuers.ts'
import { GitHubCom } from './github-com.ts'
import { recordMessage } from './recorded-messages.ts'
import { errorOf, Stage, warningsOf } from './stage.ts'

let stage: Stage
let world: GitHubCom

beforeEach(async () => {
  stage = await Stage.set()
  world = new GitHubCom(stage)
})
afterEach(async () => {
  await world.close()
  await stage.clear()
})

/** Lets the runner's clock be so many seconds ahead. */
const ahead = (seconds: number) => {
  stage.sandbox.runnerAheadMs = seconds * 1000
}

describe('on github.com, where the drift is measured', () => {
  test.each([-590, -300, -45, 45, 300, 590])(
    'a clock that is %i s ahead is corrected, with one warning',
    async (seconds) => {
      const play = await world.play()
      ahead(seconds)
      const { main } = await world.run(play)
      expect(main.env).toMatchObject({ HF_TOKEN: stage.sandbox.tokens.write })
      expect(warningsOf(main)).toEqual([expect.stringMatching(/^This runner’s clock is \d+ s (?:slow|fast), compared/)])
      // A whole second more or less: `Date` has no parts of seconds.
      const figure = Number(/clock is (\d+) s/.exec(warningsOf(main)[0] ?? '')?.[1])
      expect(Math.abs(figure - Math.abs(seconds))).toBeLessThanOrEqual(2)
    },
  )

  test.each([-20, 0, 20])('a clock that is %i s ahead is right enough', async (seconds) => {
    const play = await world.play()
    ahead(seconds)
    const { main } = await world.run(play)
    expect(main.env).toMatchObject({ HF_TOKEN: stage.sandbox.tokens.write })
    expect(warningsOf(main)).toEqual([])
  })

  test.each([
    [-660, 'nbf'],
    [660, 'exp'],
  ])('a clock that is %i s ahead is refused, with the figure', async (seconds, claim) => {
    const play = await world.play()
    ahead(seconds)
    const { main } = await world.run(play)
    const { title, message } = errorOf(main)
    expect(title).toBe('id-token-invalid')
    expect(message).toContain(`\`${claim} = `)
    expect(message).toMatch(/Likely cause: The runner’s clock is 6[56]\d s (?:slow|fast)\./)
    expect(stage.sandbox.calls()).not.toHaveProperty('AssumeRoleWithWebIdentity')
    if (seconds < 0) recordMessage('id-token-invalid/clock', message, stage.sandbox)
  })

  test.each([-400, 400])(
    'an exchanged token has the life that the Hub says, by a clock that is %i s ahead',
    async (seconds) => {
      const { github, hub } = stage.sandbox
      hub.addTrustedPublisher({
        resource: 'acme/model',
        issuer: GITHUB_ISSUER,
        keys: () => github.jwks(),
        claims: { repository: 'octo-org/octo-repo' },
      })
      const play = await world.play()
      ahead(seconds)
      const { main } = await world.run({
        ...play,
        // The sandbox's Hub wants its own address as the audience.
        env: { ...play.env, HF_ENDPOINT: hub.url },
        with: {
          'role-to-assume': '',
          'token-source': 'trusted-publisher',
          'hf-resource': 'acme/model',
          'min-token-lifetime': '58m',
        },
      })
      expect([main.exitCode, main.log]).toEqual([0, expect.any(String)])
      const expiresAt = Date.parse(main.outputs['hf-token-expires-at'] ?? '')
      expect(Math.abs(expiresAt - Date.now() - 3_600_000)).toBeLessThan(120_000)
    },
  )

  test.each([
    // By the runner's clock, 7 minutes would be left.
    [400, 14, 'delivered'],
    // By the runner's clock, 11 minutes would be left.
    [-400, 5, 'token-expiring'],
  ])(
    'a stored token’s remaining life counts by the right time: a clock that is %i s ahead, %i minutes left',
    async (seconds, minutes, result) => {
      const { hub } = stage.sandbox
      const expiresAt = new Date(Date.now() + minutes * 60_000)
      stage.store(JSON.stringify({ token: hub.addOrgToken('acme', undefined, { expiresAt }) }))
      const play = await world.play()
      ahead(seconds)
      const { main } = await world.run(play)
      expect(main.log).toContain(`"result":"${result}"`)
    },
  )

  test.each([
    [-400, 'nbf'],
    [400, 'exp'],
  ])('an ID token that AWS does not check is judged by a clock that is %i s ahead', async (seconds, claim) => {
    const machine = await Machine.start(stage.sandbox.aws, roleArn('write'))
    try {
      const play = await world.play()
      ahead(seconds)
      const { main } = await world.run({
        ...play,
        env: { ...play.env, ...machine.containerEnvironment() },
        with: { 'aws-identity': 'runner', 'role-to-assume': '', 'session-policy': 'none' },
      })
      expect(errorOf(main).title).toBe('id-token-invalid')
      expect(errorOf(main).message).toContain(`\`${claim} = `)
      expect(machine.service.calls).toEqual([])
    } finally {
      await machine.close()
    }
  })

  test('a job that proves itself twice is warned once', async () => {
    const ended = stsError(
      new AwsError('ExpiredTokenException', 'Token must have been issued less than 5 minutes ago', 400),
    )
    stage.sandbox.aws.service.inject('AssumeRoleWithWebIdentity', { kind: 'answer', ...ended })
    const play = await world.play()
    ahead(-120)
    const { main } = await world.run(play)
    expect(main.env).toMatchObject({ HF_TOKEN: stage.sandbox.tokens.write })
    expect(stage.sandbox.calls()).toMatchObject({ 'id-token': 2 })
    expect(warningsOf(main)).toHaveLength(1)
  })

  test.each([-400, 400])('a rotation signs with the right time, by a clock that is %i s ahead', async (seconds) => {
    const operations = ['GetSecretValue', 'DescribeSecret', 'PutSecretValue', 'UpdateSecretVersionStage']
    const play = await world.play({}, operations)
    ahead(seconds)
    const { main } = await world.rotate({
      ...play,
      with: { ...play.with, secrets: 'huggingface/acme/read scope=read', force: 'true' },
    })
    expect([main.exitCode, main.log]).toEqual([0, expect.stringContaining('rotated')])
    expect(warningsOf(main)).toContainEqual(expect.stringMatching(/^This runner’s clock is (?:399|400|401) s/))
  })
})

describe('where nothing can be measured', () => {
  test.each([-280, 0, 280])(
    'GitHub’s token decides by its own times: a clock that is %i s ahead passes',
    async (seconds) => {
      ahead(seconds)
      const { main } = await stage.main()
      expect(main.env).toMatchObject({ HF_TOKEN: stage.sandbox.tokens.write })
      expect(warningsOf(main)).toEqual([])
    },
  )

  test.each([-300, -45, 0, 45, 300])(
    'a token in a variable that expired a minute ago fails, %i s ahead',
    async (seconds) => {
      const issuer = await OtherIssuer.okta()
      try {
        const { aws } = stage.sandbox
        aws.addOidcProvider({ issuerUrl: issuer.issuer, clientIds: ['acme'], keys: () => issuer.jwks() })
        const now = Math.floor(Date.now() / 1000)
        const idToken = await issuer.issue({ iat: now - 360, exp: now - 60 })
        stage.secrets.push({ name: 'the ID token', value: idToken })
        ahead(seconds)
        const { main } = await stage.main({
          env: { CI_ID_TOKEN: idToken },
          with: { 'id-token-from': 'env:CI_ID_TOKEN', 'oidc-issuer': issuer.issuer },
        })
        // A clock that is slow lets it through here, and STS refuses it.
        expect(errorOf(main).title).toBe(seconds < 0 ? 'sts-failed' : 'id-token-invalid')
        expect(stage.sandbox.calls()).not.toHaveProperty('GetSecretValue')
      } finally {
        await issuer.close()
      }
    },
  )
})
