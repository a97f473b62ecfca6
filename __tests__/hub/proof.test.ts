/** The proof that a rotation records next to a token: what it holds, and when it replaces whoami-v2. */
import { describe, expect, test } from '@jest/globals'
import { type AskableHub, gatherFacts } from '../../src/hub/facts/facts.ts'
import type { WhoAmI } from '../../src/hub/facts/whoami.ts'
import { asWhoAmI, isProof, proofKey, proves, readProof, recordProof } from '../../src/hub/proof.ts'
import { type HubRepository, parseRepository } from '../../src/hub/repository.ts'
import type { Requirement } from '../../src/hub/requirement.ts'
import { judge } from '../../src/hub/verdict/judge.ts'
import { acme, NOW, on, requirement, STORED, who } from './tokens.ts'

const TOKEN = 'hf_the-token-of-the-proof'
const DAY = 86_400_000

function recorded(seen: WhoAmI = who(), at = NOW - DAY, token = TOKEN): string {
  const text = recordProof(token, seen, seen.orgs[0] ?? acme(), at)
  if (text === undefined) throw new Error('nothing was recorded')
  return text
}

describe('a proof', () => {
  test('says what whoami-v2 said, and nothing personal', () => {
    const text = recorded(who({ email: 'rosa@acme.example', displayName: 'laptop' }))
    expect(text).not.toMatch(/rosa@|laptop|"rosa"/)
    expect(text).not.toContain(TOKEN)
    const proof = readProof(text)
    expect(proof).toMatchObject({
      org: { id: 'id-of-acme', name: 'acme' },
      account: 'id-of-rosa',
      grants: [on('org', 'acme', 'repo.content.read', 'repo.write')],
      expiresAt: undefined,
      provenAt: NOW - DAY,
    })
    expect(proof && asWhoAmI(proof)).toMatchObject({
      role: 'fineGrained',
      grants: who().grants,
      orgs: [{ name: 'acme' }],
    })
  })

  test('is about one token', () => {
    const proof = readProof(recorded())
    if (!proof) throw new Error('not read')
    expect([proves(proof, TOKEN), proves(proof, `${TOKEN}x`)]).toEqual([true, false])
  })

  test.each<[string, Partial<WhoAmI>]>([
    ['is classic', { role: 'write' }],
    ['has rights everywhere', { global: ['post.write'] }],
    ['reads gated repositories', { canReadGatedRepos: true }],
    ['may have a right that nobody knows', { unknown: [{ path: 'x', couldBeRight: true }] }],
    ['is not described completely', { unreadable: ['orgs'] }],
  ])('is not recorded for a token that %s', (_what, seen) => {
    expect(recordProof(TOKEN, who(seen), acme(), NOW)).toBeUndefined()
  })

  test.each([
    '',
    'x',
    '{}',
    '[]',
    '{"form":"hf-oidc-proof/2"}',
    recorded().replace(/"sha256":"[0-9a-f]+"/, '"sha256":"abc"'),
    recorded().replace(/"provenAt":"[^"]+"/, '"provenAt":"yesterday"'),
    recorded().replace('"grants":[', '"grants":[7,'),
  ])('is not read from %j', (text) => expect(readProof(text)).toBeUndefined())

  test.each([undefined, 7, null, {}])('is not read from the value %p', (value) => {
    expect(readProof(value)).toBeUndefined()
    expect(isProof(value)).toBe(false)
  })

  test('is told from what others keep', () => {
    expect(isProof(recorded())).toBe(true)
    expect(isProof('{"form":"a form of ours"}')).toBe(false)
    expect(proofKey('token')).toBe('token_proof')
  })
})

describe('whoami-v2 is not asked', () => {
  const MODEL = parseRepository('acme/model')
  if (!MODEL) throw new Error('no repository')

  interface Case extends Partial<Requirement> {
    proof?: string
    value?: string
    granted?: boolean
    unanswered?: boolean
  }

  async function asked({ proof = recorded(), value = TOKEN, granted = true, unanswered, ...rest }: Case = {}) {
    const calls: string[] = []
    const hub: AskableHub = {
      async whoAmI() {
        calls.push('whoami-v2')
        return who()
      },
      async authCheck(_token, { label }) {
        calls.push(label)
        if (unanswered) throw new TypeError('the Hub is down')
        return granted ? { granted: true } : { granted: false, status: 404, seen: 'HTTP 404' }
      },
      async corroborate() {
        throw new TypeError('a stored token needs more')
      },
      async corroborateAccess() {
        throw new TypeError('a stored token needs more')
      },
    }
    const wanted = requirement({ repositories: [MODEL as HubRepository], proofMaxAgeSeconds: 8 * 86_400, ...rest })
    const token = { value, origin: { label: '', aws: undefined }, evidence: { ...STORED, proof: readProof(proof) } }
    const goOn = (facts: Parameters<typeof judge>[0]) => judge(facts, wanted, NOW).length === 0
    const facts = await gatherFacts(token, { requirement: wanted, hub, goOn, now: NOW })
    return { calls, provenAt: facts.provenAt }
  }

  test('for a token with a proof that may use every repository', async () => {
    expect(await asked()).toEqual({ calls: ['acme/model'], provenAt: NOW - DAY })
  })

  test.each<[string, Case]>([
    ['that is too old', { proof: recorded(who(), NOW - 8 * DAY - 1) }],
    ['from the future', { proof: recorded(who(), NOW + 300_001) }],
    ['about another token', { proof: recorded(who(), NOW, 'hf_another-token') }],
    ['of another organization', { proof: recorded(who({ orgs: [acme({ name: 'beta' })] })) }],
    ['that is malformed', { proof: '{"form":"hf-oidc-proof/1"}' }],
    ['with too many rights', { proof: recorded(who({ grants: [on('org', 'acme', 'repo.write', 'job.write')] })) }],
    ['with too few rights', { proof: recorded(who({ grants: [on('org', 'acme', 'repo.content.read')] })) }],
    ['of a token that has expired', { proof: recorded(who({ expiresAt: NOW - 1 })) }],
    ['that the workflow does not accept', { proofMaxAgeSeconds: 0 }],
    ['without `repositories`', { repositories: [] }],
    ['with a repository elsewhere', { repositories: [{ ...MODEL, namespace: 'beta', label: 'beta/model' }] }],
  ])('unless the proof is one %s', async (_what, more) => {
    const { calls, provenAt } = await asked(more)
    expect(calls[0]).toBe('whoami-v2')
    expect(provenAt).toBeUndefined()
  })

  test('unless the Hub refuses one of the repositories', async () => {
    expect((await asked({ granted: false })).calls.slice(0, 2)).toEqual(['acme/model', 'whoami-v2'])
  })
})
