/**
 * Example messages, as the end-to-end tests recorded them in `docs/messages/`: `<!-- message:claim-rejected/branch -->`, an
 * error code and one of its scenarios. `show="Failed, Seen:3"` takes only these parts of it, and of a part only its first lines;
 * `lang=json` says what it is written in, if it is not text.
 */
import { type Explanation, sections } from '../../src/errors/action-error.ts'
import { fenced } from './markdown.ts'
import { type Filler, MarkerError } from './markers.ts'
import type { Problem, Project } from './project.ts'

/** Where the messages are, one file each. */
export const MESSAGES = 'docs/messages'
/** The tests that record them. */
const TESTS = '__tests__/e2e/*.ts'

const FAILED = 'Failed'
const EVERY_PART: Required<Explanation> = {
  failed: '',
  seen: '',
  expected: '',
  cause: '',
  fix: '',
  forward: '',
  claims: [],
}
const TITLES = sections(EVERY_PART).map(([title]) => title)

/** `<!-- message:<name> -->`. */
export function messages(project: Project): Filler {
  return {
    kind: 'message',
    content({ name, options: { show, lang = 'text', ...rest } }) {
      const message = project.read(`${MESSAGES}/${name}.txt`)?.trimEnd()
      if (message === undefined) throw new MarkerError(`no test has recorded it: there is no ${MESSAGES}/${name}.txt`)
      const [unknown] = Object.keys(rest)
      if (unknown !== undefined) throw new MarkerError(`the options are show and lang, not ${unknown}`)
      return fenced(show === undefined ? message : shown(message, show), lang)
    },
  }
}

/** Recorded messages that no scenario makes any more, and names that stand for two of them. */
export function messageProblems(project: Project): Problem[] {
  const counts = usesOf(project)
  return [...counts].flatMap(([path, uses]) => {
    const problem = (says: string) => [{ path, line: 1, says }]
    if (uses === 0) return problem(`no test in ${TESTS} records it: \`npm run docs:messages\` removes it`)
    return uses === 1
      ? []
      : problem(`its name appears ${uses} times in ${TESTS}: each name must belong to one scenario`)
  })
}

/** The files of messages that no test makes any more. */
export function orphanedMessages(project: Project): string[] {
  return [...usesOf(project)].filter(([, uses]) => uses === 0).map(([path]) => path)
}

/** How often the name of each recorded message stands in the tests, by its file. */
function usesOf(project: Project): Map<string, number> {
  const tests = project.list(TESTS).map((path) => project.read(path) ?? '')
  return new Map(
    project.list(`${MESSAGES}/*/*.txt`).map((path) => {
      const name = path.slice(MESSAGES.length + 1, -'.txt'.length)
      return [path, tests.reduce((sum, text) => sum + text.split(`'${name}'`).length - 1, 0)]
    }),
  )
}

/** The parts that are asked for; `…` stands for each gap. */
function shown(message: string, show: string): string {
  const parts = partsOf(message)
  const wanted = new Map(
    show.split(/,\s*/).map((item) => {
      const [title = '', count] = item.split(':')
      if (!parts.has(title))
        throw new MarkerError(`there is no part "${title}"; the parts are ${[...parts.keys()].join(', ')}`)
      return [title, count === undefined ? Number.POSITIVE_INFINITY : Number(count)]
    }),
  )
  const pieces = [...parts].flatMap(([title, lines]) => {
    const count = wanted.get(title)
    if (count === undefined) return ['…']
    const rest = lines.slice(count)
    return [...lines.slice(0, count), ...(rest.length > 0 ? [`${/^ */.exec(rest[0] ?? '')?.[0] ?? ''}…`] : [])]
  })
  return pieces.filter((piece, index) => piece !== '…' || pieces[index - 1]?.trim() !== '…').join('\n')
}

/** The lines of each part, by its title; what is in front of the first title is what failed. */
function partsOf(message: string): Map<string, string[]> {
  const parts = new Map<string, string[]>()
  let part = FAILED
  for (const line of message.split('\n')) {
    part = TITLES.find((title) => line.startsWith(`${title}:`)) ?? part
    parts.set(part, [...(parts.get(part) ?? []), line])
  }
  return parts
}
