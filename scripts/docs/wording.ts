/** Where the project says what it does not say: in messages of `src/`, in the documents, in what workflows show. */
import { BANNED_FORMS } from './banned-forms.ts'
import { literals } from './literals.ts'
import { table, unreleased } from './markdown.ts'
import { type Filler, MarkerError, withoutGenerated } from './markers.ts'
import { lineAt, type Page, type Problem, type Project, pages } from './project.ts'

/** Code whose literals users read. */
const CODE = ['src/**/*.ts', 'sandbox/demo.ts', 'sandbox/demo/*.ts']
/** Read as a whole, comments included: people copy them. */
const YAML = ['action.yml', '*/action.yml', 'examples/*.yml']

/** `<!-- glossary:forms -->`. */
export const glossary: Filler = {
  kind: 'glossary',
  content({ name }) {
    if (name !== 'forms') throw new MarkerError('the only glossary is forms')
    return table(
      ['Say', 'Not'],
      BANNED_FORMS.map(({ say, not }) => [say, not.join('; ')]),
    )
  },
}

/** Every banned form, with what to say instead. `kinds`: those of the markers; what they write is checked at its source. */
export function wordingProblems(project: Project, kinds: readonly string[]): Problem[] {
  const inCode = project
    .list(...CODE)
    .flatMap((path) =>
      literals(project.read(path) ?? '').flatMap(({ text, line }) =>
        bannedIn(text).map(({ offset, says }) => ({ path, line: line + lineAt(text, offset) - 1, says })),
      ),
    )
  const texts = [
    ...pages(project).map((page): Page => ({ ...page, text: proseOf(page, kinds) })),
    ...project.list(...YAML).map((path): Page => ({ path, text: project.read(path) ?? '' })),
  ]
  const inTexts = texts.flatMap(({ path, text }) =>
    bannedIn(text).map(({ offset, says }) => ({ path, line: lineAt(text, offset), says })),
  )
  return [...inCode, ...inTexts]
}

/** What people wrote on a page: no generated block, no target of a link, and no released version of the changelog. */
function proseOf(page: Page, kinds: readonly string[]): string {
  return withoutGenerated({ ...page, text: unreleased(page) }, kinds).replace(/\]\([^)\s]+\)/g, (link) =>
    link.replace(/[^\]]/g, ' '),
  )
}

function bannedIn(text: string): { offset: number; says: string }[] {
  // A sentence may go on in the next line.
  const joined = text.replace(/(?<=[\w,;:`’])\n(?=[\w`])/g, ' ')
  return BANNED_FORMS.flatMap(({ pattern, say }) =>
    [...joined.matchAll(new RegExp(pattern, `g${pattern.flags}`))].map(({ index, 0: found }) => ({
      offset: index,
      says: `"${found.replace(/\s+/g, ' ').trim()}": say "${say}" instead`,
    })),
  ).sort((a, b) => a.offset - b.offset)
}
