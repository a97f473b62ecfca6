/** What an answer looks like without what it says: keys and types, and the values of fields that hold names of rights. */

/** Fields whose values are enums of the services: never a name, an id or a text. */
const ENUMS = new Set(
  (
    'role type permissions repoPermissions global scope token_type issued_token_type error roleInOrg plan ' +
    'securityRestrictions uploadMode billingMode'
  ).split(' '),
)

const ENUM_VALUE = /^[a-zA-Z.:_-]{1,80}$/
/** `last4` is a key; what ends in more digits is an id. */
const KEY = /^[a-zA-Z_][a-zA-Z_-]{0,39}\d?$/
const MOST_LINES = 150
const DEEPEST = 10

/**
 * One line for each member, such as `auth.accessToken.role: "write"` or `orgs[].name: string`. The items of an array
 * are merged. `personal`: texts that are not shown even where a name of a right would be.
 */
export function shapeOf(json: unknown, personal: ReadonlySet<string>): string[] {
  const hidden = new Set([...personal, ...namesIn(json)].map((name) => name.toLowerCase()))
  const members = new Map<string, Set<string>>()
  walk(json, { path: '', field: '', depth: 0 })
  const lines = [...members].map(([path, types]) => `${path || '(whole)'}: ${[...types].sort().join(' | ')}`)
  return lines.length > MOST_LINES
    ? [...lines.slice(0, MOST_LINES), `(${lines.length - MOST_LINES} more members)`]
    : lines

  function walk(value: unknown, at: { path: string; field: string; depth: number }): void {
    const { path, field, depth } = at
    if (depth > DEEPEST) note(path, 'deeper')
    else if (Array.isArray(value)) walkItems(value, at)
    else if (typeof value === 'object' && value !== null) walkMembers(Object.entries(value), path, depth)
    else for (const type of typesOf(value, field)) note(path, type)
  }

  function walkItems(items: unknown[], at: { path: string; field: string; depth: number }): void {
    if (items.length === 0) note(at.path, 'empty array')
    for (const item of items) walk(item, { path: `${at.path}[]`, field: at.field, depth: at.depth + 1 })
  }

  function walkMembers(members: [string, unknown][], path: string, depth: number): void {
    if (members.length === 0) note(path, 'empty object')
    for (const [key, item] of members) {
      const shown = KEY.test(key) && !hidden.has(key.toLowerCase()) ? key : '<key>'
      walk(item, { path: path ? `${path}.${shown}` : shown, field: shown, depth: depth + 1 })
    }
  }

  function note(path: string, type: string): void {
    const types = members.get(path) ?? new Set()
    members.set(path, types.add(type))
  }

  function typesOf(value: unknown, field: string): string[] {
    if (value === null) return ['null']
    if (typeof value !== 'string' || !ENUMS.has(field)) return [typeof value]
    // An `error` may be a sentence, and a sentence may name somebody: only a code is shown.
    const words = field === 'scope' ? value.split(' ') : [value]
    return words.map((word) =>
      ENUM_VALUE.test(word) && !word.startsWith('hf_') && !hidden.has(word.toLowerCase()) ? `"${word}"` : 'string',
    )
  }
}

/** Fields that hold who or what an answer is about. */
const NAMES = new Set(
  '_id id name fullname user email displayName sub description token accessToken access_token'.split(' '),
)

/** Every name in an answer: wherever else it appears, it is not shown either. */
export function namesIn(json: unknown): string[] {
  if (Array.isArray(json)) return json.flatMap(namesIn)
  if (typeof json !== 'object' || json === null) return []
  return Object.entries(json).flatMap(([key, value]) =>
    typeof value === 'string' ? (NAMES.has(key) ? [value] : []) : namesIn(value),
  )
}
