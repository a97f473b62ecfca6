/** What `npm run docs -- --check` must notice: each job is given a document with something wrong planted in it. */
import { describe, expect, test } from '@jest/globals'
import type { Sandbox } from '../../sandbox/index.ts'
import { BANNED_FORMS } from '../../scripts/docs/banned-forms.ts'
import {
  errorCodeProblems,
  outputProblems,
  sourceProblems,
  subActionProblems,
} from '../../scripts/docs/completeness.ts'
import { CONSTANTS, constantProblems, constants } from '../../scripts/docs/constants.ts'
import { documents } from '../../scripts/docs/documents.ts'
import { linkProblems } from '../../scripts/docs/links.ts'
import { literals } from '../../scripts/docs/literals.ts'
import { map, mapProblems } from '../../scripts/docs/map.ts'
import { codeSpans, fenced } from '../../scripts/docs/markdown.ts'
import { type Filled, fillMarkers } from '../../scripts/docs/markers.ts'
import { messageProblems, messages } from '../../scripts/docs/messages.ts'
import { pathProblems } from '../../scripts/docs/paths-and-symbols.ts'
import { ofFiles, onDisk, type Problem, withFiles } from '../../scripts/docs/project.ts'
import { tables } from '../../scripts/docs/tables.ts'
import { wordingProblems } from '../../scripts/docs/wording.ts'
import { SOURCES } from '../../src/sources/request.ts'
import { stable } from '../e2e/recorded-messages.ts'

const project = onDisk()
const KINDS = ['table', 'message', 'constant', 'map', 'glossary', 'snippet', 'bench']
/** As the command prints them. */
const printed = (problems: readonly Problem[]) => problems.map(({ path, line, says }) => `${path}:${line}: ${says}`)
const wrong = ({ stale, problems }: Filled) => printed([...problems, ...stale])
const page = (text: string) => ({ path: 'docs/planted.md', text })

describe('markers', () => {
  const echo = { kind: 'echo', content: ({ name }: { name: string }) => `the ${name}` }

  test('a block and a place in a sentence are filled in', () => {
    const text = 'It is <!-- echo:limit -->5<!-- /echo -->.\n\n- A list:\n\n  <!-- echo:list -->\n  <!-- /echo -->\n'
    const filled = fillMarkers(page(text), [echo])
    expect(filled.text).toBe(
      'It is <!-- echo:limit -->the limit<!-- /echo -->.\n\n- A list:\n\n  <!-- echo:list -->\n  the list\n  <!-- /echo -->\n',
    )
    expect(wrong(filled)).toEqual([
      'docs/planted.md:1: echo:limit is out of date',
      'docs/planted.md:5: echo:list is out of date',
    ])
    expect(wrong(fillMarkers(page(filled.text), [echo]))).toEqual([])
  })

  test('markers in code stay what they are', () => {
    const text = 'Write `<!-- echo:a -->`:\n\n```md\n<!-- echo:b -->5<!-- /echo -->\n```\n'
    expect(fillMarkers(page(text), [echo])).toEqual({ text, stale: [], problems: [] })
  })

  test.each([
    ['of an unknown kind', 'x <!-- ehco:a -->1<!-- /ehco -->', 'there are no markers of this kind'],
    ['without an end', 'x <!-- echo:a -->1', 'is never closed'],
    ['without a beginning', 'x 1<!-- /echo -->', 'ends a marker that was not started'],
    ['in another one', 'x <!-- echo:a --><!-- echo:b -->1<!-- /echo -->', 'has no <!-- /echo --> before'],
    ['at the beginning of a line', '- <!-- echo:a -->1<!-- /echo -->', 'must not start a line'],
  ])('a marker %s is named', (_what, text, says) => {
    expect(wrong(fillMarkers(page(`\n${text}\n`), [echo])).join()).toContain(says)
    expect(wrong(fillMarkers(page(`\n${text}\n`), [echo])).join()).toContain('docs/planted.md:2:')
  })
})

describe('Markdown', () => {
  test('code spans are found outside of fences, with their places', () => {
    const text = 'a `b` ``c ` d``\n\n```\n`e`\n```\n'
    expect(codeSpans(text).map(({ code, from, to }) => [code, text.slice(from, to)])).toEqual([
      ['b', '`b`'],
      ['c ` d', '``c ` d``'],
    ])
  })

  test('a fence is longer than any in its text', () => {
    expect(fenced('```\nx\n```', 'text')).toBe('````text\n```\nx\n```\n````')
  })
})

describe('tables', () => {
  test('a table that differs from action.yml is stale', () => {
    const planted = ofFiles({ 'action.yml': 'inputs: {a: {description: What | it is., default: b}}\n' })
    const text = '<!-- table:inputs -->\n| Input |\n<!-- /table -->\n'
    const filled = fillMarkers({ path: 'README.md', text }, [tables(planted)])
    expect(filled.text).toContain('| `a` | `b` | What \\| it is. |')
    expect(wrong(filled)).toEqual(['README.md:1: table:inputs is out of date'])
    expect(wrong(fillMarkers(page(text), [tables(planted)])).join()).toContain('this page belongs to no action')
  })
})

describe('messages', () => {
  const recorded = '[secret-failed] It failed.\nSeen:\n  one\n  two\nExpected: three\nWhat to do:\n  Do\n  this.\n'
  const planted = ofFiles({ 'docs/messages/secret-failed/incident.txt': recorded })
  const shown = (options: string) =>
    fillMarkers(page(`<!-- message:secret-failed/incident${options} -->\n<!-- /message -->\n`), [messages(planted)])

  test('are quoted as they were recorded', () => {
    expect(shown('').text).toContain(`\n\`\`\`text\n${recorded}\`\`\`\n`)
    expect(shown(' lang=json').text).toContain('\n```json\n')
  })

  test('are shortened to the parts that a page wants, with a sign for each gap', () => {
    expect(shown(' show="Failed, Seen:2, What to do"').text).toContain(
      '```text\n[secret-failed] It failed.\nSeen:\n  one\n  …\nWhat to do:\n  Do\n  this.\n```',
    )
    expect(shown(' show="Failed"').text).toContain('```text\n[secret-failed] It failed.\n…\n```')
  })

  test('that a page changed by hand, or that nobody recorded, are named', () => {
    const { text } = shown('')
    expect(wrong(fillMarkers(page(text.replace('three', 'four')), [messages(planted)]))).toEqual([
      'docs/planted.md:1: message:secret-failed/incident is out of date',
    ])
    expect(wrong(fillMarkers(page(text), [messages(ofFiles({}))])).join()).toContain('no test has recorded it')
    expect(wrong(shown(' show="Failed, Sene"')).join()).toContain('there is no part "Sene"')
    expect(wrong(shown(' shwo="Failed"')).join()).toContain('not shwo')
  })

  test('that no test makes, or that two tests make, are named', () => {
    const file = 'docs/messages/secret-failed/incident.txt'
    const test = "{ name: 'secret-failed/incident' }\n"
    const tests = (text: string) => withFiles(planted, { '__tests__/e2e/errors.test.ts': text })
    expect(messageProblems(tests(test))).toEqual([])
    expect(printed(messageProblems(tests(''))).join()).toContain(`${file}:1: no test in`)
    expect(printed(messageProblems(tests(test + test))).join()).toContain(`${file}:1: its name appears 2 times`)
  })

  test('are the same text in every run', () => {
    const sandbox = {
      hub: { url: 'http://127.0.0.1:4001' },
      github: { serverUrl: 'http://127.0.0.1:4002', issuer: 'http://127.0.0.1:4002/_services/token' },
      aws: { url: 'http://127.0.0.1:4003' },
    } as Sandbox
    expect(
      stable(
        'iss = "http://127.0.0.1:4002/_services/token" at http://127.0.0.1:4001/api from 127.0.0.1:4003 on 2026-11-22T18:15:30.123Z, request 11111111-2222-4333-8444-555555555555, version 11111111-2222-4333-8444-555555555555 of arn:aws:secretsmanager:eu-west-1:123456789012:secret:huggingface/acme/write-UmX8h8, 91d 4s old',
        sandbox,
      ),
    ).toBe(
      'iss = "https://token.actions.githubusercontent.com" at https://huggingface.co/api from <service>.eu-west-1.amazonaws.com on <time>, request …, version <version id> of arn:aws:secretsmanager:eu-west-1:123456789012:secret:huggingface/acme/write-a1B2c3, 91d old',
    )
    expect(() => stable('http://127.0.0.1:4004/x', sandbox)).toThrow('is another one in each run')
  })
})

describe('constants', () => {
  test('a number that differs from the code is stale', () => {
    const text = 'Post tries for <!-- constant:POST_MS -->45 seconds<!-- /constant -->.\n'
    const filled = fillMarkers(page(text), [constants])
    expect(filled.text).toContain(CONSTANTS.POST_MS)
    expect(wrong(filled)).toEqual(['docs/planted.md:1: constant:POST_MS is out of date'])
    const unknown = fillMarkers(page('x <!-- constant:NONE -->45<!-- /constant -->\n'), [constants])
    expect(wrong(unknown).join()).toContain('there is no such name in CONSTANTS')
  })

  test('one that no page mentions, and a description that says something else, are named', () => {
    expect(constantProblems(project, KINDS)).toEqual([])
    const planted = withFiles(project, {
      'docs/sources.md': '',
      'action.yml': (project.read('action.yml') ?? '').replace('900 to 43200', '900 to 3600'),
    })
    const problems = printed(constantProblems(planted, KINDS))
    expect(problems).toContain('scripts/docs/constants.ts:1: no page mentions POST_MS')
    expect(problems.join('\n')).toMatch(
      /^action\.yml:\d+: the description of `role-duration-seconds` must say "900 to/m,
    )
  })
})

test('a link to a file or a heading that does not exist is named', () => {
  const planted = ofFiles({
    'README.md':
      '# A\n\n[b](docs/b.md) [c](docs/c.md)\n[d](docs/b.md#the-b) [e](docs/b.md#the-e) [f](#a) `[g](h.md)`\n',
    'docs/b.md': '# The `B`\n',
  })
  expect(printed(linkProblems(planted))).toEqual([
    'README.md:3: links to docs/c.md, but there is no such file',
    'README.md:4: links to docs/b.md#the-e, but there is no such heading',
  ])
})

describe('paths and symbols', () => {
  const source = 'export function one() {}\nconst two = 2\nclass A {\n  three(): void {}\n}\n// four\n'
  const problemsOf = (text: string) =>
    printed(pathProblems(ofFiles({ 'docs/planted.md': text, 'src/a/b.ts': source, 'dist/main/index.js': '' })))

  test('what exists is right', () => {
    expect(
      problemsOf(
        '`src/a/`, `src/a/b.ts`, `src/a/<name>.ts`, `dist/*/index.js`, `one` and `two` in `src/a/b.ts`, `src/a/b.ts` (`three`), `secret.json`, `four` by `src/a/b.ts`',
      ),
    ).toEqual([])
  })

  test.each([
    ['a file that is not there', 'x\n`src/a/c.ts`', 'docs/planted.md:2: `src/a/c.ts` does not exist'],
    ['a folder that is not there', '`src/c/`', 'docs/planted.md:1: `src/c/` does not exist'],
    ['a path that does not begin at the root', '`a/b.ts`', 'write the path from the project'],
    ['a symbol that is elsewhere', '`five` in `src/a/b.ts`', '`five` is not defined in `src/a/b.ts`'],
    ['a symbol that only a comment has', '`src/a/b.ts` (`one`, `four`)', '`four` is not defined in `src/a/b.ts`'],
    ['one of several symbols', '`one`, `five` and `two` in `src/a/b.ts`', '`five` is not defined'],
  ])('%s is named', (_what, text, says) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(says)])
  })

  test('released versions of the changelog are history', () => {
    const text = '## [Unreleased]\n\n`src/gone.ts`\n\n## [1.0.0]\n\n`src/long/gone.ts`\n'
    expect(printed(pathProblems(ofFiles({ 'CHANGELOG.md': text })))).toEqual([
      'CHANGELOG.md:3: `src/gone.ts` does not exist',
    ])
  })
})

describe('the map', () => {
  test('has the rooms from the top floor down, and no room without a file', () => {
    const planted = ofFiles({ 'src/net/http.ts': '', 'src/entry/main.ts': '', 'CONTRIBUTING.md': '' })
    const text = '<!-- map:rooms -->\n<!-- /map -->\n'
    const filled = fillMarkers({ path: 'CONTRIBUTING.md', text }, [map(planted)])
    expect([...filled.text.matchAll(/^\| `(.*?)`/gm)].map(([, room]) => room)).toEqual(['src/entry/', 'src/net/'])
  })

  test('a folder that it leaves out, and one that is gone, are named', () => {
    expect(mapProblems(project)).toEqual([])
    expect(printed(mapProblems(withFiles(project, { 'site/index.ts': '' })))).toEqual([
      'scripts/docs/map.ts:1: the map in CONTRIBUTING.md needs the folder site/',
    ])
    expect(printed(mapProblems(withFiles(project, { 'action.yml': undefined })))).toEqual([
      'scripts/docs/map.ts:1: the map in CONTRIBUTING.md has action.yml, which does not exist',
    ])
  })
})

describe('what must come with something new', () => {
  test('a token source without its section, rows, example and test is told all that is missing', () => {
    expect(sourceProblems(project, SOURCES)).toEqual([])
    expect(printed(sourceProblems(project, [...SOURCES, 'vault']))).toEqual([
      'docs/sources.md:1: The token source vault needs a section with its name as the heading',
      'docs/sources.md:1: The token source vault needs a row in the table of sources',
      'README.md:1: The token source vault needs a row in the table of sources',
      'docs/security.md:1: The token source vault needs a row in one of the tables',
      'examples/:1: The token source vault needs an example that uses it',
      "__tests__/e2e/:1: The token source vault needs a test with 'token-source': 'vault'",
    ])
    expect(
      documents(project, [...SOURCES, 'vault']).problems.filter(({ says }) => says.includes('vault')),
    ).toHaveLength(6)
  })

  test('a token source that has everything is complete', () => {
    const planted = withFiles(project, {
      'docs/sources.md': '| [`vault`](#vault) | x |\n\n## `vault`\n',
      'README.md': '| `vault` | x |\n',
      'docs/security.md': '| the token of `vault` | x |\n',
      'examples/vault.yml':
        'jobs: {a: {steps: [{run: x}, {uses: org/hf-oidc-action@v1, with: {token-source: vault}}]}}\n',
      '__tests__/e2e/vault.test.ts': "{ with: { 'token-source': 'vault' } }\n",
    })
    expect(sourceProblems(planted, ['vault'])).toEqual([])
  })

  test('a sub-action without a page, an example, a test and its line in .gitattributes is told so', () => {
    expect(subActionProblems(project)).toEqual([])
    expect(printed(subActionProblems(withFiles(project, { 'scan/action.yml': 'name: Scan\n' })))).toEqual([
      'docs/:1: The sub-action scan needs a page with its tables, named in TABLE_PAGES in scripts/docs/tables.ts',
      'examples/:1: The sub-action scan needs an example with `uses: org/hf-oidc-action/scan@v1`',
      '__tests__/e2e/:1: The sub-action scan needs a test that runs its folder',
      '.gitattributes:1: The sub-action scan needs the line "/scan -export-ignore"',
    ])
  })

  test('an output without a row, a use and a test is told so', () => {
    expect(outputProblems(project, KINDS)).toEqual([])
    const action = `${project.read('action.yml')}`.replace('outputs:\n', 'outputs:\n  hf-colour:\n    description: x\n')
    expect(printed(outputProblems(withFiles(project, { 'action.yml': action }), KINDS))).toEqual([
      'README.md:1: The output hf-colour of action.yml needs a row in the table of outputs',
      'docs/:1: The output hf-colour of action.yml needs an explanation of its purpose outside the table, or an example',
      '__tests__/:1: The output hf-colour of action.yml needs a test',
    ])
  })

  test('an error code without a heading, an example or a recorded message is told so', () => {
    expect(errorCodeProblems(project)).toEqual([])
    const text = project.read('docs/errors.md') ?? ''
    const planted = (changed: string, more = {}) =>
      printed(errorCodeProblems(withFiles(project, { 'docs/errors.md': changed, ...more }))).join('\n')
    expect(planted(text.replace('## `sts-failed`', '## `sts-flailed`'))).toMatch(
      /there is a heading for sts-flailed, which is not an error code\n.*there is no heading for sts-failed/,
    )
    expect(planted(text.replace('<!-- message:sts-failed/', '<!-- message:hub-failed/'))).toContain(
      'sts-failed needs an example',
    )
    expect(planted(`${text}\n## \`sts-failed\`\n`)).toContain('there are two headings for sts-failed')
    const sections = text.split(/^(?=## )/m)
    const at = sections.findIndex((section) => section.startsWith('## `sts-failed`'))
    const swapped = [...sections.slice(0, at), sections[at + 1], sections[at], ...sections.slice(at + 2)].join('')
    expect(planted(swapped)).toBe(
      'docs/errors.md:23: the headings are not in the order of ERROR_CODES in src/errors/action-error.ts',
    )
    const unrecorded = Object.fromEntries(
      project.list('docs/messages/sts-failed/*.txt').map((path) => [path, undefined]),
    )
    expect(planted(text, unrecorded)).toContain('no scenario records a message of sts-failed')
  })
})

describe('wording', () => {
  test('each pattern finds the forms that the glossary shows, and none of what it recommends', () => {
    const unseen = BANNED_FORMS.flatMap(({ not, pattern }) => not.filter((form) => !pattern.test(form)))
    const recommended = BANNED_FORMS.flatMap(({ pattern, say: own }) =>
      BANNED_FORMS.filter(({ say }) => pattern.test(say)).map(({ say }) => `${say} (by the pattern of ${own})`),
    )
    expect({ unseen, recommended }).toEqual({ unseen: [], recommended: [] })
  })

  test('a banned form in a message, a document, an example and an action.yml is named, with what to say', () => {
    const planted = ofFiles({
      'src/a.ts': `// if it stays\nconst a = \`Re-run the job;\nif it stays, \${b ? 'say it anew' : ''}.\`\n`,
      'docs/a.md': '# A\n\nRe-run the job; if it\nstays, look.\n',
      'examples/a.yml': '# if it stays\n',
      'action.yml': 'inputs: {a: {description: if it stays}}\n',
      'CHANGELOG.md': '## [Unreleased]\n\nif it stays\n\n## [1.0.0]\n\nif it stays\n',
    })
    expect(printed(wordingProblems(planted, KINDS))).toEqual([
      'src/a.ts:3: "if it stays": say "if the problem persists" instead',
      'src/a.ts:3: "anew": say "again" instead',
      'CHANGELOG.md:3: "if it stays": say "if the problem persists" instead',
      'docs/a.md:3: "if it stays": say "if the problem persists" instead',
      'action.yml:1: "if it stays": say "if the problem persists" instead',
      'examples/a.yml:1: "if it stays": say "if the problem persists" instead',
    ])
  })

  test('what is written from the code is checked where it comes from', () => {
    const text = '<!-- message:a/b -->\nif it stays\n<!-- /message -->\n\n[a](#if-it-stays)\n'
    expect(wordingProblems(ofFiles({ 'docs/a.md': text }), KINDS)).toEqual([])
  })
})

describe('literals', () => {
  test('strings and templates are read, comments, expressions and regular expressions are not', () => {
    const source = [
      "const a = 'it\\'s' // 'no'",
      `/* "no" */ const b = "x" + /["'\`]/.test(\`y \${f({ c: "z" })} w\`)`,
      'const d = 4 / 2 / 1',
      'const r = () => { return /[/"]/g }',
      'const e = `line',
      'two\\nthree`',
    ].join('\n')
    expect(literals(source)).toEqual([
      { text: "it's", line: 1 },
      { text: 'x', line: 2 },
      { text: 'y … w', line: 2 },
      { text: 'z', line: 2 },
      { text: 'line\ntwo three', line: 5 },
    ])
  })

  test('a source that cannot be read to its end is no source without literals', () => {
    expect(() => literals('a }\nb = "c"')).toThrow('Expression expected')
  })

  test('every source file can be read', () => {
    const all = project.list('src/**/*.ts').flatMap((path) => literals(project.read(path) ?? ''))
    expect(all.length).toBeGreaterThan(1000)
    expect(all.some(({ text }) => text.includes('nothing was sent to AWS or the Hub'))).toBe(true)
  })
})
