/** The command that stores a new token, followed to the letter: nothing but the token changes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Aws, type SecretVersion } from '../../sandbox/aws.ts'
import { commandsIn, type Followed, follow } from '../../sandbox/follow.ts'
import { projectRoot } from '../../sandbox/root.ts'
import { exampleOf, SECRET_CONTENTS, wrongSecret } from '../../src/aws/secret-content.ts'
import { type SecretShape, storeCommand, type TokenPlace } from '../../src/aws/store-command.ts'
import { plain as render } from '../../src/text/message.ts'

const OLD = 'hf_oldoldoldold'
const NEW = 'hf_newnewnewnew'
const NAME = 'huggingface/acme/write'

let aws: Aws
beforeEach(async () => {
  aws = await Aws.start({ region: 'eu-west-1' })
})
afterEach(() => aws.close())

const secret = (key = 'token', stage = 'AWSCURRENT') => ({ id: NAME, key, stage, region: 'eu-west-1' })

function at(stage: string): SecretVersion | undefined {
  return aws.secret(NAME).versions.find(({ stages }) => stages.includes(stage))
}

async function store(place: TokenPlace): Promise<Followed> {
  const followed = await follow(render(storeCommand(place)), aws, { token: NEW, replaces: OLD })
  // Neither the editor nor the question leaves a file, and the token is not on the screen.
  expect(followed.left).toEqual([])
  expect(followed.output).not.toContain(NEW)
  return followed
}

const plain: SecretShape = { kind: 'plain', binary: false }
const object: SecretShape = { kind: 'object', binary: false, otherKeys: true }

/** What a shell, a format or a runner could take for something else. */
const KEYS = [
  'my "token" 100% \\n',
  "it's",
  '$(touch pwned)',
  '`touch pwned`',
  '"; touch pwned; "',
  "'; touch pwned; '",
  '%s%n%%',
  'ключ',
  'a\u200db',
  'a\ufeffb',
  'a\u{e0001}b',
  '##[x',
  '-n',
  '!!',
  '{token}',
  '$HOME',
]

// The commands are for bash.
const inBash = process.platform === 'win32' ? describe.skip : describe

inBash('the secret keeps its form', () => {
  test('a plain string stays one, without a line break at its end', async () => {
    aws.addSecret({ name: NAME, value: OLD })
    await store({ secret: secret(), shape: plain })
    expect(at('AWSCURRENT')?.value).toBe(NEW)
    expect(at('AWSPREVIOUS')?.value).toBe(OLD)
  })

  test('a secret without a value gets an object inside an object for a path', async () => {
    aws.addSecret({ name: NAME, value: 'unused' })
    const { id, region, stage } = secret()
    await store({ secret: { id, region, stage, key: 'h"f%s.my\\.token' }, shape: { kind: 'none' } })
    expect(JSON.parse(String(at('AWSCURRENT')?.value))).toEqual({ 'h"f%s': { 'my.token': NEW } })
  })

  test('a version that is pinned stays what it is, and the form of the current one is not known', () => {
    const versionId = '11111111-2222-4333-8444-555555555555'
    const text = render(storeCommand({ secret: { ...secret(), versionId }, shape: plain }))
    expect(text).toContain(`\`secret-version-id: ${versionId}\` always reads this version`)
    expect(text).toContain('in the form that the secret already has')
    expect(commandsIn(text)).toEqual([])
  })

  test.each([
    ['with other keys', `{"token":"${OLD}","user":"ci","n":12345678901234567890}`, 'token'],
    ['alone', `{"token": "${OLD}"}`, 'token'],
    ['with line breaks', `{\n  "url": "https://x",\n  "token": "${OLD}"\n}`, 'token'],
    ['inside an object', `{"a":1,"hf":{"token":"${OLD}","b":2}}`, 'hf.token'],
    ['at a key with quotes in it', `{"my \\"token\\" 100%":"${OLD}","b":"it's"}`, 'my "token" 100%'],
  ])('a JSON object %s loses nothing', async (_what, value, key) => {
    aws.addSecret({ name: NAME, value })
    await store({ secret: secret(key), shape: object })
    expect(String(at('AWSCURRENT')?.value).trimEnd()).toBe(value.replace(OLD, NEW))
  })

  test.each<[string, SecretShape, string]>([
    ['plain', { kind: 'plain', binary: true }, OLD],
    ['JSON', { kind: 'object', binary: true, otherKeys: true }, `{"token":"${OLD}","ü":"ß"}`],
  ])('a binary secret stays one: %s', async (_what, shape, value) => {
    aws.addSecret({ name: NAME, binary: Buffer.from(value) })
    await store({ secret: secret(), shape })
    const now = at('AWSCURRENT')?.value
    expect(now).toBeInstanceOf(Uint8Array)
    expect(
      Buffer.from(now as Uint8Array)
        .toString('utf8')
        .trimEnd(),
    ).toBe(value.replace(OLD, NEW))
  })

  test.each(KEYS)('a JSON object keeps its key %j', async (key) => {
    const form = (token: string) => `{"x":"\\u00e9%s$(touch pwned)\\n",${JSON.stringify(key)}:"${token}","n":1e400}`
    aws.addSecret({ name: NAME, value: form(OLD) })
    await store({ secret: secret(key), shape: object })
    expect(String(at('AWSCURRENT')?.value).trimEnd()).toBe(form(NEW))
  })

  test.each(['token', ...KEYS])('a secret without a value gets a JSON object: %s', async (key) => {
    aws.addSecret({ name: NAME })
    await store({ secret: secret(key), shape: { kind: 'none' } })
    expect(JSON.parse(String(at('AWSCURRENT')?.value))).toEqual({ [key]: NEW })
  })
})

inBash('the staging label', () => {
  test('that was read is the one that is written', async () => {
    aws.addSecret({ name: NAME, value: 'current', versions: [{ value: `{"token":"${OLD}","a":1}`, stages: ["it's"] }] })
    await store({ secret: secret('token', "it's"), shape: object })
    expect(at('AWSCURRENT')?.value).toBe('current')
    expect(String(at("it's")?.value).trimEnd()).toBe(`{"token":"${NEW}","a":1}`)
  })

  test('of a version to come is written, in the form of the current one', async () => {
    const value = `{"token":"${OLD}","a":1}`
    aws.addSecret({ name: NAME, value, versions: [{ value: 'broken', stages: ['AWSPENDING'] }] })
    await store({ secret: secret(), shape: object, storeAs: 'AWSPENDING' })
    expect(at('AWSCURRENT')?.value).toBe(value)
    expect(String(at('AWSPENDING')?.value).trimEnd()).toBe(value.replace(OLD, NEW))
  })

  test('AWSPREVIOUS is never moved: a roll-back needs it', () => {
    const text = render(storeCommand({ secret: secret('token', 'AWSPREVIOUS'), shape: plain }))
    expect(text).not.toContain('put-secret-value')
    expect(text).toContain('`secret-version-stage: AWSCURRENT`')
  })
})

inBash('when a step fails, nothing is stored', () => {
  test.each<[string, SecretShape, string | undefined]>([
    ['the value cannot be read', object, undefined],
    ['a binary value cannot be read', { ...object, binary: true }, undefined],
    ['the editor is left without success', object, '{"token":"hf_somethingelse"}'],
  ])('%s', async (_what, shape, value) => {
    aws.addSecret({ name: NAME, ...(value === undefined ? {} : { value }) })
    await store({ secret: secret(), shape })
    expect(aws.secret(NAME).versions.map((version) => version.value)).toEqual(value === undefined ? [] : [value])
  })

  test.each([false, true])('a person types the token into the empty file that is left (binary: %s)', async (binary) => {
    aws.addSecret({ name: NAME })
    const place = { secret: secret(), shape: { ...object, binary } }
    await follow(render(storeCommand(place)), aws, { token: NEW, replaces: '' })
    expect(aws.secret(NAME).versions).toEqual([])
  })

  test('no token is entered', async () => {
    aws.addSecret({ name: NAME, value: OLD })
    await follow(render(storeCommand({ secret: secret(), shape: plain })), aws, { token: '' })
    expect(at('AWSCURRENT')?.value).toBe(OLD)
  })
})

test('a secret of which the form is not known gets no command', () => {
  const text = render(storeCommand({ secret: secret(), shape: { kind: 'unknown' } }))
  expect(commandsIn(text)).toEqual([])
  expect(text).not.toContain('put-secret-value')
  expect(text).toContain('in the form that the secret already has')
})

/** Commands without what indents them. */
const bare = (text: string) => commandsIn(text).map((command) => command.replace(/^ +/gm, ''))

// What docs/errors.md quotes is written by the tests themselves.
test('the documents print the commands that the messages print', () => {
  const commands = [
    { secret: secret(), shape: plain },
    { secret: secret(), shape: object },
    { secret: secret(), shape: object, storeAs: 'AWSPENDING' },
  ].flatMap((place) => bare(render(storeCommand(place))))
  for (const [page, count] of [
    ['README.md', 1],
    ['docs/rotation.md', 1],
  ] as const) {
    const printed = bare(readFileSync(join(projectRoot, page), 'utf8'))
    expect([page, printed.length]).toEqual([page, count])
    expect(printed.filter((command) => !commands.includes(command))).toEqual([])
  }
})

describe('a secret that holds something else', () => {
  test.each(SECRET_CONTENTS)('gets no command, and is named: %s', (content) => {
    for (const input of [undefined, 'admin-secret-id', 'ADMIN_SECRET_ID', 'secrets']) {
      const reference = { ...secret(), ...(input === undefined ? {} : { input }) }
      const text = render(wrongSecret(content, reference))
      expect(text).not.toMatch(/^ *aws |put-secret-value/m)
      expect(text).toContain(`The action read the secret \`${NAME}\``)
      expect(text).toContain(exampleOf(content, reference))
      expect(text).toContain(`\`${input ?? 'secret-id'}\` probably names the wrong secret`)
    }
  })

  test('the setting for its key is named as the user knows it', () => {
    const text = (input: string) => render(wrongSecret('token', { ...secret(), input }))
    expect(text('secret-id')).toContain('`secret-key`')
    expect(text('admin-secret-id')).toContain('`admin-secret-key`')
    expect(text('ADMIN_SECRET_ID')).toContain('`ADMIN_SECRET_KEY`')
    expect(text('secrets')).toContain('`key=` in its line')
  })
})
