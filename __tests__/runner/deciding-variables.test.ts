/** Which variables decide where calls go and whom TLS trusts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { projectRoot } from '../../sandbox/root.ts'
import {
  changedVariables,
  DECIDING_PREFIXES,
  DECIDING_VARIABLES,
  decidingVariables,
  tellChanged,
} from '../../src/runner/deciding-variables.ts'

const changed = (before: NodeJS.ProcessEnv, after: NodeJS.ProcessEnv) =>
  changedVariables(decidingVariables(before), decidingVariables(after))

test.each([
  ...DECIDING_VARIABLES,
  ...DECIDING_PREFIXES.flatMap((prefix) => [prefix, `${prefix}_ANYTHING`]),
  'https_proxy',
  'no_proxy',
  'Aws_Endpoint_Url_Sts',
])('%s is one: added, changed or removed', (name) => {
  expect(changed({}, { [name]: 'x' })).toEqual([name])
  expect(changed({ [name]: 'x' }, { [name]: 'y' })).toEqual([name])
  expect(changed({ [name]: 'x' }, {})).toEqual([name])
  expect(changed({ [name]: 'x' }, { [name]: 'x' })).toEqual([])
  expect(changed({}, { [name]: '' })).toEqual([])
})

test('others are not', () => {
  expect(
    changed(
      {},
      {
        PATH: '/x',
        LD_LIBRARY_PATH: '/x',
        HF_TOKEN: 'hf_x',
        AWS_REGION: 'eu-west-1',
        AWS_PROFILE: 'deploy',
        AWS_ACCESS_KEY_ID: 'x',
        INPUT_REVOKE: 'false',
      },
    ),
  ).toEqual([])
})

test('GitHub may change the path of its endpoint, but not the host', () => {
  const url = (text: string) => ({ ACTIONS_ID_TOKEN_REQUEST_URL: text })
  expect(changed(url('https://a.example/1?x=1'), url('https://a.example/2'))).toEqual([])
  expect(changed(url('https://a.example/1'), url('https://b.example/1'))).toEqual(['ACTIONS_ID_TOKEN_REQUEST_URL'])
})

test('no value is kept', () => {
  expect(JSON.stringify(decidingVariables({ HTTPS_PROXY: 'http://user:correct-horse@proxy' }))).not.toContain('horse')
})

test('one variable decides, and several decide', () => {
  expect(tellChanged(['NO_PROXY'])).toBe(
    'A later step changed NO_PROXY, which decides where calls go, whom TLS trusts, or which code runs. The post step therefore made no calls',
  )
  expect(tellChanged(['A', 'B\n', 'C'])).toMatch(/^A later step changed A, B\\u\{a\} and C, which decide where /)
})

test('docs/security.md lists exactly these', () => {
  const page = readFileSync(join(projectRoot, 'docs', 'security.md'), 'utf8')
  const lists = ['DECIDING_VARIABLES', 'DECIDING_PREFIXES'].map((name) => {
    const [, text = ''] = new RegExp(`<!-- constant:${name} -->(.*?)<!-- /constant -->`).exec(page) ?? []
    return [...text.matchAll(/`([^`]+)`/g)].map(([, one = '']) => one)
  })
  expect(lists).toEqual([[...DECIDING_VARIABLES], DECIDING_PREFIXES.map((prefix) => `${prefix}*`)])
})
