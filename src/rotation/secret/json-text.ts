/**
 * Changes a string inside the text of a JSON object, and no other byte: parsing and writing it again would round large
 * numbers and reorder keys.
 */
import type { KeyPath } from '../../aws/secret-key.ts'

/** The text with another string at the path. */
export function replaceMember(json: string, path: KeyPath, value: string): string {
  const { start, end } = find(json, path)
  return json.slice(0, start) + JSON.stringify(value) + json.slice(end)
}

/** The text with a member added right after the one at the path. */
export function addMember(json: string, after: KeyPath, member: Record<string, string>): string {
  const { end } = find(json, after)
  return `${json.slice(0, end)},${JSON.stringify(member).slice(1, -1)}${json.slice(end)}`
}

/** The text without the member at the path, and without the comma that comes with it. */
export function withoutMember(json: string, path: KeyPath): string {
  const { keyStart, end } = find(json, path)
  const before = json.slice(0, keyStart).trimEnd()
  const after = json.slice(end)
  // The first member of an object has its comma behind it.
  return before.endsWith(',') ? before.slice(0, -1) + after : before + after.replace(/^\s*,\s*/, '')
}

/** A string that is the value of a key, quotes included: from `start` up to `end`, not including it. */
interface StringMember {
  path: KeyPath
  /** Where its key begins. */
  keyStart: number
  start: number
  end: number
}

/** If a key occurs more than once in an object, the last one counts, as for `JSON.parse`. */
function find(json: string, path: KeyPath): StringMember {
  const member = [...strings(json, path.length)].findLast((one) => path.every((key, at) => key === one.path[at]))
  if (!member) throw new TypeError('the key is not in the text')
  return member
}

/** Strings are the only tokens in which braces and commas mean nothing. */
const PIECES = /"(?:[^"\\]|\\.)*"|[{}[\],]/gs

/** An object or a list whose end has not been read. */
interface Open {
  isList: boolean
  /** The key that was read last; undefined: the next string is a key. */
  key: string | undefined
  keyStart: number
}

/** The strings that are values of keys exactly `depth` objects deep. `json`: the valid text of an object. */
function* strings(json: string, depth: number): Generator<StringMember> {
  const open: Open[] = []
  for (const { 0: piece, index } of json.matchAll(PIECES)) {
    const inner = open.at(-1)
    if (!piece.startsWith('"')) readStructure(piece, open)
    else if (!inner || inner.isList) continue
    else if (inner.key === undefined) Object.assign(inner, { key: JSON.parse(piece) as string, keyStart: index })
    else if (open.length === depth && !open.some(({ isList }) => isList)) {
      const path = open.map(({ key = '' }) => key)
      yield { path, keyStart: inner.keyStart, start: index, end: index + piece.length }
    }
  }
}

function readStructure(piece: string, open: Open[]): void {
  const inner = open.at(-1)
  if (piece === '{' || piece === '[') open.push({ isList: piece === '[', key: undefined, keyStart: 0 })
  else if (piece !== ',') open.pop()
  else if (inner) inner.key = undefined
}
