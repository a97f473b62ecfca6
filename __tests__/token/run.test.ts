/** What a run says before it obtains a token, and what it loads while it waits. */
import { describe, expect, test } from '@jest/globals'
import type { Job } from '../../src/identity/job.ts'
import { withNetwork } from '../../src/net/network.ts'
import type { Request } from '../../src/token/request.ts'
import { preloader, run } from '../../src/token/run.ts'

interface Setting {
  preset?: string[]
  own?: string[]
  request?: Partial<Request>
}

/** What a run says before it looks for an ID token, which it does not find. */
async function said({ preset = [], own = [], request = {} }: Setting): Promise<string[]> {
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
        idTokenFrom: { kind: 'env', name: 'X' },
        issuer: 'http://127.0.0.1:1',
        ...request,
      } as unknown as Request,
      job: { presetVariables: new Set(preset), ownVariables: new Set(own) } as unknown as Job,
      log,
      mask: () => {},
      givenIdToken: () => {
        throw new Error('no ID token')
      },
      progress: {},
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
    expect(several).toMatch(/^warning: HF_TOKEN and HUB were already set in this job/)
  })

  test('is warned when a second use overwrites variables of the first', async () => {
    const own = ['HF_TOKEN', 'HF_TOKEN_PATH']
    expect(await said({ preset: own, own, request: { exportFile: true } })).toEqual([
      "warning: HF_TOKEN and HF_TOKEN_PATH were set by an earlier use of this action in this job. Later steps get this step's token instead. To keep both tokens, choose a different `export-env` for this step, and set `export-file` in one step only.",
    ])
    expect(await said({ preset: own, own, request: { exportEnv: ['HUB'] } })).toEqual([])
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
