/** `<!-- cures:table -->`: what a second attempt can cure, from the table that decides it. */
import { CURES, type Cure } from '../../src/net/cures.ts'
import { table } from './markdown.ts'
import { type Filler, MarkerError } from './markers.ts'

const IN_WORDS: Record<Cure, string> = {
  retry: 'repeated within the budget',
  once: 'one late attempt, after 1 to 2 s',
  never: 'reported at once',
}

export const cures: Filler = {
  kind: 'cures',
  content({ name }) {
    if (name !== 'table') throw new MarkerError('the only table of cures is "table"')
    const rows = CURES.map(({ what, why, cure }) => [what, IN_WORDS[cure], why])
    return table(['What went wrong', 'What the action does', 'Why'], rows)
  },
}
