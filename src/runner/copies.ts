/**
 * Where well-known clients copy a token to (`hf auth login`, with `--add-to-git-credential`), and how post recognizes a
 * copy of ours: by a hash that main saves, without the token.
 */
import { createHash } from 'node:crypto'
import { lstatSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { readSmallFile } from './small-file.ts'

/** Name of the state entry that main saves and post reads. */
export const COPIES_STATE = 'copies'

/** What such a file holds: one token, named tokens (INI), or Git's credentials (one URL a line). */
export type CopyKind = 'token' | 'stored' | 'git'

export interface CopyFile {
  kind: CopyKind
  path: string
}

/** By which a token is recognized without its value. */
export interface Fingerprint {
  /** SHA-256 of the token. */
  hash: string
  /** In characters. */
  length: number
}

/** What post needs to recognize copies. Holds no secret. */
export interface SavedCopies extends Fingerprint {
  /** Where copies may be, as far as main could know it. */
  files: readonly CopyFile[]
  /** Files that held the token before this step delivered it: they are not copies of what it delivered. */
  before: readonly string[]
}

/** What main saves before it delivers the token. */
export function savedCopies(token: string, env: NodeJS.ProcessEnv): SavedCopies {
  const ours = { hash: hashOf(token), length: token.length }
  const files = copyFiles(env)
  return { ...ours, files, before: files.filter(({ path }) => held(path, ours)).map(({ path }) => path) }
}

/** Whether this is the token, and nothing else. */
export function isToken(text: string, { hash }: Fingerprint): boolean {
  return hashOf(text) === hash
}

/** SHA-256, in hexadecimal digits. */
export function hashOf(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The most that is read of a file, in bytes: what clients write there is a few kilobytes long. */
const MAX_BYTES = 1_000_000

/** A file that exists. */
export interface FoundFile {
  /** Each byte as one character, so that what is written back is what was read. */
  text: string
  mode: number
  uid: number
  gid: number
  isLink: boolean
}

/** Undefined if there is no such file. Throws if it cannot be read, is too large, or is not a regular file. */
export function findFile(path: string): FoundFile | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return undefined
  const isLink = found.isSymbolicLink()
  const { bytes, stats } = readSmallFile(isLink ? realpathSync(path) : path, MAX_BYTES)
  return { text: bytes.toString('latin1'), mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid, isLink }
}

/** Whether the token is anywhere in a text; in a URL, some of its characters are percent-encoded. */
export function holds(text: string, ours: Fingerprint): boolean {
  const decoded = text.replace(/%([2-7][0-9a-f])/gi, (_whole, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return [text, decoded].some((one) =>
    startsOf(one, ours.length).some((at) => isToken(one.slice(at, at + ours.length), ours)),
  )
}

/** Where a token of this length may start: after its prefix comes no more of it than that. */
function startsOf(text: string, length: number): number[] {
  const starts = [...text.matchAll(/hf_/g)].map(({ index }) => index)
  // A longer one is another token, and hashing all of a hostile file at each place would take seconds.
  return starts.filter((at) => at + length <= text.length && !/\w/.test(text[at + length] ?? ''))
}

function held(path: string, ours: Fingerprint): boolean {
  try {
    return holds(findFile(path)?.text ?? '', ours)
  } catch {
    // Post reports what it cannot read.
    return false
  }
}

/**
 * The files for this environment; each once.
 *
 * Sources: `constants.py` of huggingface_hub 2.4.0 (`HF_TOKEN_PATH`, `HF_STORED_TOKENS_PATH`); `git help credential-store`,
 * FILES.
 */
export function copyFiles(env: NodeJS.ProcessEnv): CopyFile[] {
  // Python takes the profile on Windows, Git HOME.
  const homes = [...new Set([env.HOME, env.USERPROFILE].filter((home) => home !== undefined && home !== ''))]
  const found = (homes.length > 0 ? homes : knownHome()).flatMap((home = '') => filesBelow(home, env))
  const unique = new Map(found.map((file) => [`${file.kind} ${file.path}`, file]))
  return [...unique.values()]
}

/** None for a user that the system does not know, as some containers have it. */
function knownHome(): string[] {
  try {
    return [homedir()]
  } catch {
    return []
  }
}

function filesBelow(home: string, env: NodeJS.ProcessEnv): CopyFile[] {
  const place = (path: string) => absolute(expanded(path, home, env), env)
  // Python takes an empty variable for the working directory; Git, below, for none.
  const cache = env.XDG_CACHE_HOME ?? join(home, '.cache')
  const tokens = [
    // The defaults too: a step of the job may have called the client without the job's variables.
    env.HF_TOKEN_PATH,
    env.HF_HOME === undefined ? undefined : join(env.HF_HOME, 'token'),
    join(cache, 'huggingface', 'token'),
    join(home, '.cache', 'huggingface', 'token'),
  ].flatMap((path) => (path ? [place(path)] : []))
  return [
    ...tokens.map((path) => ({ kind: 'token', path }) as const),
    // The client's staging mode has a file of its own for the token alone.
    { kind: 'token', path: absolute(join(home, '.cache', 'huggingface_staging', 'token'), env) },
    ...tokens.map((path) => ({ kind: 'stored', path: join(dirname(path), 'stored_tokens') }) as const),
    { kind: 'git', path: absolute(join(home, '.git-credentials'), env) },
    { kind: 'git', path: absolute(join(env.XDG_CONFIG_HOME || join(home, '.config'), 'git', 'credentials'), env) },
  ]
}

/** As Python's `expandvars(expanduser(path))`: a variable that is not set stays as it is. */
function expanded(path: string, home: string, env: NodeJS.ProcessEnv): string {
  const atHome = path === '~' || /^~[/\\]/.test(path) ? home + path.slice(1) : path
  return atHome.replace(/\$(?:(\w+)|\{([^{}]*)\})/g, (whole, plain?: string, braced?: string) => {
    return env[plain ?? braced ?? ''] ?? whole
  })
}

/** Steps start in the workspace, unless they say otherwise. */
function absolute(path: string, env: NodeJS.ProcessEnv): string {
  return isAbsolute(path) ? resolve(path) : resolve(env.GITHUB_WORKSPACE || '.', path)
}
