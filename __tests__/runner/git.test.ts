/** Which token git sends where, and what the machine's own credential helpers get to see: asked of git itself. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { reachedPaths } from '../../src/hub/reach.ts'
import { parseRepository } from '../../src/hub/repository.ts'
import { SCOPES } from '../../src/hub/scopes.ts'
import { credentialAnswer, gitConfig, gitPrefixes, gitVariables, slashed } from '../../src/runner/deliver/git.ts'
import { HELPER_CODE, HELPER_FUNCTION } from '../../src/runner/deliver/git-helper.ts'
import { gitReach } from '../../src/runner/deliver/plan.ts'
import { gitAnswerVariable, listGitUses, parseGitUses } from '../../src/runner/own-variables.ts'
import type { Request } from '../../src/token/request.ts'

const ENDPOINT = 'https://huggingface.co'
/** What the machine's own helper has for the Hub and for other hosts. */
const STORED =
  'https://me:of-the-machine@huggingface.co\nhttps://me:of-the-machine@hf.co\nhttps://me:of-the-machine@github.com\n'

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
function deliver(uses: readonly (readonly string[])[], endpoint = ENDPOINT): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    HF_OIDC_GIT: listGitUses(uses.map((paths, number) => ({ number, prefixes: gitPrefixes({ endpoint, paths }) }))),
  }
  let count = 0
  uses.forEach((_paths, at) => {
    const answer = join(mkdtempSync(join(folder, "it's use-")), 'answer')
    writeFileSync(answer, credentialAnswer(`hf_use${at}`))
    env[gitAnswerVariable(at)] = slashed(answer)
    const entries = gitConfig(endpoint)
    for (const [name, value] of gitVariables(entries, count)) env[name] = value
    count += entries.length
  })
  return env
}

/** Runs `git credential` about a path on a host; an empty one is the host alone. */
function ask(env: NodeJS.ProcessEnv, action: 'fill' | 'approve' | 'reject', url: string, more = '') {
  const { protocol, host, pathname } = new URL(url)
  const path = pathname.slice(1)
  const input = `protocol=${protocol.slice(0, -1)}\nhost=${host}\n${path === '' ? '' : `path=${path}\n`}${more}\n`
  return spawnSync('git', ['credential', action], { env, input, encoding: 'utf8' })
}

const credential = (env: NodeJS.ProcessEnv, action: 'fill' | 'approve' | 'reject', path: string, more = '') =>
  ask(env, action, `${ENDPOINT}/${path}`, more).stdout

const whose = (stdout: string): string => {
  const found = /^password=(.*)$/m.exec(stdout)?.[1]
  return found === undefined ? 'none' : found === 'of-the-machine' ? 'machine' : found.replace('hf_', '')
}

/** Whose password git finds: `use0`, `use1`, `machine`, or `none`. */
const fill = (env: NodeJS.ProcessEnv, path: string): string => whose(credential(env, 'fill', path))

const org = reachedPaths({ org: 'acme', resource: undefined, only: [] })
const minted = reachedPaths({ org: 'acme', resource: undefined, only: ['datasets/acme/data'] })
const model = reachedPaths({ org: 'acme', resource: 'models/acme/model', only: [] })
const user = reachedPaths({ org: 'acme', resource: 'alice', only: [] })

describe('git gets the token', () => {
  test.each<[string, string[][], string, string]>([
    ['an organization', [org], 'acme/model', 'use0'],
    ['an organization', [org], 'kernels/acme/k.git', 'use0'],
    ['an organization', [org], 'datasets/acme/data.git/info/lfs', 'use0'],
    ['an organization', [org], 'acme2/model', 'none'],
    ['an organization', [org], 'Acme/model', 'none'],
    ['an organization', [org], 'acme', 'use0'],
    ['an organization', [org], 'acme/x/../../rivals/model', 'none'],
    ['an organization', [org], '', 'use0'],
    ['a minted token', [minted], 'datasets/acme/data', 'use0'],
    ['a minted token', [minted], 'acme/data', 'none'],
    ['a repository', [model], 'acme/model.git/info/lfs', 'use0'],
    ['a repository', [model], 'acme/model2', 'none'],
    ['a repository', [model], '', 'use0'],
    ['a user', [user], 'meta/gated', 'use0'],
    ['a user', [user], '', 'use0'],
    ['two', [model, org], 'acme/model', 'use0'],
    ['two', [org, model], 'datasets/acme/data', 'use0'],
    ['two', [user, model], 'acme/model', 'use1'],
    ['two', [org, org], 'acme/model', 'use1'],
    ['two', [model, minted], '', 'none'],
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
    expect(stdout.toString()).toBe('')
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
    if (path === '') return list.length === 1 ? 'use0' : 'none'
    const reached = list.flatMap((paths, at) =>
      paths
        .filter((prefix) => prefix === '' || path === prefix || path.startsWith(`${prefix}/`))
        .map(({ length }) => ({ length, at })),
    )
    const best = reached.sort((a, b) => b.length - a.length || b.at - a.at)[0]
    return best === undefined ? 'none' : `use${best.at}`
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

  test.each(['', 'acme/model', 'acme2/model', 'datasets/acme/data.git/info/lfs'])(
    'do not store the token or forget theirs, asked about "%s"',
    (path) => {
      for (const uses of [[org], [model], [model, minted], [user]]) {
        for (const action of ['approve', 'reject'] as const) credential(deliver(uses), action, path, OURS)
      }
      expect(stored()).toBe(STORED)
    },
  )

  test('answer for every other host as before', () => {
    const env = deliver([org, user])
    const hosts = ['https://github.com/acme/model', 'https://sub.huggingface.co/acme/model', 'https://github.com']
    expect(hosts.map((url) => whose(ask(env, 'fill', url).stdout))).toEqual(['machine', 'none', 'machine'])
    ask(env, 'approve', 'https://example.com/x', 'username=other\npassword=new\n')
    expect(stored()).toContain('https://other:new@example.com')
  })

  test('have no say about the Hub’s short name, which never gets the token', () => {
    expect(whose(ask(deliver([org]), 'fill', 'https://hf.co/acme/model').stdout)).toBe('none')
    expect(whose(ask(deliver([user]), 'fill', 'https://hf.co').stdout)).toBe('none')
    // Next to a custom endpoint, the Hub is a foreign host.
    const custom = deliver([org], 'https://hub.example')
    expect(whose(ask(custom, 'fill', 'https://hf.co/acme/model').stdout)).toBe('machine')
    expect(whose(ask(custom, 'fill', 'https://hub.example/acme/model').stdout)).toBe('use0')
  })

  test('are asked as before when nothing of the job’s configuration is left', () => {
    const { GIT_CONFIG_COUNT: _, ...env } = deliver([org])
    expect([fill(env, 'acme/model'), fill(env, '')]).toEqual(['machine', 'machine'])
  })
})

describe('a remote that the token does not reach', () => {
  /** A job on a machine whose askpass program and credential managers would ask a person: whoever is started is recorded. */
  function attended(): NodeJS.ProcessEnv & { RECORD: string } {
    const record = join(folder, 'asked')
    writeFileSync(record, '')
    const bin = join(folder, 'bin')
    mkdirSync(bin, { recursive: true })
    for (const name of ['git-credential-manager', 'git-credential-osxkeychain', 'askpass']) {
      writeFileSync(join(bin, name), '#!/bin/sh\necho "$0 $*" >> "$RECORD"\n')
      chmodSync(join(bin, name), 0o755)
    }
    writeFileSync(join(folder, '.gitconfig'), '[credential]\n\thelper = manager\n\thelper = osxkeychain\n')
    const path = `${bin}${delimiter}${process.env.PATH}`
    return { ...deliver([org]), PATH: path, GIT_ASKPASS: join(bin, 'askpass'), SSH_ASKPASS: 'x', RECORD: record }
  }

  test.each(['acme2/model', 'Acme/model', 'spaces/acme2/x', 'acme/a b', 'acme/../rivals/x', 'acme/%2e%2e/rivals/x'])(
    'fails at once, and neither a person nor a credential manager is asked: %s',
    (path) => {
      const env = attended()
      const { status, stdout, stderr } = ask(env, 'fill', `${ENDPOINT}/`, `path=${path}\n`)
      expect([status, stdout, readFileSync(env.RECORD, 'utf8')]).toEqual([128, '', ''])
      expect(stderr).toMatch(/^hf-oidc-action: git has no token for /m)
    },
  )

  test('is named, and so is what else can be wrong', () => {
    const say = (uses: (readonly string[])[], path: string, more: NodeJS.ProcessEnv = {}) =>
      ask({ ...deliver(uses), ...more }, 'fill', `${ENDPOINT}/${path}`).stderr.split('\n')[0]
    expect(say([org], 'Acme/model')).toBe(
      'hf-oidc-action: git has no token for https://huggingface.co/Acme/model: the token of this job does not reach that repository. Names must match exactly (case-sensitive).',
    )
    expect(say([org, user], '')).toBe(
      'hf-oidc-action: git has no token for https://huggingface.co: there are several tokens, and none is for the host alone.',
    )
    expect(ask(deliver([org]), 'fill', 'https://hf.co/acme/model').stderr).toMatch(
      /^hf-oidc-action: git has no token for https:\/\/hf\.co: use https:\/\/huggingface\.co instead\.$/m,
    )
    expect(say([org], 'acme/model', { HF_OIDC_GIT_ANSWER_0: '/no/such/file' })).toBe(
      'hf-oidc-action: git has no token for https://huggingface.co/acme/model: the file /no/such/file is missing, empty, or unreadable for this user.',
    )
  })

  test('gets no answer from an empty file, or without the helper’s code', () => {
    const empty = join(folder, 'empty')
    writeFileSync(empty, '')
    for (const more of [{ HF_OIDC_GIT_ANSWER_0: empty }, { HF_OIDC_GIT_HELPER: '' }, { HF_OIDC_GIT: '' }]) {
      const { status, stdout } = ask({ ...attended(), ...more }, 'fill', `${ENDPOINT}/acme/model`)
      expect([status, stdout]).toEqual([128, ''])
    }
  })
})

describe('the helper', () => {
  const shells = [['sh'], ['dash'], ['bash'], ['bash', '--posix'], ['busybox', 'sh']].filter(
    ([program = '', ...args]) => spawnSync(program, [...args, '-c', ':']).status === 0,
  )

  test.each(shells.map((shell) => [shell.join(' '), shell] as const))(
    'answers in %s, without any program',
    (_name, shell) => {
      const [program = '', ...args] = shell
      const env = { ...deliver([org, model]), PATH: '/nowhere' }
      const answer = (path: string) =>
        spawnSync(whichOf(program), [...args, '-c', `${HELPER_CODE}; ${HELPER_FUNCTION} ${ENDPOINT} get`], {
          env,
          input: `capability[]=authtype\nprotocol=https\nhost=huggingface.co\npath=${path}\nwwwauth[]=Basic\n`,
          encoding: 'utf8',
        }).stdout
      expect(answer('acme/model')).toBe(credentialAnswer('hf_use1'))
      expect(answer('acme/other.git/info/lfs')).toBe(credentialAnswer('hf_use0'))
      expect([answer('rivals/model'), answer('acme/*'), answer('*/model'), answer('')]).toEqual(
        Array.from({ length: 4 }, () => 'quit=1\n'),
      )
    },
  )

  test('is one line, and an origin with a quote stays one word', () => {
    expect(HELPER_CODE).not.toContain('\n')
    expect(gitConfig("https://it's.example").at(-1)?.[1]).toMatch(/ 'https:\/\/it'\\''s\.example'$/)
  })

  test('answers with the token as the password', () => {
    expect(credentialAnswer('hf_abcdefgh')).toBe('username=hf-oidc-action\npassword=hf_abcdefgh\n')
  })
})

/** Where a program is, since the shells get no `PATH`. */
function whichOf(program: string): string {
  return spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim()
}

test('paths of Windows have slashes for git’s shell', () => {
  expect(slashed('D:\\a\\_temp\\answer')).toBe('D:/a/_temp/answer')
})

test('the job’s own configuration in variables is kept, and no file is included', () => {
  const variables = gitVariables(gitConfig(ENDPOINT), 2)
  expect(variables.map(([name]) => name)).toEqual([
    'HF_OIDC_GIT_HELPER',
    ...[2, 3, 4, 5, 6, 7].flatMap((at) => [`GIT_CONFIG_KEY_${at}`, `GIT_CONFIG_VALUE_${at}`]),
    'GIT_CONFIG_COUNT',
  ])
  expect(JSON.stringify(variables)).not.toContain('include')
})

test.each(['', 'x', 'https://hub/a', '0', '-1 https://hub/a', '1e3 https://hub/a', '|', '12345678 https://hub/a'])(
  'a list of uses that this action did not write is ignored: %j',
  (text) => expect(parseGitUses(text)).toEqual([]),
)
