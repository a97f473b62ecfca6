/** What a run says before it obtains a token, and what it loads while it waits. */
import { describe, expect, test } from '@jest/globals'
import type { Job } from '../../src/identity/job.ts'
import { withNetwork } from '../../src/net/network.ts'
import { Steps } from '../../src/text/steps.ts'
import type { Request } from '../../src/token/request.ts'
import { preloader, run } from '../../src/token/run.ts'

interface Setting {
  preset?: string[]
  own?: string[]
  request?: Partial<Request>
  client?: Record<string, string>
}

/** What a run says before it looks for an ID token, which it does not find. */
async function said({ preset = [], own = [], request = {}, client = {} }: Setting): Promise<string[]> {
  const lines: string[] = []
  const log = {
    info: (text: string) => void lines.push(text),
    debug: () => {},
    warning: (text: string) => void lines.push(`warning: ${text}`),
  }
  const outcome = withNetwork({ env: {}, limitMs: 5000, maxAttempts: 1 }, (network) =>
    run({
      ...network,
      request: {
        exportEnv: ['HF_TOKEN'],
        exportFile: false,
        endpointOverrides: [],
        hubEndpoint: 'https://huggingface.co',
        idTokenFrom: { kind: 'env', name: 'X' },
        issuer: 'http://127.0.0.1:1',
        ...request,
      } as unknown as Request,
      job: { presetVariables: new Set(preset), ownVariables: new Set(own), clientVariables: client } as unknown as Job,
      log,
      mask: () => {},
      givenIdToken: () => {
        throw new Error('no ID token')
      },
      progress: {},
      steps: new Steps(),
      ledger: { begin: () => {}, made: () => {}, refused: () => {} },
    }),
  )
  await expect(outcome).rejects.toThrow('no ID token')
  return lines.filter((line) => !line.includes('the ID token'))
}

describe('a job', () => {
  test('without other tokens is not warned', async () => expect(await said({})).toEqual([]))

  test('with a static token is told to remove it', async () => {
    expect(await said({ preset: ['HUGGING_FACE_HUB_TOKEN'] })).toEqual([
      "warning: HUGGING_FACE_HUB_TOKEN was already set in this job, so the job seems to use a static Hugging Face token. Remove it from `env:` in the workflow and from the repository's secrets: this action replaces it.",
    ])
    const [several = ''] = await said({ preset: ['HF_TOKEN', 'HUB', 'X'], request: { exportEnv: ['HUB'] } })
    expect(several).toMatch(
      /^warning: HUB was already set in this job, and this step overwrites it for the later steps/,
    )
    const [both = ''] = await said({ preset: ['HF_TOKEN', 'X'], request: { exportEnv: ['HF_TOKEN', 'X'] } })
    expect(both).toMatch(/^warning: HF_TOKEN and X were already set in this job, and this step overwrites them/)
  })

  test('is warned when a second use overwrites variables of the first', async () => {
    const own = ['HF_TOKEN', 'HF_TOKEN_PATH']
    expect(await said({ preset: own, own, request: { exportFile: true } })).toEqual([
      "warning: HF_TOKEN and HF_TOKEN_PATH were set by an earlier use of this action in this job. Later steps get this step's token instead. To keep both tokens, choose a different `export-env` for this step, and set `export-file` in one step only.",
    ])
    expect(await said({ preset: own, own, request: { exportEnv: ['HUB'] } })).toEqual([])
  })

  test('that reads through a mirror keeps its token, or reads that it is overwritten', async () => {
    const mirror = { preset: ['HF_TOKEN'], client: { HF_ENDPOINT: 'https://mirror.example' } }
    expect(await said({ ...mirror, request: { exportEnv: [] } })).toEqual([])
    expect(await said(mirror)).toEqual([
      'warning: HF_TOKEN was already set in this job, and this step overwrites it for the later steps, which use the endpoint that `client-endpoint` names. If that endpoint requires its own token, choose a different `export-env`.',
    ])
  })

  test('without a usable HF_ENDPOINT has no mirror', async () => {
    expect(await said({ preset: ['HF_TOKEN'], client: { HF_ENDPOINT: '' } })).toEqual([
      expect.stringContaining('If that is a static Hugging Face token'),
      expect.stringContaining('HF_ENDPOINT is set to an empty value'),
    ])
  })

  test.each<[string, Setting, string[]]>([
    ['HF_OIDC_RESOURCE', { client: { HF_OIDC_RESOURCE: 'acme/model' } }, ['HF_OIDC_RESOURCE is set']],
    [
      'a variable before the file',
      { preset: ['HF_TOKEN'], request: { exportEnv: [], exportFile: true } },
      ['HF_TOKEN was already set', 'HF_TOKEN takes precedence'],
    ],
    ['an empty HF_ENDPOINT', { client: { HF_ENDPOINT: '' } }, ['HF_ENDPOINT is set to an empty value']],
    [
      'no implicit token',
      { client: { HF_HUB_DISABLE_IMPLICIT_TOKEN: 'yes' } },
      ['HF_HUB_DISABLE_IMPLICIT_TOKEN is set in this job: in the later steps, huggingface_hub sends the token only'],
    ],
    [
      'offline',
      { client: { HF_HUB_OFFLINE: 'On' } },
      ['HF_HUB_OFFLINE is set in this job: in the later steps, huggingface_hub does not call'],
    ],
    [
      'nothing, if no client reads the token',
      { client: { HF_HUB_OFFLINE: '1', HF_OIDC_RESOURCE: 'x' }, request: { exportEnv: ['HUB'] } },
      [],
    ],
  ])('is warned of %s', async (_name, setting, expected) => {
    expect(await said(setting)).toEqual(expected.map((text) => expect.stringContaining(`warning: ${text}`)))
  })

  test('with an audience that is well known is told to use the URL, unless no AWS is used', async () => {
    const request = { audience: 'pypi', org: 'pypi' }
    expect(await said({ request: { ...request, aws: {} as Request['aws'] } })).toEqual([
      expect.stringMatching(
        /^warning: The audience `pypi` .* set `audience: https:\/\/huggingface\.co\/pypi` in this step\.$/,
      ),
    ])
    expect(await said({ request })).toEqual([])
  })

  test('with custom endpoints reads which ones', async () => {
    expect(await said({ request: { endpointOverrides: ['the Hub is https://h', 'X is https://x'] } })).toEqual([
      'Custom endpoints: the Hub is https://h and X is https://x',
    ])
  })
})

test('what delivers the token is loaded last, and a piece that cannot be loaded does no harm yet', async () => {
  let asked = 0
  const next = preloader({ source: { kind: 'secrets-manager' } } as Request, async () => {
    asked += 1
    throw new Error('damaged')
  })
  const seen = [1, 2, 3, 4].map(() => {
    next()
    return asked
  })
  expect(seen).toEqual([0, 0, 1, 1])
  await new Promise(setImmediate)
})
