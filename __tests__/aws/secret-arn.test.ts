/** Which secret an ARN or a name means. */
import { describe, expect, test } from '@jest/globals'
import { namesSecret, parseSecretArn, type SecretArn } from '../../src/aws/secret-arn.ts'

const arnOf = (name: string) => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}`
const secret = (name: string): SecretArn => {
  const parsed = parseSecretArn(arnOf(name))
  if (!parsed) throw new Error(`${name} makes no complete ARN`)
  return parsed
}

describe('a complete ARN', () => {
  test('is taken apart', () => {
    expect(parseSecretArn(arnOf('huggingface/acme/write-a1B2c3'))).toEqual({
      arn: arnOf('huggingface/acme/write-a1B2c3'),
      partition: 'aws',
      region: 'eu-west-1',
      account: '123456789012',
      name: 'huggingface/acme/write',
    })
    expect(parseSecretArn('arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:x-a1B2c3')).toMatchObject({
      partition: 'aws-us-gov',
      region: 'us-gov-west-1',
    })
  })

  test('loses exactly six characters, even if the name ends like them', () => {
    expect(secret('write-backup-a1B2c3').name).toBe('write-backup')
    expect(secret('write-backup-backup-a1B2c3').name).toBe('write-backup-backup')
  })

  test.each([
    'huggingface/acme/write',
    'huggingface/acme/write-a1B2c3',
    arnOf('huggingface/acme/write'),
    arnOf('a1B2c3'),
    arnOf('-a1B2c3'),
    arnOf('write-a1B2c'),
    arnOf('write-a1B2c3d'),
    arnOf('write-a1B2c_'),
    arnOf('write a-a1B2c3'),
    arnOf('write:x-a1B2c3'),
    arnOf(`${'n'.repeat(513)}-a1B2c3`),
    `${arnOf('write-a1B2c3')}\n`,
    ` ${arnOf('write-a1B2c3')}`,
    `${arnOf('write-a1B2c3')}:token::`,
    'arn:aws:secretsmanager:eu-west-1:12345678901:secret:write-a1B2c3',
    'arn:aws:secretsmanager::123456789012:secret:write-a1B2c3',
    'arn:aws:ssm:eu-west-1:123456789012:secret:write-a1B2c3',
    'arn:other:secretsmanager:eu-west-1:123456789012:secret:write-a1B2c3',
    '',
  ])('is not %j', (text) => expect(parseSecretArn(text)).toBeUndefined())
})

describe('an entry of a list names a secret', () => {
  test.each<[string, string, boolean]>([
    ['write', 'write-a1B2c3', true],
    ['write', 'write-backup-a1B2c3', false],
    ['write-backup', 'write-a1B2c3', false],
    ['write-backup', 'write-backup-a1B2c3', true],
    // The ARN of `write`, or that of `write-backup` without its end: by it alone, it is `write`.
    ['write', 'write-backup', true],
    ['write-backup', 'write-backup', false],
    ['write-a1B2c3', 'write-a1B2c3', false],
    ['write-a1B2c3', 'write-a1B2c3-d4E5f6', true],
    ['Write', 'write-a1B2c3', false],
    ['', 'write-a1B2c3', false],
  ])('%s for %s: %s', (entry, name, expected) => expect(namesSecret(entry, secret(name))).toBe(expected))

  test.each<[string, string, boolean]>([
    ['write-a1B2c3', 'write-a1B2c3', true],
    ['write', 'write-a1B2c3', true],
    ['write-a1B2c3', 'write-d4E5f6', false],
    ['write', 'write-backup-a1B2c3', false],
    ['write-backup', 'write-backup-a1B2c3', true],
    ['write-backup', 'write-a1B2c3', false],
    ['write-', 'write-a1B2c3', false],
    ['writ', 'write-a1B2c3', false],
  ])('as an ARN, %s for %s: %s', (entry, name, expected) => {
    expect(namesSecret(arnOf(entry), secret(name))).toBe(expected)
  })

  test('but not an ARN of another account or region', () => {
    for (const [from, to] of [
      ['123456789012', '999999999999'],
      ['eu-west-1', 'us-east-1'],
    ] as const) {
      expect(namesSecret(arnOf('write').replace(from, to), secret('write-a1B2c3'))).toBe(false)
    }
  })
})
