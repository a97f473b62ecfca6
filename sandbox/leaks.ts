/** The search for secrets in everything that left a process. */

export interface Secret {
  /** What the report calls it. */
  name: string
  value: string
}

/** A secret that was found where it must not be. */
export interface Leak {
  /** The secret's name. */
  name: string
  where: string
  /** `plain`, `url-encoded`, `json-escaped`, `base64`, `base64url` or `hex`. */
  form: string
  /** Where in the text it starts. */
  offset: number
}

/**
 * Every place where a secret stands in one of the texts: as it is, URL-encoded, JSON-escaped, in hexadecimal, or inside
 * of something base64-encoded (standard and URL-safe, at all three alignments).
 * Reports the first place in a text for each secret and form. Throws if a secret is shorter than 6 characters.
 */
export function findLeaks(bytes: readonly { where: string; text: string }[], secrets: readonly Secret[]): Leak[] {
  const leaks: Leak[] = []
  for (const { name, value } of secrets) {
    if (value.length < 6) throw new Error(`the secret ${name} is too short to be searched for`)
    const forms = Object.entries(formsOf(value))
    for (const { where, text } of bytes) {
      leaks.push(
        ...forms.flatMap(([form, needles]) =>
          placeOf(text, form, needles).map((offset) => ({ name, where, form, offset })),
        ),
      )
    }
  }
  return leaks
}

/** The first place of one of the needles, if there is one. */
function placeOf(text: string, form: string, needles: readonly string[]): number[] {
  const haystack = form === 'hex' ? text.toLowerCase() : text
  return needles
    .map((needle) => haystack.indexOf(needle))
    .filter((at) => at >= 0)
    .slice(0, 1)
}

/** What to search for, by form; a form that does not differ from `plain` is left out. */
function formsOf(value: string): Record<string, string[]> {
  const base64 = [0, 1, 2].map((alignment) => base64At(value, alignment))
  const base64url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  const forms: Record<string, string[]> = {
    plain: [value],
    'url-encoded': [encodeURIComponent(value), new URLSearchParams({ v: value }).toString().slice(2)],
    'json-escaped': [JSON.stringify(value).slice(1, -1)],
    base64,
    base64url,
    hex: [Buffer.from(value).toString('hex')],
  }
  const seen = new Set<string>()
  return Object.fromEntries(
    Object.entries(forms)
      .map(([form, needles]): [string, string[]] => [
        form,
        needles.filter((needle) => !seen.has(needle) && seen.add(needle)),
      ])
      .filter(([, needles]) => needles.length > 0),
  )
}

/**
 * The base64 digits that depend on the value alone when it starts `alignment` bytes after a group of three. The digits
 * at both ends, which the neighbouring bytes share, are left out.
 */
function base64At(value: string, alignment: number): string {
  const bytes = Buffer.from(value)
  const digits = Buffer.concat([Buffer.alloc(alignment), bytes])
    .toString('base64')
    .replaceAll('=', '')
  const start = Math.ceil((alignment * 8) / 6)
  const end = Math.floor(((alignment + bytes.length) * 8) / 6)
  return digits.slice(start, end)
}
