/** What messages and documents both offer to copy: `<!-- snippet:skip-forks -->`, a block of its own or a piece of code in a sentence. */
import { SNIPPETS, type Snippet } from '../../src/text/snippets.ts'
import { fenced } from './markdown.ts'
import { type Filler, MarkerError } from './markers.ts'

/** By name, without the names' type. */
const BY_NAME: Readonly<Record<string, Snippet>> = SNIPPETS

/** `<!-- snippet:<name> -->`. */
export const snippets: Filler = {
  kind: 'snippet',
  content({ name, isBlock }) {
    const snippet = BY_NAME[name]
    if (snippet === undefined) throw new MarkerError('there is no such name in SNIPPETS in src/text/snippets.ts')
    if (!isBlock) return `\`${snippet.text}\``
    return fenced(snippet.text, snippet.language === 'if' ? 'yaml' : snippet.language)
  },
}
