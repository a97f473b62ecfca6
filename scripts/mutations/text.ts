/** Guards of `src/text/` and `src/errors/`. */
import type { Mutation } from './mutation.ts'

const redact = { file: 'text/redact.ts', tests: '__tests__/text/redact.test' } as const
const printable = { file: 'text/printable.ts', tests: '__tests__/text/printable.test' } as const
const html = { file: 'text/html.ts', tests: '__tests__/text/html.test' } as const
const closest = { file: 'text/closest.ts', tests: '__tests__/text/closest.test' } as const
const duration = { file: 'text/duration.ts', tests: '__tests__/text/duration.test' } as const
const unforeseen = { file: 'errors/unforeseen.ts', tests: '__tests__/errors/unforeseen.test' } as const

/** One of the forms in which a secret is looked for. */
const form = (name: string, line: string): Mutation => ({
  ...redact,
  without: `a secret in ${name} is hidden`,
  find: `    ${line},\n`,
  replace: '',
})

/** One of the classes of characters that are not shown as they are. */
const invisible = (name: string, what: string): Mutation => ({
  ...printable,
  without: `${what} are shown by their number`,
  find: name,
  replace: '',
})

export const TEXT: readonly Mutation[] = [
  form('JSON', 'JSON.stringify(value).slice(1, -1)'),
  form('base64', "bytes.toString('base64').replace(/=+$/, '')"),
  form('base64url', "bytes.toString('base64url')"),
  form('base64 at any offset', '...[0, 1, 2].flatMap((offset) => inBase64(bytes, offset))'),
  form('hexadecimal', "bytes.toString('hex')"),
  form('hexadecimal with capitals', "bytes.toString('hex').toUpperCase()"),
  {
    ...redact,
    without: 'a secret in a URL is hidden',
    find: '[text, escaped, small,',
    replace: '[text, small,',
  },
  {
    ...redact,
    without: 'a secret in a URL with small escapes is hidden',
    find: '[text, escaped, small,',
    replace: '[text, escaped,',
  },
  { ...redact, without: 'a secret in a form is hidden', find: ", escaped.replaceAll('%20', '+')", replace: '' },
  ...[1, 2].map((offset) => ({
    ...redact,
    without: `a secret at offset ${offset} of base64 is hidden`,
    find: '[0, 1, 2].flatMap',
    replace: `[0, ${3 - offset}].flatMap`,
  })),
  {
    ...redact,
    without: 'base64 of a longer text may be the one for URLs',
    find: ", moved.toString('base64url').slice(from, to)",
    replace: '',
  },
  {
    ...redact,
    without: 'the neighbors of a secret in base64 do not count',
    find: 'const to = Math.floor(',
    replace: 'const to = Math.ceil(',
  },
  {
    ...redact,
    without: 'a line of a secret is hidden',
    find: '[whole, ...lines, ...parts]',
    replace: '[whole, ...parts]',
  },
  {
    ...redact,
    without: 'of several secrets that begin alike, the longest is hidden',
    find: 'at + form.length > end && ',
    replace: '',
  },
  {
    ...redact,
    without: 'a secret that begins within another one is hidden to its end',
    find: 'const until = endOfOverlapping(text, at, end)',
    replace: 'const until = end',
  },
  {
    ...redact,
    without: 'every occurrence of a secret is hidden',
    find: 'if (end === at) continue',
    replace: 'if (end === at || from > 0) continue',
  },
  {
    ...redact,
    without: 'the parts of a JWT are secrets too',
    find: "whole.split('.').length === 3 ?",
    replace: 'false ?',
  },
  {
    ...redact,
    without: 'the header of a JWT is not hidden everywhere',
    find: 'part.length >= 40',
    replace: 'part.length >= 1',
  },
  {
    ...redact,
    without: 'what is too short to be a secret is not hidden everywhere',
    find: 'value.length < SHORTEST || ',
    replace: "value === '' || ",
  },
  { ...redact, without: 'white space around a line of a secret does not count', find: 'line.trim()', replace: 'line' },
  { ...redact, without: 'white space around a secret does not count', find: 'secret.trim()', replace: 'secret' },
  {
    ...redact,
    without: 'a lone surrogate in a secret does no harm',
    find: 'text.toWellFormed()',
    replace: 'text',
  },
  {
    ...printable,
    without: 'secrets of this run are hidden',
    find: 'let shown = redact(text.slice(0, max * 4 + MARGIN))',
    replace: 'let shown = text.slice(0, max * 4 + MARGIN)',
  },
  {
    ...printable,
    without: 'secrets of this run are hidden in values to use',
    find: 'cut(visible(redact(text.slice(0, max * 4 + MARGIN))), max',
    replace: 'cut(visible(text.slice(0, max * 4 + MARGIN)), max',
  },
  {
    ...printable,
    without: 'a secret is hidden before the text is cut',
    find: 'let shown = redact(text.slice(0, max * 4 + MARGIN))',
    replace: 'let shown = redact(text.slice(0, max))',
  },
  {
    ...printable,
    without: 'what looks like a Hub token is hidden',
    find: "  [/hf_[\\w.~+/=-]{8,}/g, 'hf_***'],\n",
    replace: '',
  },
  {
    ...printable,
    without: 'what looks like a JWT is hidden',
    find: "  [/eyJ[\\w-]{8,}\\.[\\w-]*(?:\\.[\\w-]*)?/g, 'eyJ***'],\n",
    replace: '',
  },
  {
    ...printable,
    without: 'what looks like an AWS key id is hidden',
    find: "  [/\\b(?:AKIA|ASIA)[A-Z0-9]{12,}\\b/g, 'A***'],\n",
    replace: '',
  },
  {
    ...printable,
    without: 'credentials in a URL are hidden',
    find: "  [/(\\/\\/)[^/\\s]+@/g, '$1***@'],\n",
    replace: '',
  },
  {
    ...printable,
    without: 'credentials in a URL end with its last @',
    find: '[^/\\s]+@/g',
    replace: '[^/\\s@]+@/g',
  },
  {
    ...printable,
    without: 'credentials in a header are hidden',
    find: '(?:basic|bearer)',
    replace: '(?:nothing)',
  },
  { ...printable, without: 'a password in an object is hidden', find: '(\\bpassword', replace: '(\\bnothing' },
  invisible('\\p{Cc}', 'control characters'),
  invisible('\\p{Cf}', 'direction overrides and zero-width characters'),
  invisible('\\p{Zl}', 'line separators'),
  invisible('\\p{Zp}', 'paragraph separators'),
  invisible('\\p{Cs}', 'lone surrogates'),
  { ...printable, without: '`::` begins no command', find: ".replace(/^(\\s*)::/, '$1 : :')", replace: '' },
  { ...printable, without: '`##[` begins no command', find: ".replace(/##\\[/g, '## [')", replace: '' },
  { ...printable, without: 'long text is cut', find: 'text.length > max ?', replace: 'false ?' },
  {
    ...printable,
    without: 'what has no JSON can still be shown',
    find: "    return '(not printable)'\n",
    replace: "    throw new Error('not printable')\n",
  },
  {
    file: 'text/json.ts',
    tests: '__tests__/text/json.test',
    without: 'text that is not JSON is not quoted by an error',
    find: '    return undefined\n',
    replace: "    throw new Error('not JSON: ' + text)\n",
  },
  {
    file: 'text/json.ts',
    tests: '__tests__/text/json.test',
    without: 'a list is not a record',
    find: ' && !Array.isArray(value)',
    replace: '',
  },
  {
    ...closest,
    without: 'a guess must be close',
    find: '.filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))',
    replace: '',
  },
  {
    ...closest,
    without: 'a guess may be a third away at most',
    find: 'candidate.length / 3',
    replace: 'candidate.length / 2',
  },
  {
    ...closest,
    without: 'a compound is looked for in longer names',
    find: 'if (longer !== undefined) return longer\n',
    replace: '\n',
  },
  {
    ...closest,
    without: 'a single word is not looked for in longer names',
    find: "word.includes('-')",
    replace: 'true',
  },
  {
    ...closest,
    without: 'the closest name is the guess',
    find: '.sort((a, b) => a.distance - b.distance)',
    replace: '',
  },
  {
    ...duration,
    without: 'a duration is a whole number and a unit, and nothing else',
    find: '/^(\\d{1,9})([smhd])$/',
    replace: '/(\\d{1,9})([smhd])/',
  },
  {
    ...html,
    without: 'HTML from outside stays text',
    find: 'return text.replace(/[&<>"\'`*_~|[\\]\\\\@#]/g',
    replace: 'return text.replace(/[&"\'`*_~|[\\]\\\\@#]/g',
  },
  {
    ...html,
    without: 'Markdown from outside stays text',
    find: 'return text.replace(/[&<>"\'`*_~|[\\]\\\\@#]/g',
    replace: 'return text.replace(/[&<>"\']/g',
  },
  {
    ...html,
    without: 'secrets of this run are hidden in a summary',
    find: 'return escapeText(verbatim(value, max))',
    replace: 'return escapeText(String(value).slice(0, max))',
    named: 'secret',
  },
  {
    ...html,
    without: 'only https is made a link',
    find: 'return isOpenable(inline.url)',
    replace: 'return true',
  },
  {
    ...html,
    without: 'a blank line does not end the HTML',
    find: " || '&#8203;')",
    replace: ')',
  },
  {
    ...printable,
    without: 'white space before a workflow command does not hide it',
    find: 'replace(/^(\\s*)::/',
    replace: 'replace(/^()::/',
  },
  {
    ...unforeseen,
    without: 'the text of an unexpected error is not shown',
    find: 'const kind = error instanceof Error ? classOf(error) : typeof error',
    replace: 'const kind = String(error)',
  },
  {
    ...unforeseen,
    without: 'only the frames of a stack are searched for a place',
    find: '.filter((line) => /^\\s+at /.test(line))',
    replace: '',
    named: 'its text',
  },
  {
    ...unforeseen,
    without: 'an error for the user stays what it is',
    find: 'if (error instanceof ActionError) return error',
    replace: '',
  },
]
