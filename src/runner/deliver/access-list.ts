/** Windows has no modes: there, the system's own `icacls` gives access to the owner alone, and says whether it did. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { code, type Prose, prose } from '../../text/message.ts'
import { quoted } from '../../text/printable.ts'
import { Remover } from '../remove.ts'
import { notPrivate } from './not-private.ts'

/** Runs a program without a shell. Throws if it fails. */
export type Run = (file: string, args: readonly string[]) => void

/** What `icacls` may take, in milliseconds. */
const LIMIT_MS = 10_000

export const runProgram: Run = (file, args) => {
  // Loading it takes time, and only Windows needs it.
  const { execFileSync } = process.getBuiltinModule('node:child_process')
  execFileSync(file, args, { stdio: 'ignore', timeout: LIMIT_MS })
}

/** `*S-1-3-4` is "owner rights": whoever owns the object, in any language. */
const OWNER = '*S-1-3-4'

/**
 * What a list must be, in Microsoft's own language for it (SDDL), which is the same on every Windows: protected from the
 * folder above (`P`), and one entry, which gives the owner (`OW`) all rights (`FA`). Source: MS-DTYP 2.5.1.
 */
const OWNER_ONLY = {
  folder: /^D:P(?:AI|AR)*\(A;OICI;(?:FA|0x1f01ff);;;(?:OW|S-1-3-4)\)$/i,
  file: /^D:P(?:AI|AR)*\(A;;(?:FA|0x1f01ff);;;(?:OW|S-1-3-4)\)$/i,
} as const

/**
 * Replaces the access list of a file or a folder with one for the owner alone, and reads it back.
 *
 * @throws `ActionError` `delivery-failed` if it is a different one afterwards, or `icacls` does not work.
 */
export function keepOwnerOnly(path: string, kind: keyof typeof OWNER_ONLY, run: Run): void {
  const icacls = join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'icacls.exe')
  const call = (...args: string[]) => {
    try {
      run(icacls, [path, ...args])
    } catch (error) {
      throw notPrivate(path, prose`${code('icacls')} failed (${reasonOf(error)})`, 'win32')
    }
  }
  call('/inheritance:r', '/grant:r', `${OWNER}:${kind === 'folder' ? '(OI)(CI)F' : 'F'}`)
  const saved = kind === 'folder' ? join(path, 'access-list') : `${path}.${randomUUID()}`
  try {
    call('/save', saved)
    const list = readList(saved)
    if (!OWNER_ONLY[kind].test(list)) throw notPrivate(path, seen(list), 'win32')
  } finally {
    new Remover().file(saved)
  }
}

/** The list in a file of `icacls /save`: a line with the name, then one with the list, in UTF-16 or as plain text. */
function readList(path: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    return ''
  }
  const text = bytes.toString(bytes.includes(0) ? 'utf16le' : 'utf8')
  const [, list = '', ...more] = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  return more.join('') === '' ? list.trim() : text
}

function seen(list: string): Prose {
  return list === ''
    ? prose`${code('icacls')} did not say which access list it has`
    : prose`its access list is ${quoted(list, 200)}`
}

function reasonOf(error: unknown): string {
  const { code: name, status } = error as NodeJS.ErrnoException & { status?: number | null }
  return quoted(name ?? (typeof status === 'number' ? `exit code ${status}` : 'stopped'), 40)
}
