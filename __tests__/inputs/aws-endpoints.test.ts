/** The variables about AWS's endpoints. */
import { describe, expect, test } from '@jest/globals'
import { AWS_VARIABLES, inWords, parseAwsEndpoints } from '../../src/inputs/aws-endpoints.ts'
import { Problems } from '../../src/inputs/problems.ts'

function read(variables: Record<string, string>) {
  const problems = new Problems()
  const endpoints = parseAwsEndpoints(variables, ['STS', 'SECRETS_MANAGER'], problems)
  return { ...endpoints, words: inWords(endpoints), problems: problems.lines }
}
const NOTHING = { urls: {}, useFips: false, useDualstack: false, words: [], problems: [] }

test('without variables the services are at their own endpoints', () => {
  expect(read({})).toEqual(NOTHING)
  expect(read(Object.fromEntries(AWS_VARIABLES.map((name) => [name, ' '])))).toEqual(NOTHING)
})

test('endpoints are kept with the variables that set them, and told by these', () => {
  const variables = { AWS_ENDPOINT_URL_STS: ' https://sts.example.com ', AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }
  expect(read(variables)).toEqual({
    ...NOTHING,
    urls: { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566', AWS_ENDPOINT_URL_STS: 'https://sts.example.com' },
    words: ['AWS_ENDPOINT_URL is http://127.0.0.1:4566', 'AWS_ENDPOINT_URL_STS is https://sts.example.com'],
  })
})

test('an endpoint of a service that is not called does not matter', () => {
  expect(read({ AWS_ENDPOINT_URL_ECS: 'http://ecs.example.com', AWS_ENDPOINT_URL_S3: 'nonsense' })).toEqual(NOTHING)
})

test.each([
  ['http://sts.example.com', 'must begin with `https://`'],
  ['https://me:secret@sts.example.com', 'not shown'],
  ['sts.example.com', 'must be an absolute URL'],
  ['https://sts.example.com?x=1', 'no credentials, query, fragment'],
  ['https:sts.example.com', 'must be in normal form, which is `https://sts.example.com`'],
  ['https:/sts.example.com', 'must be in normal form, which is `https://sts.example.com`'],
  ['http:127.0.0.1', 'must be in normal form, which is `http://127.0.0.1`'],
  ['http://127.0.0.1.example.com', 'must begin with `https://`'],
  ['http://localhost.', 'must begin with `https://`'],
  ['http://[::ffff:127.0.0.1]', 'must begin with `https://`'],
])('%s is a problem', (url, text) => {
  expect(read({ AWS_ENDPOINT_URL_STS: url }).problems.join()).toContain(text)
  expect(read({ AWS_ENDPOINT_URL_STS: url, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' })).toEqual(NOTHING)
})

describe.each([
  ['AWS_USE_FIPS_ENDPOINT', 'useFips'],
  ['AWS_USE_DUALSTACK_ENDPOINT', 'useDualstack'],
] as const)('%s', (name, key) => {
  test.each(['true', 'True', 'TRUE', ' true ', '1', 'yes', 'Yes', 'on', 'ON'])('is on with %s', (value) => {
    expect(read({ [name]: value })).toEqual({ ...NOTHING, [key]: true })
  })

  test.each(['false', 'False', 'FALSE', '0', 'no', 'off', ''])('is off with %j', (value) => {
    expect(read({ [name]: value })).toEqual(NOTHING)
  })

  test.each(['maybe', 'tru', 'y', '2', 'true false'])('is a problem with %s', (value) => {
    expect(read({ [name]: value }).problems).toEqual([`\`${name}\` must be true or false (got "${value}")`])
  })

  test('is a problem with a custom endpoint', () => {
    const custom = { AWS_ENDPOINT_URL: 'https://aws.example.com' }
    expect(read({ ...custom, [name]: 'true' }).problems).toEqual([
      `\`${name}\` cannot be combined with a custom endpoint (\`AWS_ENDPOINT_URL\`): unset one of them`,
    ])
    expect(read({ ...custom, [name]: 'false' }).problems).toEqual([])
    expect(read({ ...custom, [name]: 'true', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: '1' }).problems).toEqual([])
  })
})

test('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS that says neither yes nor no is a problem', () => {
  expect(read({ AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'perhaps' }).problems).toEqual([
    '`AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` must be true or false (got "perhaps")',
  ])
})
