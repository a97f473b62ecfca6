/** The variables that decide where calls go and whom TLS trusts: post compares them with what main saw. */
import { createHash } from 'node:crypto'
import { isRecord } from '../text/json.ts'
import { listed, printable } from '../text/printable.ts'

/**
 * Not `LD_LIBRARY_PATH`, which actions/setup-python sets: post would leave a token in every such job.
 * Exact names; every `AWS_ENDPOINT_URL…` counts as well. The letter case of a proxy's variable does not matter.
 */
const NAMES = new Set([
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'HF_ENDPOINT',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'NODE_USE_ENV_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_SYSTEM_CA',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_OPTIONS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'SSLKEYLOGFILE',
  'OPENSSL_CONF',
  'OPENSSL_CONF_INCLUDE',
  'OPENSSL_MODULES',
  'OPENSSL_ENGINES',
  'NODE_PATH',
  'LD_PRELOAD',
  'LD_AUDIT',
  'DYLD_INSERT_LIBRARIES',
  'HOSTALIASES',
  'LOCALDOMAIN',
  'RES_OPTIONS',
  'GITHUB_SERVER_URL',
])

/** Where ID tokens come from: only the host counts. */
const ID_TOKENS = 'ACTIONS_ID_TOKEN_REQUEST_URL'

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
  return `A later step changed ${listed(names.map((name) => printable(name, 80)))}, which ${decide} where calls go or whom TLS trusts. The post step therefore made no calls`
}

function isDeciding(name: string): boolean {
  const upper = name.toUpperCase()
  return NAMES.has(upper) || upper.startsWith('AWS_ENDPOINT_URL')
}

function hostOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
