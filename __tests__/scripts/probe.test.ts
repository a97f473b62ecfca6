import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ORG, Sandbox } from '../../sandbox/index.ts'
import { projectRoot } from '../../sandbox/root.ts'
import { shapeOf } from '../../scripts/probe/shape.ts'

let sandbox: Sandbox
let env: Record<string, string>
beforeEach(async () => {
  sandbox = await Sandbox.start()
  const { minting, tokens } = sandbox
  env = {
    ...sandbox.startJob().env,
    PROBE_REPO: `${ORG}/model`,
    PROBE_TOKEN_READ_ONLY: tokens.read,
    PROBE_TOKEN_WRITE: tokens.write,
    PROBE_ORG: ORG,
    PROBE_OAUTH_CLIENT_ID: minting.clientId,
    PROBE_OAUTH_CLIENT_SECRET: minting.clientSecret,
    PROBE_MEMBER: minting.member,
    PROBE_ADMIN_TOKEN: minting.adminToken,
    PROBE_SERVICE_ACCOUNT: minting.serviceAccount.name,
  }
})
afterEach(async () => {
  // A longer credential than the description allows is what the probe asks about.
  const { violations } = sandbox.hub.contract
  violations.splice(0, violations.length, ...violations.filter((line) => !line.includes('credentials/revoke')))
  await sandbox.close()
})

function probe(args: string[] = []): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const script = join(projectRoot, 'scripts', 'probe.ts')
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH ?? '', ...env } }
    execFile(process.execPath, ['--no-warnings', script, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}

/** No secret, and nothing that tells who ran it. */
function expectPublic(text: string): void {
  const { minting, tokens, hub } = sandbox
  const secrets = [...Object.values(tokens), ...hub.minted, minting.adminToken, minting.clientSecret, minting.clientId]
  const personal = [minting.member, minting.serviceAccount.id, 'ml-engineer', 'octo-org', ORG, hub.url]
  expect([...secrets, ...personal].filter((value) => text.includes(value))).toEqual([])
  expect(text).not.toMatch(/hf_\w{8}|[0-9a-f]{24}|eyJ/)
}

describe('the probe', () => {
  test('asks about every kind of token it has, and prints nothing secret or personal', async () => {
    const { code, stdout, stderr } = await probe()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expectPublic(stdout)
    expect(stdout).toContain('auth.accessToken.role: "fineGrained"')
    expect(stdout).toContain('"repo.write"')
    expect(stdout).toContain('- the token: hf_jwt_')
    expect(stdout).toContain('- the token: hf_oauth_')
    expect(stdout).toMatch(/scope: .*"read-repos"/)
    expect(stdout).toContain('- DELETE the token: status 204')
    expect(stdout).toContain('- skipped: a classic read token (PROBE_TOKEN_CLASSIC_READ is not set)')
    expect(stdout).toContain('- skipped: the AWS issuer (PROBE_AWS is not `true`)')
    expect(sandbox.hub.leakEmails).toEqual([])
    expect(sandbox.hub.serviceAccountTokens(ORG, 'ci')).toEqual([])
    expect(sandbox.calls()).toMatchObject({ 'whoami-v2': 5, preupload: 5 })
  })

  test('reports only tokens that it exchanged itself, and only with --leak', async () => {
    const { code, stdout } = await probe(['--leak'])
    expect(code).toBe(0)
    expectPublic(stdout)
    expect(stdout).toContain('A made-up credential of 257 characters')
    const { tokens, minting, hub } = sandbox
    expect([...Object.values(tokens), minting.adminToken].every((token) => hub.isAlive(token))).toBe(true)
    expect(hub.minted.filter((token) => hub.isAlive(token))).toEqual([])
  })

  test('says in one line that a service hangs, breaks off or answers nonsense, and goes on', async () => {
    env.PROBE_TIMEOUT_SECONDS = '0.5'
    sandbox.hub.service.inject('whoami-v2', { kind: 'stall', afterBytes: 0 })
    sandbox.hub.service.inject('whoami-v2', { kind: 'reset' })
    sandbox.hub.service.inject('oauth-token', { kind: 'answer', status: 200, body: '<html>' })
    const { code, stdout, stderr } = await probe()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('- GET whoami-v2: no answer: timed out after 0.5 s')
    expect(stdout).toMatch(/- GET whoami-v2: no answer: (?!timed)/)
    expectPublic(stdout)
  })

  test('asks whether downloads accept what /jwt returns', async () => {
    const body = { token: 'short-lived-secret', accessToken: 'another-short-lived-secret', exp: 1 }
    sandbox.hub.service.inject('unknown', { kind: 'answer', status: 200, body })
    const { stdout } = await probe()
    expect(stdout).toMatch(/- GET a file with `token`: status 40\d\n/)
    expect(stdout).toMatch(/- GET a file with `accessToken`: status 40\d\n/)
    expect(stdout).not.toContain('short-lived-secret')
    expectPublic(stdout)
  })

  test('exchanges a token for a user, and one that the AWS CLI returns, whose claims it only names', async () => {
    const claims = { iss: 'https://secret.example', 'https://sts.amazonaws.com/': { aws_account: '1', 'My-Tag9': 'x' } }
    const jwt = ['{}', JSON.stringify(claims), 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.')
    const folder = mkdtempSync(join(tmpdir(), 'probe-'))
    try {
      writeFileSync(join(folder, 'aws'), `#!/bin/sh\necho ${jwt}\n`, { mode: 0o755 })
      Object.assign(env, { PROBE_AWS: 'true', PROBE_USER: 'somebody', PATH: `${folder}:${process.env.PATH}` })
      const { code, stdout, stderr } = await probe()
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain(
        '- claims: iss, https://sts.amazonaws.com/, https://sts.amazonaws.com/ > aws_account, https://sts.amazonaws.com/ > <key>',
      )
      for (const kind of ["a user's publisher", 'AWS as a publisher']) {
        expect(stdout).toContain(`- skipped: calls with ${kind} (the exchange returned no token)`)
      }
      expect(stdout).toContain('error: "invalid_grant"')
      expect(stdout).not.toMatch(/secret\.example|somebody|My-Tag/)
      expectPublic(stdout)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('says that a token may be left behind when the answer to minting or deleting it is lost', async () => {
    for (const operation of ['mint-token', 'delete-token']) {
      sandbox.hub.service.inject(operation, { kind: 'lost' })
      const { code, stdout } = await probe()
      expect(code).toBe(0)
      expect(stdout).toContain('- The token "hf-oidc-action probe" may still exist')
      expectPublic(stdout)
    }
  })

  test.each([
    ['PROBE_REPO', 'model'],
    ['HF_ENDPOINT', 'http://hub.example'],
    ['PROBE_TIMEOUT_SECONDS', 'soon'],
  ])('does not start with a wrong %s', async (name, value) => {
    env[name] = value
    const { code, stdout } = await probe()
    expect(code).toBe(1)
    expect(stdout).toMatch(new RegExp(`^The probe cannot start: ${name}`))
    expect(sandbox.calls()).toEqual({})
  })
})

describe('a shape', () => {
  test('merges the items of an array, and shows values of fields with names of rights only', () => {
    const answer = {
      role: 'write',
      name: 'alice',
      list: [{ permissions: ['repo.write', 'x y'] }, { extra: 1 }],
      none: [],
      last4: 'ab12',
    }
    expect(shapeOf(answer, new Set())).toEqual([
      'role: "write"',
      'name: string',
      'list[].permissions[]: "repo.write" | string',
      'list[].extra: number',
      'none: empty array',
      'last4: string',
    ])
  })

  test('hides keys and values that are names, ids or tokens', () => {
    const answer = {
      name: 'Alice',
      alice: 1,
      bob: 2,
      '65de00112233': 3,
      role: 'alice',
      scope: 'hf_abc openid',
      error: 'No alice',
    }
    expect(shapeOf(answer, new Set(['bob']))).toEqual([
      'name: string',
      '<key>: number',
      'role: string',
      'scope: "openid" | string',
      'error: string',
    ])
  })
})
