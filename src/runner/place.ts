/** Edge: the numbers of a place that could not be written: owner, mode, free space. Read only after a failure. */
import { lstatSync, type Stats, statfsSync } from 'node:fs'
import { dirname } from 'node:path'

/** What is known about a path, or about the nearest place above it that exists. */
export interface Place {
  path: string
  /** The path itself, or the nearest folder above it that exists; undefined if that cannot be seen either. */
  existing: string | undefined
  isFolder: boolean
  owner: number | undefined
  /** The last nine bits of the mode. */
  mode: number | undefined
  freeBytes: number | undefined
  /** Files that can still be created; undefined where the file system does not count them. */
  freeFiles: number | undefined
}

/** Looks at a path without following a link at its end. Never throws. */
export function lookAt(path: string): Place {
  const [existing, stats] = nearest(path)
  return {
    path,
    existing,
    isFolder: stats?.isDirectory() ?? false,
    owner: stats?.uid,
    mode: stats === undefined ? undefined : stats.mode & 0o777,
    ...freeAt(existing),
  }
}

function nearest(path: string): [string | undefined, Stats | undefined] {
  for (let at = path; ; at = dirname(at)) {
    try {
      return [at, lstatSync(at)]
    } catch {
      if (at === dirname(at)) return [undefined, undefined]
    }
  }
}

function freeAt(path: string | undefined): Pick<Place, 'freeBytes' | 'freeFiles'> {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(path ?? '/')
    return { freeBytes: bavail * bsize, freeFiles: files === 0 ? undefined : ffree }
  } catch {
    return { freeBytes: undefined, freeFiles: undefined }
  }
}
