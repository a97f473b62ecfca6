/**
 * Keeps the documents true: writes the tables of inputs and outputs of both actions, and checks the headings of
 * docs/errors.md and every relative link. `--check` writes nothing and fails when a table is stale.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parse } from 'yaml'
import { projectRoot } from '../sandbox/root.ts'
import { ERROR_CODES } from '../src/errors/action-error.ts'

interface Action {
  inputs: Record<string, { description: string; required?: boolean; default?: string }>
  outputs: Record<string, { description: string }>
}

/** The pages with tables, and where each has them from. */
const TABLES = [
  { page: 'README.md', source: 'action.yml' },
  { page: 'docs/rotation.md', source: 'rotate/action.yml' },
] as const

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8')

/** The text of a page with both tables as the action has them. */
function withTables(page: string, text: string, { inputs, outputs }: Action): string {
  const inputRows = Object.entries(inputs).map(([name, input]) => [
    code(name),
    input.required ? 'required' : input.default ? code(input.default) : '',
    input.description,
  ])
  const outputRows = Object.entries(outputs).map(([name, { description }]) => [code(name), description])
  const filled = fill(page, text, 'inputs', table(['Input', 'Default', 'Meaning'], inputRows))
  return fill(page, filled, 'outputs', table(['Output', 'Meaning'], outputRows))
}

function fill(page: string, text: string, name: string, content: string): string {
  const start = `<!-- ${name}:start -->`
  const end = `<!-- ${name}:end -->`
  const from = text.indexOf(start)
  const to = text.indexOf(end)
  if (from < 0 || to < from) {
    problems.push(`${page} needs the markers ${start} and ${end}, in this order`)
    return text
  }
  return `${text.slice(0, from + start.length)}\n${content}\n${text.slice(to)}`
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.trim().replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function code(text: string): string {
  return `\`${text}\``
}

/** What is wrong with the headings of docs/errors.md: one for each code, in the order of the codes. */
function errorPageProblems(page: string): string[] {
  const documented = [...page.matchAll(/^## `([^`]*)`$/gm)].map(([, heading]) => heading ?? '')
  const problems = [
    ...ERROR_CODES.filter((wanted) => !documented.includes(wanted)).map((wanted) => `has no heading for ${wanted}`),
    ...documented
      .filter((heading) => !ERROR_CODES.some((known) => known === heading))
      .map((heading) => `has a heading for ${heading}, which is not an error code`),
    ...documented
      .filter((heading, at) => documented.indexOf(heading) < at)
      .map((heading) => `has two headings for ${heading}`),
  ]
  if (problems.length === 0 && documented.join() !== ERROR_CODES.join()) {
    problems.push('has its headings in another order than ERROR_CODES in src/errors/action-error.ts')
  }
  return problems.map((problem) => `docs/errors.md ${problem}`)
}

/** Relative links whose file, or whose heading in it, does not exist. */
function linkProblems(page: string): string[] {
  const targets = [...prose(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '')
  return targets
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target))
    .flatMap((target) => {
      const [path = '', heading] = target.split('#')
      const file = path === '' ? page : relative(projectRoot, join(projectRoot, dirname(page), path))
      if (!existsSync(join(projectRoot, file))) return [`${page} links to ${target}, and there is no such file`]
      if (heading === undefined || !file.endsWith('.md') || anchors(read(file)).includes(heading)) return []
      return [`${page} links to ${target}, and there is no such heading`]
    })
}

/** The anchors that GitHub gives the headings of a page. */
function anchors(page: string): string[] {
  const seen = new Map<string, number>()
  return [...prose(page).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = '']) => {
    const anchor = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-')
    const count = seen.get(anchor) ?? 0
    seen.set(anchor, count + 1)
    return count === 0 ? anchor : `${anchor}-${count}`
  })
}

/** A page without its fenced code, where `#` and brackets mean something else. */
function prose(page: string): string {
  return page.replace(/^( *)(`{3,}).*\n[\s\S]*?^ *\2 *$/gm, '')
}

const problems: string[] = []
for (const { page, source } of TABLES) {
  const text = read(page)
  const wanted = withTables(page, text, parse(read(source)) as Action)
  if (wanted === text) continue
  if (process.argv.includes('--check')) {
    problems.push(`${page}: the tables are not what ${source} says; run \`npm run docs\` and commit the result`)
  } else {
    writeFileSync(join(projectRoot, page), wanted)
    console.log(`${page}: tables written from ${source}.`)
  }
}
const pages = globSync(['*.md', '{docs,examples,.github}/**/*.md'], { cwd: projectRoot })
  .map((page) => page.replaceAll('\\', '/'))
  .sort()
problems.push(...errorPageProblems(read('docs/errors.md')), ...pages.flatMap(linkProblems))
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else console.log(`Documents: ${ERROR_CODES.length} error codes, links of ${pages.length} pages, all in place.`)
