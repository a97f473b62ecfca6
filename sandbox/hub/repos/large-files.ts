/** Large files: which files the Hub keeps outside of git, and the pointer that git has instead. Source: the git-lfs specification. */
import { posix } from 'node:path'
import type { Commit } from './repos.ts'

/** Above this, the Hub takes no file into git itself. */
const REGULAR_MAX_BYTES = 10 * 1024 * 1024

export interface Pointer {
  /** The SHA-256 of the content, in hexadecimal digits. */
  oid: string
  /** Bytes. */
  size: number
}

export function pointerTo({ oid, size }: Pointer): Buffer {
  return Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`)
}

/** What a file of this content points to; undefined for an ordinary file. */
export function pointerIn(content: Buffer): Pointer | undefined {
  if (content.length > 1024) return undefined
  const found = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\noid sha256:([0-9a-f]{64})\nsize (\d+)\n$/.exec(
    content.toString(),
  )
  return found?.[1] ? { oid: found[1], size: Number(found[2]) } : undefined
}

/** Whether a file must be uploaded as a large one: by the attributes, its size, or because it is not text. */
export function isLarge(file: { path: string; size: number; sample: Buffer }, attributes: string): boolean {
  const patterns = attributes
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([pattern, ...set]) => (pattern && set.includes('filter=lfs') ? [pattern] : []))
  return matchesAny(patterns, file.path) || file.size > REGULAR_MAX_BYTES || file.sample.includes(0)
}

/** Whether git would leave the file out. Patterns with `!` are not played. */
export function isIgnored(path: string, ignore: string): boolean {
  const patterns = ignore.split('\n').map((line) => line.trim())
  return matchesAny(
    patterns.filter((pattern) => pattern !== '' && !/^[#!]/.test(pattern)),
    path,
  )
}

/** The text of one of the repository's own settings files. */
export function settingsIn(commit: Commit, name: '.gitattributes' | '.gitignore'): string {
  return commit.files.get(name)?.toString() ?? ''
}

/** A pattern without a slash matches in every folder, and one that names a folder all that is in it. */
function matchesAny(patterns: readonly string[], path: string): boolean {
  return patterns.some((given) => {
    const pattern = given.replace(/^\//, '').replace(/\/$/, '')
    const anywhere = given.startsWith('/') || pattern.includes('/') ? pattern : `**/${pattern}`
    return posix.matchesGlob(path, anywhere) || posix.matchesGlob(path, `${anywhere}/**`)
  })
}
