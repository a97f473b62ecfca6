/** Kinds of values that several inputs share. */
import { describe, expect, test } from '@jest/globals'
import { checkUrl, duration, fill, flag, lines, oneOf, wholeNumber, words } from '../../src/inputs/fields.ts'
import { Problems } from '../../src/inputs/problems.ts'

function judged<T>(parse: (problems: Problems) => T): { value: T; problems: readonly string[] } {
  const problems = new Problems()
  const value = parse(problems)
  return { value, problems: problems.lines }
}
const problemsOf = (parse: (problems: Problems) => unknown) => judged(parse).problems

describe('one of a few words', () => {
  const choose = (text: string) => judged((problems) => oneOf('scope', text, ['read', 'write'], problems))

  test('is taken as it is', () => expect(choose('write')).toEqual({ value: 'write', problems: [] }))

  test.each([
    ['wirte', '`scope` must be one of read, write (got "wirte")'],
    ['writ', '`scope` must be one of read, write (got "writ"); did you mean `write`?'],
    ['Write', '`scope` must be one of read, write (got "Write"); did you mean `write`?'],
    ['', '`scope` must be one of read, write (got "")'],
  ])('is not "%s"', (text, problem) => expect(choose(text)).toEqual({ value: 'read', problems: [problem] }))
})

describe('a flag', () => {
  test.each([
    ['true', true],
    ['True', true],
    ['TRUE', true],
    ['false', false],
    ['False', false],
    ['FALSE', false],
  ])('%s is %s', (text, value) =>
    expect(judged((problems) => flag('force', { force: text }, problems))).toEqual({ value, problems: [] }),
  )

  test.each(['yes', '1', 'tRUE', ''])('"%s" is refused', (text) =>
    expect(judged((problems) => flag('force', { force: text }, problems))).toEqual({
      value: false,
      problems: [`\`force\` must be true or false (got "${text}")`],
    }),
  )
})

describe('a duration', () => {
  const parse = (text: string) =>
    judged((problems) => duration('timeout', { timeout: text }, { min: 60, max: 3600 }, problems))

  test.each([
    ['60s', 60],
    ['1m', 60],
    ['1h', 3600],
  ])('%s is %s seconds', (text, value) => expect(parse(text)).toEqual({ value, problems: [] }))

  test.each(['59s', '3601s', '2h'])('%s is out of bounds', (text) =>
    expect(parse(text).problems).toEqual([`\`timeout\` must be from 1m to 1h (got "${text}")`]),
  )

  test.each(['10 minutes', '60', '1.5h', '-1s', ''])('"%s" has another form', (text) =>
    expect(parse(text).problems).toEqual([
      `\`timeout\` must be a whole number and a unit, such as 60s, 15m, 2h or 7d (got "${text}")`,
    ]),
  )
})

describe('a whole number', () => {
  const parse = (text: string) =>
    judged((problems) => wholeNumber('attempts', { attempts: text }, { min: 1, max: 10 }, problems))

  test.each(['1', '10'])('may be %s', (text) => expect(parse(text)).toEqual({ value: Number(text), problems: [] }))

  test.each(['0', '11', '1.5', '-1', '1e1', '0x1', ''])('cannot be "%s"', (text) =>
    expect(parse(text).problems).toEqual([`\`attempts\` must be a whole number from 1 to 10 (got "${text}")`]),
  )
})

test('lists are split at line breaks, or at spaces and commas', () => {
  expect(lines(' a b \r\n\n c ')).toEqual(['a b', 'c'])
  expect(words(' a,b\n a ,, c')).toEqual(['a', 'b', 'c'])
})

describe('a URL', () => {
  const check = (text: string) => problemsOf((problems) => checkUrl('endpoint', text, problems))

  test.each(['https://hub.example.com', 'https://hub.example.com:8443/a/b', 'http://127.0.0.1:1', 'http://[::1]:1'])(
    '%s is accepted',
    (text) => expect(check(text)).toEqual([]),
  )

  test.each(['hub.example.com', '/hub', ''])('"%s" is not absolute', (text) =>
    expect(check(text)).toEqual([`\`endpoint\` must be an absolute URL (got "${text}")`]),
  )

  test.each(['http://hub.example.com', 'ftp://hub.example.com', 'file:///etc/passwd'])('%s is not https', (text) =>
    expect(check(text)).toEqual([
      `\`endpoint\` must begin with \`https://\` (got "${text}"); \`http://\` is accepted for loopback addresses only`,
    ]),
  )

  test.each([
    'https://h/?x=1',
    'https://h/#x',
    'https://h/a b',
    'https://h/"',
    "https://h/'",
    'https://h\\x',
    'https://h/$x',
  ])('%s has more than scheme, host and path', (text) =>
    expect(check(text)).toEqual([expect.stringContaining('must consist of scheme, host and path: no credentials')]),
  )

  test.each([
    ['https:evil.test', 'https://evil.test'],
    ['https://huggingface.co%2eevil.test', 'https://huggingface.co.evil.test'],
    ['https://HuggingFace.co/', 'https://huggingface.co'],
    ['https://0x7f.1', 'https://127.0.0.1'],
  ])('%s is shown as the URL that would be called', (text, normal) =>
    expect(check(text)).toEqual([`\`endpoint\` must be in normal form, which is \`${normal}\` (got "${text}")`]),
  )

  test.each(['https://huggingface.co.', 'https://huggingface.co//a', 'https://huggingface.co/%61'])(
    '%s has no normal form that could be meant',
    (text) => expect(check(text)).toEqual([expect.stringContaining('no dot at the end of the host, and no // in')]),
  )

  test.each(['https://me:password@h', 'ftp://me:password@h', 'me:password@', 'http:\\\\me:password@h'])(
    'a password is not shown, wherever it is: %#',
    (text) => {
      const [problem = ''] = check(text)
      expect(problem).toContain('(value not shown: it may contain a password)')
      expect(problem).not.toContain('password@')
    },
  )
})

describe('placeholders', () => {
  const filled = (text: string) =>
    judged((problems) => fill('secret-id', text, { org: 'acme', scope: 'read' }, problems))

  test('are filled in wherever they are', () => {
    expect(filled('hf/{org}/{scope}/{org}')).toEqual({ value: 'hf/acme/read/acme', problems: [] })
  })

  test.each(['{team}', '{}', '{constructor}'])('%s is unknown', (text) =>
    expect(filled(`hf/${text}`).problems).toEqual([
      `\`secret-id\` must have no placeholder other than \`{org}\` and \`{scope}\` (got "${text}")`,
    ]),
  )
})
