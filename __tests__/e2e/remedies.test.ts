/** What the messages print, done to the letter: the next run passes, and no secret has lost anything. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { commandsIn, follow } from '../../sandbox/follow.ts'
import { roleArn } from '../../sandbox/index.ts'
import { SOURCES } from '../interop/sources.ts'
import { errorOf, Stage } from './stage.ts'

const WRITE = 'huggingface/acme/write'
const EXTRA = '"user":"ci","n":12345678901234567890'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

/** A token as a person makes it on the Hub. */
function fresh(): string {
  const value = stage.sandbox.hub.addOrgToken('acme', ['repo.content.read', 'repo.write'], { displayName: 'new' })
  stage.secrets.push({ name: 'the new token', value })
  return value
}

function valueAt(name: string, stageName = 'AWSCURRENT'): string {
  const { versions } = stage.sandbox.aws.secret(name)
  return String(versions.find(({ stages }) => stages.includes(stageName))?.value)
}

/** Stores what is wrong, runs the action, and has a person do what it says. Returns the value from then on. */
async function mend(stored: (old: string) => string, old: string, code: string, inputs: Record<string, string> = {}) {
  if (old.length >= 8) stage.secrets.push({ name: 'the old value', value: old })
  stage.store(stored(old))
  const { main } = await stage.main({ with: inputs })
  const { title, message } = errorOf(main)
  expect(title).toBe(code)
  const token = fresh()
  // In JSON, quotes stand with a backslash before them.
  const { exitCode, left } = await follow(message, stage.sandbox.aws, {
    token,
    replaces: JSON.stringify(old).slice(1, -1),
  })
  expect([exitCode, left]).toEqual([0, []])
  expect(valueAt(WRITE).trimEnd()).toBe(stored(token))
  const again = await stage.main({ with: inputs })
  expect(again.main.exitCode).toBe(0)
  return { message, value: valueAt(WRITE), token }
}

const plain = (token: string) => token
const withOthers = (token: string) => `{"token":${JSON.stringify(token)},${EXTRA}}`

// The commands are for bash.
const inBash = process.platform === 'win32' ? describe.skip : describe

inBash('a stored token is replaced, and nothing else', () => {
  test('a plain secret whose token was revoked stays a plain string', async () => {
    stage.sandbox.hub.revokeToken(stage.sandbox.tokens.write)
    const { message, value, token } = await mend(plain, stage.sandbox.tokens.write, 'token-rejected')
    expect(value).toBe(token)
    expect(message).not.toContain('get-secret-value')
  })

  test('a JSON secret whose token was revoked keeps its other keys', async () => {
    stage.sandbox.hub.revokeToken(stage.sandbox.tokens.write)
    const { message } = await mend(withOthers, stage.sandbox.tokens.write, 'token-rejected')
    expect(message).toContain('keep the other keys')
  })

  test('a plain secret with quotes around its token stays a plain string', async () => {
    const { value, token } = await mend(plain, '"hf_OddShapesOddShapesOddShapes"', 'token-malformed')
    expect(value).toBe(token)
  })

  test('a JSON secret with a name before its token keeps its other keys', async () => {
    await mend(withOthers, 'HF_TOKEN="hf_OddShapesOddShapesOddShapes"', 'token-malformed')
  })

  test.each<[string, () => string, string, Record<string, string>]>([
    ['of another organization', () => stage.sandbox.hub.addOrgToken('rivals'), 'token-wrong-org', {}],
    ['that can do too much', () => stage.sandbox.tokens.admin, 'token-over-scoped', {}],
    [
      'that is about to expire',
      () =>
        stage.sandbox.hub.addToken({
          user: 'acme-ci',
          role: 'fineGrained',
          fineGrained: { scoped: [{ entity: { type: 'org', name: 'acme' }, permissions: ['repo.write'] }] },
          expiresAt: new Date(Date.now() + 3_600_000),
        }),
      'token-expiring',
      { 'min-token-lifetime': '2h' },
    ],
  ])('a JSON secret with a token %s keeps its other keys', async (_what, old, code, inputs) => {
    const value = old()
    stage.secrets.push({ name: 'the old token', value })
    await mend(withOthers, value, code, inputs)
  })

  test.each([
    ['plain', plain],
    ['JSON', withOthers],
  ])(
    'with `mode: promote` the new token goes into the pending version, in the form of the current one: %s',
    async (_what, form) => {
      const { aws, hub, tokens } = stage.sandbox
      stage.store(form(tokens.write))
      hub.revokeToken(tokens.write)
      const promote = {
        mode: 'promote',
        'admin-secret-id': '',
        'service-account': '',
        'max-age': '90d',
        secrets: `${WRITE} scope=write`,
      }
      const { main } = await stage.rotate({ with: promote })
      expect(errorOf(main).title).toBe('token-rejected')
      const token = fresh()
      await follow(errorOf(main).message, aws, { token, replaces: tokens.write })
      expect(valueAt(WRITE)).toBe(form(tokens.write))
      expect((await stage.rotate({ with: promote })).main.exitCode).toBe(0)
      expect(valueAt(WRITE).trimEnd()).toBe(form(token))
    },
  )
})

describe('a secret that holds something else is left alone', () => {
  const of = (source: string) => SOURCES[source]?.inputs(stage.sandbox) ?? {}

  test.each<[string, string, string, string, string]>([
    ['a whole .env file', 'secrets-manager', WRITE, 'HF_TOKEN=hf_OddShapesOdd\nDB=hunter2hunter2', 'token-malformed'],
    ['a password in place of the token', 'secrets-manager', WRITE, 'correct horse battery', 'token-malformed'],
    [
      'another JSON object',
      'secrets-manager',
      WRITE,
      '{"username":"db","password":"hunter2hunter2"}',
      'secret-malformed',
    ],
    ['broken JSON', 'secrets-manager', WRITE, '{"token":"hf_OddShapesOddShapes"', 'secret-malformed'],
    [
      'no admin token',
      'service-account',
      'huggingface/acme/service-accounts',
      'HF_TOKEN=hf_OddShapesOdd',
      'token-malformed',
    ],
    [
      'an admin token at another key',
      'service-account',
      'huggingface/acme/service-accounts',
      '{"admin":"hf_OddShapesOdd"}',
      'secret-malformed',
    ],
    ['no OAuth app', 'token-exchange', 'huggingface/acme/oauth', 'correct horse battery', 'secret-malformed'],
    [
      'half an OAuth app',
      'token-exchange',
      'huggingface/acme/oauth',
      '{"client_id":"abcdefghijk"}',
      'secret-malformed',
    ],
    [
      'an OAuth app without a secret',
      'token-exchange',
      'huggingface/acme/oauth',
      '{"client_id":"abcdefghijk","client_secret":"x"}',
      'secret-malformed',
    ],
  ])('%s', async (_what, source, name, value, code) => {
    stage.sandbox.aws.putVersion(name, { value })
    const { main } = await stage.main({ with: of(source) })
    const { title, message } = errorOf(main)
    expect(title).toBe(code)
    expect(commandsIn(message)).toEqual([])
    expect(message).not.toMatch(/put-secret-value|aws secretsmanager/)
    expect(message).toContain(`The action read the secret \`${name}\`, which must hold`)
    expect(message).toContain('`secret-id` probably names the wrong secret')
  })

  test('the admin secret of a rotation, too', async () => {
    stage.sandbox.aws.putVersion('huggingface/acme/service-accounts', { value: 'correct horse battery' })
    const { title, message } = errorOf((await stage.rotate()).main)
    expect(title).toBe('token-malformed')
    expect(message).not.toContain('put-secret-value')
    expect(message).toContain('`admin-secret-id` probably names the wrong secret')
  })

  test.each(['service-account', 'token-exchange', 'trusted-publisher'])(
    'a token of %s that turns out to be another kind is no reason to store one',
    async (source) => {
      const accessToken = { displayName: 'x', role: 'write', createdAt: '2026-01-01T00:00:00Z' }
      const body = { type: 'user', name: 'rosa', orgs: [], auth: { type: 'access_token', accessToken } }
      stage.sandbox.hub.service.inject('whoami-v2', { kind: 'answer', status: 200, body })
      const { main } = await stage.main({ with: of(source) })
      const { title, message } = errorOf(main)
      expect(title).toBe('token-over-scoped')
      expect(message).not.toMatch(/put-secret-value|tokens\/new/)
    },
  )

  test('the admin token, read by a job that wanted a token for itself', async () => {
    const { 'service-account': _, ...inputs } = of('service-account')
    const { main } = await stage.main({ with: { ...inputs, 'token-source': 'secrets-manager' } })
    const { title, message } = errorOf(main)
    expect(title).toBe('token-under-scoped')
    expect(message).not.toMatch(/put-secret-value|tokens\/new|Edit permissions/)
    expect(message).toContain('Leave the secret as it is, and set `secret-id` to the one with the token for this job.')
  })

  test('nor is a token that it refuses for one of the `repositories`', async () => {
    stage.sandbox.hub.service.inject('auth-check-write', { kind: 'answer', status: 403, body: { error: 'Invalid' } })
    const inputs = { ...of('service-account'), repositories: 'acme/model' }
    const { title, message } = errorOf((await stage.main({ with: inputs })).main)
    expect(title).toBe('token-under-scoped')
    expect(message).not.toMatch(/put-secret-value|tokens\/new/)
  })

  test('a secret that does not exist is created with what the source needs', async () => {
    const inputs = { ...of('token-exchange'), 'role-to-assume': roleArn('write') }
    const { main } = await stage.main({
      with: { ...inputs, 'secret-id': 'huggingface/acme/app', 'session-policy': 'none' },
    })
    const { title, message } = errorOf(main)
    expect(title).toBe('secret-not-found')
    expect(message).toContain('The file `secret.json` must contain `{"client_id": "…", "client_secret": "…"}`.')
  })

  test('an admin token that the Hub refuses, too', async () => {
    stage.sandbox.hub.revokeToken(stage.sandbox.minting.adminToken)
    const { message } = errorOf((await stage.main({ with: of('service-account') })).main)
    expect(message).not.toContain('put-secret-value')
    expect(message).toContain('First check `secret-id`. The action read huggingface/acme/service-accounts')
  })
})
