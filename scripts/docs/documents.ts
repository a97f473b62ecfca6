/** Every check of the documents, and everything that is written into them. */
import { SOURCES } from '../../src/sources/request.ts'
import { errorCodeProblems, outputProblems, sourceProblems, subActionProblems } from './completeness.ts'
import { constantProblems, constants } from './constants.ts'
import { cures } from './cures.ts'
import { linkProblems } from './links.ts'
import { map, mapProblems } from './map.ts'
import { type Filler, fillMarkers } from './markers.ts'
import { messageProblems, messages } from './messages.ts'
import { pathProblems } from './paths-and-symbols.ts'
import { type Page, type Problem, type Project, pages } from './project.ts'
import { rotationTable } from './rotation-table.ts'
import { snippets } from './snippets.ts'
import { tables } from './tables.ts'
import { glossary, wordingProblems } from './wording.ts'

/** Markers that another command fills in: `npm run bench`. */
const WRITTEN_ELSEWHERE = ['bench']

/** What the documents should be, and what is wrong with them. */
export interface Verdict {
  /** Pages that are to be another text. */
  written: Page[]
  /** `stale`: writing repairs it. */
  problems: (Problem & { stale: boolean })[]
}

/** Judges every document. `sources`: the names of the token sources. */
export function documents(project: Project, sources: readonly string[] = SOURCES): Verdict {
  const fillers: Filler[] = [
    tables(project),
    messages(project),
    constants,
    snippets,
    cures,
    rotationTable,
    map(project),
    glossary,
  ]
  const kinds = [...fillers.map(({ kind }) => kind), ...WRITTEN_ELSEWHERE]
  const filled = pages(project).map((page) => ({ page, ...fillMarkers(page, fillers, WRITTEN_ELSEWHERE) }))
  const problems = [
    ...filled.flatMap((one) => one.problems),
    ...linkProblems(project),
    ...pathProblems(project),
    ...mapProblems(project),
    ...messageProblems(project),
    ...constantProblems(project, kinds),
    ...errorCodeProblems(project),
    ...sourceProblems(project, sources),
    ...subActionProblems(project),
    ...outputProblems(project, kinds),
    ...wordingProblems(project, kinds),
  ]
  return {
    written: filled.filter(({ page, text }) => text !== page.text).map(({ page, text }) => ({ ...page, text })),
    problems: [
      ...filled.flatMap(({ stale }) => stale.map((problem) => ({ ...problem, stale: true }))),
      ...problems.map((problem) => ({ ...problem, stale: false })),
    ],
  }
}
