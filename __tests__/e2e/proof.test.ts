/** The proof that a rotation records next to a token, and the jobs that use it instead of whoami-v2. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { errorOf, Stage } from './stage.ts'

const WRITE = 'huggingface/acme/write'
const LINE = { secrets: `${WRITE} scope=write` }

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

const rotate = async (inputs: Record<string, string> = {}) =>
  (await stage.rotate({ with: { ...LINE, force: 'true', ...inputs } })).main

/** The text in the secret. */
function text(): string {
  const current = stage.sandbox.aws.secret(WRITE).versions.find(({ stages }) => stages.includes('AWSCURRENT'))
  if (typeof current?.value !== 'string') throw new Error('the secret has no text')
  return current.value
}

const stored = () => JSON.parse(text()) as Record<string, string>

async function job(inputs: Record<string, string> = {}) {
  const before = stage.sandbox.hub.service.count('whoami-v2')
  const { main } = await stage.main({ with: { repositories: 'acme/model', ...inputs } })
  return { main, asked: stage.sandbox.hub.service.count('whoami-v2') - before }
}

/** Stores the secret with another proof; `change` gets the one that is there. */
function storeProof(change: (proof: Record<string, unknown>) => unknown): void {
  const { token_proof: current = '', ...rest } = stored()
  const proof = change(JSON.parse(current) as Record<string, unknown>)
  const value = { ...rest, token_proof: typeof proof === 'string' ? proof : JSON.stringify(proof) }
  stage.sandbox.aws.putVersion(WRITE, { value: JSON.stringify(value) })
}

test('a job with `repositories` does not need whoami-v2 after a rotation', async () => {
  expect((await rotate()).exitCode).toBe(0)
  const { main, asked } = await job()
  expect(main.exitCode).toBe(0)
  expect(asked).toBe(0)
  expect(main.env.HF_TOKEN).toBe(stored().token)
  expect(main.log).toContain('Hub: confirmed by the proof that a rotation recorded at')
  expect(main.log).toContain('"confirmedBy":"proof"')
})

test('the proof is in no way of the next rotation', async () => {
  await rotate()
  const first = stored()
  expect((await rotate()).exitCode).toBe(0)
  expect(stored().token).not.toBe(first.token)
  expect((await job()).asked).toBe(0)
})

test.each([{ 'accept-proof': 'false' }, { 'proof-max-age': '0s' }, { repositories: '' }])(
  'a job with %j asks whoami-v2 all the same',
  async (inputs) => {
    await rotate()
    const { main, asked } = await job(inputs)
    expect([main.exitCode, asked]).toEqual([0, 1])
  },
)

test('`proof: false` records none', async () => {
  await rotate({ proof: 'false' })
  expect(stored()).not.toHaveProperty('token_proof')
  expect((await job()).asked).toBe(1)
})

test('a plain string stays one', async () => {
  stage.sandbox.aws.putVersion(WRITE, { value: stage.sandbox.tokens.write })
  await rotate()
  expect(text()).toMatch(/^hf_\w+$/)
})

test('a Hub that does not say at once what the token can do costs the proof, and nothing else', async () => {
  stage.sandbox.hub.rateLimit('whoami-v2', { times: 1, resetSeconds: 1 })
  expect((await rotate()).exitCode).toBe(0)
  expect((await job()).main.exitCode).toBe(0)
})

describe('whoami-v2 decides when the proof is', () => {
  beforeEach(async () => {
    await rotate()
  })

  test.each<[string, (proof: Record<string, unknown>) => unknown]>([
    ['stale', (proof) => ({ ...proof, provenAt: '2026-01-01T00:00:00Z' })],
    ['malformed', () => 'no JSON'],
    ['about another token', (proof) => ({ ...proof, sha256: 'f'.repeat(64) })],
    ['about another organization', (proof) => ({ ...proof, org: 'rivals' })],
    [
      'too wide',
      (proof) => ({ ...proof, grants: [{ entity: { type: 'org', name: 'acme' }, permissions: ['org.write'] }] }),
    ],
  ])('%s', async (_what, change) => {
    storeProof(change)
    const { main, asked } = await job()
    expect([main.exitCode, asked]).toEqual([0, 1])
  })

  test('not enough, because the organization has cut the token off', async () => {
    const account = stage.sandbox.hub
    account.service.inject('auth-check-write', { kind: 'answer', status: 403, body: { error: 'Forbidden' } }, 9)
    account.service.inject('whoami-v2', {
      kind: 'change',
      change: (answer) => {
        const body = structuredClone(answer.body) as { orgs: { securityRestrictions?: string[] }[] }
        for (const org of body.orgs) org.securityRestrictions = ['token-revoked']
        return { ...answer, body }
      },
    })
    const { main } = await job()
    expect(errorOf(main).title).toBe('token-revoked-by-org')
  })
})
