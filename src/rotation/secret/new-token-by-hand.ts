/** How a person brings a new token, where no rotation mints one. */
import { type SecretShape, storeCommand } from '../../aws/store-command.ts'
import { hubPages } from '../../hub/pages.ts'
import { link, type Part, partsOf, prose } from '../../text/message.ts'
import type { SecretContext } from '../context.ts'
import { pendingPlace } from './place.ts'

/** Where to create the token, and how to store it as the pending version. */
export function newTokenByHand(
  { request, rotated }: Pick<SecretContext, 'request' | 'rotated'>,
  shape: SecretShape,
): Part[] {
  return [
    prose`Create a new fine-grained token: ${link(hubPages(request.hubEndpoint).newToken)}`,
    ...partsOf(storeCommand(pendingPlace(rotated.secret, shape))),
  ]
}
