/** Files that only the runner's own user can read. */
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Runs a program without a shell. */
export type Run = (file: string, args: readonly string[]) => void

const run: Run = (file, args) => {
  // Loading it takes time, and only Windows needs it.
  const { execFileSync } = process.getBuiltinModule('node:child_process')
  execFileSync(file, args, { stdio: 'ignore', timeout: 10_000 })
}

/**
 * Windows has no modes: there, the system's own `icacls` replaces the inherited access list with one that names only the
 * owner. S-1-3-4 is "owner rights": whoever owns the object, in any language.
 */
function keepOwnerOnly(path: string, access: string, platform: NodeJS.Platform, exec: Run): void {
  if (platform !== 'win32') return
  const icacls = join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'icacls.exe')
  exec(icacls, [path, '/inheritance:r', '/grant:r', `*S-1-3-4:${access}`])
}

/** Creates a folder for the owner only (mode 0700). Throws if the folder exists. */
export function makePrivateDirectory(
  path: string,
  platform: NodeJS.Platform = process.platform,
  exec: Run = run,
): void {
  mkdirSync(path, { mode: 0o700 })
  keepOwnerOnly(path, '(OI)(CI)F', platform, exec)
}

/** Writes a new file with mode 0600, in a folder for the owner only. Throws if there is a file or link already. */
export function writePrivateFile(path: string, content: string): void {
  writeFileSync(path, content, { mode: 0o600, flag: 'wx' })
}

/**
 * Writes a new file for the owner only, in a folder that others may read. Returns false, and changes nothing, if
 * anything is there already, even a link to nowhere.
 */
export function writeNewPrivateFile(
  path: string,
  content: string,
  platform: NodeJS.Platform = process.platform,
  exec: Run = run,
): boolean {
  let file: number
  try {
    file = openSync(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  try {
    keepOwnerOnly(path, 'F', platform, exec)
    writeFileSync(file, content)
  } catch (error) {
    // Half a token would not be recognized as ours later.
    rmSync(path, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
  return true
}
