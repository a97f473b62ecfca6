/** Reading one secret: what is taken out of it, what is masked, and what is never shown. */
import { describe, expect, test } from '@jest/globals'
import type { SandboxResponse } from '../../sandbox/service.ts'
import { readSecret } from '../../src/aws/read-secret.ts'
import type { SecretReference } from '../../src/aws/request.ts'
import type { SecretContent } from '../../src/aws/secret-content.ts'
import { answer, CALLER, FakeAws, failureOf, REGION, SECRET, SECRET_ARN, secretRefusal } from './fake-aws.ts'

const VERSION = '11111111-2222-4333-8444-555555555555'
const TOKEN = 'hf_aaaaaaaaaaaa'

interface Options {
  content?: SecretContent
  secret?: Partial<SecretReference>
}

function read(answers: SandboxResponse | readonly SandboxResponse[], { content = 'token', secret = {} }: Options = {}) {
  const aws = new FakeAws(...[answers].flat())
  const masks: string[] = []
  const reading = readSecret({
    secret: { ...SECRET, ...secret },
    content,
    caller: CALLER,
    http: aws.http,
    policy: aws.policy,
    mask: (value) => void masks.push(value),
  })
  return { aws, masks, reading }
}

const holding = (SecretString: string) => answer({ ARN: SECRET_ARN, VersionId: VERSION, SecretString })
const binary = (bytes: Uint8Array) =>
  answer({ ARN: SECRET_ARN, VersionId: VERSION, SecretBinary: Buffer.from(bytes).toString('base64') })

test('the version at the staging label is read, with signed requests, in the region of the secret', async () => {
  const { aws, reading } = read(holding(TOKEN), { secret: { stage: 'AWSPENDING', region: 'us-east-1' } })
  await reading
  const [sent] = aws.sent
  expect([sent?.operation, sent?.input]).toEqual([
    'GetSecretValue',
    { SecretId: SECRET.id, VersionStage: 'AWSPENDING' },
  ])
  expect(sent?.request.url.host).toBe('secretsmanager.us-east-1.amazonaws.com')
  expect(sent?.request.headers?.authorization).toContain('Credential=ASIAEXAMPLE/')
  expect(sent?.request.headers?.['x-amz-security-token']).toBe('a-session-token')
})

test('a version is read by its ID, whatever its label', async () => {
  const { aws, reading } = read(holding(TOKEN), { secret: { versionId: VERSION } })
  await reading
  expect(aws.sent[0]?.input).toEqual({ SecretId: SECRET.id, VersionId: VERSION })
})

test('a version that does not exist is told by its ID, and not by a label', async () => {
  const missing = secretRefusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret value")
  const { message } = await failureOf(read(missing, { secret: { versionId: VERSION } }).reading)
  expect(message).toContain(`has no version with the ID \`${VERSION}\``)
  expect(message).not.toContain('staging label `AWSCURRENT`')
})

describe('a path', () => {
  const at = (key: string, text: string) => read(holding(text), { secret: { key } })

  test.each<[string, string, string[], boolean]>([
    ['hf.token', `{"hf":{"token":"${TOKEN}"}}`, ['hf', 'token'], false],
    ['hf.token', `{"hf":{"token":"${TOKEN}","a":1}}`, ['hf', 'token'], true],
    ['hf.token', `{"hf":{"token":"${TOKEN}"},"a":1}`, ['hf', 'token'], true],
    ['hf.token', `{"hf.token":"${TOKEN}","hf":{"token":"hf_another_one"}}`, ['hf.token'], true],
    ['hf\\.token', `{"hf.token":"${TOKEN}"}`, ['hf.token'], false],
  ])('%s in %s', async (key, text, path, otherKeys) => {
    const { reading, masks } = at(key, text)
    expect(await reading).toMatchObject({ values: [TOKEN], shape: { kind: 'object', path, otherKeys } })
    expect(masks).toEqual([TOKEN])
  })

  test.each([
    ['hf.tokn', 'whose "hf" is an object without the key "tokn"'],
    ['hg.token', 'without the key "hg"'],
    ['hf.token.x', 'whose "hf.token" is not an object'],
    ['hf', 'whose "hf" is not a string'],
    ['hf.constructor', 'whose "hf" is an object without the key "constructor"'],
  ])('that leads nowhere is told, without any value: %s', async (key, says) => {
    const { message } = await failureOf(at(key, `{"hf":{"token":"${TOKEN}"}}`).reading)
    expect(message).toContain('[secret-malformed]')
    expect(message).toContain(says)
    expect(message).not.toContain(TOKEN)
  })

  test('is written out in what the secret should be', async () => {
    const { message } = await failureOf(at('hf.my\\.token', '{}').reading)
    expect(message).toContain('`{"hf": {"my.token": "hf_…"}}`')
  })

  test('names what is next to the value', async () => {
    const aws = new FakeAws(holding(`{"hf":{"token":"${TOKEN}","token_proof":"inner"},"token_proof":"outer"}`))
    const { http, policy } = aws
    const secret = { ...SECRET, key: 'hf.token' }
    const also = (key: string) => `${key}_proof`
    const stored = await readSecret({ secret, content: 'token', also, caller: CALLER, http, policy, mask() {} })
    expect(stored.also).toBe('inner')
  })
})

describe('a value', () => {
  test.each<[string, string, object]>([
    ['as a plain string', TOKEN, { kind: 'plain', binary: false }],
    ['alone in a JSON object', `{"token":"${TOKEN}"}`, { kind: 'object', binary: false, otherKeys: false }],
    ['next to other keys', `{"a":1,"token":"${TOKEN}"}`, { kind: 'object', binary: false, otherKeys: true }],
  ])('%s is found', async (_what, text, shape) => {
    expect(await read(holding(text)).reading).toEqual({ arn: SECRET_ARN, versionId: VERSION, values: [TOKEN], shape })
  })

  test('in a binary secret is found', async () => {
    const { reading } = read(binary(Buffer.from(`{"token":"${TOKEN}"}`)))
    expect(await reading).toMatchObject({ values: [TOKEN], shape: { kind: 'object', binary: true } })
  })

  test('at another key is found when the request names that key', async () => {
    expect((await read(holding(`{"hub":"${TOKEN}"}`), { secret: { key: 'hub' } }).reading).values).toEqual([TOKEN])
  })

  test('of an OAuth app has two parts, in their order', async () => {
    const text = '{"client_secret":"the-client-secret","client_id":"the-client-id"}'
    const { masks, reading } = read(holding(text), { content: 'oauth-app' })
    expect((await reading).values).toEqual(['the-client-id', 'the-client-secret'])
    expect(masks).toEqual(['the-client-id', 'the-client-secret'])
  })

  test('is masked as it is and without the space around it', async () => {
    const { masks, reading } = read(holding(` ${TOKEN}\n`))
    await reading
    expect(masks).toEqual([` ${TOKEN}\n`, TOKEN])
  })

  test('that is too short to be a token is not masked: the log would be unreadable', async () => {
    const { masks, reading } = read(holding('{"token":"1234567"}'))
    expect((await reading).values).toEqual(['1234567'])
    expect(masks).toEqual([])
  })
})

describe('what is not the value is described and not shown', () => {
  const HIDDEN = 'correct-horse-battery'
  test.each<[string, SandboxResponse, string, Options]>([
    ['no key', holding(`{"${HIDDEN}":"x","b":1}`), 'without the key "token" (it has 2 keys)', {}],
    ['a typo in the key', holding(`{"tokn":"${HIDDEN}"}`), '(it has 1 key, one of them "tokn")', {}],
    [
      'a key that every object inherits',
      holding(`{"a":"${HIDDEN}"}`),
      'without the key',
      { secret: { key: 'toString' } },
    ],
    ['an object at the key', holding(`{"token":{"a":"${HIDDEN}"}}`), 'whose "token" is not a string', {}],
    ['broken JSON', holding(`{"token":"${HIDDEN}"`), 'is not valid JSON', {}],
    ['an array', holding(`["${HIDDEN}"]`), 'a JSON array', {}],
    ['bytes', binary(new Uint8Array([0xff, 0xfe])), 'neither a string nor UTF-8 text', {}],
    ['nothing', answer({ ARN: SECRET_ARN, VersionId: VERSION }), 'neither a string nor UTF-8 text', {}],
    ['half an OAuth app', holding(`{"client_id":"${HIDDEN}"}`), 'the key "client_secret"', { content: 'oauth-app' }],
    ['a string for an OAuth app', holding(HIDDEN), 'a plain string', { content: 'oauth-app' }],
  ])('%s', async (_what, response, seen, options) => {
    const { message } = await failureOf(read(response, options).reading)
    expect(message).toMatch(/^\[secret-malformed\] The secret `huggingface\/acme\/write` has no usable value under `/)
    expect(message).toContain(seen)
    expect(message).toContain('; the value itself is not shown')
    expect(message).not.toContain(HIDDEN)
  })

  test('both keys of an OAuth app are named', async () => {
    const { message } = await failureOf(read(holding('x'), { content: 'oauth-app' }).reading)
    expect(message).toContain('under `client_id` and `client_secret`.')
    expect(message).not.toContain('as a plain string')
  })
})

describe('the ARN and the version in the answer', () => {
  test.each([
    'arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf\n::error::x',
    'arn:aws:secretsmanager:eu-west-1:123456789012:secret:*',
    'arn:aws:ssm:eu-west-1:123456789012:secret:x-AbCdEf',
    'anything',
    7,
  ])('are not used when the ARN is %j', async (ARN) => {
    const { reading } = read(answer({ ARN, VersionId: VERSION, SecretString: TOKEN }))
    expect((await reading).arn).toBe(SECRET.id)
  })

  test.each(['a b', '', 'x'.repeat(65), 'v\n::error::', 'v;rm', 7])(
    'are not used when the version is %j',
    async (VersionId) => {
      const { reading } = read(answer({ ARN: SECRET_ARN, VersionId, SecretString: TOKEN }))
      expect((await reading).versionId).toBe('')
    },
  )
})

describe('a refusal', () => {
  test.each<[string, SandboxResponse]>([
    ['InternalServiceError, whatever its status', secretRefusal('InternalServiceError', 'An error occurred', 400)],
    ['ThrottlingException', secretRefusal('ThrottlingException', 'Rate exceeded')],
    ['an outage', secretRefusal('Whatever', 'down', 503)],
  ])('that another attempt can cure is retried: %s', async (_what, refusal) => {
    const { aws, reading } = read([refusal, holding(TOKEN)])
    expect((await reading).values).toEqual([TOKEN])
    expect(aws.sent).toHaveLength(2)
  })

  test.each([
    ['AccessDeniedException', 'secret-access-denied'],
    ['ResourceNotFoundException', 'secret-not-found'],
    ['DecryptionFailure', 'secret-kms-denied'],
    ['InvalidParameterException', 'secret-failed'],
  ])('that stays is told after one attempt: %s', async (name, code) => {
    const { aws, reading } = read(secretRefusal(name))
    expect((await failureOf(reading)).message).toMatch(new RegExp(`^\\[${code}\\] `))
    expect(aws.sent).toHaveLength(1)
  })

  test('that nobody can read is not quoted', async () => {
    const { reading } = read({ status: 200, body: `{"SecretString":"${TOKEN}" broken` })
    const { message } = await failureOf(reading)
    expect(message).toContain(`[secret-failed] Secrets Manager in ${REGION} returned no usable response`)
    expect(message).toContain('unreadable answer: HTTP 200, from ')
    expect(message).not.toContain(TOKEN)
  })
})
