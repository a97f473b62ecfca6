/** Which minted tokens are revoked, where, and what is said about the others. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Hub } from '../../sandbox/hub/index.ts'
import { withNetwork } from '../../src/net/network.ts'
import { revokeMinted } from '../../src/runner/clean-up/revoke-minted.ts'
import { revokeUnsaved } from '../../src/runner/clean-up/revoke-unsaved.ts'
import { decidingVariables } from '../../src/runner/deciding-variables.ts'
import { LEFT_STATE, MINTED_STATE, MINTING_STATE, type RevocableToken, SavedLedger } from '../../src/runner/ledger.ts'
import type { RevokeMode } from '../../src/token/request.ts'
import { Step } from './step.ts'

const HOUR = 3_600_000

let hub: Hub
let step: Step
let token: string
beforeEach(async () => {
  hub = await Hub.start()
  token = hub.addOrgToken('acme')
  step = new Step()
})
afterEach(async () => {
  step.end()
  await hub.close()
})

const minted = (rest: Partial<RevocableToken> = {}): RevocableToken => ({
  value: token,
  endpoint: hub.url,
  expiresAt: Date.now() + 2 * HOUR,
  revoke: 'true',
  ...rest,
})
const calls = () => hub.service.count('revoke')

/** Post's work for this state. */
async function post(states: Record<string, unknown>): Promise<void> {
  const variables = decidingVariables(process.env)
  for (const [name, given] of Object.entries(states)) {
    const state = name === MINTED_STATE && typeof given === 'object' ? { variables, ...given } : given
    step.set({ [`STATE_${name}`]: typeof state === 'string' ? state : JSON.stringify(state) })
  }
  await revokeMinted(process.env, () => {})
}

describe('post', () => {
  test('revokes the token that main saved, masks it, and says who gets an email', async () => {
    await post({ [MINTED_STATE]: minted() })
    expect(hub.isAlive(token)).toBe(false)
    expect(step.masks).toEqual([token])
    expect(step.lines).toContain('Hub: revoked this job’s token. The Hub sends the token’s owner an email about it.')
    expect(step.visible).not.toContain(token)
  })

  test('does not revoke a token unless the workflow says so', async () => {
    await post({ [MINTED_STATE]: minted({ revoke: 'auto', expiresAt: Date.now() + HOUR - 60_000 }) })
    expect([calls(), hub.isAlive(token)]).toEqual([0, true])
    expect(step.lines.at(-1)).toMatch(/^The token expires at 20\S+Z\. It was not revoked, because the Hub sends/)
  })

  test.each(['HTTPS_PROXY', 'NODE_EXTRA_CA_CERTS', 'HF_ENDPOINT', 'LD_PRELOAD'])(
    'sends the token nowhere after a later step has set %s',
    async (name) => {
      const variables = decidingVariables(process.env)
      step.set({ [name]: 'http://127.0.0.1:1' })
      await post({ [MINTED_STATE]: { ...minted({ revoke: 'true' }), variables } })
      expect([calls(), hub.isAlive(token)]).toEqual([0, true])
      expect(step.lines.at(-1)).toMatch(
        new RegExp(`A later step changed ${name}, which decides .* was not revoked\\. It expires at 20\\S+Z\\.$`),
      )
    },
  )

  test('names several variables in one sentence, in a form that is safe to print', async () => {
    const variables = decidingVariables(process.env)
    step.set({ NO_PROXY: '*', ALL_PROXY: 'http://127.0.0.1:1', 'AWS_ENDPOINT_URL_\n::error::x': 'http://127.0.0.1:1' })
    await post({ [MINTED_STATE]: { ...minted(), variables } })
    expect(step.lines.at(-1)).toContain(
      'A later step changed ALL_PROXY, AWS_ENDPOINT_URL_\\u{a}::error::x and NO_PROXY, which decide where calls go',
    )
    expect([calls(), hub.isAlive(token)]).toEqual([0, true])
  })

  test.each([
    ['http://hub.example.com'],
    ['http://127.0.0.1.evil.example'],
    ['ftp://127.0.0.1'],
    ['file:///etc/passwd'],
    ['hub'],
    [''],
  ])('sends the token to no address that main would refuse: %s', async (endpoint) => {
    await post({ [MINTED_STATE]: minted({ endpoint }) })
    expect(step.lines.at(-1)).toMatch(
      /^::warning title=hf-oidc-action::The saved state of this step is not valid \(endpoint has an unexpected value/,
    )
    expect(step.visible).not.toContain(token)
  })

  test('takes only 202 for a revocation, and says until when the token is valid', async () => {
    hub.service.inject('revoke', { kind: 'answer', status: 200, body: '<html>blocked</html>' }, 99)
    await post({ [MINTED_STATE]: minted({ expiresAt: undefined }) })
    expect(step.lines.at(-1)).toContain(
      'This job’s token could not be revoked. It has no known expiry. If it belongs to a service account, a later run removes it. [hub-failed]',
    )
    expect(process.exitCode).toBeUndefined()
  })

  test('masks the password of a proxy before anything is sent', async () => {
    step.set({ https_proxy: 'http://user:correct%2Dhorse@127.0.0.1:1' })
    await post({ [MINTED_STATE]: minted() })
    expect(step.masks).toEqual([token, 'correct%2Dhorse', 'correct-horse'])
  })

  test.each([
    ['null', ''],
    ['[]', ''],
    ['7', ''],
    ['{', ''],
    ['{"value":7,"endpoint":8}', ' (value, endpoint, revoke and variables have unexpected values'],
    ['{"kind":"entry"}', ' (accountId, tokenId, displayName, variables, request.org,'],
    ['{"kind":"entry","accountId":"../x","tokenId":"a"}', ' (accountId, displayName, variables, request.org,'],
  ])('makes no calls with state that main did not write, and warns: %s', async (state, which) => {
    await post({ [MINTED_STATE]: state, [LEFT_STATE]: 'null', [MINTING_STATE]: '' })
    expect(step.lines).toEqual([
      expect.stringContaining(`::warning title=hf-oidc-action::The saved state of this step is not valid${which}`),
    ])
    expect(calls()).toBe(0)
  })

  test('says nothing about state that is empty', async () => {
    await post({ [MINTED_STATE]: '', [LEFT_STATE]: 'null', [MINTING_STATE]: '' })
    expect(step.lines).toEqual([])
  })

  test('treats a time that cannot be one as unknown', async () => {
    await post({ [LEFT_STATE]: { expiresAt: 1e300, revoke: 'false' } })
    expect(step.lines).toEqual([
      '::warning title=hf-oidc-action::The token has no known expiry. It was not revoked, because this step sets `revoke: false`.',
    ])
  })

  test('warns when the job ended while a token was being minted', async () => {
    await post({ [MINTING_STATE]: 'named "x"\n::error::y' })
    expect(step.lines).toEqual([
      '::warning title=hf-oidc-action::The job ended while a token was being minted. The token may exist: named "x"\\u{a}::error::y',
    ])
  })

  test('says nothing when no token was minted', async () => {
    await post({})
    expect(step.lines).toEqual([])
  })
})

describe('main', () => {
  const revokeNow = (unsaved: RevocableToken) =>
    withNetwork({ env: {}, limitMs: 5000, maxAttempts: 9 }, (network) => revokeUnsaved(unsaved, network))

  test('revokes a token at once when post does not know about it', async () => {
    await revokeNow(minted())
    expect([hub.isAlive(token), step.lines]).toEqual([false, []])
  })

  test('does not revoke one that the workflow wants to keep, and warns of it', async () => {
    await revokeNow(minted({ revoke: 'false' }))
    expect([hub.isAlive(token), calls()]).toEqual([true, 0])
    expect(step.lines).toEqual([expect.stringMatching(/^::warning .*this step sets `revoke: false`\.$/)])
  })

  test('warns when that fails too', async () => {
    hub.service.inject('revoke', { kind: 'answer', status: 400 }, 99)
    await revokeNow(minted({ expiresAt: undefined }))
    expect(step.lines.at(-1)).toBe(
      '::warning title=hf-oidc-action::A token was minted, but it could neither be saved for the post step nor revoked. It has no known expiry: revoke it on the Hub.',
    )
  })
})

const request = (revoke: RevokeMode): ReturnType<ConstructorParameters<typeof SavedLedger>[0]> => ({
  audience: 'acme',
  issuer: 'https://issuer.example',
  claimRules: [],
  idTokenFrom: { kind: 'github' },
  org: 'acme',
  hubEndpoint: hub.url,
  source: { kind: 'service-account', account: 'ci', permissions: [], orphanAgeSeconds: 86_400 },
  repositories: [],
  aws: undefined,
  revoke,
})

describe('the ledger', () => {
  const entry = { accountId: 'a1', tokenId: 't1', displayName: 'hf-oidc x' }

  test.each(['auto', 'true'] as const)('saves how a token is deleted by its ID, and not its value: %s', (revoke) => {
    const ledger = new SavedLedger(() => request(revoke), { HF_ENDPOINT: 'https://hub.example', PATH: '/bin' })
    ledger.made({ ...minted(), entry })
    const saved = JSON.parse(step.state[MINTED_STATE] ?? '') as Record<string, unknown>
    expect(saved).toMatchObject({ kind: 'entry', ...entry, request: { org: 'acme', audience: 'acme' } })
    expect(Object.keys(saved.variables as object)).toEqual(['HF_ENDPOINT'])
    expect(JSON.stringify(step.state)).not.toContain(token)
    expect(ledger.unsaved).toBeUndefined()
  })

  test('with `revoke: false`, saves nothing to delete', () => {
    new SavedLedger(() => request('false'), {}).made({ ...minted({ expiresAt: undefined }), entry })
    expect(Object.keys(step.state)).toEqual([LEFT_STATE])
  })

  test('saves a token that post must revoke, and nothing is unsaved then', () => {
    const ledger = new SavedLedger(() => request('true'), {})
    const { revoke, ...made } = minted()
    ledger.begin('named "x"')
    ledger.made(made)
    expect(JSON.parse(step.state[MINTED_STATE] ?? '')).toEqual({
      ...made,
      revoke,
      variables: {},
    })
    expect(step.state[MINTING_STATE]).toBe('named "x"')
    expect(ledger.unsaved).toBeUndefined()
  })

  test.each([
    ['expires within the hour', 'auto', HOUR - 60_000],
    ['expires later', 'auto', 8 * HOUR],
    ['the workflow keeps', 'false', 8 * HOUR],
  ] as const)('saves no value of a token that %s', (_what, revoke, lifetime) => {
    new SavedLedger(() => request(revoke), {}).made(minted({ expiresAt: Date.now() + lifetime }))
    expect(Object.keys(step.state)).toEqual([LEFT_STATE])
    expect(JSON.stringify(step.state)).not.toContain(token)
  })

  test('forgets that a token was about to be minted when it was refused', () => {
    const ledger = new SavedLedger(() => request('auto'), {})
    ledger.begin('named "x"')
    ledger.refused()
    expect(step.state[MINTING_STATE]).toBe('')
  })

  test('saves nothing about a token to be minted with `revoke: false`', () => {
    const ledger = new SavedLedger(() => request('false'), {})
    ledger.begin('named "x"')
    ledger.refused()
    expect(step.state).toEqual({})
  })

  test.each([undefined, ''])('never prints the token when the runner has no state file: %s', (GITHUB_STATE) => {
    step.set({ GITHUB_STATE })
    const ledger = new SavedLedger(() => request('true'), {})
    expect(() => ledger.begin('x')).toThrow(
      '[delivery-failed] The runner could not save what the post step must clean up, so no token was minted.\nSeen: no value in `GITHUB_STATE`',
    )
    expect(() => ledger.made(minted())).toThrow(/must clean up, so the token was not delivered\./)
    expect(ledger.unsaved).toMatchObject({ value: token, revoke: 'true' })
    expect(step.lines).toEqual([])
  })

  test('remembers a token that could not be saved, and tells the system’s error code', () => {
    step.set({ GITHUB_STATE: step.temp })
    const ledger = new SavedLedger(() => request('auto'), {})
    expect(() => ledger.made(minted())).toThrow(/^Seen: a write that failed with EISDIR$/m)
    expect(ledger.unsaved).toMatchObject({ value: token })
    expect(step.visible).not.toContain(token)
  })
})
