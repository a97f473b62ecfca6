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

/** The URL prefixes that the token reaches. */
export function gitPrefixes({ endpoint, paths }: GitReach): string[] {
  const base = endpoint.replace(/\/+$/, '')
  return paths.map((path) => (path === '' ? base : `${base}/${path}`))
}

/** Where Git's files of one use are. */
export interface GitFiles {
  /** What the variables name: it includes `paths`. */
  config: string
  /** The configuration of the paths that the token reaches; a later use may include it again. */
  paths: string
  /** The helper's answer, which holds the token. */
  answer: string
}

/** True in a helper's shell if a single use of this action in the job has delivered a token to Git. */
const IS_SINGLE = `case "$${GIT_USES}" in *"|"*) false;; esac`
/** Prints the request that a helper's shell has read. */
const REQUEST = `printf '%s\\n' "$asked"`
/** True in a helper's shell if Git asks for a path, and not for the host alone. `LC_ALL`: a path may be of any bytes. */
const HAS_PATH = `${REQUEST} | LC_ALL=C grep -q "^path=."`

/**
 * Git configuration for what the token reaches only: Git never sees the token for another repository on the same host,
 * and two uses in one job do not interfere. Git applies every section that matches, in their order, so the more specific
 * one must come last: `later` are such configurations of earlier uses for paths within this reach.
 *
 * `useHttpPath`, because otherwise git-lfs asks without the path and finds nothing. The empty helper comes first: without
 * it, Git would also ask the machine's own helpers (a keychain), and they would store the token. The helper itself is a
 * line for Git's own shell, which comes with Git on every platform; it prints the file, and only for `get`.
 */
export function pathsConfig(reach: GitReach, { answer }: Pick<GitFiles, 'answer'>, later: readonly string[]): string {
  const isWhole = reach.paths.includes('')
  // The whole Hub: the host alone is answered only if a single use has delivered a token.
  const condition = isWhole ? `asked=$(cat) && { ${IS_SINGLE} || ${HAS_PATH}; } && ` : ''
  const line = `test "$1" = get && ${condition}cat ${shellWord(answer)}`
  const prefixes = isWhole ? gitPrefixes({ ...reach, paths: [''] }) : gitPrefixes(reach)
  return prefixes.map((prefix) => section(prefix, line)).join('') + later.map(include).join('')
}

/**
 * What the variables name: the configuration of the paths and, before it, of the host, because git-xet asks for the host
 * alone. That is answered only if a single use has delivered a token.
 *
 * Git cannot tell the host alone from any path on it, unless `useHttpPath` is set for the host; then, however, helpers of
 * the machine do not find what they have for the host. And if they stay in the list, `git credential approve` makes them
 * store the token. So this section replaces them, and passes on to Git, without this configuration, every request that is
 * not about this token: the machine's own helpers and settings apply to it as before. `index`: its place in the variables.
 */
export function hostConfig(reach: GitReach, files: GitFiles, index: number): string {
  const answer = shellWord(files.answer)
  const line = [
    'asked=$(cat)',
    `case "$1" in get) if ${IS_SINGLE} && ! ${HAS_PATH}; then cat ${answer}; exit; fi; as=fill;; store) as=approve;; erase) as=reject;; *) exit;; esac`,
    // The patterns are the lines of the file: no argument holds the token.
    `if test $as != fill && ${REQUEST} | LC_ALL=C grep -qxFf ${answer}; then exit; fi`,
    `${REQUEST} | GIT_CONFIG_VALUE_${index}=/dev/null GIT_TERMINAL_PROMPT=0 git credential $as 2>/dev/null`,
  ].join('; ')
  const host = reach.paths.includes('') ? '' : section(new URL(reach.endpoint).origin, line)
  return host + include(files.paths)
}

/** `line`: for the shell of the only helper; Git appends what it wants from it. */
function section(url: string, line: string): string {
  return `[credential ${configValue(url)}]\n\tuseHttpPath = true\n\thelper =\n\thelper = ${configValue(`!f() { ${line}; }; f`)}\n`
}

function include(file: string): string {
  return `[include]\n\tpath = ${configValue(slashed(file))}\n`
}

/** Git takes slashes on every platform. */
function slashed(path: string): string {
  return path.replaceAll('\\', '/')
}

function shellWord(path: string): string {
  return `'${slashed(path).replaceAll("'", "'\\''")}'`
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
    [`GIT_CONFIG_VALUE_${count}`, slashed(configPath)],
    ['GIT_CONFIG_COUNT', String(count + 1)],
  ]
}

/** The paths' configurations of earlier uses that are within these prefixes; `configs` in the order of the uses. */
export function withinReach(
  prefixes: readonly string[],
  uses: readonly (readonly string[])[],
  configs: readonly string[],
): string[] {
  const isWithin = (one: string) => prefixes.some((prefix) => one.startsWith(`${prefix}/`))
  return uses.length === configs.length
    ? configs.filter((_config, at) => uses[at]?.every(isWithin)).map(pathsBeside)
    : []
}

/** The paths' configuration next to the one that the variables name. */
export function pathsBeside(config: string): string {
  return config.replace(/gitconfig$/, 'gitpaths')
}
