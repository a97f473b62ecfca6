/** The ID token in a file: what is read, and what is refused. */
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'

/** Does something to the file system right after a call of that name. */
const after: Partial<Record<'openSync' | 'fstatSync' | 'statSync' | 'lstatSync', () => void>> = {}
const descriptors = new Set<number>()

jest.unstable_mockModule('node:fs', () => ({
  ...fs,
  openSync: (...args: Parameters<typeof fs.openSync>) => {
    const file = fs.openSync(...args)
    descriptors.add(file)
    after.openSync?.()
    return file
  },
  closeSync: (file: number) => {
    descriptors.delete(file)
    fs.closeSync(file)
  },
  fstatSync: (file: number) => {
    const stats = fs.fstatSync(file)
    after.fstatSync?.()
    return stats
  },
  // For an implementation that looks at the path first.
  statSync: (path: string) => {
    const stats = fs.statSync(path)
    after.statSync?.()
    return stats
  },
  lstatSync: (path: string) => {
    const stats = fs.lstatSync(path)
    after.lstatSync?.()
    return stats
  },
}))
const { readIdToken } = await import('../../src/runner/inputs.ts')

const JWT = `${'a'.repeat(20)}.${'b'.repeat(20)}.${'c'.repeat(20)}`
const OTHER = `${'x'.repeat(20)}.${'y'.repeat(20)}.${'z'.repeat(20)}`
const onPosix = process.platform === 'win32' ? test.skip : test

let folder: string
let path: string
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'read-'))
  path = join(folder, 'token')
})
afterEach(() => {
  for (const name of Object.keys(after) as (keyof typeof after)[]) delete after[name]
  fs.rmSync(folder, { recursive: true, force: true })
  expect([...descriptors]).toEqual([])
})

const read = (file = path) => readIdToken({ kind: 'file', path: file }, {})

describe('a file', () => {
  test('is read without the white space around the token', () => {
    fs.writeFileSync(path, `\n ${JWT}\n`)
    expect(read()).toBe(JWT)
  })

  test('may be as large as the limit, and not a byte larger', () => {
    fs.writeFileSync(path, JWT.padEnd(65_536))
    expect(read()).toBe(JWT)
    fs.writeFileSync(path, JWT.padEnd(65_537))
    expect(read).toThrow(/it cannot be read \(it is too large\)/)
  })

  test('that grows after it was looked at is refused too', () => {
    fs.writeFileSync(path, JWT)
    after.fstatSync = () => fs.appendFileSync(path, ' '.repeat(70_000))
    expect(read).toThrow(/it is too large/)
  })

  test('that is swapped after it was opened is not the one that is read', () => {
    fs.writeFileSync(path, JWT)
    const swap = () => {
      fs.writeFileSync(join(folder, 'other'), OTHER)
      fs.renameSync(join(folder, 'other'), path)
    }
    for (const name of ['openSync', 'fstatSync', 'statSync', 'lstatSync'] as const) after[name] = swap
    expect(read()).toBe(JWT)
  })

  test('that is not there is told by its name', () => {
    expect(read).toThrow(`There is no ID token in ${path}`)
    expect(read).toThrow(/it cannot be read \(ENOENT\)/)
  })

  onPosix('must not be a folder', () => {
    expect(() => read(folder)).toThrow(/it is no ordinary file/)
  })

  onPosix('must not be a device', () => {
    expect(() => read('/dev/zero')).toThrow(/it is no ordinary file/)
  })
})

describe('a symbolic link', () => {
  onPosix('is refused, with the name of the file that it points to', () => {
    fs.writeFileSync(join(folder, 'real'), JWT)
    fs.symlinkSync('real', path)
    expect(read).toThrow(`Seen: it is a symbolic link to ${folder}/real`)
    expect(read).toThrow(`\`id-token-from: file:${folder}/real\``)
    expect(read(`${folder}/real`)).toBe(JWT)
    fs.rmSync(path)
    fs.symlinkSync(join(folder, 'real'), path)
    expect(read).toThrow(`\`id-token-from: file:${folder}/real\``)
  })

  onPosix('to a folder on the way is followed: Kubernetes renews its tokens behind one', () => {
    for (const [name, token] of [
      ['..2026_11_22', JWT],
      ['..2026_11_23', OTHER],
    ] as const) {
      fs.mkdirSync(join(folder, name))
      fs.writeFileSync(join(folder, name, 'token'), token)
    }
    fs.symlinkSync('..2026_11_22', join(folder, '..data'))
    fs.symlinkSync('..data/token', path)
    const named = `${folder}/..data/token`
    expect(read).toThrow(`\`id-token-from: file:${named}\``)
    expect(read(named)).toBe(JWT)
    fs.rmSync(join(folder, '..data'))
    fs.symlinkSync('..2026_11_23', join(folder, '..data'))
    expect(read(named)).toBe(OTHER)
  })

  onPosix('that points at itself has no file to name', () => {
    fs.symlinkSync('loop', join(folder, 'loop'))
    expect(() => read(`${folder}/loop/token`)).toThrow(/it cannot be read \(ELOOP\)/)
  })
})
