/** Whom a TLS connection may be with. */
import type { checkServerIdentity, PeerCertificate } from 'node:tls'

/** `node:tls`, which is loaded with the first call that needs it. */
export interface TlsModule {
  checkServerIdentity: typeof checkServerIdentity
}

/**
 * Options for a connection to the URL's host and no other: a certificate that is not trusted is a failure, whatever
 * `NODE_TLS_REJECT_UNAUTHORIZED` says, and so is one for another host. The host that Node passes does not count: behind a
 * proxy, it is `localhost` for every IP address.
 */
export function strictTls({ hostname }: URL, tls: TlsModule) {
  const host = hostname.replace(/^\[|\]$/g, '')
  return {
    rejectUnauthorized: true,
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => tls.checkServerIdentity(host, certificate),
  }
}
