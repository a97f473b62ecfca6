/** The table of AWS's messages: every cause is right, in every wording that AWS and its tools give it. */
import { afterAll, describe, expect, test } from '@jest/globals'
import { FIXERS, fixerOf, forwardTo } from '../../src/aws/reasons/fixer.ts'
import { readReason } from '../../src/aws/reasons/read.ts'
import type { Reason } from '../../src/aws/reasons/reason.ts'
import type { ServiceError } from '../../src/aws/service-error.ts'
import { plain } from '../../src/text/message.ts'
import { ROLE } from './fake-aws.ts'
import { REAL_MESSAGES, type RealMessage } from './real-messages.ts'

const refusal = (given: Partial<ServiceError>): ServiceError => ({
  kind: 'refusal',
  name: 'AccessDeniedException',
  message: '',
  status: 400,
  requestId: undefined,
  afterMs: undefined,
  ...given,
})

const read = ({ service, name, status }: RealMessage, message: string): Reason =>
  readReason(service, refusal({ name, message, status }))

/** The same words as AWS, its SDKs and its tools write them, each under a name for the failure. */
const WORDINGS: readonly (readonly [string, (message: string, row: RealMessage) => string])[] = [
  ['as it is', (message) => message],
  ['in lower case', (message) => message.toLowerCase()],
  ['in upper case', (message) => message.toUpperCase()],
  ['with a period', (message) => `${message.replace(/\.+$/, '')}.`],
  ['without a period', (message) => message.replace(/\.+$/, '')],
  ['without "User:"', (message) => message.replace('User: ', '')],
  ['on several lines', (message) => message.replaceAll(' ', '\n  ')],
  ['with no-break spaces', (message) => message.replaceAll(' ', '\u00a0')],
  ['with curly quotes', (message) => message.replaceAll("'", '’').replaceAll('"', '“')],
  ['with typographic hyphens', (message) => message.replace(/\b(identity|resource)-based/g, '$1\u2011based')],
  ['with narrow no-break spaces', (message) => message.replaceAll(' ', '\u202f')],
  ['with everything in quotes', (message) => message.replace(/(?<=User: |perform: |resource: )(\S+)/g, '"$1"')],
  [
    'in the passive voice',
    (message) => message.replace(/with an explicit deny in (an?)\b/, 'because it is explicitly denied by $1'),
  ],
  [
    'in the active voice',
    (message) =>
      message.replace(
        /with an explicit deny in (an? [a-z -]+(?:polic(?:y|ies)|boundar(?:y|ies)))/,
        'because $1 explicitly denies it',
      ),
  ],
  ['with the resource in quotes', (message) => message.replace(/on resource: (\S+)/, 'on resource: "$1"')],
  ['in China', (message) => message.replaceAll('arn:aws:', 'arn:aws-cn:')],
  ['in GovCloud', (message) => message.replaceAll('arn:aws:', 'arn:aws-us-gov:')],
  ['in another account', (message) => message.replaceAll('123456789012', '000000000001')],
  ['with an odd session name', (message) => message.replaceAll('/run-17', '/a+b=c,d.e@f-because-no')],
  [
    'as the CLI writes it',
    (message, { name, call }) => `An error occurred (${name}) when calling the ${call} operation: ${message}`,
  ],
  ['with a request id', (message) => `${message} (Service: AWS, Status Code: 400, Request ID: 0a1b2c3d)`],
]

afterAll(() => {
  const seen = REAL_MESSAGES.filter(({ source }) => !source.startsWith('derived: ')).length
  const all = REAL_MESSAGES.length
  console.info(
    `${all} messages of AWS (${seen} from reports and documentation) in ${WORDINGS.length} wordings each: ${all * WORDINGS.length} causes right`,
  )
})

describe('every message of AWS is read as its cause', () => {
  test.each(REAL_MESSAGES.map((row) => [`${row.service} ${row.name}: ${row.message.slice(0, 200)}`, row] as const))(
    '%s',
    (_what, row) => {
      const seen = WORDINGS.map(([wording, rewrite]) => {
        const reason = read(row, rewrite(row.message, row))
        return [wording, reason.kind, fixerOf(reason)]
      })
      expect(seen).toEqual(WORDINGS.map(([wording]) => [wording, row.kind, row.fixer]))
      expect(read(row, row.message)).toMatchObject(row.names ?? {})
    },
  )

  test('every reason has a message, except for the two that are no refusal', () => {
    const seen = new Set<string>(REAL_MESSAGES.map(({ kind }) => kind))
    expect(Object.keys(FIXERS).filter((kind) => !seen.has(kind))).toEqual(['unsent', 'unreadable'])
  })

  test('the table has more than a hundred messages, from every service', () => {
    const count = (service: string) => REAL_MESSAGES.filter((row) => row.service === service).length
    expect(REAL_MESSAGES.length).toBeGreaterThan(100)
    expect(['sts', 'secret', 'ecs', 'lambda'].map(count).every((rows) => rows > 4)).toBe(true)
    expect(REAL_MESSAGES.filter(({ source }) => !source.startsWith('derived: ')).length).toBeGreaterThan(80)
  })
})

describe('what a message names', () => {
  const named = (message: string) => readReason('secret', refusal({ message }))

  test('counts only in the form that IAM documents', () => {
    expect(named('User: $(id) is not authorized to perform: rm -rf on resource: `x`')).toMatchObject({
      kind: 'denied',
      principal: undefined,
      action: undefined,
      resource: undefined,
    })
    const { policyArn } = named(
      'x is not authorized to perform: a:B with an explicit deny in a service control policy: https://evil.test/p-1',
    )
    expect(policyArn).toBeUndefined()
  })

  test('ends where the ARN ends', () => {
    const message = `is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:123456789012:key/1a2b, because`
    expect(named(message).resource).toBe('arn:aws:kms:eu-west-1:123456789012:key/1a2b')
  })

  test.each(['kms-keys', 'session-policy', 'explicit-deny-in-a-session-policy', 'lambda'])(
    'a secret with the name %s is no reason',
    (name) => {
      const message = `User: x is not authorized to perform: secretsmanager:GetSecretValue on resource: ${name} because no identity-based policy allows the secretsmanager:GetSecretValue action`
      expect(named(message)).toMatchObject({ kind: 'identity-silent', onKey: false })
    },
  )
})

describe('a hostile message', () => {
  const hostile: readonly (readonly [string, string])[] = [
    ['one megabyte of one word', 'because no '.repeat(95_000)],
    ['one megabyte of an ARN', `arn:aws:iam::123456789012:${'a/'.repeat(500_000)} is not authorized to perform`],
    ['one megabyte of spaces', `with an explicit deny in${' '.repeat(1_000_000)}a session policy`],
    ['one megabyte of beginnings', 'arn:aws:sts::123456789012:x key is deployment controller '.repeat(20_000)],
    ['quotes', '\'"`´‘’“”'.repeat(100_000)],
    ['surrogates', '\ud800'.repeat(500_000)],
  ]

  test.each(hostile)('of %s is read in a bounded number of steps', (_what, message) => {
    for (const service of ['sts', 'secret', 'ecs', 'lambda'] as const) {
      expect(typeof readReason(service, refusal({ message, name: message })).kind).toBe('string')
    }
  })

  test('after AWS’s own words changes nothing', () => {
    for (const row of REAL_MESSAGES) expect(read(row, `${row.message} ${'x'.repeat(1_000_000)}`).kind).toBe(row.kind)
  })
})

test('what is no refusal is no reason of AWS', () => {
  const message = 'because no session policy allows'
  expect(readReason('secret', refusal({ kind: 'unsent', message })).kind).toBe('unsent')
  expect(readReason('sts', refusal({ kind: 'unreadable', message, status: 503 })).kind).toBe('unreadable')
})

describe('who can fix it', () => {
  const whom = (message: string, owner?: string) =>
    plain(forwardTo(readReason('secret', refusal({ message })), { role: ROLE, owner }))
  const denied = (reason: string, resource = '') =>
    `User: x is not authorized to perform: secretsmanager:GetSecretValue${resource} ${reason}`

  test('the role is its account’s', () => {
    expect(whom(denied('because no identity-based policy allows'))).toBe(
      'Whoever administers AWS account 123456789012. Send this message to them.',
    )
  })

  test('the secret may be another account’s', () => {
    const reason = denied('with an explicit deny in a resource-based policy')
    expect(whom(reason, '999988887777')).toBe(
      'Whoever administers AWS account 999988887777, which owns the secret. Send this message to them.',
    )
    expect(whom(reason, '123456789012')).toBe(
      'Whoever administers AWS account 123456789012. Send this message to them.',
    )
  })

  test('the key’s own account counts', () => {
    const key = 'arn:aws:kms:eu-west-1:444455556666:key/1a2b'
    expect(
      whom(`is not authorized to perform: kms:Decrypt on resource: ${key} because no resource-based policy allows`),
    ).toBe('Whoever administers AWS account 444455556666, which owns the key. Send this message to them.')
  })

  test('the organization has its management account', () => {
    const scp = 'arn:aws:organizations::555566667777:policy/o-example/service_control_policy/p-example'
    expect(whom(denied(`with an explicit deny in a service control policy: ${scp}`))).toBe(
      'Whoever administers the AWS organization of account 123456789012 (its management account is 555566667777). Send this message to them: nobody in account 123456789012 can change it.',
    )
    expect(whom(denied('with an explicit deny in a resource control policy'), '999988887777')).toContain(
      'the AWS organization of account 999988887777.',
    )
  })

  test('a VPC endpoint is the network team’s', () => {
    expect(whom(denied('because no VPC endpoint policy allows'))).toContain('manages the VPC endpoints')
  })
})
