/** What one use of the action tells the next one in the same job, and git's helper. */

/** The variable that lists which variables of the job this action set. */
export const OWN_VARIABLES = 'HF_OIDC_VARIABLES'

/**
 * The variable that lists what this action gave git tokens for: for each use its number and the URL prefixes, separated
 * by spaces; uses are separated by `|`.
 */
export const GIT_USES = 'HF_OIDC_GIT'

/** The variable with the code of git's credential helper. */
export const GIT_HELPER = 'HF_OIDC_GIT_HELPER'

/**
 * The variable with the path of the helper's answer for one use. Its whole value is the path, because the runner rewrites
 * only such values for a container action, where `RUNNER_TEMP` has a different path.
 */
export function gitAnswerVariable(use: number): string {
  return `HF_OIDC_GIT_ANSWER_${use}`
}

/** One use of the action that gave git a token. */
export interface GitUse {
  number: number
  /** The URL prefixes that its token reaches. */
  prefixes: readonly string[]
}

/** The value of {@link GIT_USES}. */
export function listGitUses(uses: readonly GitUse[]): string {
  return uses.map(({ number, prefixes }) => [number, ...prefixes].join(' ')).join('|')
}

/** Reads the value of {@link GIT_USES}; skips what this action does not write. */
export function parseGitUses(text: string): GitUse[] {
  return text.split('|').flatMap((use) => {
    const [number = '', ...prefixes] = use.split(' ').filter(Boolean)
    return /^\d{1,6}$/.test(number) && prefixes.length > 0 ? [{ number: Number(number), prefixes }] : []
  })
}
