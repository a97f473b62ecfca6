/** Which URLs the action may talk to, and how they must be written. */

/** True for `localhost`, `127.0.0.0/8` and `[::1]`: the only hosts for which plain `http:` is accepted. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || hostname === '::1' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
  )
}

/**
 * The addresses at which AWS gives a machine its own credentials: link-local, so that nobody else is there. Sources: ECS
 * developer guide, "Task IAM role"; EKS user guide, "Pod Identity"; EC2 user guide, "Instance metadata".
 */
const CREDENTIAL_ADDRESSES: readonly string[] = [
  '169.254.170.2',
  '169.254.170.23',
  '[fd00:ec2::23]',
  '169.254.169.254',
  '[fd00:ec2::254]',
]

/** True for `http:` at those addresses, where it is accepted for credentials, and for nothing else. */
export function isCredentialUrl({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && CREDENTIAL_ADDRESSES.includes(hostname)
}

/** True for `https:` anywhere and for `http:` on loopback. */
export function isAllowedUrl(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}

/** What a URL may consist of here: no quotes, spaces or control characters, which mean something in other places. */
const URL_TEXT = /^https?:\/\/[\w:/.~%[\]-]+$/i

/** True for a URL that is nothing but scheme, host and path, and that every program reads in the same way. */
export function isPlainUrl(text: string): boolean {
  return URL_TEXT.test(text) && isNormal(text)
}

/**
 * True when the URL is written as a parser would write it: otherwise, whoever reads `https:evil.test`,
 * `https://0x7f.1` or `https://hub.example%2eevil.test` sees a different host than the one that is called. Slashes at
 * the end make no difference.
 *
 * Source: WHATWG URL, "URL serializing"; RFC 3986, section 6.2.2, for the path, which parsers leave as it is.
 */
export function isNormal(text: string): boolean {
  return normalForm(text) === text.replace(/\/+$/, '')
}

/** The URL as {@link isNormal} requires it, without slashes at the end; undefined for what has no such form. */
export function normalForm(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { href, hostname, pathname } = new URL(text)
  const normal = href.replace(/\/+$/, '')
  const path = pathname.replace(/\/+$/, '')
  return hasPlainLabels(hostname) && !path.includes('//') && hasPlainEscapes(path) ? normal : undefined
}

/**
 * True when the URL says in its own letters which host is called, whatever follows: for a URL that the runner gives, whose
 * path and query are GitHub's own business. The case of the host does not count.
 */
export function isNormalOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { origin, hostname, username, password, hash } = new URL(text)
  const isAtOrigin = /^[/?]/.test(text.slice(origin.length)) || text.length === origin.length
  return (
    text.toLowerCase().startsWith(origin) &&
    isAtOrigin &&
    hasPlainLabels(hostname) &&
    `${username}${password}${hash}` === ''
  )
}

/** No empty label, and no dot at the end: `hub.example.` is the same host under another name. */
function hasPlainLabels(hostname: string): boolean {
  return hostname !== '' && !hostname.split('.').includes('')
}

/** No escape for a character that needs none, none for a slash, and capitals in the others. */
function hasPlainEscapes(path: string): boolean {
  const escapes = path.match(/%.{0,2}/g) ?? []
  return escapes.every((written) => {
    if (!/^%[0-9A-F]{2}$/.test(written)) return false
    return !/[\w.~/\\-]/.test(String.fromCharCode(Number.parseInt(written.slice(1), 16)))
  })
}
