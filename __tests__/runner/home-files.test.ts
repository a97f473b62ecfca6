/** The token file for clients that know no variable: where it goes, what it never replaces, and when post removes it. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { removeHomeFiles } from '../../src/runner/clean-up/remove-home-files.ts'
import { hashOf } from '../../src/runner/copies.ts'
import { writeHomeFiles } from '../../src/runner/deliver/home-file.ts'
import { HOME_FILES_STATE, type HomeFile } from '../../src/runner/deliver/plan.ts'
import { writeNewPrivateFile } from '../../src/runner/deliver/private-file.ts'
import { hubTokenFiles } from '../../src/runner/hub-token-files.ts'
import { Remover } from '../../src/runner/remove.ts'
import { Step } from './step.ts'

const onPosix = process.platform === 'win32' ? test.skip : test
const TOKEN = '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'
const FAILED = 'The token is valid, but it could not be passed to later steps.'

let step: Step
let path: string
beforeEach(() => {
  step = new Step()
  path = join(step.temp, 'cache', 'huggingface', 'token')
})
afterEach(() => step.end())

const write = () => writeHomeFiles([path], TOKEN, FAILED)
const saved = () => JSON.parse(step.state[HOME_FILES_STATE] ?? '[]') as HomeFile[]
/** Post's work for what main saved. */
const post = (state: unknown = saved()) => removeHomeFiles(JSON.stringify(state), new Remover({ wait: () => {} }))
const foreign = (content: string) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

describe('clients that know no variable look', () => {
  const HOME = '/home/me'
  onPosix.each([
    [{ HOME, HF_HOME: '/hf' }, ['/hf/token']],
    [{ HOME, HF_HOME: '/hf', XDG_CACHE_HOME: '/xdg' }, ['/hf/token']],
    [{ HOME }, ['/home/me/.cache/huggingface/token']],
    [{ HOME, XDG_CACHE_HOME: '' }, ['/home/me/.cache/huggingface/token']],
    [{ HOME, XDG_CACHE_HOME: 'here' }, ['/home/me/.cache/huggingface/token']],
    // The Rust clients do not know XDG_CACHE_HOME.
    [{ HOME, XDG_CACHE_HOME: '/xdg' }, ['/xdg/huggingface/token', '/home/me/.cache/huggingface/token']],
    [{ HOME, XDG_CACHE_HOME: '/home/me/.cache/' }, ['/home/me/.cache/huggingface/token']],
    [{ USERPROFILE: '/home/windows' }, []],
    [{ HOME, HF_HOME: '' }, []],
    [{ HOME, HF_HOME: '~/hf' }, []],
    [{ HOME: 'me' }, []],
  ])('with %j at %j', (env, paths) => expect(hubTokenFiles(env as NodeJS.ProcessEnv, 'linux')).toEqual(paths))

  onPosix('on Windows in the profile', () => {
    const env = { HOME: '/home/git-bash', USERPROFILE: '/users/me' }
    expect(hubTokenFiles(env, 'win32')).toEqual(['/users/me/.cache/huggingface/token'])
  })
})

describe('main', () => {
  test('writes the token, and post knows its hash only', () => {
    expect(write()).toEqual([path])
    expect(readFileSync(path, 'utf8')).toBe(TOKEN)
    expect(saved()).toEqual([{ path, sha256: hashOf(TOKEN), created: join(step.temp, 'cache') }])
    expect(JSON.stringify(step.state) + step.visible).not.toContain(TOKEN)
  })

  onPosix('for the owner only', () => {
    write()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    for (const folder of [dirname(path), dirname(dirname(path))]) expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  test('leaves a file alone, even one with the same token, and so does post', () => {
    foreign(TOKEN)
    expect(write()).toEqual([])
    expect(step.visible).toMatch(/^::warning::.*token already exists, so this step left it alone\. Clients that read/)
    expect(saved()).toEqual([])
    expect(post()).toEqual({ removed: [], count: 0 })
    expect(readFileSync(path, 'utf8')).toBe(TOKEN)
  })

  onPosix('leaves a link to nowhere alone', () => {
    foreign('')
    rmSync(path)
    symlinkSync(join(step.temp, 'nowhere'), path)
    expect(write()).toEqual([])
    expect(existsSync(join(step.temp, 'nowhere'))).toBe(false)
    expect(lstatSync(path).isSymbolicLink()).toBe(true)
  })

  test('goes on with the other place', () => {
    foreign('theirs')
    const other = join(step.temp, 'other', 'token')
    expect(writeHomeFiles([path, other], TOKEN, FAILED)).toEqual([other])
    expect(post()).toEqual({ removed: [other], count: 1 })
    expect(readFileSync(path, 'utf8')).toBe('theirs')
  })

  test('says where it cannot write, and what else to use', () => {
    writeFileSync(join(step.temp, 'cache'), 'a file')
    expect(write).toThrow(/^Seen: a write that failed with E\w+ at `.*token`/m)
    expect(write).toThrow('`export-file: true`')
    expect(step.visible).not.toContain(TOKEN)
  })

  test('writes nothing that post would not know about', () => {
    step.set({ GITHUB_STATE: step.temp })
    expect(write).toThrow(/EISDIR/)
    expect(existsSync(path)).toBe(false)
  })

  test('on Windows gives access to the owner alone before the token is written', () => {
    const calls: string[][] = []
    const file = join(step.temp, 'windows')
    const run = (_program: string, args: readonly string[]) => {
      calls.push([...args, readFileSync(file, 'utf8')])
      if (args[1] === '/save') writeFileSync(args[2] ?? '', 'windows\r\nD:PAI(A;;FA;;;OW)\r\n', 'utf16le')
    }
    expect(writeNewPrivateFile(file, TOKEN, { platform: 'win32', run })).toBe(true)
    expect(calls).toEqual([
      [file, '/inheritance:r', '/grant:r', '*S-1-3-4:F', ''],
      [file, '/save', expect.stringMatching(/windows\.[0-9a-f-]{36}$/), ''],
    ])
    expect(readFileSync(file, 'utf8')).toBe(TOKEN)
    expect(readdirSync(step.temp)).toEqual(['windows'])
  })

  test('leaves no file that it could not finish', () => {
    const file = join(step.temp, 'windows')
    const fails = () => {
      throw new Error('icacls failed')
    }
    expect(() => writeNewPrivateFile(file, TOKEN, { platform: 'win32', run: fails })).toThrow('`icacls` failed')
    expect(existsSync(file)).toBe(false)
  })
})

describe('post', () => {
  test('removes the file and the folders that were created for it', () => {
    write()
    expect(post()).toEqual({ removed: [path], count: 1 })
    expect(readdirSync(step.temp)).toEqual([])
  })

  test('keeps folders that existed, or that somebody else uses by now', () => {
    mkdirSync(join(step.temp, 'cache'))
    write()
    mkdirSync(join(dirname(path), 'hub'))
    post()
    expect(readdirSync(dirname(path))).toEqual(['hub'])
    rmSync(join(step.temp, 'cache', 'huggingface'), { recursive: true })
    write()
    post()
    expect(readdirSync(step.temp)).toEqual(['cache'])
  })

  test.each([
    ['another token', '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'],
    ['a longer text', `${TOKEN}\nmore`],
    ['a large file', TOKEN.repeat(1000)],
  ])('leaves %s alone', (_what, content) => {
    write()
    writeFileSync(path, content)
    expect(post()).toEqual({ removed: [], count: 1 })
    expect(readFileSync(path, 'utf8')).toBe(content)
    expect(step.visible).toMatch(/^Left .*token alone: it is no longer the file that this action wrote\.$/m)
  })

  test('removes a file to which a program added the end of the line', () => {
    write()
    writeFileSync(path, `${TOKEN}\n`)
    expect(post()).toEqual({ removed: [path], count: 1 })
  })

  onPosix('leaves a link to a file with the same token alone', () => {
    write()
    const target = join(step.temp, 'target')
    writeFileSync(target, TOKEN)
    rmSync(path)
    symlinkSync(target, path)
    expect(post().removed).toEqual([])
    expect([existsSync(path), readFileSync(target, 'utf8')]).toEqual([true, TOKEN])
    expect(step.visible).toContain('no longer the file')
  })

  test('leaves a folder alone', () => {
    write()
    rmSync(path)
    mkdirSync(path)
    expect(post().removed).toEqual([])
    expect(existsSync(path)).toBe(true)
    expect(step.visible).toMatch(/^Left .* alone/)
  })

  test('says that the file was gone', () => {
    write()
    rmSync(path)
    expect(post().removed).toEqual([])
    expect(step.visible).toMatch(/token was already gone\.$/m)
  })

  onPosix('warns of a file that it cannot look at', () => {
    write()
    const long = { ...saved()[0], path: join(step.temp, 'x'.repeat(300), 'token') }
    const remover = new Remover({ wait: () => {} })
    expect(removeHomeFiles(JSON.stringify([long]), remover).removed).toEqual([])
    expect(remover.paths.left).toEqual([long.path])
    expect(step.visible).toMatch(
      /^::warning.*::.* could not be read \(ENAMETOOLONG\), and may still be there with this job’s token\. Remove it/m,
    )
  })

  test('ignores state that main did not write', () => {
    const file = join(step.temp, 'precious')
    writeFileSync(file, TOKEN)
    const sum = hashOf(TOKEN)
    for (const state of [7, null, {}, [null, 'x', { path: file, sha256: sum }, { path: 'token', sha256: sum }, {}]]) {
      expect(post(state)).toEqual({ removed: [], count: 0 })
    }
    expect(removeHomeFiles('', new Remover())).toEqual({ removed: [], count: 0 })
    expect(existsSync(file)).toBe(true)
  })

  test('removes no folder above the file’s own, whatever the state says', () => {
    write()
    const beside = join(step.temp, 'beside')
    mkdirSync(beside)
    post([{ ...saved()[0], created: beside }])
    expect(existsSync(beside)).toBe(true)
    expect(existsSync(dirname(path))).toBe(true)
  })
})
