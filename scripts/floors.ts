/**
 * The rooms of `src/` and the floor that each is on. A file may import from its own room and from lower floors; rooms on
 * the same floor do not know each other. The test of the structure and the map in CONTRIBUTING.md read this table.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

export interface Room {
  name: string
  /** What is in it, as the map says it. */
  holds: string
}

const room = (name: string, holds: string): Room => ({ name, holds })

/** Lowest floor first. */
export const FLOORS: readonly (readonly Room[])[] = [
  [
    room(
      'text',
      'making text from outside safe to print; durations, JSON, HTML; the interfaces for a log and for masks',
    ),
  ],
  [room('errors', 'the error type, its codes, and the rendering of explanations')],
  [room('net', 'the only way to the network: HTTP, proxy, retries, the deadline')],
  [room('identity', 'the ID token: requesting it, verifying it, checking the claim rules')],
  [
    room(
      'aws',
      'STS, Secrets Manager, ECS; explanations of their errors; `policies/`: the policies that are sent or printed, and the evaluator that proves them',
    ),
    room(
      'hub',
      'the Hub: endpoints, minting, exchanges, revocation; `facts/`: what a token can do; `verdict/`: whether that is what was requested',
    ),
  ],
  [
    room('inputs', 'kinds of inputs that several features share, validated before any call'),
    room('sources', 'where a Hub token comes from, one file per source'),
    room('audit', 'one event for every outcome'),
  ],
  [room('token', 'feature: the main action'), room('rotation', 'feature: `rotate/` and the rotation function')],
  [
    room('runner', 'GitHub’s runner: inputs, log, masks, outputs, saved state, files, git, cleanup'),
    room('terminal', 'the same interfaces for a program without a runner'),
  ],
  [room('entry', 'one short file per program: connect to the outside, run one feature, report')],
]

/** Rooms (or folders in one) that import nothing from `node:`, directly or through others: a browser runs them. */
export const PURE = ['setup', 'policy', 'aws/policies'] as const

/** A source file: its path below `src/`, with slashes, and its text. */
export interface SourceFile {
  path: string
  text: string
}

/** Every file below `folder`. */
export function sourceFiles(folder: string): SourceFile[] {
  return globSync('**/*.ts', { cwd: folder })
    .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(folder, path), 'utf8') }))
    .sort((a, b) => a.path.localeCompare(b.path))
}

/** What a file imports, by whatever means: static, type-only, re-exported, dynamic, or as `import('…').Type`. */
export function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*(['"`])([^'"`\n]+)\1/g)].map(([, , target]) => target ?? '')
}

/** Every import that climbs to a higher floor, goes sideways to another room, or makes a pure room impure. */
export function floorProblems(files: readonly SourceFile[]): string[] {
  const floors = new Map(FLOORS.flatMap((rooms, floor) => rooms.map(({ name }) => [name, floor] as const)))
  const homeless = files.filter(({ path }) => !floors.has(roomOf(path))).map(({ path }) => `${path} is in no room`)
  const climbing = files.flatMap(({ path, text }) => {
    const floor = floors.get(roomOf(path)) ?? -1
    return targets(path, text).flatMap((target) => {
      const other = roomOf(target)
      if (other === roomOf(path)) return []
      const to = floors.get(other)
      if (to === undefined) return [`${path} imports ${target}, which is in no room`]
      if (to < floor) return []
      return [`${path} imports ${target}: ${to === floor ? 'sideways' : 'up'}, from ${roomOf(path)} to ${other}`]
    })
  })
  return [...homeless, ...climbing, ...impure(files)]
}

/** Circles of imports, each as the files that it leads through. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(files.map(({ path, text }) => [path, targets(path, text)] as const))
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path)
    if (at >= 0) cycles.push([...trail.slice(at), path].join(' -> '))
    if (at >= 0 || done.has(path)) return
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of edges.keys()) visit(path, [])
  return cycles
}

function roomOf(path: string): string {
  return path.split('/')[0] ?? ''
}

function targets(path: string, text: string): string[] {
  return importsOf(text)
    .filter((target) => target.startsWith('.'))
    .map((target) => posix.normalize(posix.join(dirname(path), target)))
}

function impure(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const isPure = (path: string) => PURE.some((folder) => path.startsWith(`${folder}/`))
  return files
    .filter(({ path }) => isPure(path))
    .flatMap(({ path }) => {
      const seen = new Set([path])
      for (const current of seen) {
        const text = byPath.get(current)?.text ?? ''
        const node = importsOf(text).find((target) => target.startsWith('node:'))
        if (node) return [`${path} must run in a browser, and ${current} imports ${node}`]
        for (const target of targets(current, text)) seen.add(target)
      }
      return []
    })
}
