/** What Xet clients upload: xorbs (chunks of files) and shards (which chunks a file is made of). Source: the Xet protocol specification. */

/** Where a part of a file is: chunks `start` up to, not including, `end` of a xorb. */
export interface Segment {
  /** 64 hexadecimal digits of the xorb's hash, as its bytes are. */
  xorb: string
  start: number
  end: number
}

const RECORD_BYTES = 48
const HEADER_BYTES = 48
/** The hash that ends a list of files. */
const END = 'f'.repeat(64)
const WITH_VERIFICATION = 0x8000_0000
const WITH_METADATA = 0x4000_0000

/** The files of a shard. */
export function filesOf(shard: Buffer): Segment[][] {
  const files: Segment[][] = []
  for (let at = HEADER_BYTES; at + RECORD_BYTES <= shard.length; ) {
    if (shard.toString('hex', at, at + 32) === END) break
    const flags = shard.readUInt32LE(at + 32)
    const count = shard.readUInt32LE(at + 36)
    at += RECORD_BYTES
    files.push(
      Array.from({ length: count }, (_, index) => {
        const entry = at + index * RECORD_BYTES
        return {
          xorb: shard.toString('hex', entry, entry + 32),
          start: shard.readUInt32LE(entry + 40),
          end: shard.readUInt32LE(entry + 44),
        }
      }),
    )
    const records = count * (flags & WITH_VERIFICATION ? 2 : 1) + (flags & WITH_METADATA ? 1 : 0)
    at += records * RECORD_BYTES
  }
  return files
}

/** The hash in a path: each eight bytes are printed as one number, the lowest byte last. */
export function hashInPath(hex: string): string {
  return (hex.match(/.{16}/g) ?? []).map((word) => Buffer.from(word, 'hex').reverse().toString('hex')).join('')
}

/** The chunks of a xorb, in order. */
export function chunksOf(xorb: Buffer): Buffer[] {
  const chunks: Buffer[] = []
  // The first byte is the version of a chunk; what may follow the chunks begins with a letter.
  for (let at = 0; at + 8 <= xorb.length && xorb[at] === 0; ) {
    const stored = xorb.readUIntLE(at + 1, 3)
    const scheme = xorb[at + 4] ?? 0
    const length = xorb.readUIntLE(at + 5, 3)
    chunks.push(expand(xorb.subarray(at + 8, at + 8 + stored), scheme, length))
    at += 8 + stored
  }
  return chunks
}

function expand(data: Buffer, scheme: number, length: number): Buffer {
  if (scheme === 0) return data
  const plain = lz4Frame(data, length)
  return scheme === 2 ? ungrouped(plain) : plain
}

/** Puts back in order what was grouped by its place within four bytes. */
function ungrouped(data: Buffer): Buffer {
  const result = Buffer.alloc(data.length)
  let from = 0
  for (let group = 0; group < 4; group++) {
    for (let at = group; at < data.length; at += 4) result[at] = data[from++] ?? 0
  }
  return result
}

/** Source: the LZ4 frame format, version 1.6. Checksums are skipped. */
function lz4Frame(data: Buffer, length: number): Buffer {
  if (data.readUInt32LE(0) !== 0x184d_2204) throw new SyntaxError('not an LZ4 frame')
  const flags = data[4] ?? 0
  let at = 6 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0) + 1
  const result = Buffer.alloc(length)
  let written = 0
  for (let size = data.readUInt32LE(at); size !== 0; size = data.readUInt32LE(at)) {
    const stored = size & 0x7fff_ffff
    const block = data.subarray(at + 4, at + 4 + stored)
    if (size >>> 31) written += block.copy(result, written)
    else written = lz4Block(block, result, written)
    at += 4 + stored + (flags & 16 ? 4 : 0)
  }
  return result.subarray(0, written)
}

/** Source: the LZ4 block format. Returns where the result ends. */
function lz4Block(block: Buffer, result: Buffer, start: number): number {
  let at = 0
  let written = start
  const more = (nibble: number) => {
    let length = nibble
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; length += byte) byte = block[at++] ?? 0
    return length
  }
  while (at < block.length) {
    const token = block[at++] ?? 0
    const literals = more(token >>> 4)
    written += block.copy(result, written, at, at + literals)
    at += literals
    if (at >= block.length) break
    const offset = block.readUInt16LE(at)
    at += 2
    const end = written + more(token & 15) + 4
    // Byte by byte: the source may be what is being written.
    for (; written < end; written++) result[written] = result[written - offset] ?? 0
  }
  return written
}
