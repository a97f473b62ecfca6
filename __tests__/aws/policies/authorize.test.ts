/**
 * All policies of a request together. Source: IAM user guide, "Policy evaluation logic": within an account, across
 * accounts, and which principal of a resource's policy is limited by what.
 */
import { describe, expect, test } from '@jest/globals'
import { authorize, POLICY_TYPES, type PolicySet } from '../../../src/aws/policies/evaluate/authorize.ts'
import type { PolicyKind } from '../../../src/aws/policies/evaluate/kinds.ts'
import { parsePolicy } from '../../../src/aws/policies/evaluate/policy.ts'
import type { Caller } from '../../../src/aws/policies/evaluate/principals.ts'
import { documentOf } from './world.ts'

const ROLE = 'arn:aws:iam::111122223333:role/hf'
const SESSION = 'arn:aws:sts::111122223333:assumed-role/hf/run'
const ROOT = 'arn:aws:iam::111122223333:root'
const ACTION = 'secretsmanager:GetSecretValue'
const OWN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:hf-AbC1eF'
const FOREIGN = OWN.replace('111122223333', '999999999999')

const read = (kind: PolicyKind, ...statements: object[]) => parsePolicy(documentOf(...statements), kind)
const allow = { Effect: 'Allow', Action: '*', Resource: '*' }
const allowOther = { ...allow, Action: 's3:*' }
const deny = { Effect: 'Deny', Action: 'secretsmanager:*', Resource: '*' }
const by = (Principal: unknown, statement: object = allow) => ({ ...statement, Principal })

const yes = read('identity', allow)
const silent = read('identity', allowOther)

function reason(set: PolicySet, resource = OWN, caller: Partial<Extract<Caller, { kind: 'role' }>> = {}): string {
  const verdict = authorize(
    { action: ACTION, resource, caller: { kind: 'role', role: ROLE, session: SESSION, ...caller }, context: {} },
    set,
  )
  return verdict.allowed ? 'allowed' : verdict.reason
}

const no = (type: string) => `because no ${type} allows the ${ACTION} action`

describe('within an account', () => {
  test.each<[string, PolicySet, string]>([
    ['the role’s policy', { identity: [yes] }, 'allowed'],
    ['one of several of them', { identity: [silent, yes] }, 'allowed'],
    ['no policy', { identity: [] }, no('identity-based policy')],
    ['a policy for something else', { identity: [silent] }, no('identity-based policy')],
    ['a boundary without it', { identity: [yes], boundary: silent }, no('permissions boundary')],
    ['a boundary alone', { identity: [], boundary: yes }, no('identity-based policy')],
    ['a session policy without it', { identity: [yes], session: silent }, no('session policy')],
    ['a session policy alone', { identity: [], session: yes }, no('identity-based policy')],
    [
      'an endpoint without it',
      { identity: [yes], endpoint: read('endpoint', by('*', allowOther)) },
      no('VPC endpoint policy'),
    ],
    ['an organization without it', { identity: [yes], scps: [[yes], [silent]] }, no('service control policy')],
    ['an organization with it on each level', { identity: [yes], scps: [[yes], [silent, yes]] }, 'allowed'],
    ['an organization alone', { identity: [], scps: [[yes]] }, no('identity-based policy')],
  ])('%s', (_, set, expected) => expect(reason(set)).toBe(expected))

  test.each<[string, unknown, string, string, string]>([
    // Principal; with nothing else; with a silent session policy; with a silent boundary.
    ['the role', { AWS: ROLE }, 'allowed', no('session policy'), no('permissions boundary')],
    ['everyone', '*', 'allowed', no('session policy'), no('permissions boundary')],
    ['everyone of AWS', { AWS: '*' }, 'allowed', no('session policy'), no('permissions boundary')],
    ['the session', { AWS: SESSION }, 'allowed', 'allowed', 'allowed'],
    [
      'the account',
      { AWS: ROOT },
      no('identity-based policy'),
      no('identity-based policy'),
      no('identity-based policy'),
    ],
    [
      'the account’s number',
      { AWS: '111122223333' },
      no('identity-based policy'),
      no('identity-based policy'),
      no('identity-based policy'),
    ],
    [
      'another role',
      { AWS: `${ROLE}2` },
      no('identity-based policy'),
      no('identity-based policy'),
      no('identity-based policy'),
    ],
    [
      'a service',
      { Service: 'lambda.amazonaws.com' },
      no('identity-based policy'),
      no('identity-based policy'),
      no('identity-based policy'),
    ],
  ])('a secret’s policy that allows it to %s', (_, principal, alone, withSession, withBoundary) => {
    const resource = read('resource', by(principal))
    expect(reason({ identity: [], resource })).toBe(alone)
    expect(reason({ identity: [], resource, session: silent })).toBe(withSession)
    expect(reason({ identity: [], resource, boundary: silent })).toBe(withBoundary)
    expect(reason({ identity: [yes], resource })).toBe('allowed')
  })

  test.each<[string, unknown, string, string]>([
    ['the role', { AWS: ROLE }, 'allowed', 'allowed'],
    ['the account', { AWS: ROOT }, no('identity-based policy'), 'allowed'],
    ['another role', { AWS: `${ROLE}2` }, no('resource-based policy'), no('resource-based policy')],
  ])('a key must consent too: its policy names %s', (_, principal, alone, withRole) => {
    const resource = read('key', by(principal))
    expect(reason({ identity: [], resource, resourceMustAllow: true })).toBe(alone)
    expect(reason({ identity: [yes], resource, resourceMustAllow: true })).toBe(withRole)
    expect(reason({ identity: [yes], resourceMustAllow: true })).toBe(no('resource-based policy'))
  })
})

describe('across accounts', () => {
  test.each<[string, PolicySet, string]>([
    ['only the role’s policy', { identity: [yes] }, no('resource-based policy')],
    [
      'only the secret’s policy',
      { identity: [], resource: read('resource', by({ AWS: ROLE })) },
      no('identity-based policy'),
    ],
    ['both', { identity: [yes], resource: read('resource', by({ AWS: ROLE })) }, 'allowed'],
    ['both, for the account', { identity: [yes], resource: read('resource', by({ AWS: ROOT })) }, 'allowed'],
    ['both, for the session', { identity: [yes], resource: read('resource', by({ AWS: SESSION })) }, 'allowed'],
    [
      'the secret’s policy for the session alone',
      { identity: [], resource: read('resource', by({ AWS: SESSION })) },
      no('identity-based policy'),
    ],
    [
      'the secret’s policy for its own account',
      { identity: [yes], resource: read('resource', by({ AWS: '999999999999' })) },
      no('resource-based policy'),
    ],
    [
      'a session policy without it',
      { identity: [yes], session: silent, resource: read('resource', by({ AWS: ROLE })) },
      no('session policy'),
    ],
    [
      'a boundary without it',
      { identity: [yes], boundary: silent, resource: read('resource', by({ AWS: ROLE })) },
      no('permissions boundary'),
    ],
  ])('%s', (_, set, expected) => expect(reason(set, FOREIGN)).toBe(expected))
})

describe('an explicit deny wins, wherever it is', () => {
  const all: PolicySet = {
    identity: [yes],
    boundary: yes,
    session: yes,
    resource: read('resource', by('*')),
    endpoint: read('endpoint', by('*')),
    scps: [[yes]],
  }
  const denials: Record<(typeof POLICY_TYPES)[number], Partial<PolicySet>> = {
    'resource control policy': { rcps: [read('rcp', by('*', deny))] },
    'service control policy': { scps: [[yes], [yes, read('scp', deny)]] },
    'VPC endpoint policy': { endpoint: read('endpoint', by('*'), by('*', deny)) },
    'resource-based policy': { resource: read('resource', by('*'), by({ AWS: ROLE }, deny)) },
    'identity-based policy': { identity: [yes, read('identity', deny)] },
    'permissions boundary': { boundary: read('boundary', allow, deny) },
    'session policy': { session: read('session', allow, deny) },
  }

  test.each(POLICY_TYPES)('in a %s', (type) => {
    expect(reason(all)).toBe('allowed')
    const article = type.startsWith('i') ? 'an' : 'a'
    for (const resource of [OWN, FOREIGN]) {
      expect(reason({ ...all, ...denials[type] }, resource)).toBe(`with an explicit deny in ${article} ${type}`)
    }
    // Also for what nothing allows, and for a session that the resource itself names.
    expect(reason({ identity: [], ...denials[type] })).toContain('with an explicit deny')
    if (type === 'resource-based policy') return
    const resource = read('resource', by({ AWS: SESSION }))
    expect(reason({ ...all, ...denials[type], resource })).toContain('with an explicit deny')
  })
})

describe('NotAction, NotResource and NotPrincipal', () => {
  test.each<[string, object, string]>([
    ['everything but IAM', { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }, 'allowed'],
    [
      'everything but reading',
      { Effect: 'Allow', NotAction: 'SecretsManager:get*', Resource: '*' },
      no('identity-based policy'),
    ],
    ['every resource but this', { Effect: 'Allow', Action: '*', NotResource: OWN }, no('identity-based policy')],
    ['every resource but another', { Effect: 'Allow', Action: '*', NotResource: FOREIGN }, 'allowed'],
  ])('%s', (_, statement, expected) => expect(reason({ identity: [read('identity', statement)] })).toBe(expected))

  test.each<[string, string[], object, boolean]>([
    ['the account, the role and the session', [ROOT, ROLE, SESSION], {}, true],
    ['the role alone', [ROLE], {}, false],
    ['the role and the session', [ROLE, SESSION], {}, false],
    ['all three, but the role has a boundary', [ROOT, ROLE, SESSION], { hasBoundary: true }, false],
    ['everyone', ['*'], {}, true],
  ])('a Deny that exempts %s', (_, AWS, caller, exempt) => {
    const { Principal: NotPrincipal, ...statement } = by({ AWS }, deny)
    const resource = read('resource', { ...statement, NotPrincipal })
    expect(reason({ identity: [yes], resource }, OWN, caller)).toBe(
      exempt ? 'allowed' : 'with an explicit deny in a resource-based policy',
    )
  })
})

describe('whatever the policies are', () => {
  // Every set of these policies, with each principal: more policies never allow more than the rules say.
  const principals: unknown[] = [{ AWS: ROLE }, { AWS: SESSION }, { AWS: ROOT }, '*', { AWS: `${ROLE}2` }]
  const options = <T>(...values: T[]) => [undefined, ...values]
  const sets: PolicySet[] = [[yes], [silent], []].flatMap((identity) =>
    options(yes, silent).flatMap((boundary) =>
      options(yes, silent).flatMap((session) =>
        options(...principals).flatMap((principal) =>
          [true, false].map((resourceMustAllow) => ({
            identity,
            boundary,
            session,
            resourceMustAllow,
            resource: principal === undefined ? undefined : read('resource', by(principal)),
          })),
        ),
      ),
    ),
  )

  test('a Deny never allows anything', () => {
    for (const set of sets) {
      for (const resource of [OWN, FOREIGN]) {
        expect(reason({ ...set, identity: [...set.identity, read('identity', deny)] }, resource)).toContain(
          'explicit deny',
        )
        expect(reason({ ...set, rcps: [read('rcp', by('*', deny))] }, resource)).toContain('explicit deny')
        expect(reason({ ...set, scps: [[yes, read('scp', deny)]] }, resource)).toContain('explicit deny')
      }
    }
  })

  test('a limit never allows what was refused, and without the role’s consent nothing crosses accounts', () => {
    for (const set of sets) {
      for (const resource of [OWN, FOREIGN]) {
        const before = reason({ ...set, session: undefined, boundary: undefined }, resource)
        if (before !== 'allowed') expect(reason(set, resource)).not.toBe('allowed')
        const endpoint = read('endpoint', by('*', allowOther))
        expect(reason({ ...set, endpoint }, resource)).toBe(no('VPC endpoint policy'))
      }
      if (!set.identity.includes(yes)) expect(reason(set, FOREIGN)).toBe(no('identity-based policy'))
      if (!set.resource) expect(reason(set, FOREIGN)).not.toBe('allowed')
    }
  })

  test('adding an Allow never refuses what was allowed', () => {
    for (const set of sets) {
      if (reason(set) !== 'allowed') continue
      expect(reason({ ...set, identity: [...set.identity, yes] })).toBe('allowed')
    }
  })
})
