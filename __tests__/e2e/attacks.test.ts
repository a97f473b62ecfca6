/** What an attacker tried, and must not succeed with again. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { AwsError, stsError } from '../../sandbox/aws.ts'
import * as forgeries from '../../sandbox/github/forgeries.ts'
import { Internet } from '../../sandbox/internet.ts'
import { errorOf, type Play, Stage } from './stage.ts'

let stage: Stage
const open: { close(): unknown }[] = []
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
  await stage.clear()
})

async function silentServer(onData?: (server: Server) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    open.push({ close: () => socket.destroy() })
    onData?.(server)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push({ close: () => server.close() })
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

describe('the process ends soon after it has reported', () => {
  test.each<[string, Play, string]>([
    ['the ID token endpoint refuses', {}, 'oidc-request-failed'],
    ['the token is of a foreign issuer', { job: { claims: { iss: 'https://evil.example' } } }, 'id-token-invalid'],
  ])('when %s and the keys never arrive', async (_when, play, code) => {
    stage.sandbox.github.service.inject('jwks', { kind: 'stall', afterBytes: 10 }, 9)
    if (code === 'oidc-request-failed') stage.sandbox.github.service.inject('id-token', { kind: 'answer', status: 400 })
    const { main } = await stage.main(play)
    expect(errorOf(main).title).toBe(code)
    expect(main.durationMs).toBeLessThan(6000)
  })

  test('when a proxy takes the connection and never answers', async () => {
    const port = await silentServer()
    const { main } = await stage.main({
      env: { HTTPS_PROXY: `http://127.0.0.1:${port}`, AWS_ENDPOINT_URL: 'https://sts.example.com' },
      with: { timeout: '1s' },
    })
    expect(errorOf(main).title).toBe('deadline-exceeded')
    expect(main.durationMs).toBeLessThan(6000)
  })
})

test('a proxy password that cannot be decoded is told, and not shown', async () => {
  stage.secrets.push({ name: 'the proxy password', value: 'horse-100%-battery' })
  const { main } = await stage.main({ env: { HTTPS_PROXY: 'http://u:horse-100%-battery@127.0.0.1:1' } })
  expect(errorOf(main).title).toBe('input-invalid')
  expect(errorOf(main).message).toContain('`HTTPS_PROXY` is not a valid proxy')
})

test.each([
  'https://huggingface.co/x"]\n[core]\n\tfsmonitor = "touch pwned"\n[credential "https://z',
  'https://huggingface.co/a b',
  "https://huggingface.co/'x'",
  'https://huggingface.co/\\x',
])('an endpoint that would mean something to git is refused: %j', async (endpoint) => {
  const { main } = await stage.main({
    with: { 'git-credentials': 'true', verify: 'off' },
    env: { HF_ENDPOINT: endpoint },
  })
  expect(errorOf(main).title).toBe('input-invalid')
})

test('a renewed ID token must satisfy the claim rules too', async () => {
  let asked = 0
  const mint = (claims: object, signer: { sign(claims: object): string | Promise<string> }) => {
    asked += 1
    return signer.sign({ ...claims, environment: asked === 1 ? 'prod' : 'evil' })
  }
  const ended = stsError(new AwsError('ExpiredTokenException', 'expired', 400))
  stage.sandbox.aws.service.inject('AssumeRoleWithWebIdentity', { kind: 'answer', ...ended })
  const { main } = await stage.main({ job: { mint: mint as never }, with: { 'required-claims': 'environment=prod' } })
  expect(asked).toBe(2)
  expect(errorOf(main).title).toBe('claim-rejected')
  expect(stage.sandbox.calls()).not.toHaveProperty('GetSecretValue')
})

test('a secret and a repository that are named like a token keep their names', async () => {
  const { aws, tokens } = stage.sandbox
  const name = `huggingface/acme/hf_token_prod_${'x'.repeat(300)}`
  const arn = aws.addSecret({ name, value: tokens.write })
  const { main } = await stage.main({ with: { 'secret-id': name } })
  expect(main.outputs['secret-arn']).toBe(arn)
  expect(main.outputs['ecs-secret']).toBe(`HF_TOKEN=${arn}`)
  const refused = await stage.main({ job: { repository: 'octo-org/hf_finetune-prod' } })
  expect(errorOf(refused.main).message).toContain(':sub": "repo:octo-org/hf_finetune-prod:ref:refs/heads/main"')
})

test('a Hub that is busy and still has room in its limit is asked again', async () => {
  stage.sandbox.hub.service.inject('whoami-v2', {
    kind: 'answer',
    status: 503,
    headers: { ratelimit: '"api";r=499;t=300' },
  })
  expect((await stage.main()).main.exitCode).toBe(0)
})

test('STS is given the time that it asks for', async () => {
  const busy = stsError(new AwsError('Throttling', 'Rate exceeded', 429))
  stage.sandbox.aws.service.inject('AssumeRoleWithWebIdentity', {
    kind: 'answer',
    ...busy,
    headers: { ...busy.headers, 'retry-after': '1' },
  })
  expect((await stage.main()).main.exitCode).toBe(0)
  const [first, second] = stage.sandbox.aws.service.calls
  expect((second?.startedAt ?? 0) - (first?.endedAt ?? 0)).toBeGreaterThanOrEqual(1000)
})

test('secrets that an answer quotes back are not passed on, whatever they look like', async () => {
  stage.sandbox.aws.service.inject('GetSecretValue', {
    kind: 'change',
    change: () => {
      const { sessionToken = '', secretAccessKey = '' } = stage.sandbox.aws.issuedCredentials[0] ?? {}
      return {
        status: 400,
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': sessionToken },
        body: { __type: sessionToken, Message: `bad ${sessionToken} and ${secretAccessKey}` },
      }
    },
  })
  const { main } = await stage.main()
  expect(main.exitCode).toBe(1)
  const [head] = (stage.sandbox.aws.issuedCredentials[0]?.sessionToken ?? '').match(/^.{40}/) ?? ['none']
  expect(main.log).not.toContain(head)
})

test('the signature of the ID token alone is not shown', async () => {
  stage.sandbox.aws.service.inject('AssumeRoleWithWebIdentity', {
    kind: 'change',
    change: () => {
      const form = new URLSearchParams(stage.sandbox.aws.service.calls[0]?.request.body)
      return stsError(new AwsError('ValidationError', `bad ${form.get('WebIdentityToken')?.split('.')[2]}`, 400))
    },
  })
  expect(errorOf((await stage.main()).main).title).toBe('sts-failed')
})

test('certificates are checked whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
  const internet = await Internet.start(stage.sandbox)
  open.push(internet)
  const { main } = await stage.main({
    env: { NODE_TLS_REJECT_UNAUTHORIZED: '0', HTTPS_PROXY: internet.proxyUrl, HF_ENDPOINT: 'https://huggingface.co' },
  })
  expect(errorOf(main).title).toBe('network-unreachable')
  expect(errorOf(main).message).toContain('phase TLS')
  expect(stage.sandbox.calls()).not.toHaveProperty('whoami-v2')
  expect(internet.tunnels.length).toBe(1)
})

test('many repositories do not make a Hub in trouble worse', async () => {
  stage.sandbox.hub.service.inject('auth-check-write', { kind: 'answer', status: 503 }, 999)
  const repositories = Array.from({ length: 60 }, (_, index) => `acme/m${index}`).join('\n')
  const { main } = await stage.main({ with: { repositories, 'max-attempts': '2' } })
  expect(errorOf(main).title).toBe('hub-failed')
  expect(stage.sandbox.hub.service.count('auth-check-write')).toBeLessThanOrEqual(8)
})

describe('nothing from outside is an internal error', () => {
  // Node's own stack gives way below this depth.
  const deep = () => JSON.parse('['.repeat(3000) + ']'.repeat(3000)) as unknown
  const jwk = (key: object) => ({ kind: 'answer', status: 200, body: { keys: [key] } }) as const

  test.each<[string, string, (stage: Stage) => Play]>([
    ['exp in the far future', 'id-token-invalid', () => ({ job: { claims: { exp: 1e20 } } })],
    ['exp that no date can name', 'id-token-invalid', () => ({ job: { claims: { exp: 8.65e12 } } })],
    ['iat before 1970', 'id-token-invalid', () => ({ job: { claims: { iat: -1 } } })],
    ['iat that no date can represent', 'id-token-invalid', () => ({ job: { claims: { iat: 8.65e12 } } })],
    ['iat that is no number', 'id-token-invalid', () => ({ job: { claims: { iat: 'soon' } } })],
    [
      'an issuer that is a nest of lists',
      'id-token-invalid',
      () => ({ job: { claims: { iss: deep() }, mint: forgeries.unsigned } }),
    ],
    ['a second audience', 'audience-mismatch', () => ({ job: { claims: { aud: ['acme', 'evil'] } } })],
    [
      'a key without a modulus',
      'id-token-invalid',
      ({ sandbox: { github } }) => {
        const kid = (github.jwks().keys[0] as { kid?: string }).kid
        github.service.inject('jwks', jwk({ kty: 'RSA', kid, alg: 'RS256', use: 'sig', e: 'AQAB' }), 9)
        return {}
      },
    ],
    [
      'a key that is too small',
      'id-token-invalid',
      ({ sandbox: { github } }) => {
        const kid = (github.jwks().keys[0] as { kid?: string }).kid
        github.service.inject(
          'jwks',
          jwk({ kty: 'RSA', kid, alg: 'RS256', use: 'sig', n: 'sXch'.repeat(30), e: 'AQAB' }),
          9,
        )
        return {}
      },
    ],
    [
      'a garbled request URL',
      'oidc-request-failed',
      () => ({ step: { env: { ACTIONS_ID_TOKEN_REQUEST_URL: 'not a url' } } }),
    ],
    [
      'a request token with a line break',
      'oidc-request-failed',
      () => ({ step: { env: { ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'line-one\nline-two' } } }),
    ],
    ['FIPS with an endpoint', 'input-invalid', () => ({ env: { AWS_USE_FIPS_ENDPOINT: 'true' } })],
    [
      'a secret that is a number',
      'secret-malformed',
      ({ sandbox: { aws } }) => {
        aws.service.inject('GetSecretValue', {
          kind: 'change',
          change: (answer) => ({ ...answer, body: { ...(answer.body as object), SecretString: 7 } }),
        })
        return {}
      },
    ],
  ])('%s is %s', async (_what, code, play) => {
    const { main } = await stage.main(play(stage))
    expect(errorOf(main).title).toBe(code)
  })

  test.each([
    ['empty', ''],
    ['null', 'null'],
    ['garbage', '{"pull_request":'],
  ])('an event file that is %s', async (_what, text) => {
    const folder = mkdtempSync(join(tmpdir(), 'event-'))
    open.push({ close: () => rmSync(folder, { recursive: true, force: true }) })
    const path = join(folder, 'event.json')
    writeFileSync(path, text)
    const { main } = await stage.main({
      job: { idTokenPermission: false },
      step: { brokenRunner: { GITHUB_EVENT_PATH: path } },
    })
    expect(errorOf(main).title).toBe('oidc-permission-missing')
  })
})

test('a password in a malformed endpoint is not shown', async () => {
  stage.secrets.push({ name: 'the password', value: 'S3cretPw-of-mine' })
  for (const endpoint of [
    'https://me:pa/S3cretPw-of-mine@h',
    'ftp:me:S3cretPw-of-mine@h',
    'http:\\\\me:S3cretPw-of-mine@h',
  ]) {
    for (const env of [{ HF_ENDPOINT: endpoint }, { AWS_ENDPOINT_URL: endpoint }, { GITHUB_SERVER_URL: endpoint }]) {
      expect(errorOf((await stage.main({ env })).main).title).toBe('input-invalid')
    }
  }
})

test('keys of the JSON secret are not shown unless they are a slip away', async () => {
  stage.secrets.push({ name: 'the key', value: 'correct-horse-battery' })
  stage.store(JSON.stringify({ 'correct-horse-battery': 'x', tokem: 'y' }))
  expect(errorOf((await stage.main()).main).message).toContain('it has 2 keys, one of them "tokem"')
})

test('post follows no link and writes no other line, whatever its state says', async () => {
  const runner = await stage.runner()
  const precious = join(runner.workspace, 'precious')
  mkdirSync(precious)
  writeFileSync(join(precious, 'file'), 'x')
  const link = join(runner.temp, 'hf-oidc-link')
  symlinkSync(precious, link, 'dir')
  for (const directory of [link, `${link}/`, join(runner.temp, 'hf-oidc-x', '..', '..'), '']) {
    const { main } = await stage.main({}, runner)
    main.state.delivered = JSON.stringify({ directory, variables: ['A\nEVIL=1', 'OK'] })
    const [post] = await runner.finish()
    expect([post?.exitCode, Object.keys(post?.env ?? {})]).toEqual([0, ['OK']])
    expect(existsSync(join(precious, 'file'))).toBe(true)
  }
})
