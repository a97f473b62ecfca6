/** How an inventory gathers its facts: what it asks, and what it does not ask any more. */
import { describe, expect, test } from '@jest/globals'
import { Hub } from '../../sandbox/hub/index.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { Http } from '../../src/net/http.ts'
import { askAbout } from '../../src/rotation/inventory/ask.ts'
import type { ReadVersion } from '../../src/rotation/inventory/read-versions.ts'
import { identifier, resolveTokens, tokensToAsk } from '../../src/rotation/inventory/resolve-tokens.ts'
import { rotatedTokenName } from '../../src/rotation/names.ts'
import { ARN, DAY, NOW, whoami } from './fakes.ts'

const V1 = '11111111-1111-8111-8111-111111111111'

const DESCRIBED = {
  arn: ARN,
  stages: new Map(),
  rotationEnabled: false,
  createdAt: undefined,
  primaryRegion: undefined,
  owningService: undefined,
  deletedAt: undefined,
}

const version = (rest: Partial<ReadVersion> = {}): ReadVersion => ({
  versionId: V1,
  labels: ['AWSCURRENT'],
  isCurrent: true,
  storedAt: NOW,
  token: 'hf_minted00000wxyz',
  problem: undefined,
  proof: undefined,
  ...rest,
})
const read = (...versions: ReadVersion[]) => [
  {
    secret: 'hub/x',
    scope: 'read',
    description: DESCRIBED,
    versions,
    errors: [],
  },
]
const entry = { id: 'id-1', displayName: rotatedTokenName(ARN, V1), createdAt: NOW - DAY, last4: 'wxyz' }
const account = (...tokens: (typeof entry)[]) => ({ account: { id: 'a', name: 'CI', slug: 'ci' }, tokens })

describe('the Hub is asked', () => {
  test('about no token that the account’s list identifies', () => {
    expect(tokensToAsk(read(version()), identifier(account(entry)))).toEqual([])
  })

  test.each([
    ['has another end', { ...entry, last4: 'zyxw' }],
    ['has another name', { ...entry, displayName: 'rosa’s' }],
  ])('about one whose only entry %s', (_what, other) => {
    expect(tokensToAsk(read(version()), identifier(account(other)))).toEqual(['hf_minted00000wxyz'])
  })

  test('once about a token in two secrets, and not about previous ones', () => {
    const two = [...read(version()), ...read(version({ versionId: V1.replaceAll('1', '2') }))]
    const previous = read(version({ isCurrent: false, token: 'hf_previous0000abcd' }))
    expect(tokensToAsk([...two, ...previous], identifier(undefined))).toEqual(['hf_minted00000wxyz'])
  })
})

describe('a stored token', () => {
  const resolve = (owner: Parameters<typeof resolveTokens>[1]['asked'], ...tokens: (typeof entry)[]) => {
    const known = { identify: identifier(account(...tokens)), asked: owner, account: account(...tokens) }
    const { secrets, possiblyHeld } = resolveTokens(read(version()), known)
    return { token: secrets[0]?.versions[0]?.token, possiblyHeld, text: JSON.stringify(secrets) }
  }
  const said = (who: ReturnType<typeof whoami> | undefined) => new Map([['hf_minted00000wxyz', { is: who }]])

  test('is the account’s entry that whoami-v2 describes', () => {
    const who = whoami([], { name: 'ci', displayName: 'by hand', createdAt: NOW - DAY })
    const byHand = { ...entry, displayName: 'by hand' }
    expect(resolve(said(who), byHand).token).toEqual({ kind: 'listed', entry: byHand })
  })

  test('is another one when the Hub says so, and its owner’s e-mail address is not kept', () => {
    const { token, text } = resolve(said(whoami([], { name: 'rosa', email: 'rosa@example.com' })))
    expect(token).toMatchObject({ kind: 'other', who: { name: 'rosa' } })
    expect(text).not.toContain('example.com')
    expect(text).not.toContain('hf_minted00000wxyz')
  })

  test('is refused when the Hub said so twice', () => {
    expect(resolve(said(undefined)).token).toEqual({ kind: 'refused' })
  })

  test('may be an entry with the same end when nobody knows which it is', () => {
    const other = { ...entry, displayName: 'by hand' }
    const { token, possiblyHeld } = resolve(new Map([['hf_minted00000wxyz', { unknown: 'no answer' }]]), other)
    expect(token).toEqual({ kind: 'unknown', why: 'no answer' })
    expect([...possiblyHeld]).toEqual([['id-1', 'hub/x']])
  })
})

test('the Hub is not asked again after two failures', async () => {
  const hub = await Hub.start()
  const deadline = new Deadline(30_000)
  const http = new Http(deadline, async () => undefined)
  try {
    hub.service.inject('whoami-v2', { kind: 'answer', status: 500, body: {} }, 9)
    const policy = { maxAttempts: 1, deadline, random: () => 0 }
    const owners = await askAbout({ hubEndpoint: hub.url, http, policy, deadline }, ['hf_a', 'hf_b', 'hf_c', 'hf_d'])
    expect([...owners.values()].map((owner) => 'unknown' in owner)).toEqual([true, true, true, true])
    expect(hub.service.calls).toHaveLength(2)
  } finally {
    deadline.stop()
    http.close()
    await hub.close()
  }
})
