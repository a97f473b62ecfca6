/** Which URLs the action may talk to. */

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

/** True for a URL that is nothing but scheme, host and path. */
export function isPlainUrl(text: string): boolean {
  return URL_TEXT.test(text) && URL.canParse(text)
}
