/** How a person brings a new token, where no rotation mints one. */
import { type SecretShape, storeCommand } from '../../aws/store-command.ts'
import { createToken } from '../../hub/new-token.ts'
import { type Part, partsOf } from '../../text/message.ts'
import type { SecretContext } from '../context.ts'
import { pendingPlace } from './place.ts'
import { askedOf } from './requirement.ts'

/** Where to create the token, and how to store it as the pending version. */
export function newTokenByHand(
  { request, rotated }: Pick<SecretContext, 'request' | 'rotated'>,
  shape: SecretShape,
): Part[] {
  return [
    ...createToken({ ...askedOf(rotated), org: request.org, hubEndpoint: request.hubEndpoint }),
    ...partsOf(storeCommand(pendingPlace(rotated.secret, shape))),
  ]
}
