/** Inputs about AWS: what is accepted, and what is said about the rest. */
import { describe, expect, test } from '@jest/globals'
import {
  MAX_POLICY,
  parseKey,
  parseRegion,
  parseRole,
  parseSecretId,
  parseSessionPolicy,
} from '../../src/inputs/aws.ts'
import { Problems } from '../../src/inputs/problems.ts'

function read<T>(parse: (problems: Problems) => T): { value: T; problems: readonly string[] } {
  const problems = new Problems()
  const value = parse(problems)
  return { value, problems: problems.lines }
}

const ROLE = { arn: 'arn:aws:iam::123456789012:role/hf', partition: 'aws', account: '123456789012' }

describe('a role', () => {
  test.each([
    ['arn:aws:iam::123456789012:role/hf', 'aws'],
    ['arn:aws:iam::123456789012:role/path/to/hf+=,.@-_1', 'aws'],
    ['arn:aws-us-gov:iam::123456789012:role/hf', 'aws-us-gov'],
    ['arn:aws-iso-b:iam::123456789012:role/hf', 'aws-iso-b'],
    ['arn:aws-eusc:iam::123456789012:role/hf', 'aws-eusc'],
  ])('%s is one', (arn, partition) => {
    expect(read((problems) => parseRole(arn, problems))).toEqual({
      value: { arn, partition, account: '123456789012' },
      problems: [],
    })
  })

  test.each([
    'hf',
    'arn:aws:iam::123456789012:user/hf',
    'arn:aws:iam::12345678901:role/hf',
    'arn:aws:iam::1234567890123:role/hf',
    'arn:aws:iam::123456789012:role/',
    'arn:aws:iam::123456789012:role/hf/',
    'arn:aws:iam::123456789012:role/h f',
    'arn:aws:iam::123456789012:role/hf;id',
    'arn:aws:iam::123456789012:role/*',
    'arn:aws:iam::123456789012:role/hf\n',
    ' arn:aws:iam::123456789012:role/hf',
    'arn:awsome:iam::123456789012:role/hf',
    'arn:aws:iam:eu-west-1:123456789012:role/hf',
    'arn:aws:sts::123456789012:assumed-role/hf/x',
  ])('%j is not one', (arn) => {
    expect(read((problems) => parseRole(arn, problems)).problems).toEqual([
      expect.stringMatching(
        /^`role-to-assume` must be the ARN of an IAM role, `arn:aws:iam::<12-digit account>:role\/<name>` \(got "/,
      ),
    ])
  })

  test('is required', () => {
    expect(read((problems) => parseRole('', problems)).problems).toEqual([
      '`role-to-assume` is required: set it to the ARN of the IAM role, `arn:aws:iam::<12-digit account>:role/<name>`',
    ])
  })
})

describe('a region', () => {
  test.each(['eu-west-1', 'us-gov-west-1', 'us-isob-east-1', 'eusc-de-east-1', 'ap-southeast-10'])(
    '%s is one',
    (region) => expect(read((problems) => parseRegion(region, problems))).toEqual({ value: region, problems: [] }),
  )

  test.each(['europe', 'eu-west', 'EU-WEST-1', 'eu-west-1.evil.example', 'eu-west-1/', 'eu-west-1 ', 'eu_west_1'])(
    '%j is not one',
    (region) =>
      expect(read((problems) => parseRegion(region, problems)).problems).toEqual([
        `\`aws-region\` must be a region such as eu-west-1 (got "${region}")`,
      ]),
  )

  test('is required', () => {
    expect(read((problems) => parseRegion('', problems)).problems).toEqual([
      '`aws-region` is required: set it, or the variable `AWS_REGION`, for example to eu-west-1',
    ])
  })
})

describe('a secret', () => {
  const parse = (id: string, role = ROLE) =>
    read((problems) => parseSecretId('secret-id', id, { region: 'eu-west-1', role }, problems))
  const arn = (name: string) => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}`

  test.each(['huggingface/acme/write', 'a', 'A_b/c+d=e.f@g-h', 'n'.repeat(512)])(
    '%s is a name, in `aws-region`',
    (id) => expect(parse(id)).toEqual({ value: 'eu-west-1', problems: [] }),
  )

  test.each(['x', 'x-AbCdEf', `${'n'.repeat(512)}-AbCdEf`])('an ARN brings its own region: %s', (name) =>
    expect(parse(arn(name))).toEqual({ value: 'us-east-1', problems: [] }),
  )

  test.each([
    'huggingface/acme/*',
    'huggingface/acme/writ?',
    '*',
    '?',
    'with space',
    'quote"',
    "quote'",
    'a:b',
    'a$b',
    'a\nb',
    'a\n',
    '',
    'n'.repeat(513),
    arn('*'),
    arn('writ?'),
    arn('huggingface/*'),
    arn('a b'),
    arn('a:b'),
    arn('a\n'),
    arn(''),
    arn('n'.repeat(520)),
    'arn:aws:secretsmanager:*:123456789012:secret:x',
    'arn:aws:secretsmanager:us-east-1:*:secret:x',
    'arn:*:secretsmanager:us-east-1:123456789012:secret:x',
    'arn:aws:ssm:us-east-1:123456789012:secret:x',
    'arn:aws:secretsmanager:x',
  ])('%j is neither: a policy for it would not be for one secret', (id) => {
    expect(parse(id).problems).toEqual([
      expect.stringMatching(/^`secret-id` must be the name or the ARN of a secret in Secrets Manager \(got "/),
    ])
  })

  test('must be in the partition of the role', () => {
    const id = 'arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:x-AbCdEf'
    expect(parse(id).problems).toEqual(['`secret-id` is in the partition aws-cn, but `role-to-assume` is in aws'])
    expect(parse(id, { ...ROLE, partition: 'aws-cn' }).problems).toEqual([])
  })

  test('is not blamed for the partition when the role is the problem', () => {
    const id = 'arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:x-AbCdEf'
    expect(parse(id, { arn: 'nonsense', partition: 'aws', account: '' }).problems).toEqual([])
  })
})

describe('a key', () => {
  test.each(['token', 'my "token" 100%', "it's", 'ü'])('%s is one', (key) =>
    expect(read((problems) => parseKey('secret-key', key, problems))).toEqual({ value: key, problems: [] }),
  )

  test.each(['a:b', 'a\nb', '\u0000'])('%j is not one', (key) =>
    expect(read((problems) => parseKey('secret-key', key, problems)).problems).toEqual([
      expect.stringMatching(/^`secret-key` must not contain a colon or a control character \(got "/),
    ]),
  )
})

test('a path ends somewhere', () => {
  const key = (levels: number) => Array.from({ length: levels }, () => 'a').join('.')
  expect(read((problems) => parseKey('secret-key', key(16), problems)).problems).toEqual([])
  expect(read((problems) => parseKey('secret-key', key(17), problems)).problems).toEqual([
    expect.stringContaining('`secret-key` must have at most 16 keys, separated by dots'),
  ])
})

describe('a session policy', () => {
  const parse = (text: string) => read((problems) => parseSessionPolicy(text, problems))
  const ofLength = (length: number) => `{"Statement":"${'x'.repeat(length - '{"Statement":""}'.length)}"}`

  test.each(['auto', 'none'])('is %s as it is', (text) => expect(parse(text)).toEqual({ value: text, problems: [] }))

  test('that is a document loses its whitespace', () => {
    expect(parse('{ "Version": "2012-10-17",\n  "Statement": [] }')).toEqual({
      value: '{"Version":"2012-10-17","Statement":[]}',
      problems: [],
    })
  })

  test.each(['AUTO', '', '[]', '{}', 'null', '"Statement"', '{"Statement":', '7'])('is not %j', (text) =>
    expect(parse(text).problems).toEqual([
      '`session-policy` must be auto, none or a JSON policy document with a `Statement`',
    ]),
  )

  test('has the length that STS accepts', () => {
    expect(parse(` ${ofLength(MAX_POLICY)} `).problems).toEqual([])
    expect(parse(ofLength(MAX_POLICY + 1)).problems).toEqual([
      '`session-policy` is 2049 characters long without whitespace; STS accepts at most 2048',
    ])
  })
})
