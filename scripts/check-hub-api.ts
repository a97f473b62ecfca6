/** Compares what the Hub publishes about rights with our copy of its description, and fails on a difference. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { printable } from '../src/text/printable.ts'

const PUBLISHED = 'https://huggingface.co/.well-known/openapi.json'
const STORED = join('sandbox', 'hub', 'api', 'hub-api.json')
const LIMIT_MS = 60_000
const ACCOUNTS = '/api/organizations/{name}/service-accounts'

/** The parts that decide what a token may do: each is a path into the description. */
const PARTS: readonly (readonly string[])[] = [
  ['/api/whoami-v2', 'get', 'responses', '200'],
  [ACCOUNTS, 'get', 'responses', '200'],
  [`${ACCOUNTS}/{serviceAccountId}`, 'get', 'responses', '200'],
  [`${ACCOUNTS}/{serviceAccountId}/tokens`, 'post'],
  ['/api/credentials/revoke', 'post', 'requestBody'],
]

/** Every member, value of an enum and limit of these parts, one line each. */
function membersOf(description: unknown): Set<string> {
  const lines = new Set<string>()
  for (const part of PARTS) {
    let value = at(description, 'paths')
    for (const key of part) value = at(value, key)
    if (value === undefined) throw new Error(`the description has no ${part.join(' ')}`)
    collect(value, part.slice(0, 2).join(' '), lines)
  }
  return lines
}

function at(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([name]) => name === key)?.[1]
}

/** What our copy has kept of a schema, besides its members: everything else is text. */
const LIMITS = 'type format pattern minItems maxItems minLength maxLength minimum maximum additionalProperties'.split(
  ' ',
)
const LISTS = ['enum', 'const', 'required']

/** The order of members, enums and alternatives does not count. */
function collect(schema: unknown, path: string, lines: Set<string>): void {
  if (typeof schema !== 'object' || schema === null) return
  for (const [key, value] of Object.entries(schema)) collectKeyword({ key, value, path, lines })
}

function collectKeyword(at: { key: string; value: unknown; path: string; lines: Set<string> }): void {
  const { key, value, path, lines } = at
  const note = (one: unknown) => lines.add(`${path} ${key} ${JSON.stringify(one)}`)
  if (key === 'properties') collectMembers(value ?? {}, path, lines)
  else if (LISTS.includes(key)) [value].flat().forEach(note)
  else if (LIMITS.includes(key) && typeof value !== 'object') note(value)
  else collect(value, key === 'items' ? `${path}[]` : path, lines)
}

function collectMembers(members: object, path: string, lines: Set<string>): void {
  for (const [name, member] of Object.entries(members)) {
    lines.add(`${path}.${name}`)
    collect(member, `${path}.${name}`, lines)
  }
}

async function published(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) })
  if (!response.ok) throw new Error(`the answer has status ${response.status}`)
  return response.json()
}

try {
  const now = membersOf(await published(process.argv[2] ?? PUBLISHED))
  const known = membersOf(JSON.parse(readFileSync(join(import.meta.dirname, '..', STORED), 'utf8')))
  const changes = [
    ...[...now].filter((line) => !known.has(line)).map((line) => `added: ${line}`),
    ...[...known].filter((line) => !now.has(line)).map((line) => `removed: ${line}`),
  ]
  for (const change of changes) console.log(printable(change))
  if (changes.length === 0) console.log(`The Hub's description says the same as ${STORED}.`)
  else console.log(`${changes.length} differences from ${STORED}: check what each one means for src/hub/.`)
  process.exitCode = changes.length === 0 ? 0 : 1
} catch (error) {
  const why = error instanceof Error ? error.message : String(error)
  console.log(printable(`The Hub's description could not be compared: ${why}`))
  process.exitCode = 1
}
