/** Lets Git use the token for the Hub over HTTPS, through variables and files of this job only. */

/** The user name that Git sends; the Hub looks at the password only. */
const GIT_USER = 'hf-oidc-action'

/** Where the Hub keeps an organization's repositories of each kind. */
const PLACES = ['', 'datasets/', 'spaces/']

/** A credential helper's answer to `get`, which holds the token. Source: `git help credential`, INPUT/OUTPUT FORMAT. */
export function credentialAnswer(token: string): string {
  return `username=${GIT_USER}\npassword=${token}\n`
}

/**
 * Git configuration for the organization's repositories only: Git never sees the token for another repository on the
 * same host, and two organizations in one job do not interfere.
 *
 * `useHttpPath`, because otherwise git-lfs asks without the path and finds nothing. The empty helper comes first: without
 * it, Git would also ask the machine's own helpers (a keychain), and they would store the token. The helper itself is a
 * line for Git's own shell, which comes with Git on every platform; it prints the file, and only for `get`.
 */
export function gitConfig(endpoint: string, org: string, answerPath: string): string {
  const base = endpoint.replace(/\/+$/, '')
  const path = answerPath.replaceAll('\\', '/').replaceAll("'", "'\\''")
  const helper = configValue(`!f() { test "$1" = get && cat '${path}'; }; f`)
  return PLACES.map(
    (place) =>
      `[credential ${configValue(`${base}/${place}${org}`)}]\n\tuseHttpPath = true\n\thelper =\n\thelper = ${helper}\n`,
  ).join('')
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
