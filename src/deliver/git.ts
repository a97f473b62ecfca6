/** Lets `git` over HTTPS to the Hub use the token in this job, through variables and files of this job only. */

/** The user name that git sends; the Hub looks at the password alone. */
const GIT_USER = 'hf-oidc-action'

/** Content of git's credential store (`git help credential-store`). Holds the token. */
export function credentialStore(endpoint: string, token: string): string {
  const { protocol, host } = new URL(endpoint)
  return `${protocol}//${GIT_USER}:${encodeURIComponent(token)}@${host}\n`
}

/** Where the Hub keeps an organization's repositories of each kind. */
const PLACES = ['', 'datasets/', 'spaces/']

/**
 * Git configuration for the organization's repositories alone: for any other on the same host git does not even see the
 * token, and two organizations in one job do not meet. The empty helper first: without it the machine's own helpers (a
 * keychain) would be asked, and would keep the token for ever.
 */
export function gitConfig(endpoint: string, org: string, storePath: string): string {
  const base = endpoint.replace(/\/+$/, '')
  // Git for Windows takes slashes; the value passes git's shell-like splitting, hence the quotes.
  const path = storePath.replaceAll('\\', '/').replaceAll("'", "'\\''")
  const helper = `store --file='${path}'`
  const value = `"${helper.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  return PLACES.map((place) => `[credential "${base}/${place}${org}"]\n\thelper =\n\thelper = ${value}\n`).join('')
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
