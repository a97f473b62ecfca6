/** Which `INPUT_*` variables are our business. */
import { describe, expect, test } from '@jest/globals'
import { lookalikes, misspelled } from '../../src/inputs/near-misses.ts'
import { ROTATION_INPUT_NAMES } from '../../src/rotation/inputs/definitions.ts'
import { INPUT_NAMES } from '../../src/token/inputs/definitions.ts'

const failing = (name: string, inputs: readonly string[] = INPUT_NAMES) =>
  misspelled([name], inputs).map(({ meant }) => meant)
const warned = (name: string, inputs: readonly string[] = INPUT_NAMES) => lookalikes([name], inputs)

describe('a name with a hyphen, which no shell can set', () => {
  test.each([
    ['hf-ogr', 'hf-org'],
    ['aws-regoin', 'aws-region'],
    ['role_to-assume', 'role-to-assume'],
    ['role-to-asume', 'role-to-assume'],
    ['secrets-id', 'secret-id'],
    ['max-attempt', 'max-attempts'],
    ['-scope', 'scope'],
    ['git-credential', 'git-credentials'],
  ])('fails when it is close to an input: %s', (name, meant) => {
    expect([failing(name), warned(name)]).toEqual([[meant], []])
  })

  test.each([
    'node-version',
    'github-token',
    'iam-user',
    'working-directory',
    'fetch-depth',
    'hf-model-id',
    'x-y',
    '-',
  ])('is none of our business otherwise: %s', (name) => expect([failing(name), warned(name)]).toEqual([[], []]))
})

describe('a name without a hyphen, which may be a variable of the job', () => {
  test.each([
    ['repository', 'repositories'],
    ['hf_org', 'hf-org'],
    ['hforg', 'hf-org'],
    ['aws_region', 'aws-region'],
    ['scop', 'scope'],
    ['scopes', 'scope'],
    ['members', 'member'],
    ['verfy', 'verify'],
    ['time_out', 'timeout'],
    ['allows', 'allow'],
    ['revok', 'revoke'],
  ])('is a warning when it is close to an input: %s', (name, meant) => {
    expect(failing(name)).toEqual([])
    expect(warned(name)).toEqual([expect.stringContaining(`If it comes from \`with:\`, write \`${meant}\` there.`)])
  })

  test.each([
    'version',
    'environment',
    'token',
    'model',
    'name',
    'tag',
    'ref',
    'region',
    'dry_run',
    'log_level',
    'path',
    '',
  ])('is none of our business otherwise: %s', (name) => expect([failing(name), warned(name)]).toEqual([[], []]))
})

test('the inputs of `rotate` are its own', () => {
  expect(failing('admin-secret-ids', ROTATION_INPUT_NAMES)).toEqual(['admin-secret-id'])
  expect(warned('forced', ROTATION_INPUT_NAMES)).toHaveLength(1)
  expect([warned('forced'), warned('version', ROTATION_INPUT_NAMES)]).toEqual([[], []])
})

test('a name is shown as one line, without what looks like a token, and cut', () => {
  const [long = ''] = warned(`repositories\n::error::${'x'.repeat(9)}`.slice(0, 14))
  expect(long).toContain('INPUT_REPOSITORIES\\u{a}: is set')
  expect(lookalikes(['x'.repeat(1_000_000)], INPUT_NAMES)).toEqual([])
})
