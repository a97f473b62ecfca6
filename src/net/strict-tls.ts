/** Whom a TLS connection may be with. */
import type { PeerCertificate } from 'node:tls'

/** `node:tls`, which is loaded with the first call that needs it. */
export type TlsModule = Pick<typeof import('node:tls'), 'checkServerIdentity'>

/**
 * Options for a connection to the URL's host and no other: a certificate that is not trusted is a failure, whatever
 * `NODE_TLS_REJECT_UNAUTHORIZED` says, and so is one for another host. The host that Node passes does not count: behind a
 * proxy, it is `localhost` for every IP address.
 */
export function strictTls({ hostname }: URL, { checkServerIdentity }: TlsModule) {
  const host = hostname.replace(/^\[|\]$/g, '')
  return {
    rejectUnauthorized: true,
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
  }
}
