/**
 * What messages and documents offer to copy, where it is the same for everybody: conditions, YAML, commands. Messages take
 * it from here, documents with the marker `snippet`. `__tests__/text/snippets.test.ts` evaluates and parses all of it.
 */
import { type Block, block } from './message.ts'

/** What a snippet is written in; `if` is one line of YAML with a condition. */
export type Language = 'if' | 'yaml' | 'json' | 'sh'

export interface Snippet {
  language: Language
  text: string
}

const snippet = (language: Language, text: string): Snippet => ({ language, text })

/**
 * An event without a pull request has no head repository, so the comparison alone would be false for it, and would skip
 * the step on `push`.
 */
const SAME_REPOSITORY = 'github.event.pull_request.head.repo.full_name == github.repository'

/** By name. */
export const SNIPPETS = {
  /** False for a fork's pull request, true for everything else. */
  'skip-forks': snippet('if', `if: github.event_name != 'pull_request' || ${SAME_REPOSITORY}`),
  /** The same for workflows that run for reviews, which come from forks as well. */
  'skip-forks-of-any-event': snippet('if', `if: github.event.pull_request == null || ${SAME_REPOSITORY}`),
  /** The actor of a scheduled run is somebody who changed the workflow, not whoever started the run. */
  'skip-dependabot': snippet('if', "if: github.actor != 'dependabot[bot]' || github.event_name == 'schedule'"),
  /** `!` begins a tag in YAML, so this one needs `${{ }}`. */
  'skip-act': snippet('if', `if: \${{ !env.ACT }}`),
  'even-after-failure': snippet('if', `if: \${{ !cancelled() }}`),
  permissions: snippet('yaml', 'permissions:\n  id-token: write\n  contents: read'),
  'caller-permissions': snippet(
    'yaml',
    'jobs:\n  call:\n    permissions:\n      id-token: write\n      contents: read\n    uses: ./.github/workflows/called.yml',
  ),
  'forgejo-switch': snippet('yaml', 'enable-openid-connect: true'),
} as const satisfies Record<string, Snippet>

export type SnippetName = keyof typeof SNIPPETS

/** A snippet as a block of a message. */
export function snippetBlock(name: SnippetName): Block {
  return block(SNIPPETS[name].text)
}
