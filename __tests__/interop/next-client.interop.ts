/** What `nextClient` says of the next client, compared with what huggingface_hub does, combination by combination. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { projectRoot } from '../../sandbox/root.ts'
import { pythonTool } from '../../scripts/interop/paths.ts'
import { readJob } from '../../src/runner/inputs.ts'
import { nextClient } from '../../src/token/next-client.ts'

type Environment = Record<string, string | undefined>

interface Delivery {
  exportEnv: string[]
  exportFile: boolean
}

interface Case {
  /** The job's variables before the action. */
  job: Environment
  delivery: Delivery
  /** Whether an earlier `hf auth login` left a token in the home folder. */
  loggedIn: boolean
}

/** What the client did. */
interface Seen {
  endpoint: string
  token: string | null
  sent: string | null
  offline: boolean
}

const DELIVERIES: Delivery[] = [
  { exportEnv: [], exportFile: false },
  { exportEnv: ['HF_TOKEN'], exportFile: false },
  { exportEnv: ['HUGGING_FACE_HUB_TOKEN'], exportFile: false },
  { exportEnv: [], exportFile: true },
  { exportEnv: ['HF_TOKEN'], exportFile: true },
]

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'next-client-'))
  for (const [home, token] of [['in', 'of a login'] as const, ['out', undefined] as const]) {
    const cache = join(folder, home, '.cache', 'huggingface')
    mkdirSync(cache, { recursive: true })
    if (token !== undefined) writeFileSync(join(cache, 'token'), token)
  }
  writeFileSync(file('theirs'), 'of the job’s file')
  writeFileSync(file('ours'), 'ours')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string) => join(folder, name)

/** Every combination of one value for each name. */
function combinations<T extends Record<string, readonly unknown[]>>(
  values: T,
): { [Name in keyof T]: T[Name][number] }[] {
  return Object.entries(values).reduce<Record<string, unknown>[]>(
    (all, [name, choices]) => all.flatMap((one) => choices.map((choice) => ({ ...one, [name]: choice }))),
    [{}],
  ) as { [Name in keyof T]: T[Name][number] }[]
}

const defined = (env: Environment) =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))

/** The variables of the steps after the action. */
function later({ job, delivery: { exportEnv, exportFile }, loggedIn }: Case): Record<string, string> {
  return {
    HOME: file(loggedIn ? 'in' : 'out'),
    GITHUB_ACTIONS: 'true',
    ...defined(job),
    ...Object.fromEntries(exportEnv.map((name) => [name, 'ours'])),
    ...(exportFile ? { HF_TOKEN_PATH: file('ours') } : {}),
  }
}

/** What `nextClient` says, in the words of {@link Seen}. */
function expected(one: Case): Seen {
  const { job, delivery, loggedIn } = one
  const env = defined(job)
  const { endpoint, via, isOurs, blockedBy } = nextClient(delivery, readJob(env))
  const isStaging = endpoint === 'https://hub-ci.huggingface.co'
  const fromFile = { [file('theirs')]: 'of the job’s file', [file('missing')]: null }[env.HF_TOKEN_PATH ?? ''] ?? null
  const ofLogin = (): string | null => {
    // A folder, and not a file: the client fails.
    if (env.HF_TOKEN_PATH === '' && !isStaging) return 'error IsADirectoryError'
    return loggedIn && !isStaging ? 'of a login' : null
  }
  const theirs = () => {
    if (via === undefined) return ofLogin()
    if (via === 'HF_OIDC_RESOURCE') return `exchanged for ${env.HF_OIDC_RESOURCE}`
    return via === 'HF_TOKEN_PATH' ? fromFile : (env[via] ?? null)
  }
  const token = isOurs ? 'ours' : theirs()
  const isSent = !blockedBy.includes('HF_HUB_DISABLE_IMPLICIT_TOKEN')
  return {
    endpoint,
    token,
    sent: isSent ? (token === null || token.startsWith('error') ? token : `Bearer ${token}`) : null,
    offline: blockedBy.some((name) => name.endsWith('OFFLINE')),
  }
}

/** The combinations in which the client does something else. */
function differences(cases: Case[]): unknown[] {
  const { stdout, stderr, status } = spawnSync(
    pythonTool('python'),
    [join(projectRoot, '__tests__', 'interop', 'next-client.py')],
    {
      input: cases.map((one) => `${JSON.stringify(later(one))}\n`).join(''),
      encoding: 'utf8',
      maxBuffer: 64 * 2 ** 20,
    },
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const seen = stdout.trim().split('\n')
  expect(seen).toHaveLength(cases.length)
  return cases.flatMap((one, at) => {
    const real = JSON.parse(seen[at] ?? '') as Seen
    const said = expected(one)
    return JSON.stringify(real) === JSON.stringify(said) ? [] : [{ ...one, real, said }]
  })
}

test('the client’s token, its endpoint, and what blocks it are as the action says', () => {
  const cases = combinations({
    HF_OIDC_RESOURCE: [undefined, 'acme/model'],
    HF_TOKEN: [undefined, '', 'in HF_TOKEN'],
    HUGGING_FACE_HUB_TOKEN: [undefined, 'in the older variable'],
    HF_TOKEN_PATH: [undefined, '', file('theirs'), file('missing')],
    HF_HUB_DISABLE_IMPLICIT_TOKEN: [undefined, '1'],
    HF_HUB_OFFLINE: [undefined, '1'],
    HF_ENDPOINT: [undefined, '', 'https://mirror.example/hf/'],
    loggedIn: [false, true],
    delivery: DELIVERIES,
  }).map(({ delivery, loggedIn, ...job }): Case => ({ job, delivery, loggedIn }))
  expect(differences(cases).slice(0, 5)).toEqual([])
  console.log(`${cases.length} combinations of variables and deliveries, as huggingface_hub has them`)
})

test('the client’s switches are read as the client reads them', () => {
  const switches = [undefined, '', '0', '1', 'on', 'Yes', 'TRUE', 'y', ' 1']
  const cases = combinations({
    HF_HUB_DISABLE_IMPLICIT_TOKEN: [undefined, '', 'oN', 'true '],
    HF_HUB_OFFLINE: switches,
    TRANSFORMERS_OFFLINE: [undefined, '0', 'YES'],
    HUGGINGFACE_CO_STAGING: [undefined, '', '0', 'yes'],
    HF_OIDC_RESOURCE: [undefined, ''],
    HF_ENDPOINT: [undefined, 'https://huggingface.co', 'https://mirror.example//', '/'],
    delivery: DELIVERIES.slice(2, 4),
  }).map(({ delivery, ...job }): Case => ({ job, delivery, loggedIn: true }))
  expect(differences(cases).slice(0, 5)).toEqual([])
  console.log(`${cases.length} combinations of spellings, as huggingface_hub reads them`)
})
