/** Loads the token source that the workflow chose, and only that one. */
import type { SourceWorld, TokenSource } from './token-source.ts'

/** The source for `token-source`. */
export async function selectSource(world: SourceWorld): Promise<TokenSource> {
  switch (world.request.source.kind) {
    case 'secrets-manager':
      return (await import('./secrets-manager.ts')).secretsManagerSource(world)
    case 'trusted-publisher':
      return (await import('./trusted-publisher.ts')).trustedPublisherSource(world, world.request.source)
    case 'token-exchange':
      return (await import('./token-exchange.ts')).tokenExchangeSource(world, world.request.source)
    case 'service-account':
      return (await import('./service-account.ts')).serviceAccountSource(world, world.request.source)
  }
}
