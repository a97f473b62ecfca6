/** Which variables decide where calls go and whom TLS trusts. */
import { expect, test } from '@jest/globals'
import { changedVariables, decidingVariables, tellChanged } from '../../src/runner/deciding-variables.ts'

const changed = (before: NodeJS.ProcessEnv, after: NodeJS.ProcessEnv) =>
  changedVariables(decidingVariables(before), decidingVariables(after))

test.each([
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_STS',
  'AWS_ENDPOINT_URL_ANYTHING',
  'https_proxy',
  'HTTPS_PROXY',
  'HF_ENDPOINT',
  'SSL_CERT_FILE',
  'OPENSSL_MODULES',
  'LD_PRELOAD',
  'HOSTALIASES',
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
      { PATH: '/x', LD_LIBRARY_PATH: '/x', HF_TOKEN: 'hf_x', AWS_REGION: 'eu-west-1', INPUT_REVOKE: 'false' },
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
    'A later step changed NO_PROXY, which decides where calls go or whom TLS trusts. The post step therefore made no calls',
  )
  expect(tellChanged(['A', 'B\n', 'C'])).toMatch(/^A later step changed A, B\\u\{a\} and C, which decide where /)
})
