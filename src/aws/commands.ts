/** Commands of the AWS CLI that messages print, quoted for a shell. */
import { verbatim } from '../text/printable.ts'
import type { SecretReference } from './request.ts'

/** A call of Secrets Manager for this secret. `options` follow as they are. */
export function secretCommand(
  operation: string,
  { region, id }: Pick<SecretReference, 'region' | 'id'>,
  ...options: readonly string[]
): string {
  return ['aws secretsmanager', operation, '--region', word(region), '--secret-id', word(id), ...options].join(' ')
}

/** One word for a shell. */
export function word(text: string): string {
  return /^[\w/+=.@:%-]+$/.test(text) ? text : `'${verbatim(text).replaceAll("'", "'\\''")}'`
}
