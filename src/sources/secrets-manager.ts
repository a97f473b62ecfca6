/** The token source `secrets-manager`: a stored, rotated token, read with a session that may read nothing else. */
import { checkTokenShape } from '../hub/token-shape.ts'
import { readStoredSecret } from './stored-secret.ts'
import { awsOf, type SourceWorld, type TokenSource } from './token-source.ts'

/** The secret holds the token itself. */
export function secretsManagerSource(world: SourceWorld): TokenSource {
  return {
    async obtain(identity) {
      const { secret } = awsOf(world.request)
      const { values, label, origin } = await readStoredSecret(identity, world, [secret.key], true)
      const fix = `Store the token alone: aws secretsmanager put-secret-value --region ${secret.region} --secret-id ${secret.id} --secret-string file://secret.json\nwhere secret.json holds {"${secret.key}": "hf_…"}`
      return {
        value: checkTokenShape(values[0] ?? '', `The secret ${label}`, fix),
        origin: { label, aws: origin },
        evidence: { kind: 'stored' },
      }
    },
  }
}
