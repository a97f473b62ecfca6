/** The account's tokens by the secret that they were minted for. */
import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import type { AccountToken } from '../../src/hub/service-accounts.ts'
import { TokenIndex } from '../../src/rotation/account/token-index.ts'
import { rotatedTokenName, versionOfToken } from '../../src/rotation/names.ts'

const arnOf = (name: string) => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-AbCdEf`
const version = (at: number) => `00000000-0000-8000-8000-${String(at).padStart(12, '0')}`
const token = (id: string, displayName: string) => ({ id, displayName, createdAt: 1 }) as AccountToken

test('finds exactly the tokens of one secret, among 12,000', () => {
  const tokens = Array.from({ length: 12_000 }, (_, at) =>
    token(`t${at}`, rotatedTokenName(arnOf(`s${at % 200}`), version(at))),
  )
  const index = new TokenIndex(tokens)
  for (const at of [0, 7, 199]) {
    const arn = arnOf(`s${at}`)
    expect(index.of(arn)).toEqual(
      tokens.flatMap((one) => {
        const versionId = versionOfToken(one.displayName, arn)
        return versionId === undefined ? [] : [{ ...one, versionId }]
      }),
    )
    expect(index.of(arn)).toHaveLength(60)
  }
  expect(index.of(arnOf('s200'))).toEqual([])
  expect(index.ids.size).toBe(12_000)
})

test('knows the names of earlier versions too, and skips all other names', () => {
  const arn = arnOf('a')
  const hex = createHash('sha256').update(arn).digest('hex').slice(0, 16)
  const index = new TokenIndex([
    token('earlier', `hf-oidc-rotate a ${hex} ${version(1)} 01234567`),
    token('now', rotatedTokenName(arn, version(2))),
    token('by hand', 'ci'),
    token('lookalike', `hf-oidc-rotate a ${hex} ${version(3)}`),
  ])
  expect(index.of(arn).map(({ id, versionId }) => [id, versionId])).toEqual([
    ['now', version(2)],
    ['earlier', version(1)],
  ])
  expect(index.ids.has('by hand')).toBe(true)
})
