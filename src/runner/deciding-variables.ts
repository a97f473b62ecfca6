/**
 * The variables that decide where calls go, whom TLS trusts, and which code runs: post compares them with what main saw.
 */
import { createHash } from 'node:crypto'
import { isRecord } from '../text/json.ts'
import { listed, printable } from '../text/printable.ts'

/** Every variable whose name begins like this. */
export const DECIDING_PREFIXES = ['AWS_ENDPOINT_URL', 'DYLD_', 'RESOLV_'] as const

/** Where ID tokens come from: only the host counts. */
const ID_TOKENS = 'ACTIONS_ID_TOKEN_REQUEST_URL'

/**
 * By what each decides. Not `LD_LIBRARY_PATH`, which actions/setup-python sets, and not `AWS_PROFILE` and the credentials,
 * which a later step sets to deploy something: post would leave a token in every such job, and this action reads neither.
 * The letter case does not matter: a proxy has both.
 */
export const DECIDING_VARIABLES: readonly string[] = [
  // Where AWS, the Hub and GitHub are.
  'AWS_ACCOUNT_ID_ENDPOINT_MODE',
  'AWS_CONFIG_FILE',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_STS_REGIONAL_ENDPOINTS',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_USE_FIPS_ENDPOINT',
  'GITHUB_SERVER_URL',
  'HF_ENDPOINT',
  // Which proxy is used.
  'ALL_PROXY',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NODE_USE_ENV_PROXY',
  'NO_PROXY',
  // How a name becomes an address. Sources: resolver(5), host.conf(5), hostname(7).
  'HOSTALIASES',
  'LOCALDOMAIN',
  'RES_OPTIONS',
  // Whom TLS trusts, and who can read along. Sources: Node's command-line API; openssl-env(7).
  'AWS_CA_BUNDLE',
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_USE_SYSTEM_CA',
  'OPENSSL_CONF',
  'OPENSSL_CONF_INCLUDE',
  'OPENSSL_ENGINES',
  'OPENSSL_MODULES',
  'SSLKEYLOGFILE',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  // Which code runs in this process. Sources: Node's command-line API; ld.so(8); iconv(3).
  'GCONV_PATH',
  'LD_AUDIT',
  'LD_PRELOAD',
  'NODE_COMPILE_CACHE',
  'NODE_OPTIONS',
  'NODE_PATH',
]

const NAMES: ReadonlySet<string> = new Set(DECIDING_VARIABLES)

/** By name, a hash of each value: a proxy's address may hold a password. */
export type DecidingVariables = Readonly<Record<string, string>>

/** Those that are set. */
export function decidingVariables(env: NodeJS.ProcessEnv): DecidingVariables {
  const found = Object.entries(env).filter(([name, value]) => isDeciding(name) && value !== undefined && value !== '')
  const idTokens = hostOf(env[ID_TOKENS])
  return Object.fromEntries([
    ...found.map(([name, value]) => [name, hash(value ?? '')] as const),
    // GitHub may change the rest of it from step to step (not observed).
    ...(idTokens === undefined ? [] : [[ID_TOKENS, hash(idTokens)] as const]),
  ])
}

/** Whether this can be what {@link decidingVariables} returned. */
export function isDecidingVariables(value: unknown): value is DecidingVariables {
  if (!isRecord(value)) return false
  return Object.entries(value).every(
    ([name, hashed]) =>
      (isDeciding(name) || name === ID_TOKENS) && typeof hashed === 'string' && /^[0-9a-f]{64}$/.test(hashed),
  )
}

/** Names of the variables that were added, removed or changed between the two. */
export function changedVariables(before: DecidingVariables, after: DecidingVariables): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => before[name] !== after[name]).sort()
}

/** What to say about them; not for an empty list. */
export function tellChanged(names: readonly string[]): string {
  const decide = names.length === 1 ? 'decides' : 'decide'
  return `A later step changed ${listed(names.map((name) => printable(name, 80)))}, which ${decide} where calls go, whom TLS trusts, or which code runs. The post step therefore made no calls`
}

function isDeciding(name: string): boolean {
  const upper = name.toUpperCase()
  return NAMES.has(upper) || DECIDING_PREFIXES.some((prefix) => upper.startsWith(prefix))
}

function hostOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
