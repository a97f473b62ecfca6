/** The secrets of this run: text that quotes one, in any of its usual encodings, is shown without it. */

const SHORTEST = 8
const forms = new Set<string>()

/** Remembers a secret value. Called together with the runner's own mask, before anything else happens to the value. */
export function remember(secret: string): void {
  const whole = secret.trim()
  // The parts of a JWT are as secret as the whole, except for a short one (its header).
  const parts = whole.split('.').length === 3 ? whole.split('.').filter((part) => part.length >= 40) : []
  for (const value of [whole, ...parts]) {
    if (value.length < SHORTEST) continue
    const bytes = Buffer.from(value)
    for (const form of [
      value,
      encodeURIComponent(safe(value)),
      JSON.stringify(value).slice(1, -1),
      bytes.toString('base64').replace(/=+$/, ''),
      bytes.toString('base64url'),
      bytes.toString('hex'),
    ]) {
      forms.add(form)
    }
  }
}

/** The text with `***` in place of every remembered secret. */
export function redact(text: string): string {
  let clean = text
  for (const form of [...forms].sort((a, b) => b.length - a.length))
    if (clean.includes(form)) clean = clean.replaceAll(form, '***')
  return clean
}

/** `encodeURIComponent` throws on lone surrogates. */
function safe(text: string): string {
  return text.toWellFormed()
}
