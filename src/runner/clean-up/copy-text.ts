/** Takes copies of one token out of the files of `hf auth login` and Git. Pure; keeps every other byte. */
import { type CopyKind, type Fingerprint, holds, isToken } from '../copies.ts'

/** What is left of a file without the token; undefined: nothing, so that the file can go. */
export type Remainder = { kept: string | undefined } | 'none here' | 'unknown form'

/** The text (one character per byte) without the token with this fingerprint. */
export function withoutCopies(kind: CopyKind, text: string, ours: Fingerprint): Remainder {
  if (!holds(text, ours)) return 'none here'
  const kept = WITHOUT[kind](text, ours)
  // Whoever wrote this is not a client that we know: changing half of it would help nobody.
  return kept !== undefined && holds(kept, ours) ? 'unknown form' : { kept }
}

const WITHOUT: Readonly<Record<CopyKind, (text: string, ours: Fingerprint) => string | undefined>> = {
  token: (text, ours) => (isToken(cleaned(text), ours) ? undefined : text),
  stored: (text, ours) => {
    const sections = sectionsOf(text)
    return sections?.map((section) => (isOurs(section, ours) ? commentsAfter(section) : section)).join('') ?? text
  },
  git: (text, ours) =>
    linesOf(text)
      .filter((line) => !isCredentialOf(line, ours))
      .join(''),
}

/** As the client reads a token. Source: `_clean_token` in `utils/_auth.py` of huggingface_hub 2.4.0. */
function cleaned(text: string): string {
  return text.replace(/[\r\n]/g, '').trim()
}

/** With their ends. */
function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/)
}

/**
 * What the client's `configparser` writes, and what people add to it: headers, `key = value`, comments, empty lines. A value
 * that goes on in the next, indented line is not among it.
 */
const HEADER = /^\[.+\]\s*$/
const FIELD = /^[^\s#;[=:][^=:]*[=:]/
const COMMENT = /^[#;]/
const BLANK = /^\s*$/
const TOKEN_FIELD = /^hf_token\s*[=:](.*)$/is

/** Each begins with its header, but for what comes before the first one. Undefined for a file of another form. */
function sectionsOf(text: string): string[] | undefined {
  const sections = ['']
  for (const line of linesOf(text)) {
    if (HEADER.test(line)) sections.push('')
    else if (!FIELD.test(line) && !COMMENT.test(line) && !BLANK.test(line)) return undefined
    sections.push((sections.pop() ?? '') + line)
  }
  return sections
}

/** The comments at the end of a section are about the next one. */
function commentsAfter(section: string): string {
  const lines = linesOf(section)
  const end = lines.findLastIndex((line) => FIELD.test(line))
  const first = lines.findIndex((line, at) => at > end && COMMENT.test(line))
  return first < 0 ? '' : lines.slice(first).join('')
}

function isOurs(section: string, ours: Fingerprint): boolean {
  return linesOf(section).some((line) => {
    const [, value] = TOKEN_FIELD.exec(line) ?? []
    return value !== undefined && isToken(cleaned(value), ours)
  })
}

/** `https://hf_user:<password>@huggingface.co`. Source: `git help credential-store`, STORAGE FORMAT. */
const CREDENTIAL = /^[a-z][a-z0-9+.-]*:\/\/[^:@/\s]*:([^@/\s]*)@/i

function isCredentialOf(line: string, ours: Fingerprint): boolean {
  const [, password] = CREDENTIAL.exec(line) ?? []
  return password !== undefined && isToken(decoded(password), ours)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
