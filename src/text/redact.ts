/** The secrets of this run: text that quotes one, in any of its usual encodings, is shown without it. */

/** Anything shorter would hide words everywhere. It is kept out of messages by what is put into them. */
const SHORTEST = 8
/** Every form of every secret, the longest first. */
let forms: readonly string[] = []

/** Remembers a secret value. Called together with the runner's own mask, before anything else happens to the value. */
export function remember(secret: string): void {
  const whole = secret.trim()
  // The parts of a JWT are as secret as the whole, except for a short one (its header).
  const parts = whole.split('.').length === 3 ? whole.split('.').filter((part) => part.length >= 40) : []
  const lines = whole.split(/[\r\n]+/).map((line) => line.trim())
  const found = [whole, ...lines, ...parts].filter(({ length }) => length >= SHORTEST).flatMap(formsOf)
  forms = [...new Set([...forms, ...found])].sort((a, b) => b.length - a.length)
}

/** The text with `***` in place of every remembered secret. */
export function redact(text: string): string {
  let clean = text
  for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, '***')
  return clean
}

/** The value as programs usually write it. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value)
  const plain = [
    value,
    JSON.stringify(value).slice(1, -1),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    ...[0, 1, 2].flatMap((offset) => inBase64(bytes, offset)),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ]
  return plain.flatMap(inUrl)
}

/**
 * What is left of the value in the base64 of a longer text, in which it begins `offset` bytes after a multiple of three: the
 * characters that hold none of its neighbors' bits.
 */
function inBase64(bytes: Buffer, offset: number): string[] {
  const moved = Buffer.concat([Buffer.alloc(offset), bytes])
  const from = Math.ceil((offset * 8) / 6)
  const to = Math.floor((moved.length * 8) / 6)
  return [moved.toString('base64').slice(from, to), moved.toString('base64url').slice(from, to)]
}

/** The text itself, and in a URL or a form, with escapes in capitals or small letters. */
function inUrl(text: string): string[] {
  // `encodeURIComponent` throws on lone surrogates.
  const escaped = encodeURIComponent(text.toWellFormed())
  const small = escaped.replace(/%../g, (code) => code.toLowerCase())
  return [text, escaped, small, escaped.replaceAll('%20', '+')]
}
