/** Files that only the runner's own user can read. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Runs a program without a shell. */
export type Run = (file: string, args: readonly string[]) => void

const run: Run = (file, args) => {
  execFileSync(file, args, { stdio: 'ignore', timeout: 10_000 })
}

/** S-1-3-4 is "owner rights": whoever owns the object, on Windows in any language. */
const OWNER_ONLY = ['/inheritance:r', '/grant:r', '*S-1-3-4:(OI)(CI)F']

/**
 * Creates a folder with mode 0700. Windows has no modes: there, the system's own `icacls` replaces the inherited access
 * list with one that names only the owner. Throws if the folder exists.
 */
export function makePrivateDirectory(
  path: string,
  platform: NodeJS.Platform = process.platform,
  exec: Run = run,
): void {
  mkdirSync(path, { mode: 0o700 })
  if (platform !== 'win32') return
  const icacls = join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'icacls.exe')
  exec(icacls, [path, ...OWNER_ONLY])
}

/** Writes a new file with mode 0600. Throws if there is a file or link already. */
export function writePrivateFile(path: string, content: string): void {
  writeFileSync(path, content, { mode: 0o600, flag: 'wx' })
}
