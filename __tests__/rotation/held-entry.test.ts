import { describe, expect, test } from '@jest/globals'
import { type HeldToken, heldEntry } from '../../src/rotation/account/held-entry.ts'
import { rotatedTokenName } from '../../src/rotation/names.ts'

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:huggingface/acme/write-a1B2c3'
const VERSION = '01cc3237-2086-86ef-87cf-f2f3fd6eb5fb'
const STORED_AT = Date.UTC(2026, 10, 23)
const held: HeldToken = { arn: ARN, versionId: VERSION, token: 'hf_aNewTokenOfTheAccount1234', storedAt: STORED_AT }
const entry = {
  id: '65de7f2a0c1b2d3e4f5a6b7c',
  displayName: rotatedTokenName(ARN, VERSION),
  createdAt: STORED_AT - 1_000,
  last4: '1234',
}

describe('the account’s token that a version holds', () => {
  test('is the one that was minted for it, with its last four characters', () => {
    const other = { ...entry, id: 'another', displayName: 'by hand' }
    expect(heldEntry(held, [other, entry])).toBe(entry)
  })

  test.each([
    ['has other last characters', { last4: '1235' }],
    ['shows no last characters', { last4: undefined }],
    ['shows fewer characters', { last4: '4' }],
    ['shows no time', { createdAt: undefined }],
    ['was created after the version was stored', { createdAt: STORED_AT + 61_000 }],
    ['was minted for another version', { displayName: rotatedTokenName(ARN, VERSION.replace('0', 'f')) }],
    ['was minted for another secret', { displayName: rotatedTokenName(`${ARN}4`, VERSION) }],
    ['has a name that a person chose', { displayName: 'huggingface/acme/write' }],
  ])('is not one that %s', (_what, changes) => {
    expect(heldEntry(held, [{ ...entry, ...changes }])).toBeUndefined()
  })

  test('is not certain if AWS does not say when the version was stored', () => {
    expect(heldEntry({ ...held, storedAt: undefined }, [entry])).toBeUndefined()
  })

  test('is not certain if two were minted for the version', () => {
    expect(heldEntry(held, [entry, { ...entry, id: 'another', last4: '9999' }])).toBeUndefined()
  })
})
