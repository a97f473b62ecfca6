/** What the jobs read: the project's files, on disk or with some of them planted by a test, and what they report. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, matchesGlob } from 'node:path'
import { projectRoot } from '../../sandbox/root.ts'

/** Files by their path below the project's root, with slashes. */
export interface Project {
  /** The text of a file; undefined when there is none. */
  read(path: string): string | undefined
  /** True for a file and for a folder, with or without a slash at its end. */
  exists(path: string): boolean
  /** The files that match one of the patterns, in order. */
  list(...patterns: string[]): string[]
}

/** A document. */
export interface Page {
  path: string
  text: string
}

/** Something that is wrong, and where. */
export interface Problem {
  path: string
  /** Counted from 1. */
  line: number
  says: string
}

/** The project as it is on disk. */
export function onDisk(root: string = projectRoot): Project {
  return {
    read: (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined),
    exists: (path) => existsSync(join(root, path)),
    list: (...patterns) =>
      globSync(patterns, { cwd: root })
        .map((path) => path.replaceAll('\\', '/'))
        .sort(),
  }
}

/** The project with these files in place of its own; `undefined` takes one away. */
export function withFiles(project: Project, files: Readonly<Record<string, string | undefined>>): Project {
  const paths = Object.keys(files)
  const below = (path: string) => `${path.replace(/\/$/, '')}/`
  return {
    read: (path) => (path in files ? files[path] : project.read(path)),
    exists: (path) =>
      path in files
        ? files[path] !== undefined
        : paths.some((one) => one.startsWith(below(path)) && files[one] !== undefined) || project.exists(path),
    list: (...patterns) =>
      [
        ...project.list(...patterns).filter((path) => !(path in files)),
        ...paths.filter((path) => files[path] !== undefined && patterns.some((pattern) => matchesGlob(path, pattern))),
      ].sort(),
  }
}

/** A project of nothing but these files. */
export function ofFiles(files: Readonly<Record<string, string>>): Project {
  return withFiles({ read: () => undefined, exists: () => false, list: () => [] }, files)
}

/** Every document, in order. */
export function pages(project: Project): Page[] {
  return project
    .list('*.md', '{docs,examples,.github}/**/*.md')
    .map((path) => ({ path, text: project.read(path) ?? '' }))
}

/** The line of a place in a text, counted from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
