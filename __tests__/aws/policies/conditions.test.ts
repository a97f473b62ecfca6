/**
 * Condition operators, one table each: a value of the policy, a value of the request, and whether the condition holds.
 * Source: IAM user guide, "IAM JSON policy elements: Condition operators", and "Set operators for multivalued keys".
 */
import { describe, expect, test } from '@jest/globals'
import type { ContextValues } from '../../../src/aws/policies/evaluate/context.ts'
import { evaluate, parsePolicy } from '../../../src/aws/policies/evaluate/policy.ts'

const KEY = 'test:Key'

function holds(condition: object, context: ContextValues, Version = '2012-10-17'): boolean {
  const statement = { Effect: 'Allow', Action: '*', Resource: '*', Condition: condition }
  const policy = parsePolicy({ Version, Statement: statement }, 'identity')
  return evaluate(policy, { action: 'a:B', resource: 'arn:aws:a:::b', context }) === 'allow'
}

type Value = string | number | boolean | (string | number | boolean)[]
type Row = [policy: Value, request: string, match: boolean]

/** Each operator with its negation, if it has one. */
const TABLES: Record<string, { negation?: string; rows: Row[] }> = {
  StringEquals: {
    negation: 'StringNotEquals',
    rows: [
      ['main', 'main', true],
      ['main', 'Main', false],
      ['main', 'main2', false],
      ['main', '', false],
      ['', '', true],
      ['m*', 'main', false],
      ['m*', 'm*', true],
      ['mai?', 'main', false],
      [['dev', 'main'], 'main', true],
      ['1', '1', true],
      [1, '1', true],
      [true, 'true', true],
      ['.', 'x', false],
    ],
  },
  StringEqualsIgnoreCase: {
    negation: 'StringNotEqualsIgnoreCase',
    rows: [
      ['main', 'MAIN', true],
      ['main', 'mai', false],
      ['m*', 'main', false],
    ],
  },
  StringLike: {
    negation: 'StringNotLike',
    rows: [
      ['main', 'main', true],
      ['m*', 'main', true],
      ['M*', 'main', false],
      ['*', '', true],
      ['*', 'a:b/c\nd', true],
      ['?', '', false],
      ['?', 'a', true],
      ['?', 'ab', false],
      ['?', '生', true],
      ['a*b*c', 'aXbYc', true],
      ['a*b*c', 'abc', true],
      ['a*b*c', 'acb', false],
      ['a**c', 'abc', true],
      ['repo:octo-org/*', 'repo:octo-org/x:ref:y', true],
      ['repo:octo-org/*', 'repo:octo-org@1/x:ref:y', false],
      ['repo:octo-org*', 'repo:octo-orgevil/x', true],
      ['a.c', 'abc', false],
      ['(a)+$', '(a)+$', true],
      [['x', 'm*'], 'main', true],
    ],
  },
  ArnLike: {
    negation: 'ArnNotLike',
    rows: [
      ['arn:aws:iam::111122223333:role/*', 'arn:aws:iam::111122223333:role/a/b', true],
      [
        'arn:*:iam::*:oidc-provider/token.actions.githubusercontent.com',
        'arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com',
        true,
      ],
      ['arn:aws:iam::*', 'arn:aws:iam::111122223333:role/a', false],
      ['arn:aws:*:role/a', 'arn:aws:iam::111122223333:role/a', false],
      ['arn:aws:s3:::b/*', 'arn:aws:s3:::b/c:d', true],
      ['*', 'arn:aws:s3:::b', false],
      ['arn:aws:s3:::b', 'not:an:arn', false],
      ['arn:aws:s3:::B', 'arn:aws:s3:::b', false],
    ],
  },
  NumericEquals: {
    negation: 'NumericNotEquals',
    rows: [
      ['10', '10', true],
      [10, '10.0', true],
      ['10', '010', true],
      ['10', '1', false],
      ['10', 'ten', false],
      [[1, 10], '10', true],
    ],
  },
  NumericLessThan: {
    rows: [
      ['10', '9.99', true],
      ['10', '10', false],
      ['10', '9e9', false],
      ['-1', '-2', true],
    ],
  },
  NumericLessThanEquals: {
    rows: [
      ['10', '10', true],
      ['10', '10.1', false],
    ],
  },
  NumericGreaterThan: {
    rows: [
      ['10', '11', true],
      ['10', '10', false],
      ['10', '9', false],
    ],
  },
  NumericGreaterThanEquals: {
    rows: [
      ['10', '10', true],
      ['10', '9', false],
    ],
  },
  DateEquals: {
    negation: 'DateNotEquals',
    rows: [
      ['2026-11-26T17:00:00Z', '2026-11-26T17:00:00Z', true],
      ['2026-11-26T17:00:00Z', '2026-11-26T18:00:00+01:00', true],
      ['2026-11-26T17:00:00Z', '1795712400', true],
      ['2026-11-26T17:00:00Z', '2026-11-26T17:00:01Z', false],
    ],
  },
  DateLessThan: {
    rows: [
      ['2026-11-26T17:00:00Z', '2026-11-26T16:59:59Z', true],
      ['2026-11-26', '2026-11-26', false],
    ],
  },
  DateLessThanEquals: {
    rows: [
      ['2026-11-26', '2026-11-26T00:00:00Z', true],
      ['2026-11-26', '2026-11-27', false],
    ],
  },
  DateGreaterThan: {
    rows: [
      ['2026-11-26', '2026-11-27', true],
      ['2026-11-26', 'soon', false],
    ],
  },
  DateGreaterThanEquals: {
    rows: [
      ['2026-11-26', '2026-11-26', true],
      ['2026-11-26', '2026-11-25', false],
    ],
  },
  Bool: {
    rows: [
      ['true', 'true', true],
      [true, 'True', true],
      ['false', 'true', false],
      ['true', '1', false],
    ],
  },
  BinaryEquals: {
    rows: [
      ['QmluYXJ5', 'QmluYXJ5', true],
      ['QmluYXJ5', 'qmluyxj5', false],
    ],
  },
  IpAddress: {
    negation: 'NotIpAddress',
    rows: [
      ['203.0.113.0/24', '203.0.113.255', true],
      ['203.0.113.0/24', '203.0.114.0', false],
      ['203.0.113.7', '203.0.113.7', true],
      ['203.0.113.7', '203.0.113.8', false],
      ['0.0.0.0/0', '198.51.100.1', true],
      ['2001:db8::/32', '2001:db8:1::1', true],
      ['2001:db8::/32', '2001:db9::1', false],
      ['2001:DB8::1', '2001:db8:0:0:0:0:0:1', true],
      ['0.0.0.0/0', '::1', false],
      ['203.0.113.0/24', 'localhost', false],
      [['10.0.0.0/8', '203.0.113.0/24'], '203.0.113.9', true],
    ],
  },
}

const rows = Object.entries({
  ...TABLES,
  ArnEquals: { negation: 'ArnNotEquals', rows: TABLES.ArnLike?.rows ?? [] },
}).flatMap(([operator, { negation, rows: all }]: [string, { negation?: string; rows: Row[] }]) =>
  all.flatMap(([policy, request, match]): [string, Value, string, boolean][] => [
    [operator, policy, request, match],
    ...(negation ? ([[negation, policy, request, !match]] as [string, Value, string, boolean][]) : []),
  ]),
)
const NAMES = [...new Set(rows.map(([operator]) => operator))]
const NEGATED = NAMES.filter((name) => name.includes('Not'))

test.each(rows)('%s %j with "%s": %s', (operator, policy, request, match) => {
  expect(holds({ [operator]: { [KEY]: policy } }, { [KEY]: request })).toBe(match)
  expect(holds({ [`${operator}IfExists`]: { [KEY]: policy } }, { [KEY]: request })).toBe(match)
  expect(holds({ [`ForAnyValue:${operator}`]: { [KEY]: policy } }, { [KEY]: [request] })).toBe(match)
  expect(holds({ [`ForAllValues:${operator}`]: { [KEY]: policy } }, { [KEY]: [request] })).toBe(match)
})

/** A value that each operator can read. */
const sample = (operator: string) => {
  if (operator.startsWith('Date')) return '2026-11-26'
  if (operator.startsWith('Numeric')) return '1'
  if (operator.startsWith('Arn')) return 'arn:aws:s3:::b'
  if (operator === 'Bool') return 'true'
  if (operator.endsWith('IpAddress')) return '10.0.0.0/8'
  return operator === 'BinaryEquals' ? 'QQ==' : '*'
}

describe.each(NAMES)('%s and a missing key', (operator) => {
  const condition = (prefix: string, suffix = '') => ({
    [`${prefix}${operator}${suffix}`]: { [KEY]: sample(operator) },
  })
  const isNegated = NEGATED.includes(operator)

  test.each([{}, { [KEY]: [] }, { [KEY]: undefined }, { 'test:Other': 'x' }])('%j', (context) => {
    expect(holds(condition(''), context)).toBe(isNegated)
    expect(holds(condition('', 'IfExists'), context)).toBe(true)
    expect(holds(condition('ForAllValues:'), context)).toBe(true)
    expect(holds(condition('ForAllValues:', 'IfExists'), context)).toBe(true)
    expect(holds(condition('ForAnyValue:'), context)).toBe(false)
    expect(holds(condition('ForAnyValue:', 'IfExists'), context)).toBe(true)
  })
})

describe('Null', () => {
  test.each([
    ['true', {}, true],
    ['true', { [KEY]: 'x' }, false],
    ['true', { [KEY]: '' }, false],
    ['false', {}, false],
    ['false', { [KEY]: 'x' }, true],
    [false, { [KEY]: 'x' }, true],
    [['true', 'false'], {}, true],
  ])('%j with %j: %s', (value, context, match) => {
    expect(holds({ Null: { [KEY]: value } }, context)).toBe(match)
  })
})

describe('a key with several values', () => {
  test.each<[string, string[], string[], boolean]>([
    ['ForAllValues:StringEquals', ['a', 'b', 'c'], ['a', 'b'], true],
    ['ForAllValues:StringEquals', ['a'], ['a', 'b'], false],
    ['ForAllValues:StringNotEquals', ['c'], ['a', 'b'], true],
    ['ForAllValues:StringNotEquals', ['a'], ['a', 'b'], false],
    ['ForAnyValue:StringEquals', ['a'], ['a', 'b'], true],
    ['ForAnyValue:StringEquals', ['c'], ['a', 'b'], false],
    ['ForAnyValue:StringNotEquals', ['a'], ['a', 'b'], true],
    ['ForAnyValue:StringNotEquals', ['a', 'b'], ['a', 'b'], false],
    // Without a set operator it never satisfies a condition that something matches.
    ['StringEquals', ['a', 'b'], ['a', 'b'], false],
    ['StringNotEquals', ['a'], ['a', 'b'], false],
    ['StringNotEquals', ['c'], ['a', 'b'], true],
  ])('%s %j with %j: %s', (operator, policy, request, match) => {
    expect(holds({ [operator]: { [KEY]: policy } }, { [KEY]: request })).toBe(match)
  })

  test('keys that differ by case are one key', () => {
    const context = { 'test:key': 'a', 'TEST:KEY': 'b' }
    expect(holds({ StringEquals: { [KEY]: 'a' } }, context)).toBe(false)
    expect(holds({ 'ForAnyValue:StringEquals': { [KEY]: 'b' } }, context)).toBe(true)
  })
})

test('all operators, all keys, and one of the values', () => {
  const condition = { StringLike: { 'a:x': ['1', '2'], 'a:y': '*' }, Bool: { 'a:z': 'true' } }
  expect(holds(condition, { 'a:x': '2', 'a:y': '', 'a:z': 'true' })).toBe(true)
  expect(holds(condition, { 'a:x': '3', 'a:y': '', 'a:z': 'true' })).toBe(false)
  expect(holds(condition, { 'a:x': '2', 'a:z': 'true' })).toBe(false)
  expect(holds(condition, { 'a:x': '2', 'a:y': '', 'a:z': 'false' })).toBe(false)
})

describe('variables', () => {
  const of = (name: string) => `$\{${name}}`
  test.each<[string, string, ContextValues, boolean]>([
    ['StringEquals', of('aws:PrincipalTag/team'), { [KEY]: 'ml', 'aws:principaltag/TEAM': 'ml' }, true],
    ['StringEquals', of('aws:PrincipalTag/team'), { [KEY]: 'x', 'aws:PrincipalTag/team': 'ml' }, false],
    ['StringEquals', `a-${of('aws:username')}-b`, { [KEY]: 'a-me-b', 'aws:username': 'me' }, true],
    [
      'StringEquals',
      of('token.actions.githubusercontent.com:sub'),
      { [KEY]: 's', 'token.actions.githubusercontent.com:sub': 's' },
      true,
    ],
    // Missing, or with several values: it stands for nothing.
    ['StringEquals', of('aws:username'), { [KEY]: '' }, false],
    ['StringEquals', of('aws:username'), { [KEY]: of('aws:username') }, false],
    ['StringEquals', of('aws:username'), { [KEY]: 'a', 'aws:username': ['a', 'b'] }, false],
    ['StringNotEquals', of('aws:username'), { [KEY]: 'a' }, true],
    ['StringEquals', of("aws:username, 'nobody'"), { [KEY]: 'nobody' }, true],
    ['StringEquals', of("aws:username, 'nobody'"), { [KEY]: 'nobody', 'aws:username': 'me' }, false],
    ['StringEquals', of("aws:username, ''"), { [KEY]: '' }, true],
    // What it stands for is literal.
    ['StringLike', `${of('aws:username')}/*`, { [KEY]: 'anyone/x', 'aws:username': '*' }, false],
    ['StringLike', `${of('aws:username')}/*`, { [KEY]: '*/x', 'aws:username': '*' }, true],
    ['StringLike', `a${of('*')}`, { [KEY]: 'a*' }, true],
    ['StringLike', `a${of('*')}`, { [KEY]: 'ab' }, false],
    ['StringLike', `a${of('?')}`, { [KEY]: 'ab' }, false],
    ['StringEquals', `${of('$')}{aws:username}`, { [KEY]: of('aws:username'), 'aws:username': 'me' }, true],
    ['StringEquals', '$aws:username', { [KEY]: '$aws:username' }, true],
    ['NumericLessThan', of('a:limit'), { [KEY]: '9', 'a:limit': '10' }, true],
    ['NumericLessThan', of('a:limit'), { [KEY]: '9', 'a:limit': 'many' }, false],
    [
      'ArnLike',
      `arn:aws:iam::${of('aws:PrincipalAccount')}:role/*`,
      { [KEY]: 'arn:aws:iam::1:role/x', 'aws:PrincipalAccount': '1' },
      true,
    ],
  ])('%s %s with %j: %s', (operator, value, context, match) => {
    expect(holds({ [operator]: { [KEY]: value } }, context)).toBe(match)
  })

  test('are text in policies of the older version', () => {
    const condition = { StringEquals: { [KEY]: of('aws:username') } }
    expect(holds(condition, { [KEY]: of('aws:username'), 'aws:username': 'me' }, '2008-10-17')).toBe(true)
    expect(holds(condition, { [KEY]: 'me', 'aws:username': 'me' }, '2008-10-17')).toBe(false)
  })

  test('stand for a part of a resource', () => {
    const resource = `arn:aws:secretsmanager:*:*:secret:${of('aws:PrincipalTag/team')}/*`
    const policy = parsePolicy(
      { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: resource } },
      'identity',
    )
    const ask = (name: string, team?: string) =>
      evaluate(policy, {
        action: 'secretsmanager:GetSecretValue',
        resource: `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}`,
        context: { 'aws:PrincipalTag/team': team },
      })
    expect(ask('ml/token', 'ml')).toBe('allow')
    expect(ask('ops/token', 'ml')).toBe('implicit-deny')
    expect(ask('ops/token', '*')).toBe('implicit-deny')
    expect(ask('/token')).toBe('implicit-deny')
  })
})

test('no pattern takes long', () => {
  const evil = `${'*a'.repeat(500)}b`
  expect(holds({ StringLike: { [KEY]: evil } }, { [KEY]: 'a'.repeat(2000) })).toBe(false)
})
