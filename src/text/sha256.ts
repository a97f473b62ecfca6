/** A hash that lets two places be compared without the value. */
import { createHash } from 'node:crypto'

/** SHA-256 of the text in UTF-8, as 64 hexadecimal digits. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
