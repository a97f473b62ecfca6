/** The secrets of this run: text that quotes one, in any of its usual encodings, is shown without it. */

/** Anything shorter would hide words everywhere. It is kept out of messages by what is put into them. */
const SHORTEST = 8
/** Forms are found by their first characters: a rotation has thousands of them. No form is shorter. */
const KEY_LENGTH = 6
const formsByKey = new Map<string, Set<string>>()
/** Values whose forms are there. */
const remembered = new Set<string>()

/** Remembers a secret value. Called together with the runner's own mask, before anything else happens to the value. */
export function remember(secret: string): void {
  const whole = secret.trim()
  // The parts of a JWT are as secret as the whole, except for a short one (its header).
  const parts = whole.split('.').length === 3 ? whole.split('.').filter((part) => part.length >= 40) : []
  const lines = whole.split(/[\r\n]+/).map((line) => line.trim())
  for (const value of [whole, ...lines, ...parts]) {
    if (value.length < SHORTEST || remembered.has(value)) continue
    remembered.add(value)
    for (const form of formsOf(value)) addForm(form)
  }
}

function addForm(form: string): void {
  const key = form.slice(0, KEY_LENGTH)
  const others = formsByKey.get(key)
  if (others) others.add(form)
  else formsByKey.set(key, new Set([form]))
}

/** The text with `***` in place of every remembered secret, and in place of secrets that overlap. */
export function redact(text: string): string {
  let clean = ''
  let from = 0
  for (let at = 0; at < text.length; at += 1) {
    const end = endOfSecret(text, at)
    if (end === at) continue
    const until = endOfOverlapping(text, at, end)
    clean += `${text.slice(from, at)}***`
    from = until
    at = until - 1
  }
  return clean + text.slice(from)
}

/** The end of the longest form that begins here; `at` itself when none does. */
function endOfSecret(text: string, at: number): number {
  const forms = formsByKey.get(text.slice(at, at + KEY_LENGTH))
  let end = at
  for (const form of forms ?? []) if (at + form.length > end && text.startsWith(form, at)) end = at + form.length
  return end
}

/** The end of what begins within a secret and reaches beyond it, and so on. */
function endOfOverlapping(text: string, at: number, end: number): number {
  let until = end
  for (let inside = at + 1; inside < until; inside += 1) until = Math.max(until, endOfSecret(text, inside))
  return until
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
