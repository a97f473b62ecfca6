/** The inputs of `rotate`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { projectRoot } from '../../sandbox/root.ts'
import { Problems } from '../../src/inputs/problems.ts'
import { ROTATION_INPUTS } from '../../src/rotation/inputs/definitions.ts'
import { type ListFile, parseSecretLines, withSettings } from '../../src/rotation/inputs/secret-lines.ts'

test('rotate/action.yml and the code have the same inputs and defaults', () => {
  const { inputs } = parse(readFileSync(join(projectRoot, 'rotate', 'action.yml'), 'utf8')) as {
    inputs: Record<string, { default?: string; required?: boolean }>
  }
  const defaults = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.default]))
  expect(defaults).toEqual(ROTATION_INPUTS)
  expect(Object.keys(inputs).filter((name) => inputs[name]?.required)).toEqual(['hf-org'])
})

const role = { arn: 'arn:aws:iam::123456789012:role/hf', partition: 'aws', account: '123456789012' }
const context = { org: 'acme', region: 'eu-west-1', role, key: 'token' }
const read = (text: string, file?: ListFile) => {
  const problems = new Problems()
  return { secrets: parseSecretLines(text, context, problems, file), problems: problems.lines }
}

describe('a list in a file', () => {
  const filed = (text: string | undefined, more = '') => read(more, { path: 'ops/hub.txt', text })

  test('has lines as in `secrets`, comments, and line ends of any system', () => {
    const { secrets, problems } = filed(
      '# team a\r\n\r\nhub/a scope=read\r\n  # team b\nhub/b scope=write key=x',
      'hub/c scope=read',
    )
    expect(problems).toEqual([])
    expect(secrets.map(({ secret: { id, input } }) => [id, input])).toEqual([
      ['hub/c', 'secrets'],
      ['hub/a', 'secrets-file'],
      ['hub/b', 'secrets-file'],
    ])
  })

  test('is named with the number of the line that is wrong', () => {
    expect(filed('# one\nhub/a\n\nhub/b scop=read').problems).toEqual([
      '`secrets-file` has a line at `ops/hub.txt:2` that is not the name of a secret followed by settings such as `scope=write` (not shown, because it may hold a password)',
      expect.stringMatching(
        /^`secrets-file` has an invalid line at `ops\/hub.txt:4`: "scop=read" is not one of .*; did you mean scope=\?$/,
      ),
      expect.stringContaining('`secrets-file` has an invalid line at `ops/hub.txt:4`: `scope` is required'),
    ])
  })

  test('that is the wrong file is not shown when it has the same line twice', () => {
    const { problems } = filed('DB_PASSWORD=hunter2hunter2\nDB_PASSWORD=hunter2hunter2\n')
    expect(problems).toHaveLength(2)
    expect(problems.join()).not.toContain('hunter2')
  })

  test.each([
    'PASSWORD=hunter2hunter2',
    'machine x login y password hunter2',
    'a: hunter2',
    '{"a":"hunter2"}',
    'hunter2',
  ])('that is the wrong file is not shown: %s', (line) => expect(filed(line).problems.join()).not.toContain('hunter2'))

  test('must not name a secret that is listed already, here or in `secrets`', () => {
    const { problems } = filed('hub/a scope=read\nhub/b scope=read\nhub/b scope=write', '\nhub/a scope=write')
    expect(problems).toEqual([
      '`secrets-file` lists "hub/a" twice: line 2 of secrets and ops/hub.txt:1',
      '`secrets-file` lists "hub/b" twice: ops/hub.txt:2 and ops/hub.txt:3',
    ])
  })

  test('must list a secret, and one of the two inputs must be given', () => {
    expect(filed('# none\n', 'hub/a scope=read').problems).toEqual([
      '`secrets-file` names the file `ops/hub.txt`, which lists no secret',
    ])
    expect(filed(undefined).problems).toEqual([])
    expect(read('', { path: '', text: '' }).problems.join()).toContain(', or secrets-file: ')
    expect(read('').problems.join()).toMatch(
      /^`secrets` is required: lines such as huggingface.acme.write scope=write$/,
    )
  })

  test.each([
    'hub/* scope=read',
    'hub/model-? scope=read',
    'arn:aws:secretsmanager:eu-west-1:123456789012:secret:* scope=read',
  ])('has no patterns, here or in `secrets`: %s', (line) => {
    for (const { problems } of [filed(line), read(line)]) {
      expect(problems).toEqual([expect.stringContaining('patterns are not accepted')])
    }
  })
})

describe('a line of `secrets`', () => {
  test('is a name and settings, separated by any white space', () => {
    const { secrets, problems } = read(
      '  huggingface/{org}/{scope}\tscope=write   repositories=acme/model,datasets/acme/data key=hub \r\n\r\nother scope=read narrow=true',
    )
    expect(problems).toEqual([])
    expect(secrets).toMatchObject([
      {
        secret: { id: 'huggingface/acme/write', key: 'hub', region: 'eu-west-1', stage: 'AWSCURRENT' },
        scope: 'write',
        repositories: [{ label: 'acme/model' }, { label: 'datasets/acme/data' }],
        permissions: ['repo.content.read', 'repo.write'],
        narrow: false,
      },
      { secret: { id: 'other', key: 'token' }, scope: 'read', permissions: ['repo.content.read'], narrow: true },
    ])
  })

  test('may be an ARN, which brings its region', () => {
    const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:hub-a1B2c3'
    expect(read(`${arn} scope=read`)).toMatchObject({
      secrets: [{ secret: { id: arn, region: 'us-east-1' } }],
      problems: [],
    })
  })

  test.each([
    ['x scope=write scope=read', 'scope= is given twice'],
    ['x scope=', 'scope= is empty'],
    ['x write', '"write" is not one of scope='],
    ['x repositories=acme', '(got "acme")'],
    [
      'x scope=write permissions=repo.content.read',
      '`permissions` must include `repo.write`, which `scope=write` requires',
    ],
    [
      'x scope=read permissions=post.write,repo.content.read',
      'that the Hub grants to service accounts (got "post.write")',
    ],
    ['x scope=read allow=everything', '`allow` must list permissions'],
    [
      'x',
      'the line "x": `scope` is required and has no default: add scope=read, scope=write or another one of identity, contribute, infer, admin',
    ],
    ['x{scope}', '`scope` is required'],
    ['x scope=read narrow=yes', '`narrow` must be one of false, true (got "yes")'],
    ['x scope=read narrow=True', '`narrow` must be one of false, true (got "True")'],
    ['x scope=read narrow=', 'narrow= is empty'],
    ['x scope=write permissions=repo.content.read', 'must include `repo.write`, which `scope=write` requires'],
    ['x{team}', 'must have no placeholder other than `{org}` and `{scope}` (got "{team}")'],
    ['x key=a:b', 'must not contain a colon or a control character (got "a:b")'],
    ['arn:aws:secretsmanager:eu-west-1', 'must be the name or the ARN of a secret in Secrets Manager'],
  ])('%s is a problem', (line, text) => {
    expect(read(line).problems.join('\n')).toContain(text)
  })

  test('without scope= and with an unknown setting gets both problems, and none that follows from the first', () => {
    expect(read('x{scope} scop=write permissions=repo.write').problems).toEqual([
      expect.stringContaining('did you mean scope=?'),
      expect.stringContaining('`scope` is required'),
    ])
  })
})

describe('the same line with other settings', () => {
  test.each([
    ['x scope=read', { narrow: 'true' }, 'x scope=read narrow=true'],
    ['x  narrow=false   scope=read', { narrow: 'true' }, 'x narrow=true scope=read'],
    ['x scope=read key=hub', { scope: 'write' }, 'x scope=write key=hub'],
    ['x scope=read', { scope: 'write', permissions: 'repo.write' }, 'x scope=write permissions=repo.write'],
    // Another scope must not mean another secret.
    ['hf/{org}/{scope} scope=read', { scope: 'write' }, 'hf/acme/read scope=write'],
    ['hf/{org}/x scope=read', { scope: 'write' }, 'hf/{org}/x scope=write'],
  ])('%s', (line, changes, expected) => {
    const [rotated] = read(line).secrets
    if (!rotated) throw new Error('no line')
    const changed = withSettings(rotated, changes)
    expect(changed).toBe(expected)
    expect(read(changed)).toMatchObject({ secrets: [{ secret: rotated.secret }], problems: [] })
  })
})
