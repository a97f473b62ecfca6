import { expect, test } from '@jest/globals'
import { tellingClaims } from '../../src/identity/telling-claims.ts'

test('the telling claims of a token have an order, and the others are left out', () => {
  expect(tellingClaims({ ref: 'r', jti: 'x', sub: 's', iss: 'i' })).toEqual([
    ['iss', 'i'],
    ['sub', 's'],
    ['ref', 'r'],
  ])
})

test('a claim that every object has is not one of the token', () => {
  expect(tellingClaims(Object.create({ sub: 'inherited' }) as Record<string, unknown>)).toEqual([])
})
