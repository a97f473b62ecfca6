/** IP addresses and CIDR ranges, for the operators `IpAddress` and `NotIpAddress`. */

/** An address as a number, and how many bits addresses of its kind have. */
interface Address {
  value: bigint
  bits: 32 | 128
}

/** A range: an address and how many of its leading bits count. */
export interface Range extends Address {
  prefix: number
}

/** An address alone is a range of one. */
export function parseRange(text: string): Range | undefined {
  const [, host = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const address = parseAddress(host)
  if (!address) return undefined
  const prefix = length === undefined ? address.bits : Number(length)
  return prefix <= address.bits ? { ...address, prefix } : undefined
}

/** True when the first range lies in the second. */
export function isWithin(inner: Range, outer: Range): boolean {
  if (inner.bits !== outer.bits || inner.prefix < outer.prefix) return false
  const shift = BigInt(outer.bits - outer.prefix)
  return inner.value >> shift === outer.value >> shift
}

function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text)
}

function parseV4(text: string): Address | undefined {
  const bytes = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number)
  if (!bytes || bytes.some((byte) => byte > 255)) return undefined
  return { value: bytes.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n), bits: 32 }
}

function parseV6(text: string): Address | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return { value: groups.reduce((all, group) => (all << 16n) | BigInt(`0x${group}`), 0n), bits: 128 }
}
