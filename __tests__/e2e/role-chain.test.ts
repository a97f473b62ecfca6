/** A second hop: the provider is in one account, and the secret in another. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { REGION, roleArn, secretName, trustPolicy } from '../../sandbox/index.ts'
import { errorOf, Stage } from './stage.ts'

const OTHER = '222222222222'
const READER = `arn:aws:iam::${OTHER}:role/apps/reader`
const FIRST = roleArn('write')
const EXTERNAL_ID = 'acme:42'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

interface Set {
  trust?: object
  identity?: object[]
}

const assume = (resource: string, actions: string | string[] = ['sts:AssumeRole', 'sts:TagSession']) => ({
  Effect: 'Allow',
  Action: actions,
  Resource: resource,
})

/** The role of the provider's account, and the one that may read the secret of the other account. */
function setUp({ trust, identity = [assume(READER)] }: Set = {}, isStored = false): void {
  const { aws, github, tokens } = stage.sandbox
  const issuer = github.issuer.replace(/^https?:\/\//, '')
  const provider = `arn:aws:iam::${FIRST.split(':')[4]}:oidc-provider/${issuer}`
  aws.addRole({
    arn: FIRST,
    trustPolicy: trustPolicy(provider, {
      StringEquals: { [`${issuer}:aud`]: 'acme', [`${issuer}:sub`]: 'repo:octo-org/octo-repo:ref:refs/heads/main' },
    }),
    policy: {
      Version: '2012-10-17',
      Statement: [...identity, { Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' }],
    },
  })
  aws.addRole({
    arn: READER,
    trustPolicy: trust ?? trusting(),
    policy: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'secretsmanager:*',
          Resource: `arn:aws:secretsmanager:${REGION}:${OTHER}:secret:huggingface/*`,
        },
      ],
    },
  })
  if (isStored) return
  aws.addSecret({ name: secretName('write'), account: OTHER, value: JSON.stringify({ token: tokens.write }) })
}

function trusting(actions: string | string[] = ['sts:AssumeRole', 'sts:TagSession'], previous = FIRST): object {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: previous },
        Action: actions,
        Condition: { StringEquals: { 'sts:ExternalId': EXTERNAL_ID } },
      },
    ],
  }
}

const CHAIN = { 'role-chain': `${READER} external-id=${EXTERNAL_ID}` }

describe('a second hop', () => {
  test('reads the secret of the other account, and every session but the last can only open the next one', async () => {
    setUp()
    const { main } = await stage.main({ with: CHAIN })
    expect([main.exitCode, main.env.HF_TOKEN]).toEqual([0, stage.sandbox.tokens.write])
    expect(main.outputs).toMatchObject({ 'aws-account-id': OTHER })
    expect(main.outputs['secret-arn']).toContain(`:${OTHER}:secret:huggingface/acme/write-`)
    const [first, second] = stage.sandbox.aws.sessions
    expect(first).toMatchObject({ roleArn: FIRST, durationSeconds: 900 })
    expect(JSON.parse(first?.policy ?? '')).toEqual({ Version: '2012-10-17', Statement: [assume(READER)] })
    expect(second).toMatchObject({ roleArn: READER, externalId: EXTERNAL_ID })
    expect(second?.policy).toContain(`:${OTHER}:secret:huggingface/acme/write-??????`)
    expect(main.log).toContain(`AWS: assumed ${first?.arn}`)
    expect(main.log).toContain(`AWS: assumed ${second?.arn}`)
    expect(main.summary.replaceAll('<wbr>', '')).toContain(`${first?.arn}</code> →<br><code>${second?.arn}`)
    expect(stage.sandbox.calls()).toMatchObject({ AssumeRoleWithWebIdentity: 1, AssumeRole: 1, GetSecretValue: 1 })
  })

  test('carries the verified claims as tags, which CloudTrail records', async () => {
    setUp()
    await stage.main({ with: CHAIN })
    const [first, second] = stage.sandbox.aws.sessions
    expect(first?.tags).toBeUndefined()
    expect(second?.tags).toMatchObject({
      'hf-oidc:sub': 'repo:octo-org/octo-repo:ref:refs/heads/main',
      'hf-oidc:repository': 'octo-org/octo-repo',
      'hf-oidc:ref': 'refs/heads/main',
      'hf-oidc:event_name': 'push',
    })
  })

  test('has no tags with session-tags: false, and needs no permission for them', async () => {
    setUp({ trust: trusting('sts:AssumeRole'), identity: [assume(READER, 'sts:AssumeRole')] })
    const { main } = await stage.main({ with: { ...CHAIN, 'session-tags': 'false' } })
    expect([main.exitCode, stage.sandbox.aws.sessions[1]?.tags]).toEqual([0, {}])
  })

  test('may be followed by more', async () => {
    setUp()
    const last = `arn:aws:iam::333333333333:role/last`
    const { aws, tokens } = stage.sandbox
    aws.addRole({
      arn: READER,
      trustPolicy: trusting(),
      policy: { Version: '2012-10-17', Statement: [assume(last)] },
    })
    aws.addRole({
      arn: last,
      trustPolicy: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { AWS: READER }, Action: ['sts:AssumeRole', 'sts:TagSession'] }],
      },
      policy: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' }],
      },
    })
    aws.addSecret({ name: 'deep', account: '333333333333', value: JSON.stringify({ token: tokens.write }) })
    const { main } = await stage.main({
      with: { 'role-chain': `${CHAIN['role-chain']}\n\n  ${last}`, 'secret-id': 'deep' },
    })
    expect([main.exitCode, main.outputs['aws-account-id']]).toEqual([0, '333333333333'])
    expect(aws.sessions.map(({ durationSeconds }) => durationSeconds)).toEqual([900, 900, 900])
    expect(JSON.parse(aws.sessions[1]?.policy ?? '')).toEqual({ Version: '2012-10-17', Statement: [assume(last)] })
  })

  test('in a rotation does all the work', async () => {
    setUp()
    const { main } = await stage.rotate({
      with: {
        ...CHAIN,
        'role-to-assume': FIRST,
        mode: 'promote',
        'max-age': '365d',
        'admin-secret-id': '',
        'service-account': '',
        secrets: 'huggingface/acme/write scope=write',
      },
    })
    expect([main.exitCode, main.log]).toEqual([0, expect.stringContaining(`assumed-role/reader/`)])
  })
})

describe('a refusal says which hop it was, and prints what turns it into a pass', () => {
  const cases: [string, Set, string[]][] = [
    [
      'the trust policy names somebody else',
      { trust: trusting(undefined, roleArn('read')) },
      ['role-trust-rejected', '(role 2 of 2)', 'STS does not say which of the two permissions is missing'],
    ],
    [
      'the policy of the first role does not allow it',
      { identity: [] },
      ['role-trust-rejected', '(role 2 of 2)', `No policy of the role \`${FIRST}\` allows it`],
    ],
    [
      'the trust policy does not allow tags',
      { trust: trusting('sts:AssumeRole') },
      ['role-trust-rejected', 'to tag its session', 'session-tags: false'],
    ],
  ]

  test.each(cases)('%s', async (_what, set, says) => {
    setUp(set)
    const { main } = await stage.main({ with: CHAIN })
    const { title, message } = errorOf(main)
    for (const text of says) expect(`${title} ${message}`).toContain(text)
    expect(message).toContain(OTHER)
    // What is printed, followed.
    const printed = blocksIn(message)
    const trust = printed.find((one) => JSON.stringify(one).includes('Principal'))
    const identity = printed.filter((one) => 'Effect' in one)
    setUp({ ...(trust ? { trust } : {}), identity: identity.length > 0 ? identity : [assume(READER)] }, true)
    const again = await stage.main({ with: CHAIN })
    expect(again.main.exitCode).toBe(0)
  })

  test('another external ID', async () => {
    setUp()
    const { main } = await stage.main({ with: { 'role-chain': `${READER} external-id=acme:43` } })
    expect(errorOf(main).message).toContain('when the trust policy requires a different external ID')
  })

  test('the role before it does not exist: the first hop is the one that is named', async () => {
    setUp()
    const { main } = await stage.main({ with: { ...CHAIN, 'role-to-assume': roleArn('nobody') } })
    expect(errorOf(main).message).toContain(`assume the role \`${roleArn('nobody')}\``)
    expect(stage.sandbox.calls().AssumeRole).toBeUndefined()
  })
})

test('a session longer than an hour is an input error, before any call', async () => {
  const { main } = await stage.main({ with: { ...CHAIN, 'role-duration-seconds': '3601' } })
  expect(errorOf(main).message).toContain('`role-duration-seconds` must be at most 3600 with `role-chain`')
  expect(stage.sandbox.calls()).toEqual({})
})

/** The JSON blocks of a message. */
function blocksIn(message: string): object[] {
  const blocks = message.match(/^( *)\{\n(?:.*\n)*?\1\}$/gm) ?? []
  return blocks.map((text) => JSON.parse(text) as object)
}
