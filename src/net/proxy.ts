/** Which proxy a call goes through: `HTTPS_PROXY` and `NO_PROXY`, read as GitHub's runner reads them. */
import { code, type Prose, prose } from '../text/message.ts'
import type { ProxyFor, ProxyOptions } from './http.ts'
import { strictTls } from './strict-tls.ts'

/** The variables that can name the proxy for an `https:` URL; the first one that is set counts. */
const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY']

/** Variables that name a proxy for other programs, or for other URLs. */
const UNUSED_VARIABLES = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']

/**
 * A {@link ProxyFor} on these environment variables; the proxy's code is loaded only when one is used. Plain `http:`
 * (loopback) never goes through a proxy. The proxy itself may be `http:`, because only a TLS stream passes through it.
 */
export function proxyFromEnvironment(env: NodeJS.ProcessEnv): ProxyFor {
  const proxy = configuredProxy(env)
  if (!proxy) return async () => undefined
  const exceptions = (env.no_proxy || env.NO_PROXY || '')
    .toLowerCase()
    .split(/[,\s]+/)
    .filter(Boolean)
  const made = new Map<number, ReturnType<ProxyFor>>()
  const make = async ({ addressMs, tls }: ProxyOptions) => {
    const { HttpsProxyAgent } = await import('https-proxy-agent')
    const agent = new HttpsProxyAgent(proxy, { ...strictTls(proxy, tls), autoSelectFamilyAttemptTimeout: addressMs })
    return { agent, proxy: proxy.host }
  }
  return (url, options) => {
    if (exceptions.some((exception) => isExempt(url, exception))) return Promise.resolve(undefined)
    const found = made.get(options.addressMs) ?? make(options)
    made.set(options.addressMs, found)
    return found
  }
}

/** The variable that names a proxy, when none of those is set that count here. */
export function unusedProxyVariable(env: NodeJS.ProcessEnv): string | undefined {
  return PROXY_VARIABLES.some((name) => env[name]) ? undefined : UNUSED_VARIABLES.find((name) => env[name])
}

/** The passwords inside proxy URLs, which must be masked. */
export function proxyPasswords(env: NodeJS.ProcessEnv): string[] {
  const password = configuredProxy(env)?.password
  return password ? [password, safeDecode(password) ?? password] : []
}

/** What is wrong with the configured proxy, without its value, which may hold a password. */
export function proxyProblem(env: NodeJS.ProcessEnv): Prose | undefined {
  const name = PROXY_VARIABLES.find((variable) => env[variable])
  if (!name || configuredProxy(env)) return undefined
  return prose`${code(name)} is not a valid proxy; it must be an ${code('http://')} or ${code('https://')} URL with nothing after its host and port, and with special characters in the user name and password written as ${code('%XX')}`
}

/** A proxy without a scheme (`proxy.corp:3128`) is `http:`, as in other programs. Undefined for a value that cannot be used. */
function configuredProxy(env: NodeJS.ProcessEnv): URL | undefined {
  const value = PROXY_VARIABLES.map((name) => env[name])
    .find(Boolean)
    ?.trim()
  if (!value) return undefined
  const text = value.includes('://') ? value : `http://${value}`
  if (!URL.canParse(text)) return undefined
  const proxy = new URL(text)
  const decodes = [proxy.username, proxy.password].every((part) => safeDecode(part) !== undefined)
  return isWritten(proxy, text) && decodes ? proxy : undefined
}

/**
 * True when the proxy's host is written in `text`, between `http://` or `https://` and the end: `http://user:12/34@proxy` would
 * name the host `user`, and show a part of the password as a path.
 */
function isWritten({ hostname }: URL, text: string): boolean {
  const written = /^https?:\/\/(?:.*@)?([^@/?#\\]+?)(?::\d*)?\/?$/i.exec(text)?.[1]
  return written?.toLowerCase() === hostname
}

/** `*`, `host`, `.host` and `host:port`; a host covers its subdomains. */
function isExempt(url: URL, exception: string): boolean {
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '')
  if (exception === '*' || exception === host) return true
  const [, name = '', only] = /^(.+?)(?::(\d+))?$/.exec(exception.replace(/^\*?\./, '')) ?? []
  if (only !== undefined && only !== (url.port || '443')) return false
  const bare = name.replace(/^\[|\]$/g, '')
  return host === bare || host.endsWith(`.${bare}`)
}

function safeDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
