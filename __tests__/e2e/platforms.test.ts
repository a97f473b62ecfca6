/** Forges other than GitHub, and machines that stand in the way: what a job is told there. */
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { projectRoot } from '../../sandbox/root.ts'
import { recordMessage } from './recorded-messages.ts'
import { errorOf, Stage } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

/** What the runners of other forges set; none of them says who operates it. */
const FORGES = {
  act: { ACT: 'true', RUNNER_ENVIRONMENT: '' },
  gitea: { ACT: 'true', GITEA_ACTIONS: 'true', RUNNER_ENVIRONMENT: '' },
  forgejo: { ACT: 'true', GITEA_ACTIONS: 'true', FORGEJO_ACTIONS: 'true', RUNNER_ENVIRONMENT: '' },
}

describe('a job without an ID token', () => {
  test.each([
    [
      'act',
      'oidc-permission-missing/act',
      ['this job runs under `act`, which has no ID token endpoint', 'if: ${'.concat('{ !env.ACT }}')],
    ],
    [
      'gitea',
      'oidc-permission-missing/gitea',
      ['Gitea does not issue ID tokens to its jobs', 'Run this job on GitHub or on Forgejo 15'],
    ],
    [
      'forgejo',
      'oidc-permission-missing/forgejo',
      ['enable-openid-connect: true', '/api/actions', 'does not enable Forgejo’s ID tokens'],
    ],
  ] as const)('of %s is told what there is, and nothing is sent', async (forge, name, says) => {
    const { main } = await stage.main({ job: { idTokenPermission: false }, env: FORGES[forge] })
    const { title, message } = errorOf(main)
    recordMessage(name, message, stage.sandbox)
    expect(title).toBe('oidc-permission-missing')
    for (const text of says) expect(message).toContain(text)
    expect(message).not.toContain('id-token: write\n')
    expect(stage.sandbox.calls()).toEqual({})
  })

  test('of a rotation is told the same', async () => {
    const { main } = await stage.rotate({ job: { idTokenPermission: false }, env: FORGES.forgejo })
    expect(errorOf(main).message).toContain('enable-openid-connect: true')
  })

  test('on pull_request_target is told about the permission, and not about the fork', async () => {
    const job = { forkPullRequest: true, eventName: 'pull_request_target', idTokenPermission: false }
    const { title, message } = errorOf((await stage.main({ job })).main)
    recordMessage('oidc-permission-missing/pull-request-target', message, stage.sandbox)
    expect(title).toBe('oidc-permission-missing')
    expect(message).toContain('that code could get the token')
  })
})

test('Forgejo’s issuer is the default there', async () => {
  const issuer = stage.sandbox.github.addIssuer('/api/actions')
  const { main } = await stage.main({ job: { issuer }, env: FORGES.forgejo })
  // The account has no provider for it: the ID token itself was accepted.
  expect(errorOf(main)).toMatchObject({ title: 'oidc-provider-missing', message: expect.stringContaining(issuer) })
})

describe('Node’s permission model', () => {
  const permission = (options: string) => ({ step: { env: { NODE_OPTIONS: options } } })

  test.each([
    ['nothing may be read', '--permission', 'read its own files'],
    ['nothing may be written', '--permission --allow-fs-read=*', 'write the runner’s files'],
  ])('is named, and nothing is sent, if %s', async (_what, options, says) => {
    const { title, message } = errorOf((await stage.main(permission(options))).main)
    expect(title).toBe('delivery-failed')
    expect(message).toContain(`Node does not let the action ${says}`)
    expect(message).toContain('This is not a bug of the action.')
    expect(stage.sandbox.calls()).toEqual({})
  })

  test('is no obstacle if it allows what the action needs', async () => {
    const runner = await stage.runner()
    const options = `--permission --allow-fs-read=* --allow-fs-write=${runner.root}/*`
    const { main } = await stage.main(permission(options), runner)
    expect(main.outputs['hf-token']).toBe(stage.sandbox.tokens.write)
  })
})

describe('a page of a proxy', () => {
  const PAGE = '<!DOCTYPE html><html><head><title>Web page blocked</title></head><body><br></body></html>'
  const page = {
    kind: 'answer',
    status: 403,
    headers: { 'content-type': 'text/html', via: '1.1 proxy.corp' },
    body: PAGE,
  } as const

  test.each([
    ['github', 'id-token', 'oidc-request-failed/proxy-page', '/idtoken'],
    ['aws', 'AssumeRoleWithWebIdentity', 'sts-failed/proxy-page', '/'],
    ['aws', 'GetSecretValue', 'secret-failed/proxy-page', '/'],
    ['hub', 'whoami-v2', 'hub-failed/proxy-page', '/api/whoami-v2'],
  ] as const)('in place of an answer of %s to %s is named', async (service, operation, name, path) => {
    stage.sandbox[service].service.inject(operation, page, 9)
    const { title, message } = errorOf((await stage.main()).main)
    recordMessage(name, message, stage.sandbox)
    expect(title).toBe(name.split('/')[0])
    expect(message).toMatch(new RegExp(`HTTP 403.*from \`127\\.0\\.0\\.1:\\d+\\S*${path}\``))
    expect(message).toContain('a page with the title "Web page blocked", with `via: 1.1 proxy.corp`')
    expect(message).toContain('people who administer the network of this runner')
  })
})

describe('a container whose user cannot write the runner’s files', () => {
  const NOBODY = 65_534
  const isRoot = process.getuid?.() === 0

  /** The action where that user can read it. */
  function readableCopy(): string {
    const folder = mkdtempSync(join(tmpdir(), 'action-'))
    chmodSync(folder, 0o755)
    for (const name of ['action.yml', 'dist']) cpSync(join(projectRoot, name), join(folder, name), { recursive: true })
    execFileSync('chmod', ['-R', 'a+rX', folder])
    return folder
  }
  // Only root can become another user.
  ;(isRoot ? test : test.skip)('is told that, with owner, mode and user, before any file holds the token', async () => {
    const path = readableCopy()
    try {
      const env = { GITHUB_WORKSPACE: '/__w/octo-repo/octo-repo' }
      const { main } = await stage.main({ path, step: { user: NOBODY, brokenRunner: env } })
      const { title, message } = errorOf(main)
      expect(title).toBe('delivery-failed')
      expect(message).toMatch(
        /EACCES at `.*` \(`GITHUB_STATE`\); its owner 0 and mode 0644; this step runs as user 65534/,
      )
      expect(message).toContain('The container’s user cannot write the runner’s files')
      expect(message).toContain('options: --user 0')
      expect(message).not.toContain('disk')
    } finally {
      rmSync(path, { recursive: true, force: true })
    }
  })
})

test('files of the runner that were wiped while the job ran are named as gone', async () => {
  const runner = await stage.runner()
  // The runner's files vanish while STS answers.
  stage.sandbox.afterWork = ({ operation }) => {
    if (operation === 'AssumeRoleWithWebIdentity') {
      rmSync(join(runner.temp, '_runner_file_commands'), { recursive: true, force: true })
    }
    return undefined
  }
  const { title, message } = errorOf((await stage.main({}, runner)).main)
  mkdirSync(join(runner.temp, '_runner_file_commands'))
  expect(title).toBe('delivery-failed')
  expect(message).toMatch(/ENOENT at `.*_runner_file_commands\/\w+_1`/)
  expect(message).toContain('removed the runner’s files while this job was running')
})
