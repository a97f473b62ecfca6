/** Why a write failed: by the system's word, the kind of machine, and whose the place is. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import { writeFailure } from '../../src/runner/delivery-failed.ts'
import { requirePermissions } from '../../src/runner/permissions.ts'
import { lookAt, type Place } from '../../src/runner/place.ts'
import { adviceFor } from '../../src/runner/write-advice.ts'
import { plain } from '../../src/text/message.ts'
import { platformOf } from '../platform/platforms.ts'
import { Step } from './step.ts'

const PLACE: Place = {
  path: '/__w/_temp/env',
  existing: '/__w/_temp/env',
  isFolder: false,
  owner: 1001,
  mode: 0o644,
  freeBytes: 12e9,
  freeFiles: undefined,
}
const MACHINES = {
  'a machine': platformOf({}, { uid: 1001 }),
  'a container job': platformOf({ RUNNER_TEMP: '/__w/_temp' }, { uid: 999 }),
  'a job under act': platformOf({ ACT: 'true' }, { uid: 999, canRead: (path) => path === '/.dockerenv' }),
  'another user’s machine': platformOf({ RUNNER_ENVIRONMENT: 'self-hosted' }, { uid: 1002 }),
  Windows: platformOf({}, { os: 'win32', uid: undefined }),
}
type Machine = keyof typeof MACHINES
const ANY = Object.keys(MACHINES) as Machine[]

const CAUSES: [string, readonly Machine[], RegExp][] = [
  ['EACCES', ['a machine'], /^The mode, an access list or a security module/],
  [
    'EACCES',
    ['a container job', 'a job under act'],
    /^The container’s user cannot write the runner’s files\. .*\(1001\).*\(999\)/,
  ],
  ['EPERM', ['a container job'], /^The container’s user cannot write the runner’s files/],
  ['EACCES', ['another user’s machine'], /^The place belongs to a different user \(1001\)/],
  ['EPERM', ['Windows'], /^The access list of the file or folder .*`icacls` could not change it/],
  ['ENOSPC', ANY, /^The runner’s disk is full/],
  ['EDQUOT', ANY, /^The quota of the runner’s user/],
  ['EROFS', ANY, /mounted read-only/],
  ['ENOENT', ANY, /^The file or folder is gone/],
  ['ENOTDIR', ANY, /^Something else is where/],
  ['EISDIR', ANY, /^Something else is where/],
  ['EIO', ANY, /^The runner’s file system failed/],
  ['an error', ANY, /^The runner’s file system failed/],
  ['ERR_ACCESS_DENIED', ANY, /`--permission`.*This is not a bug of the action\.$/],
]
const ALL = CAUSES.flatMap(([word, machines, cause]) => machines.map((machine) => [word, machine, cause] as const))

describe(`the cause of a failed write (${ALL.length} combinations)`, () => {
  test.each(ALL)('%s on %s', (word, machine, expected) => {
    const { cause = '', fix, forward = '' } = adviceFor(word, PLACE, MACHINES[machine])
    expect(plain(cause)).toMatch(expected)
    expect([plain(fix), plain(forward)]).not.toContain('')
    // Only a full disk is one.
    expect(/disk is full/.test(plain(cause))).toBe(word === 'ENOSPC')
  })

  test('in a container names the owner to run as', () => {
    expect(plain(adviceFor('EACCES', PLACE, MACHINES['a container job']).fix)).toContain('options: --user 1001')
    expect(plain(adviceFor('EACCES', undefined, MACHINES['a container job']).fix)).toContain('options: --user root')
  })
})

describe('what was seen', () => {
  let step: Step
  beforeEach(() => {
    step = new Step()
  })
  afterEach(() => step.end())

  test('names the place, the runner’s variable, owner, mode, user and free space', () => {
    const path = join(step.temp, 'locked')
    writeFileSync(path, '', { mode: 0o400 })
    step.set({ GITHUB_ENV: path })
    const error = Object.assign(new Error('it quotes hf_secretsecretsecret'), { code: 'EACCES', path })
    const { message } = writeFailure('It failed.', error, MACHINES['a container job'])
    expect(message).toMatch(
      new RegExp(
        `Seen: a write that failed with EACCES at \`${path}\` \\(\`GITHUB_ENV\`\\); its owner \\d+ and mode 0400; this step runs as user 999 \\(runner\\); \\d+ [MG]B are free\n`,
      ),
    )
    expect(message).not.toContain('hf_secret')
  })

  test('names the nearest folder that exists', () => {
    const folder = join(step.temp, 'here')
    mkdirSync(folder, { mode: 0o750 })
    const error = Object.assign(new Error('x'), { code: 'ENOENT', path: join(folder, 'a', 'b') })
    expect(writeFailure('It failed.', error, MACHINES['a machine']).message).toMatch(
      new RegExp(`\`${folder}\`, the nearest place that exists, has owner \\d+ and mode 0750`),
    )
  })

  test('names a file of the runner that is gone, although the error has no code', () => {
    const gone = join(step.temp, 'gone')
    step.set({ GITHUB_OUTPUT: gone })
    const { message } = writeFailure('It failed.', new Error(`Missing file at path: ${gone}`), MACHINES['a machine'])
    expect(message).toContain(`a write that failed with ENOENT at \`${gone}\` (\`GITHUB_OUTPUT\`)`)
  })

  test('has no owner and no mode on Windows', () => {
    const error = Object.assign(new Error('x'), { code: 'EPERM', path: step.temp })
    expect(writeFailure('It failed.', error, MACHINES.Windows).message).not.toMatch(/owner|mode \d|runs as user/)
  })

  test('may be nothing at all', () => {
    for (const thrown of [undefined, null, 'x', {}]) {
      expect(writeFailure('It failed.', thrown, MACHINES['a machine']).message).toContain(
        'Seen: a write that failed with',
      )
    }
  })

  test('of a path that cannot be seen is not made up', () => expect(lookAt('\0')).toMatchObject({ path: '\0' }))
})

describe('Node’s permission model', () => {
  test('stops the step before anything is sent if the runner’s files cannot be written', () => {
    const env = { GITHUB_ENV: '/w/env', RUNNER_TEMP: '/w/temp' }
    const denied = platformOf(env, { permissionModel: true, mayWrite: () => false })
    expect(() => requirePermissions(denied)).toThrow(ActionError)
    expect(() => requirePermissions(denied)).toThrow('the places that `GITHUB_ENV` and `RUNNER_TEMP` name')
    expect(() => requirePermissions(platformOf(env, { permissionModel: true }))).not.toThrow()
  })
})
