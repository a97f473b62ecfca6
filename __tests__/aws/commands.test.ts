/** Commands that messages print. */
import { describe, expect, test } from '@jest/globals'
import { secretCommand, word } from '../../src/aws/commands.ts'

describe('a word for a shell', () => {
  test.each([
    ['huggingface/acme/write', 'huggingface/acme/write'],
    ['arn:aws:x@y=z+1%.-_', 'arn:aws:x@y=z+1%.-_'],
    ['', "''"],
    ['two words', "'two words'"],
    ['$(id)', "'$(id)'"],
    ["it's", "'it'\\''s'"],
    ['a\nb', "'a\\u{a}b'"],
  ])('%j is %s', (text, quoted) => expect(word(text)).toBe(quoted))
})

test('a command names the region and the secret, then its options', () => {
  expect(secretCommand('describe-secret', { region: 'eu-west-1', id: 'a b' }, '--query KmsKeyId')).toBe(
    "aws secretsmanager describe-secret --region eu-west-1 --secret-id 'a b' --query KmsKeyId",
  )
})
