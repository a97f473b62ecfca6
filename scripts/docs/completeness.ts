/** What every token source, sub-action, output and error code must come with: a section, a row, an example, a test. */
import { parse } from 'yaml'
import { ERROR_CODES } from '../../src/errors/action-error.ts'
import { INPUTS } from '../../src/token/inputs/definitions.ts'
import { withoutFences } from './markdown.ts'
import { withoutGenerated } from './markers.ts'
import { MESSAGES } from './messages.ts'
import { lineAt, type Problem, type Project, pages } from './project.ts'
import { type Action, actionsOf, TABLE_PAGES } from './tables.ts'

const ACTION = 'org/hf-oidc-action'
const EXAMPLES = 'examples/*.yml'
const E2E = '__tests__/e2e/*.ts'

/** A step of a workflow that uses the action or a sub-action. */
interface Use {
  /** The folder of the action; empty for the action itself. */
  action: string
  with: Readonly<Record<string, unknown>>
}

/** What is missing for the token sources with these names. */
export function sourceProblems(project: Project, sources: readonly string[]): Problem[] {
  const uses = examplesOf(project)
  const tests = project.list(E2E).map((path) => project.read(path) ?? '')
  const text = (path: string) => project.read(path) ?? ''
  return sources.flatMap((source) => {
    const escaped = source.replace(/[^\w-]/g, '\\$&')
    const has = (path: string, pattern: string) => new RegExp(pattern, 'm').test(text(path))
    const row = `^ *\\|.*\`${escaped}\`.*\\|`
    const needs: [boolean, string, string][] = [
      [has('docs/sources.md', `^## \`${escaped}\`$`), 'docs/sources.md', 'a section with its name as the heading'],
      [has('docs/sources.md', `^\\| *\\[?\`${escaped}\``), 'docs/sources.md', 'a row in the table of sources'],
      [has('README.md', `^\\| *\\[?\`${escaped}\``), 'README.md', 'a row in the table of sources'],
      [has('docs/security.md', row), 'docs/security.md', 'a row in one of the tables'],
      [
        uses.some(
          ({ action, with: inputs }) => action === '' && (inputs['token-source'] ?? INPUTS['token-source']) === source,
        ),
        'examples/',
        'an example that uses it',
      ],
      [
        tests.some((test) => test.includes(`'token-source': '${source}'`)),
        '__tests__/e2e/',
        `a test with 'token-source': '${source}'`,
      ],
    ]
    return missing(`The token source ${source}`, needs)
  })
}

/** What is missing for the sub-actions: the folders with an `action.yml`. */
export function subActionProblems(project: Project): Problem[] {
  const uses = examplesOf(project)
  const tests = project.list(E2E).map((path) => project.read(path) ?? '')
  const attributes = (project.read('.gitattributes') ?? '').split('\n')
  return actionsOf(project)
    .filter(({ name }) => name !== '')
    .flatMap(({ name }) =>
      missing(`The sub-action ${name}`, [
        [
          TABLE_PAGES[name] !== undefined && project.exists(TABLE_PAGES[name]),
          'docs/',
          'a page with its tables, named in TABLE_PAGES in scripts/docs/tables.ts',
        ],
        [uses.some(({ action }) => action === name), 'examples/', `an example with \`uses: ${ACTION}/${name}@v1\``],
        [
          tests.some((text) => text.includes(`projectRoot, '${name}')`)),
          '__tests__/e2e/',
          `a test that runs its folder`,
        ],
        [attributes.includes(`/${name} -export-ignore`), '.gitattributes', `the line "/${name} -export-ignore"`],
      ]),
    )
}

/** What is missing for the outputs of each action: a word about its use, and a test. */
export function outputProblems(project: Project, kinds: readonly string[]): Problem[] {
  const prose = pages(project).map((page) => withoutGenerated(page, kinds))
  const examples = project.list(EXAMPLES).map((path) => project.read(path) ?? '')
  const tests = project.list('__tests__/**/*.test.ts').map((path) => project.read(path) ?? '')
  const isUsed = (output: string) =>
    prose.some((text) => text.includes(`\`${output}\``)) ||
    [...prose, ...examples].some((text) => new RegExp(`\\.outputs\\.${output}\\b(?!-)`).test(text))
  const isTested = (output: string) =>
    tests.some((text) => text.includes(`'${output}'`) || new RegExp(`\\boutputs\\??\\.${output}\\b`).test(text))
  return actionsOf(project).flatMap((action: Action) => {
    const page = TABLE_PAGES[action.name] ?? 'docs/'
    const table = project.read(page) ?? ''
    return Object.keys(action.outputs).flatMap((output) =>
      missing(`The output ${output} of ${action.path}`, [
        [table.includes(`\n| \`${output}\` |`), page, 'a row in the table of outputs'],
        [isUsed(output), 'docs/', 'an explanation of its purpose outside the table, or an example'],
        [isTested(output), '__tests__/', 'a test'],
      ]),
    )
  })
}

/** What is missing for the error codes: a heading each, in the order of the codes, and a message that a test recorded. */
export function errorCodeProblems(project: Project): Problem[] {
  const path = 'docs/errors.md'
  const text = project.read(path) ?? ''
  const headings = [...withoutFences(text).matchAll(/^## `?([^`\n]*)`?$/gm)]
  const documented = headings.map(([, heading = '']) => heading)
  const at = (index: number) => headings[index]?.index ?? text.length
  const problem = (says: string, index = 0): Problem => ({ path, line: lineAt(text, at(index)), says })
  const problems = documented.flatMap((heading, index) => {
    if (!ERROR_CODES.some((known) => known === heading)) {
      return [problem(`there is a heading for ${heading}, which is not an error code`, index)]
    }
    if (documented.indexOf(heading) < index) return [problem(`there are two headings for ${heading}`, index)]
    const quoted = text.slice(at(index), at(index + 1)).includes(`<!-- message:${heading}/`)
    return quoted ? [] : [problem(`${heading} needs an example: <!-- message:${heading}/… -->`, index)]
  })
  const undocumented = ERROR_CODES.filter((code) => !documented.includes(code)).map((code) =>
    problem(`there is no heading for ${code}`),
  )
  const unrecorded = ERROR_CODES.filter((code) => project.list(`${MESSAGES}/${code}/*.txt`).length === 0).map(
    (code) => ({
      path: '__tests__/e2e/errors.test.ts',
      line: 1,
      says: `no scenario records a message of ${code}`,
    }),
  )
  const inOrder = documented.join() === ERROR_CODES.join()
  const order =
    problems.length + undocumented.length === 0 && !inOrder
      ? [problem('the headings are not in the order of ERROR_CODES in src/errors/action-error.ts')]
      : []
  return [...problems, ...undocumented, ...unrecorded, ...order]
}

/** One problem for each thing that is not there. */
function missing(what: string, needs: readonly [is: boolean, path: string, need: string][]): Problem[] {
  return needs.filter(([is]) => !is).map(([, path, need]) => ({ path, line: 1, says: `${what} needs ${need}` }))
}

/** The steps of the examples that use the action or a sub-action. */
function examplesOf(project: Project): Use[] {
  return project.list(EXAMPLES).flatMap((path) => stepsOf(parse(project.read(path) ?? '')))
}

function stepsOf(workflow: unknown): Use[] {
  const { jobs = {} } = (workflow ?? {}) as { jobs?: Record<string, { steps?: { uses?: string; with?: object }[] }> }
  return Object.values(jobs)
    .flatMap(({ steps = [] }) => steps)
    .flatMap(({ uses = '', with: inputs = {} }) => {
      const name = new RegExp(`^${ACTION}(?:/([\\w-]+))?@`).exec(uses)
      return name ? [{ action: name[1] ?? '', with: { ...inputs } }] : []
    })
}
