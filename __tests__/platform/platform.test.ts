import { describe, expect, test } from '@jest/globals'
import type { Platform, ProcessFacts } from '../../src/platform/platform.ts'
import { platformOf } from './platforms.ts'

const FORGES: [Platform['forge'], string, Record<string, string>][] = [
  ['github', 'github.com', { GITHUB_SERVER_URL: 'https://github.com', RUNNER_ENVIRONMENT: 'github-hosted' }],
  ['github', '', {}],
  ['github', '', { GITHUB_SERVER_URL: 'not a URL' }],
  // A workflow that sets this for its scripts is still on GitHub.
  [
    'github',
    'github.com',
    { GITHUB_SERVER_URL: 'https://github.com', RUNNER_ENVIRONMENT: 'github-hosted', ACT: 'true' },
  ],
  ['github', 'github.com', { GITHUB_SERVER_URL: 'https://github.com', ACT: 'false', GITEA_ACTIONS: '0' }],
  ['ghe.com', 'octo.ghe.com', { GITHUB_SERVER_URL: 'https://octo.ghe.com' }],
  ['ghes', 'ghe.com', { GITHUB_SERVER_URL: 'https://ghe.com' }],
  ['ghes', 'github.example.com', { GITHUB_SERVER_URL: 'https://github.example.com' }],
  ['ghes', 'github.com.example.com:8443', { GITHUB_SERVER_URL: 'https://github.com.example.com:8443' }],
  ['act', 'github.com', { GITHUB_SERVER_URL: 'https://github.com', ACT: 'true' }],
  [
    'gitea',
    'gitea.example.com',
    { GITHUB_SERVER_URL: 'https://gitea.example.com', ACT: 'true', GITEA_ACTIONS: 'true' },
  ],
  [
    'forgejo',
    'codeberg.org',
    { GITHUB_SERVER_URL: 'https://codeberg.org', ACT: 'true', GITEA_ACTIONS: 'true', FORGEJO_ACTIONS: 'true' },
  ],
  ['forgejo', 'codeberg.org', { GITHUB_SERVER_URL: 'https://codeberg.org', FORGEJO_ACTIONS: '1' }],
]

const SYSTEMS: [NodeJS.Platform, string, Partial<ProcessFacts>][] = [
  ['linux', 'a machine', { os: 'linux', uid: 1001 }],
  ['darwin', 'a machine', { os: 'darwin', uid: 501 }],
  ['win32', 'a machine', { os: 'win32', uid: undefined }],
]

const CONTAINERS: [Platform['container'], string, Record<string, string>, Partial<ProcessFacts>][] = [
  ['none', 'no marks', { RUNNER_TEMP: '/home/runner/work/_temp' }, {}],
  ['none', 'a cgroup of v2', {}, { read: (path) => (path === '/proc/1/cgroup' ? '0::/init.scope\n' : undefined) }],
  ['job', 'the work folder at /__w', { GITHUB_WORKSPACE: '/__w/repo/repo', RUNNER_TEMP: '/__w/_temp' }, {}],
  ['action', 'the paths of a Docker action', { GITHUB_WORKSPACE: '/github/workspace' }, {}],
  ['action', 'the temporary folder of runner 2.329', { RUNNER_TEMP: '/github/runner_temp' }, {}],
  ['none', 'a workspace whose name only begins like that', { GITHUB_WORKSPACE: '/githubber/work' }, {}],
]

/** Marks of an engine on a runner without paths that tell. */
const MARKS: [string, Record<string, string>, Partial<ProcessFacts>][] = [
  ['Docker', {}, { canRead: (path) => path === '/.dockerenv' }],
  ['Podman', {}, { canRead: (path) => path === '/run/.containerenv' }],
  ['Kubernetes', { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, {}],
  ['a cgroup of v1', {}, { read: () => '12:devices:/docker/0123456789abcdef\n' }],
]

const ALL = FORGES.flatMap((forge) =>
  SYSTEMS.flatMap((system) => CONTAINERS.map((container) => ({ forge, system, container }))),
)

test(`forge, system and container are recognized independently (${ALL.length} combinations)`, () => {
  const wrong = ALL.filter(({ forge: [forge, host, ofForge], system: [os, , ofSystem], container }) => {
    const [kind, , ofContainer, facts] = container
    const platform = platformOf({ ...ofForge, ...ofContainer }, { ...ofSystem, ...facts })
    return platform.forge !== forge || platform.host !== host || platform.os !== os || platform.container !== kind
  })
  expect(wrong).toEqual([])
})

describe('a container without telling paths', () => {
  test.each(MARKS)('shows by the mark of %s', (_name, env, facts) => {
    expect(platformOf(env, facts).container).toBe('other')
    for (const ofForge of [{ ACT: 'true' }, { GITEA_ACTIONS: 'true' }, { FORGEJO_ACTIONS: 'true' }]) {
      expect(platformOf({ ...env, ...ofForge }, facts).container).toBe('job')
    }
  })
})

describe('who operates the runner', () => {
  test.each([
    [{ RUNNER_ENVIRONMENT: 'github-hosted' }, 'github-hosted'],
    [{ RUNNER_ENVIRONMENT: 'self-hosted' }, 'self-hosted'],
    [{ RUNNER_ENVIRONMENT: 'something' }, undefined],
    [{}, undefined],
    [{ ACT: 'true' }, 'self-hosted'],
    [{ GITEA_ACTIONS: 'true' }, 'self-hosted'],
  ])('%j: %s', (env, hosted) => expect(platformOf(env as Record<string, string>).hosted).toBe(hosted))
})

describe('the file of certificates', () => {
  test('is absent if no variable names one', () => {
    expect(platformOf({ NODE_EXTRA_CA_CERTS: '' }).caFile).toBeUndefined()
  })

  test.each([true, false])('that a variable names is known with whether it can be read: %s', (readable) => {
    const asked: string[] = []
    const canRead = (path: string) => {
      asked.push(path)
      return path === '/etc/ca.pem' && readable
    }
    expect(platformOf({ NODE_EXTRA_CA_CERTS: '/etc/ca.pem' }, { canRead }).caFile).toEqual({
      variable: 'NODE_EXTRA_CA_CERTS',
      path: '/etc/ca.pem',
      readable,
    })
  })
})

describe('Node’s permission model', () => {
  const env = { GITHUB_ENV: '/w/env', GITHUB_OUTPUT: '/w/output', GITHUB_STATE: '', RUNNER_TEMP: '/w/temp' }

  test('denies nothing if it is off', () => {
    expect(platformOf(env, { mayWrite: () => false }).permissions).toEqual({ model: false, denied: [] })
  })

  test('denies the files that it does not list', () => {
    const mayWrite = (path: string) => path === '/w/temp'
    expect(platformOf(env, { permissionModel: true, mayWrite }).permissions).toEqual({
      model: true,
      denied: ['GITHUB_ENV', 'GITHUB_OUTPUT'],
    })
  })
})

test('the user and the versions are what the process says', () => {
  const platform = platformOf({ FORGEJO_ACTIONS_RUNNER_VERSION: 'v9.0.0' }, { uid: 0, userName: () => undefined })
  expect(platform).toMatchObject({
    node: '24.10.0',
    arch: 'x64',
    runner: 'v9.0.0',
    user: { uid: 0, name: undefined },
  })
})
