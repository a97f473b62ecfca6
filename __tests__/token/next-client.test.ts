/** What the next client of the Hub does, and what is refused because of it. */
import { describe, expect, test } from '@jest/globals'
import type { Job } from '../../src/identity/job.ts'
import { Problems } from '../../src/inputs/problems.ts'
import { checkClient } from '../../src/token/inputs/check-client.ts'
import { isSameEndpoint, nextClient } from '../../src/token/next-client.ts'
import type { Request } from '../../src/token/request.ts'

interface Setting {
  exportEnv?: string[]
  exportFile?: boolean
  preset?: string[]
  client?: Record<string, string>
}

const client = ({ exportEnv = ['HF_TOKEN'], exportFile = false, preset = [], client = {} }: Setting) =>
  nextClient({ exportEnv, exportFile }, { presetVariables: new Set(preset), clientVariables: client })

const file = { exportEnv: [], exportFile: true }

describe('the token that the client uses', () => {
  test.each<[string, Setting, [via: string | undefined, isOurs: boolean]]>([
    ['ours in HF_TOKEN', {}, ['HF_TOKEN', true]],
    ['its own exchange', { client: { HF_OIDC_RESOURCE: 'x' } }, ['HF_OIDC_RESOURCE', false]],
    ['ours, if HF_OIDC_RESOURCE is empty', { client: { HF_OIDC_RESOURCE: '' } }, ['HF_TOKEN', true]],
    ['ours in the older variable', { exportEnv: ['HUGGING_FACE_HUB_TOKEN'] }, ['HUGGING_FACE_HUB_TOKEN', true]],
    ['another one in HF_TOKEN', { exportEnv: ['HUGGING_FACE_HUB_TOKEN'], preset: ['HF_TOKEN'] }, ['HF_TOKEN', false]],
    ['ours in the file', file, ['HF_TOKEN_PATH', true]],
    ['a variable before the file', { ...file, preset: ['HUGGING_FACE_HUB_TOKEN'] }, ['HUGGING_FACE_HUB_TOKEN', false]],
    ['the file of the job', { exportEnv: [], preset: ['HF_TOKEN_PATH'] }, ['HF_TOKEN_PATH', false]],
    ['none', { exportEnv: ['HUB'] }, [undefined, false]],
    ['no file of ours in staging mode', { ...file, client: { HUGGINGFACE_CO_STAGING: '1' } }, [undefined, false]],
  ])('is %s', (_name, setting, [via, isOurs]) => expect(client(setting)).toMatchObject({ via, isOurs }))
})

test.each([
  [{}, 'https://huggingface.co'],
  [{ HF_ENDPOINT: 'https://mirror.example//' }, 'https://mirror.example'],
  [{ HF_ENDPOINT: '' }, ''],
  [{ HF_ENDPOINT: 'https://mirror.example', HUGGINGFACE_CO_STAGING: 'yes' }, 'https://hub-ci.huggingface.co'],
])('with %j the client talks to %s', (variables, endpoint) =>
  expect(client({ client: variables as Record<string, string> }).endpoint).toBe(endpoint),
)

test.each([
  [{ HF_HUB_OFFLINE: 'TRUE' }, ['HF_HUB_OFFLINE']],
  [{ HF_HUB_OFFLINE: '0', TRANSFORMERS_OFFLINE: '1' }, []],
  [{ HF_HUB_OFFLINE: '', TRANSFORMERS_OFFLINE: '1' }, ['TRANSFORMERS_OFFLINE']],
  [{ HF_HUB_DISABLE_IMPLICIT_TOKEN: 'on' }, ['HF_HUB_DISABLE_IMPLICIT_TOKEN']],
  [{ HF_HUB_DISABLE_IMPLICIT_TOKEN: 'y' }, []],
])('%j blocks the client: %j', (variables, names) =>
  expect(client({ client: variables as Record<string, string> }).blockedBy).toEqual(names),
)

test.each([
  ['https://Hub.example:443/', 'https://hub.example', true],
  ['https://hub.example/api//', 'https://hub.example/api', true],
  ['https://hub.example/api', 'https://hub.example/API', false],
  ['https://hub.example', 'http://hub.example', false],
  ['https://hub.example:8443', 'https://hub.example', false],
  ['not a URL', 'not a URL/', true],
])('%s and %s are the same endpoint: %s', (one, other, same) => expect(isSameEndpoint(one, other)).toBe(same))

describe('a job is refused', () => {
  const refused = (request: Partial<Request>, clientVariables: Record<string, string>): string => {
    const problems = new Problems()
    const base = {
      hubEndpoint: 'https://huggingface.co',
      exportEnv: ['HF_TOKEN'],
      exportFile: false,
      source: { kind: 'trusted-publisher', resource: 'acme/model' },
    }
    const job = { clientVariables, presetVariables: new Set() } as unknown as Job
    checkClient({ ...base, ...request } as unknown as Request, job, problems)
    return problems.lines.join('\n')
  }
  const HF_ENDPOINT = 'https://mirror.example/hf/'

  test('when the next client would send the token to a different endpoint', () => {
    const text = refused({}, { HF_ENDPOINT })
    expect(text).toMatch(/^`hf-endpoint` is `https:\/\/huggingface.co`, but .* because of `HF_ENDPOINT` \(got "https:/)
    for (const way of ['`export-env: ""`', '`client-endpoint`', '`HF_ENDPOINT` in the `env:`'])
      expect(text).toContain(way)
    expect(refused({ hubEndpoint: 'https://hub.example' }, {})).toContain(
      'the client’s default (`HF_ENDPOINT` is not set)',
    )
    expect(refused({}, { HUGGINGFACE_CO_STAGING: '1' })).toContain('because of `HUGGINGFACE_CO_STAGING`')
    expect(refused({ exportEnv: [], exportFile: true }, { HF_ENDPOINT })).not.toBe('')
  })

  test('a password in a URL is not shown', () => {
    expect(refused({}, { HF_ENDPOINT: 'https://me:hunter2@mirror.example' })).not.toContain('hunter2')
    expect(refused({ hubEndpoint: 'https://me:hunter2@hub.example' }, { HF_ENDPOINT })).toBe('')
  })

  test('but not when no client finds the token, or when the mirror may have it', () => {
    expect(refused({ exportEnv: ['HUB'] }, { HF_ENDPOINT, HF_OIDC_RESOURCE: 'acme/other' })).toBe('')
    expect(refused({ clientEndpoint: 'https://mirror.example/hf' }, { HF_ENDPOINT })).toBe('')
    expect(refused({ clientEndpoint: 'https://mirror.example/hf' }, {})).toBe('')
    expect(refused({ clientEndpoint: 'https://other.example' }, { HF_ENDPOINT })).toContain('`hf-endpoint` is')
    expect(refused({}, { HF_ENDPOINT: '' })).toBe('')
  })

  test('when the client would use a token for a different resource', () => {
    expect(refused({}, { HF_OIDC_RESOURCE: 'acme/other' })).toMatch(
      /^`hf-resource` is "acme\/model", but `HF_OIDC_RESOURCE`/,
    )
    expect(refused({}, { HF_OIDC_RESOURCE: 'models/acme/model' })).toBe('')
    expect(refused({ source: { kind: 'secrets-manager' } }, { HF_OIDC_RESOURCE: 'acme/other' })).toBe('')
  })
})
