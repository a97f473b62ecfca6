/** The ID token in a file: what is read, and what is refused. */
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'

/** Does something to the file system right after a call of that name. */
const after: Partial<Record<'openSync' | 'fstatSync' | 'statSync' | 'lstatSync', () => void>> = {}
const descriptors = new Set<number>()
/** How the last file was opened. */
let flags = 0

jest.unstable_mockModule('node:fs', () => ({
  ...fs,
  openSync: (...args: Parameters<typeof fs.openSync>) => {
    flags = Number(args[1])
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
const { readIdToken } = await import('../../src/runner/id-token.ts')

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
    expect(read).toThrow(/^Seen: a file of more than 65536 bytes$/m)
  })

  test('that grows after its size was checked is refused too', () => {
    fs.writeFileSync(path, JWT)
    after.fstatSync = () => fs.appendFileSync(path, ' '.repeat(70_000))
    expect(read).toThrow(/a file of more than 65536 bytes/)
  })

  test('that replaces the opened one is not read', () => {
    fs.writeFileSync(path, JWT)
    const swap = () => {
      fs.writeFileSync(join(folder, 'other'), OTHER)
      fs.renameSync(join(folder, 'other'), path)
    }
    for (const name of ['openSync', 'fstatSync', 'statSync', 'lstatSync'] as const) after[name] = swap
    expect(read()).toBe(JWT)
  })

  test('that does not exist is named', () => {
    expect(read).toThrow(`There is no ID token in the file \`${path}\`, so nothing was sent`)
    expect(read).toThrow(/^Seen: a file that cannot be read \(ENOENT\)$/m)
  })

  onPosix('must not be a folder', () => {
    expect(() => read(folder)).toThrow(/something that is not a regular file/)
  })

  onPosix('must not be a device', () => {
    expect(() => read('/dev/zero')).toThrow(/something that is not a regular file/)
  })
})

describe('a pipe', () => {
  // Without this, the next test would never end.
  onPosix('is opened in a way that waits for nobody', () => {
    fs.writeFileSync(path, JWT)
    read()
    expect(flags & fs.constants.O_NONBLOCK).not.toBe(0)
  })

  onPosix('is refused at once, although nobody writes to it', () => {
    execFileSync('mkfifo', [path])
    expect(read).toThrow(/something that is not a regular file/)
  })
})

describe('a variable', () => {
  const variable = (name: string, env: NodeJS.ProcessEnv) => readIdToken({ kind: 'env', name }, env)

  test('is read without the white space around the token', () => {
    expect(variable('CI_ID_TOKEN', { CI_ID_TOKEN: ` ${JWT}\n` })).toBe(JWT)
  })

  test.each([{}, { CI_ID_TOKEN: ' \n' }])('that holds nothing is named: %j', (env) => {
    expect(() => variable('CI_ID_TOKEN', env)).toThrow(
      '[input-invalid] There is no ID token in the variable `CI_ID_TOKEN`, so nothing was sent to AWS or the Hub.\nSeen: an empty value',
    )
  })

  test.each(['constructor', '__proto__'])('named %s is only one that is set', (name) => {
    expect(() => variable(name, {})).toThrow(/Seen: an empty value/)
  })
})

test.each([
  'a secret',
  '{"a": 1}',
  `${JWT}.x`,
  `${'a'.repeat(20)}.${'b'.repeat(20)}`,
  `${JWT}\n${JWT}`,
  JWT.padEnd(70_000, 'c'),
])('a value that is not a JWT is refused before it is masked, and not shown: %#', (value) => {
  const attempt = () => readIdToken({ kind: 'env', name: 'X' }, { X: value })
  expect(attempt).toThrow(/^Seen: a value that is not a JWT$/m)
  expect(attempt).not.toThrow(value)
})

test('there is nothing to read when GitHub is asked for the ID token', () => {
  expect(readIdToken({ kind: 'github' }, { github: JWT })).toBe('')
})

describe('a symbolic link', () => {
  onPosix('is refused, with the name of the file that it points to', () => {
    fs.writeFileSync(join(folder, 'real'), JWT)
    fs.symlinkSync('real', path)
    expect(read).toThrow(`Seen: a symbolic link to \`${folder}/real\``)
    expect(read).toThrow(`\n  id-token-from: file:${folder}/real`)
    expect(read(`${folder}/real`)).toBe(JWT)
    fs.rmSync(path)
    fs.symlinkSync(join(folder, 'real'), path)
    expect(read).toThrow(`\n  id-token-from: file:${folder}/real`)
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
    expect(read).toThrow(`\n  id-token-from: file:${named}`)
    expect(read(named)).toBe(JWT)
    fs.rmSync(join(folder, '..data'))
    fs.symlinkSync('..2026_11_23', join(folder, '..data'))
    expect(read(named)).toBe(OTHER)
  })

  onPosix('that points at itself has no file to name instead', () => {
    fs.symlinkSync('loop', join(folder, 'loop'))
    expect(() => read(`${folder}/loop/token`)).toThrow(/a file that cannot be read \(ELOOP\)/)
  })
})
