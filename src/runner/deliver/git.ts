/** Lets `git` over HTTPS to the Hub use the token in this job, through variables and files of this job only. */

/** The user name that git sends; the Hub looks at the password alone. */
const GIT_USER = 'hf-oidc-action'

/** Where the Hub keeps an organization's repositories of each kind. */
const PLACES = ['', 'datasets/', 'spaces/']

/** What a credential helper answers to `get` (`git help credential`, INPUT/OUTPUT FORMAT). Holds the token. */
export function credentialAnswer(token: string): string {
  return `username=${GIT_USER}\npassword=${token}\n`
}

/**
 * Git configuration for the organization's repositories alone: for any other on the same host git does not even see the
 * token, and two organizations in one job do not meet.
 *
 * `useHttpPath`, because git-lfs asks without the path otherwise, and would find nothing. The empty helper first: without
 * it the machine's own helpers (a keychain) would be asked, and would keep the token for ever. The helper itself is a line
 * for git's own shell, which comes with git on every platform; it only prints the file, and only when asked for it.
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

/** A value or subsection in git's configuration syntax (`git help config`, Syntax). */
function configValue(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/**
 * Variables that make every later `git` of the job read a configuration file, whatever the user's and the repository's
 * say; `count` is the job's `GIT_CONFIG_COUNT` so far. Source: `git help config`, ENVIRONMENT (git 2.31).
 */
export function gitVariables(configPath: string, count: number): [string, string][] {
  return [
    [`GIT_CONFIG_KEY_${count}`, 'include.path'],
    [`GIT_CONFIG_VALUE_${count}`, configPath.replaceAll('\\', '/')],
    ['GIT_CONFIG_COUNT', String(count + 1)],
  ]
}
