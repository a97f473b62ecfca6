/** The inputs about the Hub. */
import { describe, expect, test } from '@jest/globals'
import { checkMintable, parseEndpoint, parseOrg, parseRepositories, parseServiceAccount } from '../../src/inputs/hub.ts'
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

test('a repository may be listed with its ID, which is kept', () => {
  const problems = new Problems()
  const [one, two] = ['65de7f2a0c1b2d3e4f5a6b7c', '0'.repeat(24)]
  const items = [`acme/a#${one.toUpperCase()}`, 'acme/a', `datasets/acme/b#${two}`, 'acme/c', `acme/c#${two}`]
  expect(parseRepositories(items, problems).map(({ label, id }) => [label, id])).toEqual([
    ['acme/a', one],
    ['datasets/acme/b', two],
    ['acme/c', two],
  ])
  expect(problems.lines).toEqual([])
})

test.each([
  ['acme/a#', 'with an ID of 24 hexadecimal digits or without one (got "acme/a#")'],
  ['acme/a#65de', 'with an ID of 24 hexadecimal digits'],
  [`acme/a#${'0'.repeat(24)}#x`, 'with an ID of 24 hexadecimal digits'],
  [`#${'0'.repeat(24)}`, 'with an ID of 24 hexadecimal digits'],
])('a repository is not listed as %s', (item, expected) => {
  const problems = new Problems()
  expect(parseRepositories([item], problems)).toEqual([])
  expect(problems.lines).toEqual([expect.stringContaining(expected)])
})

test('a repository has one ID', () => {
  const problems = new Problems()
  parseRepositories([`acme/a#${'0'.repeat(24)}`, `acme/a#${'1'.repeat(24)}`], problems)
  expect(problems.lines).toEqual(['`repositories` lists "acme/a" with two different IDs'])
})

test('a token is minted for repositories of the organization only', () => {
  const problemsWith = (...items: string[]) =>
    problemsOf((problems) => checkMintable('acme', parseRepositories(items, problems), problems))
  expect(problemsWith()).toEqual([])
  expect(problemsWith('beta/a', 'acme/a')).toEqual([])
  expect(problemsWith('beta/a', 'acme-2/a')).toEqual([expect.stringMatching(/must list a repository of acme, because/)])
})

describe('a service account', () => {
  const problem = (text: string) => problemsOf((problems) => parseServiceAccount(text, 'mode: mint', problems))

  test.each(['ci', 'CI for Müller & Söhne', 'x'.repeat(96)])('may be %s', (text) => expect(problem(text)).toEqual([]))

  test.each([
    ['', '`service-account` is required with `mode: mint`: its slug'],
    ['a\u202eb', '`service-account` must be the slug, ID, or name of a service account (got "a\\u{202e}b")'],
  ])('cannot be %j', (text, expected) => expect(problem(text)).toEqual([expected]))
})
