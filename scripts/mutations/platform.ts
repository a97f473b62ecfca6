/** Guards of the platform, and of what messages offer to copy. */
import type { Mutation } from './mutation.ts'

const platform = { file: 'platform/platform.ts', tests: '__tests__/platform/platform.test' } as const
const forge = { file: 'platform/forge.ts', tests: '__tests__/platform/platform.test' } as const
const container = { file: 'platform/container.ts', tests: '__tests__/platform/platform.test' } as const
const snippets = { file: 'text/snippets.ts', tests: '__tests__/text/snippets.test' } as const

export const PLATFORM: readonly Mutation[] = [
  {
    ...snippets,
    without: 'the condition for forks is true on events without a pull request',
    find: `if: github.event_name != 'pull_request' || \${SAME_REPOSITORY}`,
    replace: `if: \${SAME_REPOSITORY}`,
  },
  {
    ...snippets,
    without: 'the condition for reviews is true on events without a pull request',
    find: `if: github.event.pull_request == null || \${SAME_REPOSITORY}`,
    replace: `if: \${SAME_REPOSITORY}`,
  },
  {
    ...snippets,
    without: 'scheduled runs are not skipped for Dependabot',
    find: " || github.event_name == 'schedule'",
    replace: '',
  },
  {
    ...snippets,
    without: 'a condition that begins with `!` is no tag of YAML',
    find: `if: \\\${{ !env.ACT }}`,
    replace: 'if: !env.ACT',
  },
  {
    ...forge,
    without: 'a variable of the workflow does not make GitHub’s runner one of act’s',
    find: " && env.RUNNER_ENVIRONMENT !== 'github-hosted'",
    replace: '',
  },
  {
    ...forge,
    without: 'Forgejo is recognized before Gitea',
    find: "  ['FORGEJO_ACTIONS', 'forgejo'],\n  ['GITEA_ACTIONS', 'gitea'],",
    replace: "  ['GITEA_ACTIONS', 'gitea'],\n  ['FORGEJO_ACTIONS', 'forgejo'],",
  },
  {
    ...forge,
    without: 'a variable that says no is not a yes',
    find: "!['', '0', 'false'].includes(value.trim().toLowerCase())",
    replace: "value !== ''",
  },
  {
    ...forge,
    without: 'only a subdomain of ghe.com is GitHub’s',
    find: "host.endsWith('.ghe.com')",
    replace: "host.endsWith('ghe.com')",
  },
  {
    ...container,
    without: 'a container shows by its cgroup',
    find: "ENGINES.test(read('/proc/1/cgroup') ?? '')",
    replace: 'false',
  },
  {
    ...container,
    without: 'a job’s container is recognized by its paths',
    find: "path?.startsWith('/__w/')",
    replace: 'false',
  },
  {
    ...container,
    without: 'a Docker action is recognized by its paths',
    find: "path?.startsWith('/github/')",
    replace: "path?.startsWith('/github')",
  },
  {
    ...platform,
    without: 'whether a file of certificates can be read is looked at',
    find: 'readable: canRead(path)',
    replace: 'readable: true',
  },
  {
    ...platform,
    without: 'nothing is denied without the permission model',
    find: 'facts.permissionModel ? deniedOf(env, facts) : []',
    replace: 'deniedOf(env, facts)',
  },
  {
    ...platform,
    without: 'runners of other forges are operated by their users',
    find: "if (forge === 'act' || forge === 'gitea' || forge === 'forgejo') return 'self-hosted'",
    replace: '',
  },
]
