/** What Xet clients upload, as the sandbox's Hub reads it. */
import { expect, test } from '@jest/globals'
import { chunksOf, filesOf, hashInPath } from '../../sandbox/hub/repos/xet-content.ts'

/** A chunk with its header: version, stored length, scheme, length. */
function chunk(scheme: number, stored: Buffer, length = stored.length): Buffer {
  const header = Buffer.alloc(8)
  header.writeUIntLE(stored.length, 1, 3)
  header[4] = scheme
  header.writeUIntLE(length, 5, 3)
  return Buffer.concat([header, stored])
}

/** An LZ4 frame without checksums. */
function frame(...blocks: { bytes: number[] | Buffer; plain?: boolean }[]): Buffer {
  const parts = blocks.flatMap(({ bytes, plain }) => {
    const size = Buffer.alloc(4)
    size.writeUInt32LE((plain ? 0x8000_0000 : 0) + bytes.length)
    return [size, Buffer.from(bytes)]
  })
  return Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]), ...parts, Buffer.alloc(4)])
}

const texts = (xorb: Buffer) => chunksOf(xorb).map((one) => one.toString())

test('chunks are stored as they are or as LZ4 frames, and what follows them is left alone', () => {
  // Three letters, then a copy of nine bytes from three before, then one letter.
  const block = { bytes: [0x35, ...Buffer.from('abc'), 3, 0, 0x10, ...Buffer.from('d')] }
  const xorb = [chunk(0, Buffer.from('plain')), chunk(1, frame(block), 13), Buffer.from('XETBLOB and more')]
  expect(texts(Buffer.concat(xorb))).toEqual(['plain', 'abcabcabcabcd'])
})

test('a block may be stored as it is, be long, and refer to the one before', () => {
  const long = 'x'.repeat(300)
  const first = { bytes: Buffer.from('ab'), plain: true }
  // 300 letters: 15, 255 and 30; then 4 bytes from two before.
  const second = { bytes: Buffer.concat([Buffer.from([0xf0, 255, 30]), Buffer.from(long), Buffer.from([2, 0, 0x00])]) }
  expect(texts(chunk(1, frame(first, second), 306))).toEqual([`ab${long}xxxx`])
})

test('bytes that were grouped by their place come back in order', () => {
  expect(texts(chunk(2, frame({ bytes: Buffer.from('aeibfcgdh'), plain: true }), 9))).toEqual(['abcdefghi'])
})

test('a shard names the chunks of each file', () => {
  const record = (hash: string, ...numbers: number[]) => {
    const bytes = Buffer.alloc(48)
    bytes.write(hash, 'hex')
    numbers.forEach((number, at) => {
      bytes.writeUInt32LE(number, 32 + at * 4)
    })
    return bytes
  }
  const [file, xorb] = ['1'.repeat(64), '2'.repeat(64)]
  const shard = Buffer.concat([
    Buffer.alloc(48),
    // One segment, its verification, and the file's metadata.
    ...[record(file, 0xc000_0000, 1), record(xorb, 0, 10, 3, 5), record(file), record(file)],
    ...[record(file, 0, 1), record(xorb, 0, 10, 0, 1)],
    record('f'.repeat(64)),
    record(file, 0, 9),
  ])
  expect(filesOf(shard)).toEqual([[{ xorb, start: 3, end: 5 }], [{ xorb, start: 0, end: 1 }]])
})

test('a hash in a path is printed eight bytes at a time, the lowest byte last', () => {
  expect(hashInPath('0706050403020100ffeeddccbbaa9988')).toBe('00010203040506078899aabbccddeeff')
})
