/** The files and variables that delivery writes. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { reachedPaths } from '../../src/hub/reach.ts'
import { credentialAnswer, gitConfig, gitPrefixes, gitVariables, withinReach } from '../../src/runner/deliver/git.ts'
import { makePrivateDirectory, writePrivateFile } from '../../src/runner/deliver/private-file.ts'

const onPosix = process.platform === 'win32' ? test.skip : test

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'deliver-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('git', () => {
  test('the helper answers with the token as the password', () => {
    expect(credentialAnswer('hf_abcdefgh')).toBe('username=hf-oidc-action\npassword=hf_abcdefgh\n')
  })

  const ENDPOINT = 'https://huggingface.co'
  /** What `git credential fill` prints with this configuration, of the uses in this order. */
  const fill = (uses: string[][], url: string): string => {
    const env: NodeJS.ProcessEnv = {
      PATH: process.env.PATH,
      HOME: folder,
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_NOSYSTEM: '1',
    }
    const prefixesOf = (paths: string[]) => gitPrefixes({ endpoint: ENDPOINT, paths })
    const configs: string[] = []
    uses.forEach((paths, at) => {
      const base = mkdtempSync(join(folder, 'use-'))
      writeFileSync(join(base, 'answer'), credentialAnswer(`hf_use${at}`))
      writeFileSync(
        join(base, 'config'),
        gitConfig(
          { endpoint: ENDPOINT, paths },
          join(base, 'answer'),
          withinReach(prefixesOf(paths), uses.slice(0, at).map(prefixesOf), configs),
        ),
      )
      configs.push(join(base, 'config'))
      for (const [name, value] of gitVariables(join(base, 'config'), at)) env[name] = value
    })
    env.HF_OIDC_GIT = uses.map((paths) => gitPrefixes({ endpoint: ENDPOINT, paths }).join(' ')).join('|')
    const { host, pathname } = new URL(url)
    const path = pathname === '/' ? '' : `path=${pathname.slice(1)}\n`
    const { stdout } = spawnSync('git', ['credential', 'fill'], {
      env,
      input: `protocol=https\nhost=${host}\n${path}\n`,
      encoding: 'utf8',
    })
    return /^password=hf_(.*)$/m.exec(stdout)?.[1] ?? 'none'
  }
  const org = reachedPaths({ org: 'acme', resource: undefined, only: [] })
  const minted = reachedPaths({ org: 'acme', resource: undefined, only: ['datasets/acme/data'] })
  const model = reachedPaths({ org: 'acme', resource: 'models/acme/model', only: [] })
  const user = reachedPaths({ org: 'acme', resource: 'alice', only: [] })

  test.each<[string, string[][], string, string]>([
    ['an organization', [org], 'acme/model', 'use0'],
    ['an organization', [org], 'kernels/acme/k.git', 'use0'],
    ['an organization', [org], 'datasets/acme/data.git/info/lfs', 'use0'],
    ['an organization', [org], 'acme2/model', 'none'],
    ['an organization', [org], '', 'use0'],
    ['a minted token', [minted], 'datasets/acme/data', 'use0'],
    ['a minted token', [minted], 'datasets/acme/other', 'none'],
    ['a minted token', [minted], 'acme/data', 'none'],
    ['a repository', [model], 'acme/model', 'use0'],
    ['a repository', [model], 'acme/model.git/info/lfs', 'use0'],
    ['a repository', [model], 'acme/model2', 'none'],
    ['a repository', [model], '', 'use0'],
    ['a user', [user], 'meta/gated', 'use0'],
    ['a user', [user], '', 'use0'],
    ['two', [model, org], 'acme/model', 'use0'],
    ['two', [model, org], 'acme/other', 'use1'],
    ['two', [org, model], 'acme/model.git', 'use1'],
    ['two', [org, model], 'datasets/acme/data', 'use0'],
    ['two', [model, user], 'acme/model', 'use0'],
    ['two', [user, model], 'acme/model', 'use1'],
    ['two', [model, user], 'meta/gated', 'use1'],
    ['two', [org, org], 'acme/model', 'use1'],
    ['two', [model, minted], '', 'none'],
    ['two', [user, org], '', 'none'],
    ['two', [org, user], '', 'none'],
  ])('%s: %j asked for "%s" gives %s', (_name, uses, path, expected) =>
    expect(fill(uses, `${ENDPOINT}/${path}`)).toBe(expected),
  )

  test('paths of Windows and paths with spaces or quotes are kept', () => {
    expect(gitConfig({ endpoint: ENDPOINT, paths: ['acme'] }, 'C:\\a b\\answer')).toContain(`cat 'C:/a b/answer'`)
    expect(gitConfig({ endpoint: ENDPOINT, paths: ['acme'] }, "/a'b")).toContain(`cat '/a'\\\\''b'`)
  })

  test('the job’s own configuration in variables is kept', () => {
    expect(gitVariables('/x/gitconfig', 2)).toEqual([
      ['GIT_CONFIG_KEY_2', 'include.path'],
      ['GIT_CONFIG_VALUE_2', '/x/gitconfig'],
      ['GIT_CONFIG_COUNT', '3'],
    ])
  })
})

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
