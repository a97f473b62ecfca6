/** The inputs about the Hub. */
import { describe, expect, test } from '@jest/globals'
import { parseEndpoint, parseOrg, parseRepositories, parseServiceAccount } from '../../src/inputs/hub.ts'
import { Problems } from '../../src/inputs/problems.ts'

const problemsOf = (parse: (problems: Problems) => unknown): readonly string[] => {
  const problems = new Problems()
  parse(problems)
  return problems.lines
}

describe('an organization', () => {
  const problem = (text: string) => problemsOf((problems) => parseOrg(text, problems))

  test.each(['acme', 'a', 'Acme-2.x_y'])('may be %s', (text) => expect(problem(text)).toEqual([]))

  test.each([
    ['', 'is required: the slug of the organization, as in huggingface.co/<slug>'],
    ['-acme', 'must be the slug of an organization on the Hub (got "-acme")'],
    ['a b', 'must be the slug of an organization on the Hub (got "a b")'],
    ['{org}', 'must be the slug of an organization on the Hub (got "{org}")'],
    ['x'.repeat(97), expect.stringContaining('must be the slug of an organization on the Hub')],
    ['acme/model', 'must be the slug of an organization on the Hub (got "acme/model"); did you mean `acme`?'],
    [
      'https://huggingface.co/acme/model',
      'must be the slug of an organization on the Hub (got "https://huggingface.co/acme/model"); did you mean `acme`?',
    ],
    ['hf_PastedPastedPastedPasted/x', 'must be the slug of an organization on the Hub (got "hf_***")'],
  ])('cannot be "%s"', (text, expected) => {
    expect(problem(text)).toEqual([typeof expected === 'string' ? `\`hf-org\` ${expected}` : expected])
  })
})

test('slashes at the end of an endpoint do not count', () => {
  const problems = new Problems()
  expect(parseEndpoint('hf-endpoint', 'https://hub.example.com//', problems)).toBe('https://hub.example.com')
  expect(problems.lines).toEqual([])
})

test('each repository is kept once', () => {
  const problems = new Problems()
  const items = ['acme/a', 'models/acme/a', 'spaces/acme/a', 'acme']
  expect(parseRepositories(items, problems).map(({ label }) => label)).toEqual(['acme/a', 'spaces/acme/a'])
  expect(problems.lines).toEqual([
    '`repositories` must list repositories such as acme/model, datasets/acme/data or spaces/acme/app (got "acme")',
  ])
})

describe('a service account', () => {
  const problem = (text: string) => problemsOf((problems) => parseServiceAccount(text, 'mode: mint', problems))

  test.each(['ci', 'CI for Müller & Söhne', 'x'.repeat(96)])('may be %s', (text) => expect(problem(text)).toEqual([]))

  test.each([
    ['', '`service-account` is required with `mode: mint`: its slug'],
    ['a\u202eb', '`service-account` must be the slug, ID, or name of a service account (got "a\\u{202e}b")'],
  ])('cannot be %j', (text, expected) => expect(problem(text)).toEqual([expected]))
})
