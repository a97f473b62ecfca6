/** Which forge started the job: they all set GitHub's variables, and differ in what they offer. Pure. */

/**
 * `github` is github.com, `ghe.com` its data residency, `ghes` a GitHub Enterprise Server. `act` runs workflows on a
 * developer's machine.
 */
export type Forge = 'github' | 'ghe.com' | 'ghes' | 'act' | 'gitea' | 'forgejo'

/** Forges by the variable that their runners set. In this order, because each sets those of the ones below it too. */
const RUNNERS: readonly (readonly [variable: string, forge: Forge])[] = [
  ['FORGEJO_ACTIONS', 'forgejo'],
  ['GITEA_ACTIONS', 'gitea'],
  ['ACT', 'act'],
]

/**
 * The forge, by its runner's own variable or else by `GITHUB_SERVER_URL`. On runners that GitHub operates, a variable
 * `ACT` is a setting of the workflow.
 */
export function forgeOf(env: Readonly<Record<string, string | undefined>>): Forge {
  const byRunner = RUNNERS.find(([variable]) => isOn(env[variable]))?.[1]
  if (byRunner !== undefined && env.RUNNER_ENVIRONMENT !== 'github-hosted') return byRunner
  const host = hostOf(env)
  if (host === '' || host === 'github.com') return 'github'
  return host.endsWith('.ghe.com') ? 'ghe.com' : 'ghes'
}

/** The host (and port) in `GITHUB_SERVER_URL`; empty if there is none. */
export function hostOf({ GITHUB_SERVER_URL: url = '' }: Readonly<Record<string, string | undefined>>): string {
  return URL.canParse(url) ? new URL(url).host : ''
}

/** The forge's name, for a sentence. */
export const FORGE_NAMES: Readonly<Record<Forge, string>> = {
  github: 'GitHub',
  'ghe.com': 'GitHub',
  ghes: 'GitHub Enterprise Server',
  act: 'act',
  gitea: 'Gitea',
  forgejo: 'Forgejo',
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value.trim().toLowerCase())
}
