/** Which proxy a call goes through: `HTTPS_PROXY` and `NO_PROXY`, read as GitHub's runner reads them. */
import { code, type Prose, prose } from '../text/message.ts'
import type { ProxyFor } from './http.ts'

/** The variables that can name the proxy for an `https:` URL; the first one that is set counts. */
const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY']

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
  let made: ReturnType<ProxyFor> | undefined
  const make = async () => {
    const { HttpsProxyAgent } = await import('https-proxy-agent')
    return { agent: new HttpsProxyAgent(proxy), proxy: proxy.host }
  }
  return (url) => {
    if (exceptions.some((exception) => isExempt(url, exception))) return Promise.resolve(undefined)
    made ??= make()
    return made
  }
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
  return prose`${code(name)} is not a valid proxy; it must be an ${code('http://')} or ${code('https://')} URL, with special characters in the user name and password written as ${code('%XX')}`
}

/** A proxy without a scheme (`proxy.corp:3128`) is `http:`, as in other programs. Undefined for a value that cannot be used. */
function configuredProxy(env: NodeJS.ProcessEnv): URL | undefined {
  const value = PROXY_VARIABLES.map((name) => env[name]).find(Boolean)
  if (!value) return undefined
  const text = value.includes('://') ? value : `http://${value}`
  if (!URL.canParse(text)) return undefined
  const proxy = new URL(text)
  const decodes = [proxy.username, proxy.password].every((part) => safeDecode(part) !== undefined)
  return ['http:', 'https:'].includes(proxy.protocol) && proxy.hostname !== '' && decodes ? proxy : undefined
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
