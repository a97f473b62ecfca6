/** Where in a JSON secret a value is: `token`, or a path such as `huggingface.token`. */
import { isRecord } from '../text/json.ts'
import { code, joined, type Prose } from '../text/message.ts'
import { jsonString } from './commands.ts'

/** The keys from the outermost object to the value; at least one. */
export type KeyPath = readonly string[]

/** More levels than anybody writes by hand. */
export const MAX_LEVELS = 16

/** What a setting means as a path: a dot separates keys, `\.` is a dot in a key, and `\\` is a backslash. */
export function parsePath(text: string): KeyPath {
  const keys = ['']
  for (const [piece] of text.matchAll(/\\[.\\]|./gs)) {
    if (piece === '.') keys.push('')
    else keys.push(`${keys.pop() ?? ''}${piece.length > 1 ? piece.slice(1) : piece}`)
  }
  return keys
}

/** Whether the path is one key that no setting could mean in another way. */
export function isPlainKey(path: KeyPath): boolean {
  return path.length === 1 && !/[.\\]/.test(path[0] ?? '')
}

/** A path as a setting. */
export function formatPath(path: KeyPath): string {
  return path.map((key) => key.replace(/\\(?=[.\\]|$)|\./g, '\\$&')).join('.')
}

/**
 * What a setting means in this very object. A key of the object that is spelled like the whole setting comes first: that
 * is how `a.b` was read when there were no paths.
 */
export function pathIn(object: Readonly<Record<string, unknown>>, text: string): KeyPath {
  return Object.hasOwn(object, text) ? [text] : parsePath(text)
}

/** The value at the path; undefined when there is none. Only objects have keys: a number is no index of a list. */
export function valueAt(object: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (value, key) => (isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    object,
  )
}

/** The path of another key in the same object. */
export function nextTo(path: KeyPath, nameOf: (key: string) => string): KeyPath {
  return [...path.slice(0, -1), nameOf(path.at(-1) ?? '')]
}

/** An object in which the value is at the path, with nothing else but what is `next` to it. */
export function objectWith(path: KeyPath, value: string, next: Readonly<Record<string, string>> = {}): object {
  const [key = '', ...outer] = path.toReversed()
  return outer.reduce<object>((inner, name) => ({ [name]: inner }), { [key]: value, ...next })
}

/** Every key of the objects along the paths that is on none of them, as a setting would name it. */
export function otherKeys(object: Readonly<Record<string, unknown>>, paths: readonly KeyPath[]): string[] {
  const on = new Set(paths.flatMap((path) => path.map((_, at) => formatPath(path.slice(0, at + 1)))))
  const outer = new Map(
    paths.flatMap((path) => path.map((_, at) => [formatPath(path.slice(0, at)), path.slice(0, at)])),
  )
  return [...outer.values()].flatMap((prefix) => {
    const inner = valueAt(object, prefix)
    const names = isRecord(inner) ? Object.keys(inner).map((key) => formatPath([...prefix, key])) : []
    return names.filter((name) => !on.has(name))
  })
}

/** The path in words: `"token"`, or `"token"` in `"huggingface"`. */
export function pathInWords(path: KeyPath): Prose {
  return joined(
    path.toReversed().map((key) => code(jsonString(key))),
    ' in ',
  )
}
