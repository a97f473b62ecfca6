/** Tries to have a rotation replace or revoke what it must leave alone. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { follow } from '../../sandbox/follow.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { retiredLabel, rotatedTokenName } from '../../src/rotation/names.ts'
import { DAY, HOUR } from './rotation-world.ts'
import { errorOf, Stage } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

const WRITE = 'huggingface/acme/write'
const READ = 'huggingface/acme/read'
const ADMIN = 'huggingface/acme/service-accounts'
const LINE = `${WRITE} scope=write`
const rotate = async (inputs: Record<string, string> = {}) =>
  (await stage.rotate({ with: { secrets: LINE, ...inputs } })).main
const codes = (main: StepResult) =>
  (
    JSON.parse(main.outputs.report ?? '{}') as { secrets: { action: string; errors: { code: string }[] }[] }
  ).secrets.map(({ action, errors }) => errors[0]?.code ?? action)
const isAlive = (token: string) => stage.sandbox.hub.isAlive(token)
const labelsOf = (name: string) => stage.sandbox.aws.secret(name).versions.flatMap(({ stages }) => stages)
const keep = (token: string) => {
  stage.secrets.push({ name: 'a token by hand', value: token })
  return token
}
const byHand = () => {
  const { hub } = stage.sandbox
  return keep(hub.addOrgToken('acme', ['repo.content.read', 'repo.write'], { createdAt: new Date(hub.now()) }))
}
const foreign = () => keep(stage.sandbox.hub.addOrgToken('beta'))
const never = { 'max-age': '3000d' }

describe('what a line that is refused names', () => {
  test('the admin secret: its previous token stays', async () => {
    const { aws, minting } = stage.sandbox
    const previous = byHand()
    aws.putVersion(ADMIN, { value: previous })
    aws.putVersion(ADMIN, { value: minting.adminToken })
    const before = labelsOf(ADMIN)
    const secrets = `${aws.secret(ADMIN).arn} scope=read`
    for (let run = 0; run < 2; run += 1) {
      expect(errorOf(await rotate({ secrets })).title).toBe('input-invalid')
      stage.sandbox.advance(3 * DAY)
    }
    expect(labelsOf(ADMIN)).toEqual(before)
    expect(isAlive(previous)).toBe(true)
  })

  test('a blocked secret a second time: what the other organization’s token took the place of stays', async () => {
    const { aws, tokens } = stage.sandbox
    stage.store(JSON.stringify({ token: foreign() }))
    const before = labelsOf(WRITE)
    const secrets = `${LINE}\n${aws.secret(WRITE).arn} scope=write`
    for (let run = 0; run < 2; run += 1) {
      expect(codes(await rotate({ secrets, force: 'true' }))).toEqual(['rotation-blocked', 'input-invalid'])
      stage.sandbox.advance(3 * DAY)
    }
    expect(labelsOf(WRITE)).toEqual(before)
    expect(isAlive(tokens.write)).toBe(true)
  })
})

describe('a token that is still stored', () => {
  test('at another key of another secret stays', async () => {
    const { aws, tokens } = stage.sandbox
    aws.putVersion(READ, { value: JSON.stringify({ token: tokens.read, HF_WRITE: tokens.write }) })
    const secrets = `${LINE}\n${READ} scope=read`
    stage.sandbox.advance(DAY)
    await rotate({ secrets: LINE, force: 'true' })
    stage.sandbox.advance(3 * DAY)
    await rotate({ ...never, secrets })
    expect(isAlive(tokens.write)).toBe(true)
  })

  test('at another key of the same secret stays', async () => {
    const { tokens } = stage.sandbox
    stage.store(JSON.stringify({ token: byHand(), legacy: tokens.write }))
    await rotate(never)
    stage.sandbox.advance(3 * DAY)
    await rotate(never)
    expect(isAlive(tokens.write)).toBe(true)
  })

  test('in a file of variables stays', async () => {
    const { aws, tokens } = stage.sandbox
    aws.addSecret({ name: 'huggingface/acme/env', value: `HF_TOKEN=${tokens.write}\nX=1\n` })
    stage.sandbox.advance(DAY)
    await rotate({ force: 'true' })
    stage.sandbox.advance(3 * DAY)
    await rotate({ ...never, secrets: `${LINE}\nhuggingface/acme/env scope=write` })
    expect(isAlive(tokens.write)).toBe(true)
  })

  test('at another key is no leftover, whatever its name says', async () => {
    const { aws, hub } = stage.sandbox
    await rotate({ force: 'true' })
    const [token] = hub.serviceAccountTokens('acme', 'ci')
    if (!token) throw new Error('nothing was minted')
    // A person moves it to another key, and the version that it was minted for loses its last label.
    for (let time = 0; time < 3; time += 1) {
      stage.store(JSON.stringify({ token: byHand(), legacy: token.value, time }))
    }
    for (const version of aws.secret(WRITE).versions) {
      if (!version.stages.includes('AWSCURRENT')) version.stages.length = 0
    }
    for (let run = 0; run < 3; run += 1) {
      stage.sandbox.advance(3 * DAY)
      await rotate(never)
    }
    expect(isAlive(token.value)).toBe(true)
  })
})

describe('while nobody knows what the current token is', () => {
  test.each([403, 500, 429])('what it took the place of stays: HTTP %i', async (status) => {
    const { hub, tokens } = stage.sandbox
    const theirs = foreign()
    stage.store(JSON.stringify({ token: theirs }))
    stage.sandbox.advance(DAY)
    const inputs = { 'max-attempts': '1' }
    expect(codes(await rotate(inputs))).toEqual(['rotation-blocked'])
    for (let run = 0; run < 2; run += 1) {
      hub.service.inject(
        'whoami-v2',
        {
          kind: 'change',
          change: (answer) =>
            JSON.stringify(answer.body).includes('beta') ? { status, body: { error: 'not now' } } : answer,
        },
        50,
      )
      expect((await rotate(inputs)).exitCode).toBe(1)
      stage.sandbox.advance(3 * DAY)
    }
    expect(isAlive(tokens.write)).toBe(true)
  })
})

test('another organization’s token that a person replaced by hand is not revoked without `narrow=true`', async () => {
  const theirs = foreign()
  stage.store(JSON.stringify({ token: theirs }))
  expect(codes(await rotate({ force: 'true' }))).toEqual(['rotation-blocked'])
  // As the message says, a person puts the right token there.
  stage.store(JSON.stringify({ token: byHand() }))
  for (let run = 0; run < 2; run += 1) {
    stage.sandbox.advance(2 * DAY)
    await rotate(never)
  }
  expect(isAlive(theirs)).toBe(true)
})

test('a retired label on the current version does not revoke it', async () => {
  const { tokens, aws } = stage.sandbox
  aws
    .secret(WRITE)
    .versions.find(({ stages }) => stages.includes('AWSCURRENT'))
    ?.stages.push(retiredLabel(0))
  await rotate(never)
  stage.sandbox.advance(HOUR)
  await rotate(never)
  expect(isAlive(tokens.write)).toBe(true)
})

test('a blocked secret does not redeploy the services in each run', async () => {
  stage.store(JSON.stringify({ token: foreign() }))
  for (let run = 0; run < 2; run += 1) {
    expect(codes(await rotate({ 'ecs-services': 'prod/inference' }))).toEqual(['rotation-blocked'])
    stage.sandbox.advance(3 * DAY)
  }
  expect(stage.sandbox.calls().UpdateService).toBeUndefined()
})

describe('a list of tokens that lies', () => {
  interface Entry {
    _id: string
    displayName: string
    createdAt?: string
  }
  const lie = (change: (entries: Entry[]) => Entry[]) =>
    stage.sandbox.hub.service.inject(
      'service-account',
      {
        kind: 'change',
        change: (answer) => {
          const body = answer.body as { accessTokens: Entry[] }
          return { ...answer, body: { ...body, accessTokens: change(body.accessTokens) } }
        },
      },
      50,
    )
  const leftover = () => rotatedTokenName(stage.sandbox.aws.secret(WRITE).arn, 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee')

  test.each<[string, (entries: Entry[]) => Entry[]]>([
    ['says each twice', (all) => [...all, ...all]],
    ['calls each a leftover too', (all) => [...all, ...all.map((one) => ({ ...one, displayName: leftover() }))]],
    ['has no ids', (all) => all.map((one) => ({ ...one, _id: '' }))],
    [
      'has paths for ids',
      (all) => all.map((one) => ({ ...one, _id: `../tokens/${one._id}`, displayName: leftover() })),
    ],
    ['does not know when', (all) => all.map(({ _id, displayName }) => ({ _id, displayName }))],
    ['is empty', () => []],
    ['gives all one id', (all) => all.map((one) => ({ ...one, _id: all[0]?._id ?? '' }))],
  ])('and %s does not end the current token', async (what, change) => {
    stage.reportsTokensByHand()
    // One that has no ID in the list can be ended in no other way.
    if (what !== 'calls each a leftover too') stage.reportsTokensWithoutId()
    await rotate({ force: 'true' })
    stage.sandbox.advance(HOUR)
    await rotate({ force: 'true' })
    const { hub } = stage.sandbox
    const [, current] = hub.serviceAccountTokens('acme', 'ci')
    lie(change)
    for (let run = 0; run < 3; run += 1) {
      stage.sandbox.advance(2 * DAY)
      await rotate(never)
    }
    expect(isAlive(current?.value ?? '')).toBe(true)
  })
})

describe('what the Hub says about a token', () => {
  const NAMES = [
    '::error title=x::y',
    '  ::add-mask::y',
    'x\n::set-env name=EVIL::1',
    '##[add-path]/evil',
    '<img src=x onerror=alert(1)></td></table>',
    '[a](https://evil.example) https://evil.example www.evil.example @octocat #1',
    '`$(touch pwned)` | x',
    'hf_SomethingThatLooksLikeAToken',
  ]

  test.each(NAMES)('stays text: %s', async (displayName) => {
    const { hub } = stage.sandbox
    hub.addUser({ name: 'mallory', orgs: [{ name: 'beta', roleInOrg: 'write' }] })
    stage.store(JSON.stringify({ token: keep(hub.addToken({ user: 'mallory', role: 'write', displayName })) }))
    const dry = await rotate({ 'dry-run': 'true' })
    const wet = await rotate({ 'dry-run': 'false', force: 'true' })
    for (const main of [dry, wet]) {
      const allowed = ['add-mask', 'debug', 'error', 'warning', 'group', 'endgroup']
      expect(main.commands.map(({ name }) => name).filter((name) => !allowed.includes(name))).toEqual([])
      expect(main.annotations.filter(({ title }) => title === 'x')).toEqual([])
      expect(main.env).toEqual({})
      expect(main.path).toEqual([])
      expect(main.log).not.toMatch(/##\[/)
      expect(main.summary).not.toMatch(/<img|<\/table>\s*<\/td>|https:\/\/evil|@octocat|\[a\]|hf_Something/)
      expect(main.log).not.toContain('hf_Something')
    }
  })
})

// The commands are for bash.
const inBash = process.platform === 'win32' ? describe.skip : describe

inBash('a printed command', () => {
  /** More of them: `aws/store-command.test.ts`. */
  const KEYS = ['a"b\'$(touch pwned)`touch pwned`%s\\n', 'a\u200db', '##[x']
  const fresh = () => keep(stage.sandbox.hub.addOrgToken('acme'))
  const promote = (key: string) => ({
    mode: 'promote',
    'admin-secret-id': '',
    'service-account': '',
    'max-age': '90d',
    'secret-key': key,
  })
  const valueAt = (name: string, label = 'AWSCURRENT') =>
    String(stage.sandbox.aws.secret(name).versions.find(({ stages }) => stages.includes(label))?.value)

  test.each(KEYS)('for an empty secret with the key %s', async (key) => {
    const { aws } = stage.sandbox
    aws.addSecret({ name: 'huggingface/acme/empty' })
    const inputs = { ...promote(key), secrets: 'huggingface/acme/empty scope=write' }
    const main = await rotate(inputs)
    expect(errorOf(main).title).toBe('rotation-overdue')
    const token = fresh()
    const { exitCode, left } = await follow(errorOf(main).message, aws, { token })
    expect([exitCode, left]).toEqual([0, []])
    expect(JSON.parse(valueAt('huggingface/acme/empty', 'AWSPENDING'))).toEqual({ [key]: token })
    expect((await rotate(inputs)).exitCode).toBe(0)
  })

  test.each(KEYS)('for a JSON secret with the key %s', async (key) => {
    const { aws, hub, tokens } = stage.sandbox
    const form = (token: string) => `{"x":"\\u00e9%s$(touch pwned)\\n",${JSON.stringify(key)}:"${token}","n":1e400}`
    stage.store(form(tokens.write))
    hub.revokeToken(tokens.write)
    const { main } = await stage.main({ with: { 'secret-key': key } })
    expect(errorOf(main).title).toBe('token-rejected')
    const token = fresh()
    const { exitCode, left } = await follow(errorOf(main).message, aws, { token, replaces: tokens.write })
    expect([exitCode, left]).toEqual([0, []])
    expect(valueAt(WRITE).trimEnd()).toBe(form(token))
    expect((await stage.main({ with: { 'secret-key': key } })).main.exitCode).toBe(0)
  })

  test.each(['\n', '\r\n', '\n\n  '])('for a plain secret that ends with %j', async (end) => {
    const { aws, hub, tokens } = stage.sandbox
    stage.store(`${tokens.write}${end}`)
    hub.revokeToken(tokens.write)
    const { main } = await stage.main()
    const token = fresh()
    const { exitCode, left } = await follow(errorOf(main).message, aws, { token })
    expect([exitCode, left, valueAt(WRITE)]).toEqual([0, [], token])
  })

  test.each(['plain', 'object'])('for a binary secret: %s', async (form) => {
    const { aws, hub, tokens } = stage.sandbox
    const of = (token: string) => (form === 'plain' ? token : `{"token":"${token}","x":"é"}`)
    aws.putVersion(WRITE, { value: Buffer.from(of(tokens.write)) })
    hub.revokeToken(tokens.write)
    const { main } = await stage.main()
    const token = fresh()
    const { exitCode, left } = await follow(errorOf(main).message, aws, { token, replaces: tokens.write })
    const { versions } = aws.secret(WRITE)
    const value = versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.value
    expect(value).not.toEqual(expect.any(String))
    expect([
      exitCode,
      left,
      Buffer.from(value as Uint8Array)
        .toString()
        .trimEnd(),
    ]).toEqual([0, [], of(token)])
  })

  test.each([
    '$(touch pwned)',
    'a;touch pwned',
    'a b',
    'a\nb',
    "it's",
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: for the shell.
    '`touch${IFS}pwned`',
    '$(touch${IFS}pwned)',
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: for the shell.
    ';x',
  ])('for the label, the region or the name %j injects nothing', async (text) => {
    const { aws, tokens, hub } = stage.sandbox
    for (const inputs of [{ 'aws-region': text }, { 'secret-id': text }]) {
      expect(errorOf((await stage.main({ with: inputs })).main).title).toBe('input-invalid')
    }
    aws.putVersion(WRITE, { value: JSON.stringify({ token: tokens.write }), stages: [text] })
    hub.revokeToken(tokens.write)
    const { main } = await stage.main({ with: { 'secret-version-stage': text } })
    const { title, message } = errorOf(main)
    if (title === 'input-invalid') return
    const token = fresh()
    const { exitCode, left } = await follow(message, aws, { token, replaces: tokens.write })
    expect([exitCode, left]).toEqual([0, []])
    expect(valueAt(WRITE, text)).toContain(token)
  })
})
