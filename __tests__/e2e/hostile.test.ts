/** Claims, answers and secrets made by somebody who wants to be heard by the runner. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AwsError, secretsManagerError, stsError } from '../../sandbox/aws.ts'
import { errorOf, Stage } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

const HOSTILE = [
  'x\n::set-env name=EVIL::1',
  'x\r\n::add-path::/evil',
  '::error title=fake::message',
  '##[set-env name=EVIL]1',
  'x\u2028::stop-commands::y',
  '<img src=x onerror=alert(1)>|`code`|[link](http://evil)',
  '\u202egnp.exe\u0000\u001b[2J',
  'EOF\nEVIL=1\nghadelimiter_x\n',
  '\ud800 lone',
  'é漢字😀',
  'A'.repeat(1024 * 1024),
]

test.each(HOSTILE.map((value) => [JSON.stringify(value.slice(0, 40)), value]))(
  'a claim that says %s changes nothing',
  async (_title, value) => {
    for (const options of [{}, { with: { 'required-claims': 'actor=somebody-else' } }]) {
      const { main } = await stage.main({
        ...options,
        job: {
          claims:
            value.length > 100_000 ? { sub: value } : { sub: value, actor: value, ref: value, workflow_ref: value },
        },
      })
      expect(main.exitCode).toBe(1)
      expect(['role-trust-rejected', 'claim-rejected', 'sts-failed']).toContain(errorOf(main).title)
      expect(
        main.commands.map(({ name }) => name).filter((name) => !['add-mask', 'debug', 'error'].includes(name)),
      ).toEqual([])
      expect(main.log).not.toMatch(/^::|##\[|\u2028|\u202e/mu)
      expect(main.log).not.toContain('\u{1b}')
      expect(main.env).toEqual({})
      expect(main.path).toEqual([])
      expect(main.summary).not.toContain('<img')
      expect(main.summary.length).toBeLessThan(64 * 1024)
      expect(main.log.length).toBeLessThan(64 * 1024)
    }
  },
)

test('a pattern with many stars meets a long claim in linear time', async () => {
  const { main } = await stage.main({
    job: { claims: { ref: `${'a'.repeat(200_000)}b` } },
    with: { 'required-claims': `ref=${'*a'.repeat(40)}*c` },
  })
  expect(errorOf(main).title).toBe('claim-rejected')
  expect(main.durationMs).toBeLessThan(15_000)
})

test('a secret in an input does not come back in the error', async () => {
  const value = 'hf_PastedPastedPastedPastedPastedPasted'
  stage.secrets.push({ name: 'the pasted token', value })
  const { main } = await stage.main({
    with: { 'secret-id': `my secret ${value}`, 'hf-org': value.repeat(9), [value]: 'x' },
  })
  expect(errorOf(main).title).toBe('input-invalid')
})

test('credentials in an endpoint do not come back in the error', async () => {
  stage.secrets.push({ name: 'the password', value: 'correct-horse-battery' })
  const { main } = await stage.main({ with: { 'hf-endpoint': 'https://me:correct-horse-battery@hub.example.com' } })
  expect(errorOf(main).title).toBe('input-invalid')
  const other = await stage.main({ with: { 'hf-endpoint': 'ftp://me:correct-horse-battery@hub.example.com' } })
  expect(errorOf(other.main).title).toBe('input-invalid')
})

test('an error text of AWS that quotes the secret back is not passed on', async () => {
  stage.sandbox.aws.service.inject('GetSecretValue', {
    kind: 'change',
    change: ({ body }) => ({
      status: 400,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: { __type: 'InvalidRequestException', Message: `you sent ${JSON.stringify(body)}` },
    }),
  })
  const { main } = await stage.main()
  expect(errorOf(main).title).toBe('secret-failed')
})

test.each([
  ['STS', 'AssumeRoleWithWebIdentity', 'AccessDenied', 'role-trust-rejected'],
  ['Secrets Manager', 'GetSecretValue', 'AccessDeniedException', 'secret-access-denied'],
] as const)(
  'a refusal of %s that speaks to the runner, and at length, changes nothing',
  async (_who, call, name, title) => {
    const arn = 'arn:aws:organizations::555566667777:policy/o-x/service_control_policy/p-x'
    const words = HOSTILE.map((value) => value.replaceAll('\u0000', '').replaceAll('\u001b', '').toWellFormed()).join(
      ' ',
    )
    const reason = `is not authorized to perform: a:B with an explicit deny in a service control policy: ${arn}`
    const format = call === 'GetSecretValue' ? secretsManagerError : stsError
    const answer = { kind: 'answer', ...format(new AwsError(name, `${reason} ${words}`, 400)) } as const
    stage.sandbox.aws.service.inject(call, answer, 2)
    const { main } = await stage.main()
    expect(errorOf(main).title).toBe(title)
    expect(errorOf(main).message).toContain('aws organizations describe-policy --policy-id p-x')
    expect(
      main.commands
        .map(({ name: command }) => command)
        .filter((command) => !['add-mask', 'debug', 'error'].includes(command)),
    ).toEqual([])
    expect(main.log).not.toMatch(/^::|##\[|\u2028|\u202e/mu)
    expect([main.env, main.path]).toEqual([{}, []])
    expect(main.summary).not.toContain('<img')
    expect(main.log.length + main.summary.length).toBeLessThan(64 * 1024)
  },
)

test('a Hub that repeats the token in its error does not get it into the log', async () => {
  const { write } = stage.sandbox.tokens
  stage.sandbox.hub.service.inject('whoami-v2', {
    kind: 'answer',
    status: 403,
    headers: { 'x-error-message': `bad ${write}`, 'x-request-id': write, 'x-error-code': write },
    body: `bad ${write}`,
  })
  const { main } = await stage.main()
  expect(errorOf(main).title).toBe('token-rejected')
})

test('the search for leaks finds a leak', async () => {
  const own = await Stage.set()
  const { runner } = await own.main()
  await runner.run([process.execPath, '-e', 'console.log(Buffer.from("xy" + process.env.HF_TOKEN).toString("base64"))'])
  await expect(own.clear()).rejects.toThrow(/the Hub token write \(base64\) in step 2 run stdout/)
})
