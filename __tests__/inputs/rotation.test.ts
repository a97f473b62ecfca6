/** The inputs of `rotate`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { projectRoot } from '../../sandbox/root.ts'
import { Problems } from '../../src/inputs/problems.ts'
import { ROTATION_INPUTS } from '../../src/inputs/rotation/definitions.ts'
import { parseSecretLines } from '../../src/inputs/rotation/secret-lines.ts'

test('rotate/action.yml and the code have the same inputs and defaults', () => {
  const { inputs } = parse(readFileSync(join(projectRoot, 'rotate', 'action.yml'), 'utf8')) as {
    inputs: Record<string, { default?: string; required?: boolean }>
  }
  const defaults = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.default]))
  expect(defaults).toEqual(ROTATION_INPUTS)
  expect(Object.keys(inputs).filter((name) => inputs[name]?.required)).toEqual(['hf-org', 'role-to-assume', 'secrets'])
})

const role = { arn: 'arn:aws:iam::123456789012:role/hf', partition: 'aws', account: '123456789012' }
const context = { org: 'acme', region: 'eu-west-1', role, key: 'token' }
const read = (text: string) => {
  const problems = new Problems()
  return { secrets: parseSecretLines(text, context, problems), problems: problems.lines }
}

describe('a line of `secrets`', () => {
  test('is a name and settings, apart by any white space', () => {
    const { secrets, problems } = read(
      '  huggingface/{org}/{scope}\tscope=write   repositories=acme/model,datasets/acme/data key=hub \r\n\r\nother',
    )
    expect(problems).toEqual([])
    expect(secrets).toMatchObject([
      {
        secret: { id: 'huggingface/acme/write', key: 'hub', region: 'eu-west-1', stage: 'AWSCURRENT' },
        scope: 'write',
        repositories: [{ label: 'acme/model' }, { label: 'datasets/acme/data' }],
        permissions: ['repo.content.read', 'repo.write'],
      },
      { secret: { id: 'other', key: 'token' }, scope: 'read', permissions: ['repo.content.read'] },
    ])
  })

  test('may be an ARN, which brings its region', () => {
    const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:hub-a1B2c3'
    expect(read(arn).secrets[0]?.secret).toMatchObject({ id: arn, region: 'us-east-1' })
  })

  test.each([
    ['x scope=write scope=read', 'scope= stands there twice'],
    ['x scope=', 'scope= is empty'],
    ['x write', '"write" is none of scope='],
    ['x repositories=acme', 'has the line "acme"'],
    ['x permissions=repo.write', 'more than scope=read'],
    ['x scope=write permissions=repo.content.read', 'needs: add repo.write'],
    ['x{team}', 'has the placeholder "{team}"'],
    ['x key=a:b', 'a key has no colon'],
    ['arn:aws:secretsmanager:eu-west-1', 'nor a secret'],
  ])('%s is a problem', (line, text) => {
    expect(read(line).problems.join('\n')).toContain(text)
  })
})
