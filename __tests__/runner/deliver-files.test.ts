/** The files that delivery writes. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { makePrivateDirectory, writeNewPrivateFile, writePrivateFile } from '../../src/runner/deliver/private-file.ts'

const onPosix = process.platform === 'win32' ? test.skip : test

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'deliver-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('private files', () => {
  /** Windows's program, which saves this list. */
  const icacls = (saved: string | Buffer | undefined, calls: unknown[] = []) => ({
    platform: 'win32' as const,
    run: (file: string, args: readonly string[]) => {
      calls.push([file, args])
      if (args[1] === '/save' && saved !== undefined) writeFileSync(args[2] ?? '', saved, 'utf16le')
    },
  })

  test('on Windows the access list names the owner alone, without a shell', () => {
    const calls: unknown[] = []
    const path = join(folder, 'windows')
    makePrivateDirectory(path, icacls('windows\r\nD:PAI(A;OICI;FA;;;OW)\r\n', calls))
    const program = expect.stringContaining('icacls.exe')
    expect(calls).toEqual([
      [program, [path, '/inheritance:r', '/grant:r', '*S-1-3-4:(OI)(CI)F']],
      [program, [path, '/save', join(path, 'access-list')]],
    ])
    expect(readdirSync(path)).toEqual([])
  })

  test.each([
    ['\uFEFFw\r\nD:P(A;OICI;FA;;;OW)\r\n', true],
    ['w\r\nD:PAI(A;OICI;0x1f01ff;;;S-1-3-4)\r\n', true],
    [Buffer.from('w\r\nD:PAI(A;OICI;FA;;;OW)\r\n'), true],
    ['w\r\nD:AI(A;OICI;FA;;;OW)\r\n', false],
    ['w\r\nD:PAI(A;OICI;FA;;;WD)\r\n', false],
    ['w\r\nD:PAI(A;OICI;FA;;;OW)(A;OICI;FR;;;BU)\r\n', false],
    ['w\r\nD:PAI(A;OICIID;FA;;;OW)\r\n', false],
    ['w\r\nD:PAI(A;OICI;FA;;;OW)\r\nx\r\nD:(A;;FA;;;WD)\r\n', false],
    ['w\r\nD:NO_ACCESS_CONTROL\r\n', false],
    ['w\r\nD:PAI\r\n', false],
    ['', false],
    [undefined, false],
  ])('on Windows the access list is read back: %j is private: %j', (saved, isPrivate) => {
    const make = () => makePrivateDirectory(join(mkdtempSync(join(folder, 'list-')), 'w'), icacls(saved))
    if (isPrivate) make()
    else expect(make).toThrow(/^\[delivery-failed\] .* it was not written to a file/)
    if (!isPrivate) expect(make).toThrow(/access list/)
  })

  test('on Windows a program that does not start or fails is an error, and the token is not written', () => {
    for (const [error, told] of [
      [{ code: 'ENOENT' }, '"ENOENT"'],
      [{ status: 5 }, '"exit code 5"'],
      [{ status: null, signal: 'SIGTERM' }, '"stopped"'],
    ] as const) {
      const run = () => {
        throw Object.assign(new Error('x'), error)
      }
      const path = join(mkdtempSync(join(folder, 'fails-')), 'w')
      expect(() => makePrivateDirectory(path, { platform: 'win32', run })).toThrow(`\`icacls\` failed (${told})`)
      expect(() => writeNewPrivateFile(`${path}-file`, 'secret', { platform: 'win32', run })).toThrow(told)
      expect(existsSync(`${path}-file`)).toBe(false)
    }
  })

  onPosix.each([
    ['every user can read', { mode: 0o100777, uid: process.geteuid?.() ?? 0 }, /its mode is `0777`/],
    ['the group can read', { mode: 0o100640, uid: process.geteuid?.() ?? 0 }, /its mode is `0640`/],
    ['a different user owns', { mode: 0o100600, uid: 12_345 }, /it belongs to user 12345/],
  ])('a file that %s gets no token', (_what, stats, told) => {
    const path = join(mkdtempSync(join(folder, 'modes-')), 'w')
    const options = { statsOf: () => stats }
    for (const write of [writePrivateFile, writeNewPrivateFile]) {
      expect(() => write(path, 'secret', options)).toThrow(told)
      expect(existsSync(path)).toBe(false)
    }
    expect(() => makePrivateDirectory(path, options)).toThrow(told)
    expect(() => makePrivateDirectory(`${path}2`, options)).toThrow(
      'What to do: Put the runner’s work folder, or the folder in `HF_HOME`, on',
    )
  })

  test('elsewhere no program is started', () => {
    const run = () => {
      throw new Error('ran something')
    }
    makePrivateDirectory(join(folder, 'linux'), { platform: 'linux', run })
  })

  test('an existing file is not overwritten', () => {
    const path = join(folder, 'file')
    writePrivateFile(path, 'one')
    expect(() => writePrivateFile(path, 'two')).toThrow(/EEXIST/)
    expect(readFileSync(path, 'utf8')).toBe('one')
  })

  test('a link that somebody put there is not followed', () => {
    const target = join(folder, 'target')
    writeFileSync(target, 'theirs')
    symlinkSync(target, join(folder, 'link'))
    expect(() => writePrivateFile(join(folder, 'link'), 'secret')).toThrow(/EEXIST/)
    expect(readFileSync(target, 'utf8')).toBe('theirs')
  })

  test('an existing folder is not used', () => {
    const path = join(folder, 'existing')
    mkdirSync(path)
    expect(() => makePrivateDirectory(path)).toThrow(/EEXIST/)
  })

  onPosix('only the owner can read them', () => {
    const path = join(folder, 'private')
    makePrivateDirectory(path)
    writePrivateFile(join(path, 'file'), 'secret')
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(statSync(join(path, 'file')).mode & 0o777).toBe(0o600)
  })
})
