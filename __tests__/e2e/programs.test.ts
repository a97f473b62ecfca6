/** Each program of `dist/` starts by itself, and loads no more than it needs. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { projectRoot } from '../../sandbox/root.ts'
import { PROGRAMS } from '../../src/entry/programs.ts'
import { copyWithout } from './damaged.ts'

let folder: string
let builtins: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'programs-'))
  builtins = join(folder, 'builtins.mjs')
  writeFileSync(builtins, `process.on('exit', () => console.log('LOADED ' + process.moduleLoadList.join(', ')))`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ran {
  status: number | null
  stdout: string
  stderr: string
  /** The modules of Node that were loaded. */
  builtins: string[]
}

/** Runs a program as a runner without a job: no input, no file, no variable. */
function start(program: string, action = projectRoot): Ran {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', pathToFileURL(builtins).href, join(action, 'dist', program, 'index.js')],
    // Node on Windows needs it.
    { env: { SystemRoot: process.env.SystemRoot }, encoding: 'utf8' },
  )
  const loaded = /^LOADED (.*)$/m.exec(stdout)?.[1] ?? ''
  return { status, stdout, stderr, builtins: loaded.split(', ') }
}

const SAYS: Record<keyof typeof PROGRAMS, [status: number, says: RegExp]> = {
  main: [1, /title=input-invalid::.*`role-to-assume` is required/],
  post: [0, /^Nothing to clean up\.$/m],
  rotate: [1, /title=input-invalid::.*`secrets` is required/],
}

describe.each(Object.entries(SAYS))('%s', (program, [status, says]) => {
  test('starts from dist/', () => {
    const ran = start(program)
    expect(ran).toMatchObject({ status, stdout: expect.stringMatching(says), stderr: '' })
  })
})

test('every program is in this table', () => {
  expect(Object.keys(PROGRAMS)).toEqual(Object.keys(SAYS))
})

test('main loads neither TLS nor anything that starts programs before it needs them', () => {
  const names = ['https', 'tls', 'child_process', 'http2'].map((name) => `NativeModule ${name}`)
  for (const program of ['main', 'post']) {
    const { builtins } = start(program)
    expect(builtins).toContain('NativeModule http')
    expect(builtins.filter((name) => names.includes(name))).toEqual([])
  }
})

test('post needs only the first file of the bundle', () => {
  const { path, removed, remove } = copyWithout((_text, name) => /^\d+\.index\.js$/.test(name))
  try {
    expect(removed.length).toBeGreaterThan(10)
    expect(start('post', path)).toMatchObject({ status: 0, stderr: '' })
    expect(start('main', path).status).not.toBe(0)
  } finally {
    remove()
  }
})
