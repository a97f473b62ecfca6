/** What the runner gives to a step. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { readInputs, readJob } from '../../src/runner/inputs.ts'
import { INPUTS } from '../../src/token/inputs/definitions.ts'
import { Step } from './step.ts'

let step: Step
beforeEach(() => {
  const set = Object.keys(process.env).filter((name) =>
    /^(?:INPUT_|AWS_|HF_|GITHUB_|ACTIONS_|https?_proxy)/i.test(name),
  )
  step = new Step(Object.fromEntries(set.map((name) => [name, undefined])))
})
afterEach(() => step.end())

const read = (env: NodeJS.ProcessEnv) => {
  step.set(env)
  return readInputs(process.env, INPUTS)
}

describe('inputs', () => {
  test('have their defaults unless they are given', () => {
    expect(read({ 'INPUT_HF-ORG': ' acme ', INPUT_SCOPE: '' }).values).toMatchObject({
      'hf-org': 'acme',
      scope: 'read',
      'export-env': 'HF_TOKEN',
    })
  })

  test('of which `export-env` may be empty on purpose', () => {
    expect(read({ 'INPUT_EXPORT-ENV': '' }).values['export-env']).toBe('')
  })

  test('that are not declared are listed', () => {
    expect(read({ 'INPUT_HF-ORG': 'x', INPUT_HF_ORG: 'x', INPUT_BANANA: '' }).unknown).toEqual(['hf_org', 'banana'])
  })
})

describe('the environment', () => {
  test('names a region and a Hub, unless they are empty', () => {
    expect(read({ AWS_REGION: '', AWS_DEFAULT_REGION: ' eu-west-1 ', HF_ENDPOINT: ' https://h ' })).toMatchObject({
      awsRegion: 'eu-west-1',
      hfEndpoint: 'https://h',
    })
    expect(read({ AWS_REGION: 'us-east-1' }).awsRegion).toBe('us-east-1')
  })

  test('is a problem when its proxy is not usable', () => {
    expect(read({ https_proxy: 'ftp://proxy' }).environmentProblems).toHaveLength(1)
    expect(read({ https_proxy: 'http://proxy' }).environmentProblems).toEqual([])
  })

  test('is kept only as far as it is about AWS’s endpoints', () => {
    const { awsVariables } = read({ AWS_ENDPOINT_URL: 'https://a', AWS_SECRET_ACCESS_KEY: 'x', AWS_PROFILE: 'x' })
    expect(awsVariables).toEqual({ AWS_ENDPOINT_URL: 'https://a' })
  })
})

describe('a job', () => {
  test('has an ID token to request only with both a URL and a token', () => {
    const ACTIONS_ID_TOKEN_REQUEST_URL = 'https://x'
    expect(readJob({ ACTIONS_ID_TOKEN_REQUEST_URL }).idTokenRequest).toBeUndefined()
    expect(readJob({ ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'y' }).idTokenRequest).toBeUndefined()
    expect(readJob({ ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'y' }).idTokenRequest).toEqual({
      url: 'https://x',
      token: 'y',
    })
  })

  test('may know nothing about itself', () => {
    expect(readJob({})).toMatchObject({ serverUrl: 'https://github.com', repository: '', tempDirectory: '' })
  })

  test('tells which variables are set, and which of them are ours', () => {
    const { presetVariables, ownVariables } = readJob({ HF_TOKEN: 'x', EMPTY: '', HF_OIDC_VARIABLES: 'HF_TOKEN  HUB' })
    expect([...presetVariables]).toEqual(['HF_TOKEN', 'HF_OIDC_VARIABLES'])
    expect([...ownVariables]).toEqual(['HF_TOKEN', 'HUB'])
  })

  test.each([
    ['3', 3],
    ['', 0],
    ['-1', 0],
    ['1e3', 0],
    ['99999', 99_999],
    [' 3', 3],
    ['\t+03', 3],
    ['3 ', 0],
    ['0x3', 0],
    ['2147483648', 0],
  ])('with GIT_CONFIG_COUNT=%s has %s entries', (GIT_CONFIG_COUNT, count) =>
    expect(readJob({ GIT_CONFIG_COUNT }).gitConfigCount).toBe(count),
  )
})
