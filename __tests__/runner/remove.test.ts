/** What becomes of files that something keeps, and that every one of them is reported. */
import { spawnSync } from 'node:child_process'
import fs, {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type RemoveFileSystem, Remover } from '../../src/runner/remove.ts'
import { tellLeft, tellLeftInFolder } from '../../src/runner/tell-removal.ts'

const onPosix = process.platform === 'win32' ? describe.skip : describe
const SECRET = 'hf_SecretSecretSecretSecretSecretSecr'

let temp: string
let waits: number[]
/** Failures that were simulated, and files that were left by them without a word. */
let simulated = 0
let unreported = 0

beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'remove-'))
  waits = []
})
afterEach(() => {
  spawnSync('chattr', ['-R', '-i', '-a', temp])
  rmSync(temp, { recursive: true, force: true })
})
afterAll(() =>
  console.log(`${simulated} simulated removal failures: ${unreported} files left without post reporting it`),
)

const wait = (ms: number) => {
  waits.push(ms)
}

/** A folder as main writes it. */
function folder(...names: string[]): string {
  const path = join(temp, 'hf-oidc-é')
  mkdirSync(path)
  for (const name of names.length > 0 ? names : ['token']) writeFileSync(join(path, name), SECRET)
  return path
}

const refusal = (code: string) => Object.assign(new Error(code), { code })

/** A file system that fails at some calls about paths that end like this. */
function failing(calls: Partial<Record<keyof RemoveFileSystem, (path: string) => void>>): RemoveFileSystem {
  const wrapped = Object.entries(calls).map(([name, fail]) => [
    name,
    (path: string, ...more: unknown[]) => {
      fail(path)
      return (fs[name as keyof RemoveFileSystem] as (...args: unknown[]) => unknown)(path, ...more)
    },
  ])
  return { ...fs, ...Object.fromEntries(wrapped) }
}

/** The first `times` calls fail; so many seconds of a scanner. */
function first(times: number, code: string): () => void {
  let left = times
  return () => {
    if (left-- > 0) throw refusal(code)
  }
}

/** Every file below a folder, links too. */
function filesBelow(path: string): string[] {
  if (!lstatSync(path, { throwIfNoEntry: false })) return []
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Removes the folder, and counts what is left of it without a sentence that names it. */
function remove(path: string, files: RemoveFileSystem = fs) {
  const removal = new Remover({ fs: files, wait }).folder(path)
  const said = tellLeftInFolder(removal)
  const left = filesBelow(path)
  simulated += 1
  // A file is reported by its own sentence, or by one about a folder that nobody can look into.
  const named = said.map((sentence) => sentence.slice(0, Math.max(0, sentence.indexOf(' is still there'))))
  unreported += left.filter((file) => !named.some((name) => file === name || file.startsWith(`${name}/`))).length
  return { outcome: removal.outcome, said, left }
}

describe('without any failure', () => {
  test('a folder is removed with everything in it, at once', () => {
    const path = folder('token', 'git-credentials', 'ünï\nçode')
    mkdirSync(join(path, 'a', 'b'), { recursive: true })
    writeFileSync(join(path, 'a', 'b', 'c'), SECRET)
    expect(remove(path)).toEqual({ outcome: 'removed', said: [], left: [] })
    expect(waits).toEqual([])
    expect(remove(path)).toMatchObject({ outcome: 'gone', said: [] })
    expect(new Remover().file(join(path, 'token')).outcome).toBe('gone')
  })

  test('a path below a file is gone, and a folder is not a file', () => {
    const path = folder()
    expect(new Remover().file(join(path, 'token', 'x')).outcome).toBe('gone')
    expect(new Remover().file(path)).toMatchObject({ outcome: 'left', reason: 'it is a folder' })
    expect(new Remover().folder(join(path, 'token'))).toMatchObject({ outcome: 'left', reason: 'it is not a folder' })
    expect(existsSync(join(path, 'token'))).toBe(true)
  })
})

describe('a file that something holds', () => {
  test.each(['EPERM', 'EACCES', 'EBUSY', 'EMFILE'])('for a while (%s) is removed in the end', (code) => {
    const path = folder()
    expect(remove(path, failing({ unlinkSync: first(4, code) }))).toEqual({ outcome: 'removed', said: [], left: [] })
    expect(waits).toEqual([50, 100, 200, 400])
  })

  test.each(['EPERM', 'EACCES', 'EBUSY'])('for ever (%s) is emptied and reported, after some seconds', (code) => {
    const path = folder('token', 'git-credentials')
    const { outcome, said, left } = remove(path, failing({ unlinkSync: first(Number.POSITIVE_INFINITY, code) }))
    expect([outcome, left.length]).toEqual(['left', 2])
    expect(said.sort()).toEqual(
      ['git-credentials', 'token'].map(
        (name) =>
          `${join(path, name)} is still there (${code}), but it is empty now, so it no longer holds this job’s token. Remove it yourself.`,
      ),
    )
    expect(left.map((file) => readFileSync(file, 'utf8'))).toEqual(['', ''])
    const totalMs = waits.reduce((sum, ms) => sum + ms, 0)
    expect(totalMs).toBeGreaterThan(3_000)
    expect(totalMs).toBeLessThanOrEqual(5_000)
  })

  test('against being opened too is reported with what it holds', () => {
    const path = folder()
    const denied = first(Number.POSITIVE_INFINITY, 'EPERM')
    const openSync = (opened: string) => (opened.endsWith('token') ? denied() : undefined)
    const { said, left } = remove(path, failing({ unlinkSync: denied, openSync }))
    expect(said).toEqual([
      `${join(path, 'token')} is still there (EPERM), and may hold this job’s token. Remove it yourself.`,
    ])
    expect(readFileSync(left[0] ?? '', 'utf8')).toBe(SECRET)
  })

  test('is not waited for when no attempt can help', () => {
    expect(remove(folder(), failing({ unlinkSync: first(9, 'EROFS') })).said).toEqual([
      expect.stringContaining('is still there (EROFS)'),
    ])
    expect(waits).toEqual([])
  })

  test('that the system only claims to have removed is reported', () => {
    const path = folder()
    const silent = { ...fs, unlinkSync: () => undefined }
    expect(remove(path, silent).said).toEqual([expect.stringContaining('token is still there (no error)')])
  })

  test('that is gone in the meantime was removed by somebody else', () => {
    const path = join(folder(), 'token')
    const unlinkSync = (file: string) => {
      rmSync(file)
      throw refusal('ENOENT')
    }
    expect(new Remover({ fs: { ...fs, unlinkSync } as RemoveFileSystem, wait }).file(path).outcome).toBe('gone')
  })

  test('that cannot be looked at may still be there', () => {
    const path = folder()
    const lstatSyncFails = failing({
      lstatSync: (file) => (basename(file) === 'token' ? first(1, 'EACCES')() : undefined),
    })
    expect(remove(path, lstatSyncFails).said).toEqual([expect.stringContaining('token is still there (EACCES)')])
  })
})

describe('other work', () => {
  test('is tried again while something holds a file, and no longer than removing is', () => {
    const remover = new Remover({ wait })
    const held = first(3, 'EBUSY')
    expect(
      remover.retry(() => {
        held()
        return 'done'
      }),
    ).toBe('done')
    expect(waits).toEqual([50, 100, 200])
    expect(() => remover.retry(first(Number.POSITIVE_INFINITY, 'EPERM'))).toThrow('EPERM')
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(5_000)
    const before = waits.length
    expect(() => remover.retry(first(1, 'ENOENT'))).toThrow('ENOENT')
    expect(waits).toHaveLength(before)
  })
})

describe('a folder that something holds', () => {
  test('for a while is removed in the end', () => {
    expect(remove(folder(), failing({ rmdirSync: first(3, 'ENOTEMPTY') })).outcome).toBe('removed')
  })

  test('for ever is reported as empty', () => {
    const path = folder()
    expect(remove(path, failing({ rmdirSync: first(Number.POSITIVE_INFINITY, 'EBUSY') }))).toEqual({
      outcome: 'left',
      said: [
        `${path} is still there (EBUSY), but it is empty now, so it no longer holds this job’s token. Remove it yourself.`,
      ],
      left: [],
    })
  })

  test('so that nobody can look into it is reported', () => {
    const path = folder()
    const readdirFails = failing({ readdirSync: first(Number.POSITIVE_INFINITY, 'EACCES') })
    const { said } = remove(path, readdirFails)
    expect(said).toEqual([`${path} is still there (EACCES), and may hold this job’s token. Remove it yourself.`])
  })

  test('with a folder in it says each thing once', () => {
    const path = folder()
    mkdirSync(join(path, 'a'))
    writeFileSync(join(path, 'a', 'x'), SECRET)
    const unlinkSync = (file: string) => (file.endsWith('x') ? first(1, 'EROFS')() : undefined)
    expect(remove(path, failing({ unlinkSync })).said).toEqual([
      expect.stringContaining(`${join(path, 'a', 'x')} is still there (EROFS)`),
    ])
  })
})

onPosix('a file that was tampered with', () => {
  test('a link is removed, and what it points to is neither emptied nor removed', () => {
    const path = folder()
    const target = join(temp, 'precious')
    mkdirSync(target)
    writeFileSync(join(target, 'file'), 'precious')
    symlinkSync(join(target, 'file'), join(path, 'link'))
    symlinkSync(target, join(path, 'folder'))
    symlinkSync('/nowhere', join(path, 'dangling'))
    expect(remove(path)).toEqual({ outcome: 'removed', said: [], left: [] })
    expect(readFileSync(join(target, 'file'), 'utf8')).toBe('precious')
  })

  test('a link that takes a file’s place between two looks is not followed', () => {
    const path = folder()
    const target = join(temp, 'precious')
    writeFileSync(target, 'precious')
    const swap = (opened: string) => {
      if (!opened.endsWith('token')) return
      rmSync(join(path, 'token'))
      symlinkSync(target, join(path, 'token'))
    }
    expect(remove(path, failing({ openSync: swap })).outcome).toBe('removed')
    expect(readFileSync(target, 'utf8')).toBe('precious')
  })

  test('a file that takes another’s place between two looks is not emptied', () => {
    const path = folder()
    const kept = join(temp, 'kept')
    const swap = (opened: string) => {
      if (!opened.endsWith('token')) return
      rmSync(join(path, 'token'))
      linkSync(kept, join(path, 'token'))
      rmSync(kept)
    }
    writeFileSync(kept, 'precious')
    const unlinkSync = first(Number.POSITIVE_INFINITY, 'EROFS')
    expect(remove(path, failing({ openSync: swap, unlinkSync })).said).toEqual([
      expect.stringContaining('and may hold this job’s token'),
    ])
    expect(readFileSync(join(path, 'token'), 'utf8')).toBe('precious')
  })

  test('a hard link is not emptied, and its other name is reported', () => {
    const path = folder()
    linkSync(join(path, 'token'), join(temp, 'copy'))
    expect(remove(path)).toEqual({
      outcome: 'removed',
      said: [
        `${join(path, 'token')} was removed, but the file has another name (a hard link), under which it may still hold this job’s token. Find and remove that, too.`,
      ],
      left: [],
    })
    expect(readFileSync(join(temp, 'copy'), 'utf8')).toBe(SECRET)
  })

  test('a folder in the place of a file is removed', () => {
    const path = folder()
    rmSync(join(path, 'token'))
    mkdirSync(join(path, 'token', 'deep'), { recursive: true })
    expect(remove(path).outcome).toBe('removed')
  })

  test('a pipe is not waited for', () => {
    const path = folder()
    expect(spawnSync('mkfifo', [join(path, 'pipe')]).status).toBe(0)
    expect(remove(path).outcome).toBe('removed')
  })

  test('a different user’s file is not emptied, and a different user’s folder not entered', () => {
    const path = folder()
    const removal = new Remover({ wait, userId: 12_345 })
    expect(removal.folder(path)).toMatchObject({ outcome: 'left', reason: 'it belongs to a different user' })
    expect(readFileSync(join(path, 'token'), 'utf8')).toBe(SECRET)
    const held = failing({ unlinkSync: first(1, 'EROFS') })
    expect(new Remover({ fs: held, wait, userId: 12_345 }).file(join(path, 'token'))).toMatchObject({ isEmpty: false })
    expect(readFileSync(join(path, 'token'), 'utf8')).toBe(SECRET)
  })

  test('a folder that its owner may not write to is removed', () => {
    const path = folder()
    mkdirSync(join(path, 'a'))
    writeFileSync(join(path, 'a', 'x'), SECRET)
    for (const one of [join(path, 'a'), path]) chmodSync(one, 0o500)
    expect(remove(path).outcome).toBe('removed')
  })

  test('a folder that takes the place of another one is not cleared', () => {
    const path = folder()
    const precious = join(temp, 'precious')
    mkdirSync(precious)
    writeFileSync(join(precious, 'file'), 'precious')
    // After the look at the folder, before it is opened.
    const swap = (opened: string) => {
      if (opened !== path) return
      rmSync(path, { recursive: true })
      symlinkSync(precious, path)
    }
    const removal = new Remover({ fs: failing({ openSync: swap }), wait }).folder(path)
    expect([removal.outcome, tellLeft(removal)]).toEqual(['left', expect.stringContaining('is still there')])
    expect(readFileSync(join(precious, 'file'), 'utf8')).toBe('precious')
  })

  /** The file system of this machine may not know the attribute. */
  const marked = (flag: string, path: string) => spawnSync('chattr', [flag, path]).status === 0

  test.each(['+i', '+a'])('a file that the system keeps (chattr %s) is reported', (flag) => {
    const path = folder()
    if (!marked(flag, join(path, 'token'))) return
    expect(remove(path)).toMatchObject({
      outcome: 'left',
      said: [expect.stringMatching(/token is still there \(EPERM\), and may hold this job’s token/)],
    })
    spawnSync('chattr', ['-i', '-a', join(path, 'token')])
  })

  test('a file in a folder that the system keeps (chattr +i) is emptied and reported', () => {
    const path = folder()
    if (!marked('+i', path)) return
    expect(remove(path)).toMatchObject({
      outcome: 'left',
      said: [expect.stringMatching(/token is still there \(EPERM\), but it is empty now/)],
    })
    spawnSync('chattr', ['-i', path])
  })
})

test('every file that a simulated failure left was reported', () => expect(unreported).toBe(0))
