/** Guards of the platform, and of what messages offer to copy. */
import type { Mutation } from './mutation.ts'

const platform = { file: 'platform/platform.ts', tests: '__tests__/platform/platform.test' } as const
const forge = { file: 'platform/forge.ts', tests: '__tests__/platform/platform.test' } as const
const container = { file: 'platform/container.ts', tests: '__tests__/platform/platform.test' } as const
const snippets = { file: 'text/snippets.ts', tests: '__tests__/text/snippets.test' } as const

const page = { file: 'net/page.ts', tests: '__tests__/net/explain-answer.test' } as const
const answer = { file: 'net/explain-answer.ts', tests: '__tests__/net/explain-answer.test' } as const
const network = { file: 'net/explain-network.ts', tests: '__tests__/net/explain-network.test' } as const
const request = { file: 'identity/explain-request.ts', tests: '__tests__/identity/ask.test' } as const
const keys = { file: 'identity/keys.ts', tests: '__tests__/identity/keys.test' } as const
const advice = { file: 'runner/write-advice.ts', tests: '__tests__/runner/write-advice.test' } as const
const failed = { file: 'runner/delivery-failed.ts', tests: '__tests__/runner/write-advice.test' } as const
const errors = { file: 'errors/action-error.ts', tests: '__tests__/errors/action-error.test' } as const
const unforeseen = { file: 'errors/unforeseen.ts', tests: '__tests__/errors/unforeseen.test' } as const
const aws = { file: 'aws/request-handler.ts', tests: '__tests__/aws/pages.test' } as const

export const PLATFORM: readonly Mutation[] = [
  {
    ...aws,
    without: 'a page is not taken apart as an answer of AWS',
    find: '      if (isPage(sent)) throw new PageReceived(received)\n',
    replace: '',
  },
  {
    ...page,
    without: 'XML of a service is no page',
    find: '^<(?:!doctype\\s+html|html|head|body|title|meta|center|h1|div|p|script)[\\s>/]',
    replace: '^<',
  },
  {
    ...answer,
    without: 'the query of a call is not shown',
    find: 'from: url.host + url.pathname })',
    replace: 'from: url.href })',
  },
  {
    ...answer,
    without: 'where a redirect leads is shown without what was sent',
    find: 'URL.canParse(location) ? new URL(location).host',
    replace: 'URL.canParse(location) ? location',
  },
  {
    ...answer,
    without: 'a page is not quoted',
    find: 'quote && !isPage(answer)',
    replace: 'quote',
  },
  {
    ...network,
    without: 'a CA file that Node ignored is named',
    find: 'caFile?.readable === false',
    replace: 'false',
  },
  {
    ...network,
    without: 'a CA file is named only if a certificate was refused',
    find: "phase === 'TLS' && isCertificateError(detail) && ",
    replace: "phase === 'TLS' && ",
  },
  {
    ...request,
    without: 'an incident is named only where another attempt can cure it',
    find: "if (cureOf({ from: 'GitHub', status, text }) === 'retry') {",
    replace: 'if (status > 0) {',
  },
  {
    ...request,
    without: 'an answer that may hold a token is not quoted',
    find: 'describeAnswer(received, isRefusal)',
    replace: 'describeAnswer(received, true)',
  },
  {
    ...keys,
    without: 'a page in the place of keys is named',
    find: 'const isAPage = isPage(answer) && status !== 404',
    replace: 'const isAPage = false',
  },
  {
    ...advice,
    without: 'a container’s user is not told about a full disk or a mode',
    find: "if (container === 'job' || container === 'action') {",
    replace: 'if (false) {',
  },
  {
    ...advice,
    without: 'Windows has access lists instead of modes',
    find: "if (platform.os === 'win32') return windowsAccess(platform)",
    replace: '',
  },
  {
    ...failed,
    without: 'a runner’s file that is gone is named, although the error has no code',
    find: "return missingFile() === undefined ? 'an error' : 'ENOENT'",
    replace: "return 'an error'",
  },
  {
    ...errors,
    without: 'every message says who can fix it',
    find: 'given.forward ?? WHO_BY_CODE[code]',
    replace: 'given.forward',
  },
  {
    ...unforeseen,
    without: 'what Node’s permission model denies is no bug',
    find: "error.code === 'ERR_ACCESS_DENIED'",
    replace: 'false',
  },
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
