/** Copies of our token that other programs made, and what post does with them. */
import * as fs from 'node:fs'
import * as os from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { Step } from './step.ts'

/** Makes the last step of a replacement fail, for root as well. */
let renameFails = false
/** Owners that were given to a draft. */
const owners: number[][] = []

jest.unstable_mockModule('node:fs', () => ({
  ...fs,
  renameSync: (from: string, to: string) => {
    if (renameFails) throw Object.assign(new Error('x'), { code: 'EXDEV' })
    fs.renameSync(from, to)
  },
  fchownSync: (file: number, uid: number, gid: number) => {
    owners.push([uid, gid])
    fs.fchownSync(file, uid, gid)
  },
}))
let homeIsUnknown = false
jest.unstable_mockModule('node:os', () => ({
  ...os,
  homedir: () => {
    if (homeIsUnknown) throw new Error('ENOENT')
    return os.homedir()
  },
}))
const { Remover } = await import('../../src/runner/remove.ts')
const { removeCopies } = await import('../../src/runner/clean-up/remove-copies.ts')
const { COPIES_STATE, copyFiles, savedCopies } = await import('../../src/runner/copies.ts')

test('the audit event learns of each file, and of no draft', () => {
  const paths: string[] = []
  const told = job(() => {
    paths.push(put(`${CACHE}/token`, TOKEN), put(`${CACHE}/stored_tokens`, stored('a', TOKEN) + stored('b', OTHER)))
  })
  expect(told).toEqual({ copies: paths, removed: [paths[0]], left: [] })
})

const onPosix = process.platform === 'win32' ? test.skip : test
const TOKEN = 'hf_jwt_OursOursOurs.OursOursOurs-_~+/Ours=='
const OTHER = 'hf_OtherOtherOtherOtherOtherOtherOther'

let step: Step
let home: string
beforeEach(() => {
  renameFails = false
  owners.length = 0
  step = new Step({
    HF_HOME: undefined,
    HF_TOKEN_PATH: undefined,
    XDG_CACHE_HOME: undefined,
    XDG_CONFIG_HOME: undefined,
    USERPROFILE: undefined,
    HOME: undefined,
  })
  home = join(step.temp, 'home')
  step.set({ HOME: home })
})
afterEach(() => step.end())

/** Writes a file below the home folder, or at an absolute path. */
function put(path: string, text: string, mode = 0o600): string {
  const file = path.startsWith('/') ? path : join(home, path)
  fs.mkdirSync(dirname(file), { recursive: true })
  fs.writeFileSync(file, text, 'latin1')
  fs.chmodSync(file, mode)
  return file
}
const read = (path: string) => (fs.existsSync(path) ? fs.readFileSync(path, 'latin1') : undefined)

/** Main's state; then what a later step does; then post's work. */
function job(laterStep: () => void, state?: unknown): { copies: string[]; removed: string[]; left: string[] } {
  const saved = JSON.stringify(state ?? savedCopies(TOKEN, process.env))
  expect(saved).not.toContain('Ours')
  laterStep()
  step.set({ [`STATE_${COPIES_STATE}`]: saved })
  const remover = new Remover()
  const copies = removeCopies(process.env, remover)
  // No draft is left behind.
  const all = fs.readdirSync(step.temp, { recursive: true }).map(String)
  expect(all.filter((name) => name.includes('.hf-oidc-'))).toEqual([])
  expect(step.visible).not.toContain('OursOurs')
  return { copies, ...remover.paths }
}

const CACHE = '.cache/huggingface'
const stored = (name: string, token: string) => `[${name}]\nhf_token = ${token}\n\n`

describe('the file with the token', () => {
  test.each(['', '\n', ' \r\n'])('is removed: with %j after the token', (end) => {
    let path = ''
    job(() => {
      path = put(`${CACHE}/token`, TOKEN + end)
    })
    expect(read(path)).toBeUndefined()
    expect(step.lines).toEqual([`Removed a copy of this job’s token from ${path}.`])
  })

  test('of a longer token that begins like ours stays', () => {
    let path = ''
    job(() => {
      path = put(`${CACHE}/token`, `${TOKEN}x`)
    })
    expect([read(path), step.lines]).toEqual([`${TOKEN}x`, []])
  })

  test('of another token stays', () => {
    let path = ''
    job(() => {
      path = put(`${CACHE}/token`, OTHER)
    })
    expect([read(path), step.lines]).toEqual([OTHER, []])
  })

  test.each([
    ['HF_HOME', () => join(step.temp, 'hub'), 'token'],
    ['XDG_CACHE_HOME', () => join(step.temp, 'cache'), 'huggingface/token'],
    ['HF_TOKEN_PATH', () => join(step.temp, 'hub', 'my-token'), ''],
  ])('is found where %s says, before this step or after it', (name, value, below) => {
    for (const when of ['before', 'after', 'then removed']) {
      step.set({ [name]: when === 'after' ? undefined : value() })
      let path = ''
      job(() => {
        path = put(join(value(), below), TOKEN)
        step.set({ [name]: when === 'then removed' ? undefined : value() })
      })
      expect(read(path)).toBeUndefined()
    }
    expect(step.lines.filter((line) => line.startsWith('Removed'))).toHaveLength(3)
  })

  test('is found at a path that the client expands', () => {
    step.set({ GITHUB_WORKSPACE: join(step.temp, 'work'), X: 'x' })
    const places = (HF_HOME: string) => copyFiles({ ...process.env, HF_HOME }).map(({ path }) => path)
    expect(places('~/a')).toContain(join(home, 'a', 'token'))
    expect(places('$HOME/$X')).toContain(join(home, 'x', 'token'))
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as the shell writes it
    expect(places('${HOME}/$UNSET_VARIABLE')).toContain(join(home, '$UNSET_VARIABLE', 'stored_tokens'))
    expect(places('~other/a')).toContain(join(step.temp, 'work', '~other', 'a', 'token'))
    expect(places('below')).toContain(join(step.temp, 'work', 'below', 'token'))
  })

  test('is looked for in each place once', () => {
    step.set({ HF_HOME: join(home, CACHE), USERPROFILE: home })
    const files = copyFiles(process.env).map(({ kind, path }) => `${kind} ${path}`)
    expect(new Set(files).size).toBe(files.length)
    expect(copyFiles({}).every(({ path }) => path.startsWith('/') || /^[A-Z]:/.test(path))).toBe(true)
  })

  test('with anything else in it stays, and a warning says so', () => {
    let path = ''
    const told = job(() => {
      path = put(`${CACHE}/token`, `# mine\n${TOKEN}\n`)
    })
    expect(read(path)).toContain(TOKEN)
    expect(told).toEqual({ copies: [], removed: [], left: [path] })
    expect(step.lines).toEqual([
      `::warning title=hf-oidc-action::${path} holds a copy of this job’s token. The post step did not remove it, because the post step does not recognize the file’s format. Remove it yourself.`,
    ])
  })
})

describe('of the named tokens', () => {
  const path = () => join(home, CACHE, 'stored_tokens')

  test.each<[string, string, string]>([
    ['first', `${stored('ours', TOKEN)}${stored('theirs', OTHER)}`, stored('theirs', OTHER)],
    ['last', `${stored('theirs', OTHER)}${stored('ours', TOKEN)}`, stored('theirs', OTHER)],
    ['only', stored('ours', TOKEN), ''],
    ['twice', `${stored('a', TOKEN)}${stored('b', OTHER)}${stored('c', TOKEN)}`, stored('b', OTHER)],
    [
      'with more fields',
      `[ours]\nhf_token = ${TOKEN}\nrefresh_token = hf_r\nexpires_at = 1\n\n[b]\nhf_token = ${OTHER}`,
      `[b]\nhf_token = ${OTHER}`,
    ],
    [
      'written by hand',
      `# mine\n\n; too\n[a]\nHF_Token:${TOKEN}\r\n[b]\r\nx=\xff\xfe`,
      '# mine\n\n; too\n[b]\r\nx=\xff\xfe',
    ],
    [
      'before a comment about the next one',
      `[ours]\nhf_token = ${TOKEN}\n\n# ask bob\n[b]\nhf_token = ${OTHER}\n`,
      `# ask bob\n[b]\nhf_token = ${OTHER}\n`,
    ],
    ['without spaces', `[a]\nhf_token=${TOKEN}\n[b]\nhf_token=${OTHER}\n`, `[b]\nhf_token=${OTHER}\n`],
  ])('only ours is removed, and every other byte stays: %s', (_what, before, after) => {
    job(() => put(path(), before, 0o640))
    expect(read(path())).toBe(after)
    expect(fs.statSync(path()).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o640)
    expect(step.lines).toEqual([`Removed a copy of this job’s token from ${path()}.`])
  })

  test.each<[string, string]>([
    ['a value that goes on in the next line', `[a]\nx = 1\n  ${TOKEN}\n[b]\nhf_token = ${OTHER}\n`],
    ['an indented section', `[a]\nhf_token = ${TOKEN}\n [b]\nhf_token = ${OTHER}\n`],
    ['the token in a name', `[${TOKEN}]\nhf_token = ${OTHER}\n`],
    ['the token in a comment', `# ${TOKEN}\n[ours]\nhf_token = ${TOKEN}\n`],
    ['ends of lines of an old Mac', `[a]\rhf_token = ${TOKEN}\r[b]\rhf_token = ${OTHER}\r`],
  ])('nothing is changed in a file with %s', (_what, text) => {
    job(() => put(path(), text))
    expect(read(path())).toBe(text)
    expect(step.lines).toEqual([expect.stringContaining('does not recognize the file’s format. Remove it yourself.')])
  })
})

test('a comment of a hundred thousand spaces holds nobody up', () => {
  const path = join(home, CACHE, 'stored_tokens')
  const text = `[a]\nhf_token = ${TOKEN}\n#${' '.repeat(100_000)}\rx\n`
  // Quadratic in the length, this would pass the time limit of a test.
  job(() => put(path, text))
  expect(read(path)).not.toContain(TOKEN)
})

test.each([
  ['HF_HOME', 'token'],
  ['XDG_CACHE_HOME', join('huggingface', 'token')],
])('an empty %s means the working directory, as for the client', (name, path) => {
  const env = { HOME: home, GITHUB_WORKSPACE: step.temp, [name]: '' }
  expect(copyFiles(env).map((file) => file.path)).toContain(join(step.temp, path))
})

describe('of Git’s credentials', () => {
  test('the file is left alone while another writer has Git’s lock', () => {
    const path = join(home, '.git-credentials')
    const text = `https://x:${encodeURIComponent(TOKEN)}@huggingface.co\n`
    job(() => {
      put(path, text)
      put(`${path}.lock`, '')
    })
    expect([read(path), fs.existsSync(`${path}.lock`)]).toEqual([text, true])
    expect(step.lines).toEqual([expect.stringContaining('the file could not be changed (EEXIST). Remove it yourself.')])
  })

  const encoded = encodeURIComponent(TOKEN)
  const others = [
    `https://hf_user:${OTHER}@huggingface.co\n`,
    `https://${encoded}:x@example.com\n`,
    'https://user:pa%zzss@example.com\r\n',
    '\n# a line by hand\n',
  ]

  test.each(['.git-credentials', '.config/git/credentials'])('only lines with our token are removed: ~/%s', (name) => {
    const path = join(home, name)
    const [first = '', , ...rest] = others
    const text = `${first}https://hf_user:${encoded}@huggingface.co\n${rest.join('')}http://x:${encoded}@127.0.0.1%3a80`
    job(() => put(path, text))
    expect(read(path)).toBe(first + rest.join(''))
    expect(step.lines).toEqual([`Removed a copy of this job’s token from ${path}.`])
  })

  test('a line with our token as the user’s name stays, and a warning says so', () => {
    const path = join(home, '.git-credentials')
    job(() => put(path, others.join('')))
    expect(read(path)).toBe(others.join(''))
    expect(step.lines).toEqual([expect.stringMatching(/^::warning .*holds a copy of this job’s token\./)])
  })

  test('they are found where XDG_CONFIG_HOME says', () => {
    step.set({ XDG_CONFIG_HOME: join(step.temp, 'config') })
    const path = join(step.temp, 'config', 'git', 'credentials')
    job(() => put(path, `https://hf_user:${encoded}@huggingface.co\n`))
    expect(read(path)).toBe('')
  })
})

test('a user without a home folder has no copies, and no failure', () => {
  homeIsUnknown = true
  expect([copyFiles({}), copyFiles({ HOME: home }).length > 0]).toEqual([[], true])
  homeIsUnknown = false
  expect(copyFiles({}).length).toBeGreaterThan(0)
})

test('all copies are removed at once, and named in one line', () => {
  const files: string[] = []
  job(() => {
    files.push(put(`${CACHE}/token`, TOKEN), put(`${CACHE}/stored_tokens`, stored('ours', TOKEN)))
    files.push(put('.git-credentials', `https://hf_user:${encodeURIComponent(TOKEN)}@huggingface.co\n`))
  })
  expect(files.map(read)).toEqual([undefined, '', ''])
  expect(step.lines).toEqual([`Removed copies of this job’s token from ${files[0]}, ${files[1]} and ${files[2]}.`])
})

test('a file that held the token before this step is not a copy of ours', () => {
  const path = put(`${CACHE}/token`, TOKEN)
  job(() => put(`${CACHE}/stored_tokens`, stored('ours', TOKEN)))
  expect([read(path), read(join(home, CACHE, 'stored_tokens'))]).toEqual([TOKEN, ''])
  expect(step.lines[0]).toBe(
    `${path} already held this job’s token before this step, so the post step did not change it.`,
  )
})

describe('a file is neither followed nor changed', () => {
  onPosix('when it is a link to a copy, and a warning says so', () => {
    const target = put('precious', TOKEN)
    let path = ''
    job(() => {
      path = put(`${CACHE}/stored_tokens`, '')
      fs.rmSync(path)
      fs.symlinkSync(target, path)
    })
    expect([fs.lstatSync(path).isSymbolicLink(), read(target)]).toEqual([true, TOKEN])
    expect(step.lines).toEqual([expect.stringContaining('because the path is a symbolic link. Remove it yourself.')])
  })

  onPosix('when it is a link to anything else, which is nothing to report', () => {
    const target = put('precious', OTHER)
    job(() => {
      for (const [name, to] of [
        ['token', target],
        ['stored_tokens', join(home, 'nowhere')],
      ]) {
        fs.mkdirSync(join(home, CACHE), { recursive: true })
        fs.symlinkSync(to ?? '', join(home, CACHE, name ?? ''))
      }
    })
    expect([read(target), step.lines]).toEqual([OTHER, []])
  })

  onPosix('when it is not a file, or too large, and a warning says why', () => {
    job(() => {
      fs.mkdirSync(join(home, CACHE, 'token'), { recursive: true })
      put(`${CACHE}/stored_tokens`, stored('ours', TOKEN) + '#'.repeat(1_000_000))
    })
    const start = '::warning title=hf-oidc-action::The post step could not check whether '
    const file = (name: string) => `${start}${join(home, CACHE, name)} holds a copy of this job’s token`
    expect(step.lines).toEqual([
      `${file('token')} (something that is not a regular file), and did not change it.`,
      `${file('stored_tokens')} (a file of more than 1000000 bytes), and did not change it.`,
    ])
  })

  test('when the system does not let us, and a warning says so', () => {
    const path = join(home, '.git-credentials')
    const text = `https://hf_user:${encodeURIComponent(TOKEN)}@huggingface.co\n`
    renameFails = true
    job(() => put(path, text))
    expect(read(path)).toBe(text)
    expect(step.lines).toEqual([
      expect.stringContaining('because the file could not be changed (EXDEV). Remove it yourself.'),
    ])
  })
})

test('a file that was changed keeps its owner', () => {
  let file = ''
  job(() => {
    file = put('.git-credentials', `https://hf_user:${encodeURIComponent(TOKEN)}@huggingface.co\n`)
  })
  const { uid, gid } = fs.statSync(file)
  expect(owners).toEqual([[uid, gid]])
})

test.each([
  '',
  'null',
  '[]',
  '{',
  '{"hash":7,"length":8,"files":[],"before":[]}',
  '{"hash":"x","length":8,"files":[],"before":[]}',
  `{"hash":"${'a'.repeat(64)}","files":[]}`,
])('state that main did not write is ignored: %s', (state) => {
  const path = put(`${CACHE}/token`, TOKEN)
  step.set({ [`STATE_${COPIES_STATE}`]: state })
  removeCopies(process.env)
  expect([read(path), step.lines]).toEqual([TOKEN, []])
})

test('a length that no token has is ignored', () => {
  const { hash, files } = savedCopies(TOKEN, process.env)
  // The rest of the file is the token, as far as this length goes.
  const path = put(`${CACHE}/token`, TOKEN)
  job(() => {}, { hash, length: 1e9, files, before: [] })
  expect([read(path), step.lines]).toEqual([TOKEN, []])
})

test('files in the state that cannot be such files are ignored', () => {
  const { hash, length } = savedCopies(TOKEN, {})
  const file = put('precious', TOKEN)
  const files = [7, null, { kind: 'token' }, { kind: 'x', path: file }, { kind: 'token', path: 'precious' }]
  const before = process.cwd()
  process.chdir(home)
  try {
    job(() => {}, { hash, length, files, before: 7 })
  } finally {
    process.chdir(before)
  }
  expect([read(file), step.lines]).toEqual([TOKEN, []])
  job(() => {}, { hash, length, files: 'x', before: [7] })
  expect(read(file)).toBe(TOKEN)
})
