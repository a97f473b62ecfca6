/** The files that delivery writes. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { makePrivateDirectory, writePrivateFile } from '../../src/runner/deliver/private-file.ts'

const onPosix = process.platform === 'win32' ? test.skip : test

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'deliver-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('private files', () => {
  test('on Windows the access list names the owner alone, without a shell', () => {
    const calls: [string, readonly string[]][] = []
    const path = join(folder, 'windows')
    makePrivateDirectory(path, 'win32', (file, args) => calls.push([file, args]))
    expect(calls).toEqual([
      [expect.stringContaining('icacls.exe'), [path, '/inheritance:r', '/grant:r', '*S-1-3-4:(OI)(CI)F']],
    ])
  })

  test('elsewhere no program is started', () => {
    makePrivateDirectory(join(folder, 'linux'), 'linux', () => {
      throw new Error('ran something')
    })
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
