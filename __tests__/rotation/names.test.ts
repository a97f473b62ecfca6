/** Ids, names and labels by which a rotation recognizes its own work. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import {
  isRetiredLabel,
  isRevocationLabel,
  isThatFar,
  retiredLabel,
  retiredSince,
  revocationLabel,
  rotatedTokenName,
  VERSION_ID,
  versionId,
  versionInTokenName,
  versionOfToken,
} from '../../src/rotation/names.ts'
import { madeAt } from '../../src/sources/token-name.ts'

const arn = (account: string, name = 'huggingface/acme/write-a1B2c3') =>
  `arn:aws:secretsmanager:eu-west-1:${account}:secret:${name}`
const ARN = arn('123456789012')
const run = { repository: 'octo-org/octo-repo', runId: '17' }

describe('a version’s id', () => {
  test('depends on the run, the secret and the count, and on nothing else', () => {
    const ids = [
      versionId(run, ARN, 0),
      versionId(run, ARN, 1),
      versionId({ ...run, runId: '18' }, ARN, 0),
      versionId({ ...run, repository: 'octo-org/other' }, ARN, 0),
      versionId(run, arn('999999999999'), 0),
    ]
    expect(versionId(run, ARN, 0)).toBe(ids[0])
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(id).toMatch(VERSION_ID)
    }
  })

  test('is random when the runner does not number its runs', () => {
    expect(versionId({ repository: '', runId: '' }, ARN, 0)).not.toBe(versionId({ repository: '', runId: '' }, ARN, 0))
  })
})

describe('a token’s name', () => {
  test('leads to its version, for this secret only', () => {
    const id = versionId(run, ARN, 0)
    const name = rotatedTokenName(ARN, id)
    expect(versionOfToken(name, ARN)).toBe(id)
    expect(versionOfToken(name, arn('999999999999'))).toBeUndefined()
    expect(versionOfToken(`${name} `, ARN)).toBeUndefined()
    expect(versionOfToken(` ${name}`, ARN)).toBeUndefined()
    expect(versionOfToken(`${name}\nrm -rf`, ARN)).toBeUndefined()
    expect(versionOfToken(name.replace('rotate', 'action'), ARN)).toBeUndefined()
    expect(rotatedTokenName(ARN, id)).not.toBe(name)
  })

  test.each([
    ['the longest secret', `${'n'.repeat(505)}-a1B2c3`, 'v'.repeat(64)],
    ['the longest secret, with an id of ours', `${'n'.repeat(505)}-a1B2c3`, versionId(run, ARN, 0)],
    ['a short secret', 'a', 'v'.repeat(64)],
    ['a secret of characters that AWS does not allow today', 'ключ:ñ 😀 secret', versionId(run, ARN, 0)],
  ])('fits into what the Hub takes, for %s, and is not one that the main action cleans up', (_what, name, id) => {
    const secret = arn('123456789012', name)
    const one = rotatedTokenName(secret, id)
    expect(one.length).toBeLessThanOrEqual(100)
    expect(versionOfToken(one, secret)).toBe(id)
    expect(versionOfToken(one, arn('123456789012', `${name}x`))).toBeUndefined()
    expect(rotatedTokenName(secret, id)).not.toBe(one)
    expect(madeAt(one)).toBeUndefined()
  })

  test('is another secret’s although that one is called like the hash of this one', () => {
    const id = '01cc3237-2086-86ef-87cf-f2f3fd6eb5fb'
    const hashIn = (name: string) => name.split(' ')[2] ?? ''
    const short = hashIn(rotatedTokenName(ARN, id))
    expect(versionOfToken(`hf-oidc-rotate ${short} ${hashIn(rotatedTokenName(arn('1'), id))} ${id} 0a1b2c`, ARN)).toBe(
      undefined,
    )
    const long = createHash('sha256').update(ARN).digest('hex').slice(0, 16)
    expect(versionOfToken(`hf-oidc-rotate ${long} 0123456789abcdef ${id} 0a1b2c3d`, ARN)).toBeUndefined()
    expect(versionOfToken(`hf-oidc-rotate ${short} ${long} ${id} 0a1b2c3d`, ARN)).toBe(id)
  })

  test('shows the end of the secret’s name', () => {
    expect(rotatedTokenName(ARN, versionId(run, ARN, 0))).toContain(' huggingface/acme/write-a1B2c3 ')
  })

  test('of an earlier version of this action is recognized', () => {
    const hash = createHash('sha256').update(ARN).digest('hex').slice(0, 16)
    const id = versionId(run, ARN, 0)
    const earlier = `hf-oidc-rotate huggingface/acme/write-a1B2c3 ${hash} ${id} 0123abcd`
    expect(versionOfToken(earlier, ARN)).toBe(id)
    expect(versionOfToken(earlier, arn('999999999999'))).toBeUndefined()
    expect(versionOfToken(`${earlier} `, ARN)).toBeUndefined()
  })
})

describe('the label of a replaced version', () => {
  test('says when it was replaced, to the millisecond, and the latest label counts', () => {
    const at = Date.UTC(2026, 10, 30, 4, 17, 28, 114)
    expect(retiredLabel(at)).toBe('hf-oidc-retired-20261130T041728.114Z')
    expect(retiredSince(['AWSPREVIOUS', retiredLabel(at - 5000), retiredLabel(at)])).toBe(at)
    expect(retiredSince(['AWSPREVIOUS', 'hf-oidc-retired-soon'])).toBeUndefined()
  })

  test.each([
    'hf-oidc-retired-20261130T041728.114Z-by-hand',
    'not-hf-oidc-retired-20261130T041728.114Z',
    'hf-oidc-retired-20261130T041728Z',
    'hf-oidc-retired-2026-11-30T04:17:28.114Z',
    'HF-OIDC-RETIRED-20261130T041728.114Z',
  ])('is not %s', (label) => {
    expect(isRetiredLabel(label)).toBe(false)
    expect(retiredSince([label])).toBeUndefined()
  })

  test('is recognized as ours', () => {
    expect(isRetiredLabel(retiredLabel(0))).toBe(true)
    expect(isRetiredLabel('AWSPREVIOUS')).toBe(false)
  })
})

const AT = Date.UTC(2026, 10, 30, 4, 17, 28, 114)

describe('the label of a version whose token is being revoked', () => {
  const id = '01cc3237-2086-86ef-87cf-f2f3fd6eb5fb'
  const version = (...labels: string[]) => ({ versionId: id, labels, since: AT })

  test('says how far that is', () => {
    for (const far of ['deleting', 'revoking', 'revoked'] as const) {
      const label = revocationLabel(far, AT, id)
      expect(label).toBe(`hf-oidc-${far}-20261130T041728.114Z-${id}`)
      expect(isRevocationLabel(label)).toBe(true)
      expect(isRetiredLabel(label)).toBe(false)
      expect(isThatFar(version('AWSPREVIOUS', label), far)).toBe(true)
      expect(isThatFar(version(label), far === 'revoked' ? 'revoking' : 'revoked')).toBe(false)
    }
  })

  test('does not count when it is from before the replacement, or nobody knows when that was', () => {
    expect(isThatFar(version(revocationLabel('revoked', AT - 1, id)), 'revoked')).toBe(false)
    const label = revocationLabel('revoked', AT, id)
    expect(isThatFar({ ...version(label), since: undefined }, 'revoked')).toBe(false)
  })

  test('does not count on another version: a label can be moved', () => {
    expect(isThatFar(version(revocationLabel('revoked', AT, id.replace('0', '1'))), 'revoked')).toBe(false)
  })

  test.each([
    `hf-oidc-revoked-20261130T041728.114Z`,
    `hf-oidc-revoked-20261130T041728.114Z-${id} `,
    `xhf-oidc-revoked-20261130T041728.114Z-${id}`,
    `hf-oidc-gone-20261130T041728.114Z-${id}`,
  ])('is not %p', (label) => {
    expect(isRevocationLabel(label)).toBe(false)
    expect(isThatFar(version(label), 'revoked')).toBe(false)
  })
})

test('the version that a token was minted for can be read without the secret', () => {
  const id = '01cc3237-2086-86ef-87cf-f2f3fd6eb5fb'
  expect(versionInTokenName(rotatedTokenName(ARN, id))).toBe(id)
  expect(versionInTokenName(`hf-oidc-rotate hub/x 0123456789abcdef ${id} 0a1b2c3d`)).toBe(id)
  expect(versionInTokenName(`a hf-oidc-rotate hub/x 0123456789abcdef ${id} 0a1b2c3d`)).toBeUndefined()
  expect(versionInTokenName('by hand')).toBeUndefined()
})
