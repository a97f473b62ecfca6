/** Lets git use the token for the Hub over HTTPS, through variables of this job and a file with the token. Pure. */
import { DEFAULT_HUB } from '../../hub/pages.ts'
import { GIT_HELPER } from '../own-variables.ts'
import { HELPER_CODE, HELPER_FUNCTION, SHORT_HUB } from './git-helper.ts'

/** The user name that git sends; the Hub looks at the password only. */
const GIT_USER = 'hf-oidc-action'

/** A credential helper's answer to `get`, which holds the token. Source: `git help credential`, INPUT/OUTPUT FORMAT. */
export function credentialAnswer(token: string): string {
  return `username=${GIT_USER}\npassword=${token}\n`
}

/** What git is configured for. */
export interface GitReach {
  /** The Hub's URL. */
  endpoint: string
  /** Prefixes of paths below it that the token reaches; the empty one is the whole Hub. */
  paths: readonly string[]
}

/** The URL prefixes that the token reaches. */
export function gitPrefixes({ endpoint, paths }: GitReach): string[] {
  const base = endpoint.replace(/\/+$/, '')
  return paths.map((path) => (path === '' ? base : `${base}/${path}`))
}

/** A key and a value of git's configuration. */
export type GitEntry = readonly [key: string, value: string]

/**
 * Git's configuration for the Hub, and for no other host. The helper decides by the path which use's token is the answer.
 *
 * No file is included: if another user of the machine could not read it, every git command of that user would fail.
 * `useHttpPath`, because the helper needs the path. The empty helper comes first: without it, git would also ask the
 * machine's own helpers, which store the token, open a dialog, or know an old credential.
 */
export function gitConfig(endpoint: string): GitEntry[] {
  const base = endpoint.replace(/\/+$/, '')
  const bases = base === DEFAULT_HUB ? [base, SHORT_HUB] : [base]
  return bases.flatMap((url): GitEntry[] => [
    [`credential.${url}.helper`, ''],
    [`credential.${url}.useHttpPath`, 'true'],
    [`credential.${url}.helper`, helper(new URL(url).origin)],
  ])
}

/**
 * A line for git's own shell, which comes with git on every platform. Git shows it when the helper stops it, so the code
 * is in a variable. Without that variable it stops git too.
 */
function helper(origin: string): string {
  return `!eval "\${${GIT_HELPER}:-${HELPER_FUNCTION}() (echo quit=1)}"; ${HELPER_FUNCTION} ${shellWord(origin)}`
}

/**
 * Variables that configure every later `git` of the job, whatever the user's and the repository's configuration say;
 * `count` is the job's `GIT_CONFIG_COUNT` so far. Source: `git help config`, ENVIRONMENT (git 2.31).
 */
export function gitVariables(entries: readonly GitEntry[], count: number): [string, string][] {
  return [
    [GIT_HELPER, HELPER_CODE],
    ...entries.flatMap(([key, value], at): [string, string][] => [
      [`GIT_CONFIG_KEY_${count + at}`, key],
      [`GIT_CONFIG_VALUE_${count + at}`, value],
    ]),
    ['GIT_CONFIG_COUNT', String(count + entries.length)],
  ]
}

/** Git's shell takes slashes on every platform. */
export function slashed(path: string): string {
  return path.replaceAll('\\', '/')
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
