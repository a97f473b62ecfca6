/** Edge: reads a file that somebody else may have put there. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'

/**
 * The bytes of a regular file of at most `max` bytes. Follows no link (except on Windows), and does not wait for somebody
 * to write to a pipe. Throws a system error, or an `Error` whose message says what is there instead.
 */
export function readSmallFile(path: string, max: number): { bytes: Buffer; stats: Stats } {
  // Windows has neither of the last two.
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants
  const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    // Checks the open file, not the path: another file may be there by now.
    const stats = fstatSync(file)
    if (!stats.isFile()) throw new Error('something that is not a regular file')
    // One byte more than allowed: the file may have grown since.
    const bytes = Buffer.alloc(max + 1)
    const length = fill(file, bytes)
    if (length > max) throw new Error(`a file of more than ${max} bytes`)
    return { bytes: bytes.subarray(0, length), stats }
  } finally {
    closeSync(file)
  }
}

/** Reads until the buffer is full or the file ends. Returns the number of bytes. */
function fill(file: number, bytes: Buffer): number {
  let length = 0
  while (length < bytes.length) {
    const read = readSync(file, bytes, length, bytes.length - length, null)
    if (read === 0) break
    length += read
  }
  return length
}
