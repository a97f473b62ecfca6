/** What the probe is given: environment variables for everything, so that no secret is an argument. */
import { remember } from '../../src/text/redact.ts'

/** The kinds of user access tokens, by the variable that holds one. */
export const USER_TOKENS: Readonly<Record<string, string>> = {
  PROBE_TOKEN_CLASSIC_READ: 'a classic read token',
  PROBE_TOKEN_CLASSIC_WRITE: 'a classic write token (preset Full Access)',
  PROBE_TOKEN_READ_ONLY: 'a fine-grained token, preset Read-Only',
  PROBE_TOKEN_INFERENCE: 'a fine-grained token, preset Inference',
  PROBE_TOKEN_WRITE: 'a fine-grained token, preset Write',
  PROBE_TOKEN_CI_CD: 'a fine-grained token, preset CI/CD',
  PROBE_TOKEN_CONTRIBUTOR: 'a fine-grained token with the contributor permission',
}

const SECRETS = [
  ...Object.keys(USER_TOKENS),
  'PROBE_ADMIN_TOKEN',
  'PROBE_OAUTH_CLIENT_SECRET',
  'PROBE_ID_TOKEN',
  'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
]
const NAMES = ['PROBE_USER', 'PROBE_ORG', 'PROBE_MEMBER', 'PROBE_SERVICE_ACCOUNT', 'PROBE_OAUTH_CLIENT_ID']

const API_FOLDER: Readonly<Record<string, string>> = { datasets: 'datasets', spaces: 'spaces' }

/** A repository as the three kinds of URLs name it. */
export interface ProbedRepo {
  /** `acme/model`, `datasets/acme/data`: as in `resource`. */
  resource: string
  /** The base of its API routes, without a slash at the end. */
  api: string
  /** A file to download. */
  file: string
}

export interface Settings {
  hub: string
  audience: string
  limitMs: number
  /** Whether tokens that the probe itself obtained are reported to the leak endpoint. */
  leak: boolean
  repo: ProbedRepo | undefined
  /** The variable's value, or undefined if it is not set or empty. */
  get(name: string): string | undefined
  /** Texts that are not to be printed, beside secrets. */
  personal: string[]
}

/** Reads the settings. Throws an `Error` whose message says what is wrong with them. */
export function readSettings(env: NodeJS.ProcessEnv, args: readonly string[]): Settings {
  const unknown = args.find((arg) => arg !== '--leak')
  if (unknown !== undefined) throw new Error('the only argument is --leak; everything else is an environment variable')
  const get = (name: string) => env[name]?.trim() || undefined
  for (const name of SECRETS) remember(get(name) ?? '')
  const hub = (get('HF_ENDPOINT') ?? 'https://huggingface.co').replace(/\/+$/, '')
  if (!isSafeUrl(hub)) throw new Error('HF_ENDPOINT must be an https URL (http only on this machine)')
  const limitMs = Number(get('PROBE_TIMEOUT_SECONDS') ?? 20) * 1000
  if (!(limitMs > 0 && limitMs <= 120_000)) throw new Error('PROBE_TIMEOUT_SECONDS must be a number up to 120')
  const resource = get('PROBE_REPO')
  const repo = resource === undefined ? undefined : parseRepo(hub, resource, get('PROBE_FILE') ?? 'README.md')
  const personal = NAMES.flatMap((name) => get(name) ?? [])
  personal.push(...(resource ? [resource, ...resource.split('/')] : []))
  for (const name of personal) if (!Object.hasOwn(API_FOLDER, name)) remember(name)
  return { hub, audience: get('PROBE_AUDIENCE') ?? hub, limitMs, leak: args.includes('--leak'), repo, get, personal }
}

function parseRepo(hub: string, resource: string, file: string): ProbedRepo {
  const match = /^(?:(?<type>datasets|spaces)\/)?(?<id>[\w.-]+\/[\w.-]+)$/.exec(resource)
  if (!match?.groups)
    throw new Error('PROBE_REPO must be namespace/name, datasets/namespace/name or spaces/namespace/name')
  const folder = API_FOLDER[match.groups.type ?? ''] ?? 'models'
  return {
    resource,
    api: `${hub}/api/${folder}/${match.groups.id}`,
    file: `${hub}/${resource}/resolve/main/${encodeURIComponent(file)}`,
  }
}

/** Tokens go over TLS, or stay on this machine. */
export function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
}
