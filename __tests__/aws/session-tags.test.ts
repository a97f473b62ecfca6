/** Session tags: the record of a job in CloudTrail. */
import { expect, test } from '@jest/globals'
import { sessionTags } from '../../src/aws/session-tags.ts'

const taggedValue = (actor: unknown) =>
  sessionTags({ claims: { actor } as Record<string, unknown> }).map(({ Value }) => Value)

test('a tag has the claim’s name behind a prefix, and only claims that the token has', () => {
  expect(sessionTags({ claims: { sub: 's', repository: 'octo-org/octo-repo', run_id: '17', other: 'x' } })).toEqual([
    { Key: 'hf-oidc:sub', Value: 's' },
    { Key: 'hf-oidc:repository', Value: 'octo-org/octo-repo' },
    { Key: 'hf-oidc:run_id', Value: '17' },
  ])
})

test.each([
  ['dependabot[bot]', 'dependabot_bot_'],
  ['a b.c:d/e=f+g-h@i_j', 'a b.c:d/e=f+g-h@i_j'],
  ['Ünïcode ключ', 'Ünïcode ключ'],
  ['line\nbreak\u2028::error::', 'line_break_::error::'],
  ['😀\ud800', '__'],
  ['*?"\'\\<>', '________'.slice(0, 7)],
])('a value has only characters that AWS allows: %j', (actor, value) => {
  expect(taggedValue(actor)).toEqual([value])
})

test('a value is cut to 256 characters, also within a pair of surrogates', () => {
  expect(taggedValue('x'.repeat(1_000_000))).toEqual(['x'.repeat(256)])
  expect(taggedValue(`${'x'.repeat(255)}𝒳`)).toEqual([`${'x'.repeat(255)}_`])
})

test.each([undefined, null, '', {}, ['a'], true])('what is no text is no tag: %j', (value) => {
  expect(taggedValue(value)).toEqual([])
})
