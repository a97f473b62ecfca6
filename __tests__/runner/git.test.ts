/** Which token git sends where, and what the machine's own credential helpers get to see: asked of git itself. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { reachedPaths } from '../../src/hub/reach.ts'
import { parseRepository } from '../../src/hub/repository.ts'
import { SCOPES } from '../../src/hub/scopes.ts'
import {
  credentialAnswer,
  gitPrefixes,
  gitVariables,
  hostConfig,
  pathsConfig,
  withinReach,
} from '../../src/runner/deliver/git.ts'
import { gitReach } from '../../src/runner/deliver/plan.ts'
import type { Request } from '../../src/token/request.ts'

const ENDPOINT = 'https://huggingface.co'
/** What the machine's own helper has for the host. */
const STORED = 'https://me:of-the-machine@huggingface.co\n'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'git-'))
})
beforeEach(() => {
  writeFileSync(join(folder, '.gitconfig'), '[credential]\n\thelper = store\n')
  writeFileSync(join(folder, '.git-credentials'), STORED)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const stored = () => readFileSync(join(folder, '.git-credentials'), 'utf8')

/** The variables of a job in which these paths were delivered to git, one list for each use. */
function deliver(uses: readonly (readonly string[])[]): NodeJS.ProcessEnv {
  const prefixesOf = (paths: readonly string[]) => gitPrefixes({ endpoint: ENDPOINT, paths })
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: folder,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    HF_OIDC_GIT: uses.map((paths) => prefixesOf(paths).join(' ')).join('|'),
  }
  const configs: string[] = []
  uses.forEach((paths, at) => {
    const base = mkdtempSync(join(folder, "it's use-"))
    const files = { config: join(base, 'gitconfig'), paths: join(base, 'gitpaths'), answer: join(base, 'answer') }
    const reach = { endpoint: ENDPOINT, paths }
    const later = withinReach(prefixesOf(paths), uses.slice(0, at).map(prefixesOf), configs)
    writeFileSync(files.answer, credentialAnswer(`hf_use${at}`))
    writeFileSync(files.paths, pathsConfig(reach, files, later))
    writeFileSync(files.config, hostConfig(reach, files, at))
    configs.push(files.config)
    for (const [name, value] of gitVariables(files.config, at)) env[name] = value
  })
  return env
}

/** Runs `git credential` about a path on the host; an empty one is the host alone. */
function credential(env: NodeJS.ProcessEnv, action: 'fill' | 'approve' | 'reject', path: string, more = ''): string {
  const input = `protocol=https\nhost=huggingface.co\n${path === '' ? '' : `path=${path}\n`}${more}\n`
  return spawnSync('git', ['credential', action], { env, input, encoding: 'utf8' }).stdout
}

/** Whose password git finds: `use0`, `use1`, `machine`, or `none`. */
function fill(env: NodeJS.ProcessEnv, path: string): string {
  const found = /^password=(.*)$/m.exec(credential(env, 'fill', path))?.[1]
  return found === undefined ? 'none' : found === 'of-the-machine' ? 'machine' : found.replace('hf_', '')
}

const org = reachedPaths({ org: 'acme', resource: undefined, only: [] })
const minted = reachedPaths({ org: 'acme', resource: undefined, only: ['datasets/acme/data'] })
const model = reachedPaths({ org: 'acme', resource: 'models/acme/model', only: [] })
const user = reachedPaths({ org: 'acme', resource: 'alice', only: [] })

describe('git gets the token', () => {
  test.each<[string, string[][], string, string]>([
    ['an organization', [org], 'acme/model', 'use0'],
    ['an organization', [org], 'kernels/acme/k.git', 'use0'],
    ['an organization', [org], 'datasets/acme/data.git/info/lfs', 'use0'],
    ['an organization', [org], 'acme2/model', 'machine'],
    ['an organization', [org], '', 'use0'],
    ['a minted token', [minted], 'datasets/acme/data', 'use0'],
    ['a minted token', [minted], 'acme/data', 'machine'],
    ['a repository', [model], 'acme/model.git/info/lfs', 'use0'],
    ['a repository', [model], 'acme/model2', 'machine'],
    ['a repository', [model], '', 'use0'],
    ['a user', [user], 'meta/gated', 'use0'],
    ['a user', [user], '', 'use0'],
    ['two', [model, org], 'acme/model', 'use0'],
    ['two', [org, model], 'datasets/acme/data', 'use0'],
    ['two', [user, model], 'acme/model', 'use1'],
    ['two', [org, org], 'acme/model', 'use1'],
    ['two', [model, minted], '', 'machine'],
    ['two', [org, user], '', 'none'],
    ['three', [org, model, minted], 'acme/model', 'use1'],
    ['three', [org, model, minted], 'spaces/acme/app', 'use0'],
    ['three', [model, minted, org], 'acme/model.git', 'use0'],
  ])('of %s: %j asked for "%s" gives %s', (_name, uses, path, expected) =>
    expect(fill(deliver(uses), path)).toBe(expected),
  )

  test('a path that is not UTF-8 is a path, and not the host alone', () => {
    const input = Buffer.from('protocol=https\nhost=huggingface.co\npath=\xffother/x\n\n', 'latin1')
    const { stdout } = spawnSync('git', ['credential', 'fill'], {
      env: { ...deliver([org]), LC_ALL: 'C.UTF-8' },
      input,
    })
    expect(stdout.toString()).toContain('password=of-the-machine')
  })

  const source = (kind: string, resource?: string) => ({ kind, resource }) as unknown as Request['source']
  const sources: [Request['source'], string[]][] = [
    [source('secrets-manager'), ['acme/model']],
    [source('token-exchange'), []],
    [source('service-account'), []],
    [source('service-account'), ['acme/model']],
    [source('service-account'), ['acme/model', 'datasets/acme/data', 'rivals/model']],
    [source('trusted-publisher', 'acme/model'), []],
    [source('trusted-publisher', 'datasets/acme/data'), []],
    [source('trusted-publisher', 'alice'), []],
  ]
  const reaches = sources.map(([one, repositories]) =>
    SCOPES.map((scope) =>
      gitReach({
        org: 'acme',
        scope,
        hubEndpoint: ENDPOINT,
        source: one,
        repositories: repositories.flatMap((text) => parseRepository(text) ?? []),
      } as unknown as Request),
    ),
  )
  const kinds = reaches.map(([first]) => first?.paths ?? [])
  const uses = [...kinds.map((one) => [one]), ...kinds.flatMap((one) => kinds.map((other) => [one, other]))]
  const ASKED = [
    'acme/model',
    'acme/model.git',
    'acme/model.git/info/lfs',
    'datasets/acme/data',
    'datasets/acme/data.git/info/lfs',
    'acme/other',
    'kernels/acme/kernel',
    'acme2/model',
    '',
  ]

  /** The more specific prefix wins, and the later use of the same one. */
  const due = (list: readonly (readonly string[])[], path: string): string => {
    const isUser = list.some((paths) => paths.includes(''))
    if (path === '') return list.length === 1 ? 'use0' : isUser ? 'none' : 'machine'
    const reached = list.flatMap((paths, at) =>
      paths
        .filter((prefix) => prefix === '' || path === prefix || path.startsWith(`${prefix}/`))
        .map(({ length }) => ({ length, at })),
    )
    const best = reached.sort((a, b) => b.length - a.length || b.at - a.at)[0]
    return best === undefined ? 'machine' : `use${best.at}`
  }

  test('in the organization’s repositories only, of those that a token was minted for', () => {
    expect(kinds[4]).toEqual(['acme/model', 'acme/model.git', 'datasets/acme/data', 'datasets/acme/data.git'])
  })

  test('in the same places, whatever the scope', () => {
    for (const scopes of reaches) expect(new Set(scopes.map((reach) => JSON.stringify(reach))).size).toBe(1)
  })

  test(`of each source and each two sources, for git, LFS and the host alone: ${uses.length * ASKED.length} requests`, () => {
    const wrong = uses.flatMap((list) => {
      const env = deliver(list)
      return ASKED.map((path) => ({ list, path, due: due(list, path), got: fill(env, path) })).filter(
        ({ due, got }) => due !== got,
      )
    })
    expect(wrong).toEqual([])
  }, 300_000)
})

describe('the machine’s own helpers', () => {
  const OURS = 'username=hf-oidc-action\npassword=hf_use0\n'
  const THEIRS = 'username=me\npassword=of-the-machine\n'

  test.each(['', 'acme/model', 'acme2/model', 'datasets/acme/data.git/info/lfs'])(
    'do not store the token, asked about "%s"',
    (path) => {
      for (const uses of [[org], [model], [model, minted], [user]]) credential(deliver(uses), 'approve', path, OURS)
      expect(stored()).toBe(STORED)
    },
  )

  test('store what is theirs, and forget it', () => {
    const env = deliver([org])
    credential(env, 'approve', 'acme2/model', 'username=other\npassword=new\n')
    expect(stored()).toContain('https://other:new@huggingface.co')
    credential(env, 'reject', 'acme2/model', 'username=other\npassword=new\n')
    expect(stored()).toBe(STORED)
    credential(env, 'reject', '', THEIRS)
    expect(stored()).toBe('')
  })

  test('keep what is theirs when the token is rejected', () => {
    for (const path of ['', 'acme/model']) credential(deliver([org]), 'reject', path, OURS)
    expect(stored()).toBe(STORED)
  })

  test('find paths as their own configuration has it', () => {
    writeFileSync(join(folder, '.gitconfig'), '[credential]\n\thelper = store\n\tuseHttpPath = true\n')
    writeFileSync(join(folder, '.git-credentials'), 'https://me:of-the-machine@huggingface.co/acme2/model\n')
    const env = deliver([org])
    expect([fill(env, 'acme2/model'), fill(env, 'acme2/other')]).toEqual(['machine', 'none'])
  })

  test('are asked as before when the job has ended', () => {
    const env = deliver([org])
    rmSync(join(env.GIT_CONFIG_VALUE_0 ?? '', '..'), { recursive: true })
    expect([fill(env, 'acme/model'), fill(env, '')]).toEqual(['machine', 'machine'])
  })
})

test('configurations come again only if they are known, and all of their paths are within the reach', () => {
  const [inside, beside] = [
    ['https://hub/a/x', 'https://hub/a/y'],
    ['https://hub/a/x', 'https://hub/b/x'],
  ]
  const within = (uses: string[][], configs: string[]) => withinReach(['https://hub/a'], uses, configs)
  expect(within([inside, beside], ['/1/gitconfig', '/2/gitconfig'])).toEqual(['/1/gitpaths'])
  expect(within([inside, beside], ['/1/gitconfig'])).toEqual([])
})

test('the helper answers with the token as the password', () => {
  expect(credentialAnswer('hf_abcdefgh')).toBe('username=hf-oidc-action\npassword=hf_abcdefgh\n')
})

test('paths of Windows are kept', () => {
  const files = { config: 'C:\\a b\\gitconfig', paths: 'C:\\a b\\gitpaths', answer: 'C:\\a b\\answer' }
  const reach = { endpoint: ENDPOINT, paths: ['acme'] }
  expect(pathsConfig(reach, files, ['C:\\c\\gitpaths'])).toMatch(/cat 'C:\/a b\/answer'.*\tpath = "C:\/c\/gitpaths"/s)
  expect(hostConfig(reach, files, 0)).toMatch(/cat 'C:\/a b\/answer'.*\tpath = "C:\/a b\/gitpaths"/s)
})

test('the job’s own configuration in variables is kept', () => {
  expect(gitVariables('/x/gitconfig', 2)).toEqual([
    ['GIT_CONFIG_KEY_2', 'include.path'],
    ['GIT_CONFIG_VALUE_2', '/x/gitconfig'],
    ['GIT_CONFIG_COUNT', '3'],
  ])
})
