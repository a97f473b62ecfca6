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

/**
 * Text as a JSON string for a shell or a message: what `verbatim` would show in a form of its own is escaped as JSON has
 * it, so that a program reads the same text.
 */
export function jsonString(text: string): string {
  const unit = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  const escaped = JSON.stringify(text)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => character.split('').map(unit).join(''))
    .replaceAll('##[', '##\\u005b')
  return verbatim(escaped)
}
