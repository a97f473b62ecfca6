/** Lets Git use the token for the Hub over HTTPS, through variables and files of this job only. */
import { GIT_USES } from '../own-variables.ts'

/** The user name that Git sends; the Hub looks at the password only. */
const GIT_USER = 'hf-oidc-action'

/** A credential helper's answer to `get`, which holds the token. Source: `git help credential`, INPUT/OUTPUT FORMAT. */
export function credentialAnswer(token: string): string {
  return `username=${GIT_USER}\npassword=${token}\n`
}

/** What Git is configured for. */
export interface GitReach {
  /** The Hub's URL. */
  endpoint: string
  /** Prefixes of paths below it that the token reaches; the empty one is the whole Hub. */
  paths: readonly string[]
}

/** True in the helper's shell if several uses of this action in the job have delivered a token to Git. */
const SEVERAL = `case "$${GIT_USES}" in *"|"*) false;; esac`
/** True in the helper's shell if Git asks for a path, and not for the host alone. */
const HAS_PATH = `grep -q "^path=."`

/** The URL prefixes that the token reaches. */
export function gitPrefixes({ endpoint, paths }: GitReach): string[] {
  const base = endpoint.replace(/\/+$/, '')
  return paths.map((path) => (path === '' ? base : `${base}/${path}`))
}

/**
 * Git configuration for what the token reaches only: Git never sees the token for another repository on the same host,
 * and two uses in one job do not interfere. Git applies every section that matches, in their order, so the more specific
 * one must come last: `later` are configurations of earlier uses for paths within this reach.
 *
 * `useHttpPath`, because otherwise git-lfs asks without the path and finds nothing. The empty helper comes first: without
 * it, Git would also ask the machine's own helpers (a keychain), and they would store the token. The helper itself is a
 * line for Git's own shell, which comes with Git on every platform; it prints the file, and only for `get`. The host alone,
 * as git-xet asks for it, is answered only if a single use has delivered a token.
 */
export function gitConfig(reach: GitReach, answerPath: string, later: readonly string[] = []): string {
  const path = answerPath.replaceAll('\\', '/').replaceAll("'", "'\\''")
  const section = (url: string, condition: string, isOurs: boolean) => {
    const helper = configValue(`!f() { test "$1" = get && ${condition}cat '${path}'; }; f`)
    const reset = isOurs ? '\thelper =\n' : ''
    return `[credential ${configValue(url)}]\n\tuseHttpPath = true\n${reset}\thelper = ${helper}\n`
  }
  const prefixes = gitPrefixes(reach)
  const included = later.map((file) => `[include]\n\tpath = ${configValue(file)}\n`).join('')
  if (reach.paths.includes('')) return section(prefixes[0] ?? '', `{ ${HAS_PATH} || ${SEVERAL}; } && `, true) + included
  const host = section(new URL(reach.endpoint).origin, `${SEVERAL} && ! ${HAS_PATH} && `, false)
  return host + prefixes.map((prefix) => section(prefix, '', true)).join('') + included
}

/** A value or subsection in Git's configuration syntax. Source: `git help config`, Syntax. */
function configValue(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/**
 * Variables that make every later `git` of the job read a configuration file, whatever the user's and the repository's
 * configuration say; `count` is the job's `GIT_CONFIG_COUNT` so far. Source: `git help config`, ENVIRONMENT (Git 2.31).
 */
export function gitVariables(configPath: string, count: number): [string, string][] {
  return [
    [`GIT_CONFIG_KEY_${count}`, 'include.path'],
    [`GIT_CONFIG_VALUE_${count}`, configPath.replaceAll('\\', '/')],
    ['GIT_CONFIG_COUNT', String(count + 1)],
  ]
}

/** The configurations of earlier uses that are for paths within these prefixes; `configs` in the order of the uses. */
export function withinReach(
  prefixes: readonly string[],
  uses: readonly (readonly string[])[],
  configs: readonly string[],
): string[] {
  const isWithin = (one: string) => prefixes.some((prefix) => one.startsWith(`${prefix}/`))
  return uses.length === configs.length ? configs.filter((_config, at) => uses[at]?.every(isWithin)) : []
}
