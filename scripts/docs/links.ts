/** Relative links: their file exists, and the heading in it. */
import { dirname, posix } from 'node:path'
import { withoutCode, withoutFences } from './markdown.ts'
import { lineAt, type Page, type Problem, type Project, pages } from './project.ts'

/** Relative links whose file, or whose heading in it, does not exist. */
export function linkProblems(project: Project): Problem[] {
  return pages(project).flatMap((page) => problemsOf(page, project))
}

function problemsOf(page: Page, project: Project): Problem[] {
  return [...withoutCode(page.text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(({ 1: target = '', index }) => {
    if (/^[a-z][a-z+.-]*:/i.test(target)) return []
    const [path = '', heading] = target.split('#')
    const file = path === '' ? page.path : posix.normalize(posix.join(dirname(page.path), path))
    const problem = (what: string): Problem[] => [
      { path: page.path, line: lineAt(page.text, index), says: `links to ${target}, but there is no such ${what}` },
    ]
    if (!project.exists(file)) return problem('file')
    if (heading === undefined || !file.endsWith('.md')) return []
    return anchors(project.read(file) ?? '').includes(heading) ? [] : problem('heading')
  })
}

/** The anchors that GitHub gives the headings of a page. */
function anchors(page: string): string[] {
  const seen = new Map<string, number>()
  return [...withoutFences(page).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = '']) => {
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
