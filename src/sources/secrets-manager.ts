/** The token source `secrets-manager`: a stored, rotated token, read with a session that may read nothing else. */
import { wrongSecret } from '../aws/secret-content.ts'
import { storeCommand } from '../aws/store-command.ts'
import { proofKey, readProof } from '../hub/proof.ts'
import { checkTokenShape, resemblesToken } from '../hub/token-shape.ts'
import { partsOf } from '../text/message.ts'
import { readStoredSecret } from './stored-secret.ts'
import { awsOf, type SourceContext, type TokenSource } from './token-source.ts'

/** The secret holds the token itself. */
export function secretsManagerSource(context: SourceContext): TokenSource {
  return {
    async obtain(identity) {
      const { secret } = awsOf(context.request)
      const { values, also, shape, label, origin } = await readStoredSecret(identity, context, 'token', proofKey)
      const [value = ''] = values
      const howToStore = storeCommand({ secret, shape })
      // Anything else may be somebody's password, or a whole file.
      const fix = resemblesToken(value)
        ? ['Use the token alone, with nothing around it.', ...partsOf(howToStore)]
        : wrongSecret('token', secret)
      return {
        value: checkTokenShape(value, `The secret ${label}`, fix),
        origin: { label, aws: origin },
        evidence: { kind: 'stored', howToStore, proof: readProof(also) },
      }
    },
  }
}
