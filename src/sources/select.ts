/** Loads the token source that the workflow chose, and only that one. */
import type { SourceRequest } from './request.ts'
import type { SourceContext, TokenSource } from './token-source.ts'

const LOAD = {
  'secrets-manager': () => import('./secrets-manager.ts'),
  'trusted-publisher': () => import('./trusted-publisher.ts'),
  'token-exchange': () => import('./token-exchange.ts'),
  'service-account': () => import('./service-account.ts'),
} as const satisfies Record<SourceRequest['kind'], () => Promise<unknown>>

/** Loads the code of a source before it is needed. */
export async function preloadSource(kind: SourceRequest['kind']): Promise<void> {
  await LOAD[kind]()
}

/** The source for `token-source`. */
export async function selectSource(context: SourceContext): Promise<TokenSource> {
  switch (context.request.source.kind) {
    case 'secrets-manager':
      return (await LOAD['secrets-manager']()).secretsManagerSource(context)
    case 'trusted-publisher':
      return (await LOAD['trusted-publisher']()).trustedPublisherSource(context, context.request.source)
    case 'token-exchange':
      return (await LOAD['token-exchange']()).tokenExchangeSource(context, context.request.source)
    case 'service-account':
      return (await LOAD['service-account']()).serviceAccountSource(context, context.request.source)
  }
}
