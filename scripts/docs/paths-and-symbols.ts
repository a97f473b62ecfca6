/** Paths in code spans exist, and a symbol that is named with one is defined in that file. */
import { type CodeSpan, codeSpans, unreleased } from './markdown.ts'
import { lineAt, type Page, type Problem, type Project, pages } from './project.ts'

/** Folders of the project: a code span that begins with one of them is a path. */
const ROOTS = ['src', 'scripts', 'sandbox', '__tests__', 'dist', 'docs', 'examples', 'rotate', 'bench']
const PATH = new RegExp(`^(?:${ROOTS.join('|')})/[\\w./*<>-]*$`)
const SOURCE = /^[\w./*<>-]+\.(?:ts|mjs)$/
const SYMBOL = /^[A-Za-z_$][\w$]*(?:\(\))?$/

/** Paths that do not exist, and symbols that are not where the text says. */
export function pathProblems(project: Project): Problem[] {
  return pages(project).flatMap((page) => problemsOf({ ...page, text: unreleased(page) }, project))
}

function problemsOf({ path: page, text }: Page, project: Project): Problem[] {
  const spans = codeSpans(text)
  return spans.flatMap((span, index) => {
    const { code } = span
    if (!PATH.test(code) && !SOURCE.test(code)) return []
    const problem = (says: string): Problem => ({ path: page, line: lineAt(text, span.from), says })
    if (!PATH.test(code))
      return [problem(`\`${code}\`: write the path from the project's root, such as \`src/${code}\``)]
    if (!exists(code, project)) return [problem(`\`${code}\` does not exist`)]
    if (!SOURCE.test(code)) return []
    const source = project.read(code) ?? ''
    return symbolsWith(spans, index, text)
      .filter((symbol) => !isDefined(symbol, source))
      .map((symbol) => problem(`\`${symbol}\` is not defined in \`${code}\``))
  })
}

/** `src/sources/<name>.ts` stands for any file of the folder. */
function exists(path: string, project: Project): boolean {
  const pattern = path.replace(/<[^<>]*>/g, '*')
  return pattern.includes('*') ? project.list(pattern).length > 0 : project.exists(path)
}

/** The symbols that a sentence attaches to a path: `` `a` and `b` in `path` ``, or `` `path` (`a`, `b`) ``. */
function symbolsWith(spans: readonly CodeSpan[], index: number, text: string): string[] {
  const before = attached(spans.slice(0, index + 1).toReversed(), / in $/, text)
  const after = attached(spans.slice(index), / \($/, text)
  return [...before, ...after].filter((code) => SYMBOL.test(code)).map((code) => code.replace('()', ''))
}

/** The spans that follow the first one: `link` is between it and the second, a comma or "and" between the others. */
function attached(spans: readonly CodeSpan[], link: RegExp, text: string): string[] {
  const found: string[] = []
  for (const [index, span] of spans.entries()) {
    const previous = spans[index - 1]
    if (!previous) continue
    const [left, right] = previous.to <= span.from ? [previous, span] : [span, previous]
    const between = text.slice(left.to, right.from).replace(/\s+/g, ' ')
    if (!(index === 1 ? new RegExp(`^${link.source}`) : /^(?:, | and |, and )$/).test(between)) break
    found.push(span.code)
  }
  return found
}

/** A declaration, a method or a property. */
function isDefined(symbol: string, source: string): boolean {
  const name = symbol.replaceAll('$', '\\$')
  const declared = `\\b(?:function\\*?|const|let|class|interface|type|enum)\\s+${name}\\b`
  const member = `^\\s+(?:(?:static|async|get|set|readonly|private|public)\\s+)*#?${name}\\??\\s*[(:=<]`
  return new RegExp(`${declared}|${member}`, 'm').test(source)
}
