/** How large a policy may be, and what it may contain. Sources: `POLICY_LIMITS`. */
import { describe, expect, test } from '@jest/globals'
import type { PolicyKind } from '../../../src/aws/policies/evaluate/kinds.ts'
import { parsePolicy } from '../../../src/aws/policies/evaluate/policy.ts'
import { POLICY_LIMITS, policySize } from '../../../src/aws/policies/evaluate/sizes.ts'
import { trustPolicy } from '../../../src/aws/policies/trust-policy.ts'
import { documentOf, roleIn } from './world.ts'

const KINDS = Object.keys(POLICY_LIMITS) as PolicyKind[]

/** A valid document of exactly this many characters, without white space. */
function documentOfSize(kind: PolicyKind, size: number): string {
  const statement = {
    Sid: 'A',
    Effect: kind === 'rcp' ? 'Deny' : 'Allow',
    ...(['trust', 'resource', 'key', 'endpoint', 'rcp'].includes(kind) ? { Principal: '*' } : {}),
    Action: kind === 'trust' ? 'sts:AssumeRole' : 'kms:Decrypt',
    ...(kind === 'trust' ? {} : { Resource: '*' }),
  }
  const missing = size - JSON.stringify(documentOf(statement)).length
  return JSON.stringify(documentOf({ ...statement, Sid: 'A'.repeat(1 + missing) }))
}

describe.each(KINDS)('a policy of the kind %s', (kind) => {
  const { characters, whiteSpaceCounts, code } = POLICY_LIMITS[kind]

  test(`holds ${characters} characters`, () => {
    expect(() => parsePolicy(documentOfSize(kind, characters), kind)).not.toThrow()
    expect(() => parsePolicy(documentOfSize(kind, characters + 1), kind)).toThrow(expect.objectContaining({ code }))
  })

  test(`${whiteSpaceCounts ? 'counts' : 'does not count'} white space`, () => {
    const spaced = documentOfSize(kind, characters).replace('{', '{ \n\t')
    const read = () => parsePolicy(spaced, kind)
    if (whiteSpaceCounts) expect(read).toThrow(expect.objectContaining({ code }))
    else expect(read).not.toThrow()
  })
})

test.each(['\u0100', '€', '生', '\u200b', '\u0000', '😀'])('a document cannot contain %j', (character) => {
  const statement = { Sid: 'x', Effect: 'Allow', Action: '*', Resource: `arn:aws:s3:::${character}` }
  const text = JSON.stringify(documentOf(statement)).replace('\\u0000', '\u0000')
  expect(() => parsePolicy(text, 'identity')).toThrow(expect.objectContaining({ code: 'MalformedPolicyDocument' }))
})

test('the printed trust policy fits, for the longest subject that STS reports', () => {
  const issuer = 'https://token.actions.githubusercontent.com'
  for (const subject of [`repo:o/r:environment:${'e'.repeat(235)}`, `repo:o/r:environment:${'*'.repeat(235)}`]) {
    const policy = JSON.stringify(trustPolicy({ issuer, audience: 'a'.repeat(255), subject }, roleIn('111122223333')))
    expect(policySize(policy, 'trust')).toBeLessThanOrEqual(POLICY_LIMITS.trust.characters)
  }
})
