/** Which URLs the action may talk to. */

/** True for `localhost`, `127.0.0.0/8` and `[::1]`: the only hosts for which plain `http:` is accepted. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || hostname === '::1' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
  )
}

/** True for `https:` anywhere and for `http:` on loopback. */
export function isAllowedUrl(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}
