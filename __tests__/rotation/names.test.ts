/** Ids, names and labels by which a rotation recognizes its own work. */
import { describe, expect, test } from '@jest/globals'
import {
  isRetiredLabel,
  retiredLabel,
  retiredSince,
  rotatedTokenName,
  VERSION_ID,
  versionId,
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

  test('is short even for the longest secret, and is not one that the main action cleans up', () => {
    const long = arn('123456789012', `${'n'.repeat(505)}-a1B2c3`)
    const name = rotatedTokenName(long, 'v'.repeat(64))
    expect(name.length).toBeLessThan(180)
    expect(versionOfToken(name, long)).toBe('v'.repeat(64))
    expect(madeAt(name)).toBeUndefined()
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
