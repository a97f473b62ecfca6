/** The sub-action `rotate` through `dist/`: what it does, what it leaves alone, and what it says when it cannot. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { AwsError, secretsManagerError } from '../../sandbox/aws.ts'
import { ACCOUNT, REGION, roleArn } from '../../sandbox/index.ts'
import { projectRoot } from '../../sandbox/root.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { recordMessage } from './recorded-messages.ts'
import { DAY, HOUR } from './rotation-world.ts'
import { errorOf, type Play, Stage, warningsOf } from './stage.ts'
import { withoutProof } from './without-proof.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

const READ = 'huggingface/acme/read'
const WRITE = 'huggingface/acme/write'
const WRITES = ['PutSecretValue', 'UpdateSecretVersionStage', 'mint-token', 'delete-token', 'revoke', 'UpdateService']

const rotate = async (inputs: Record<string, string> = {}, rest: Omit<Play, 'with'> = {}) =>
  (await stage.rotate({ ...rest, with: inputs })).main
const only = (line: string) => ({ secrets: line })
const PROMOTE = {
  mode: 'promote',
  'admin-secret-id': '',
  'service-account': '',
  ...only(`${WRITE} scope=write`),
  'max-age': '',
}

interface Report {
  secrets: { secret: string; action: string; versionId: string; revoked: number; errors: { code: string }[] }[]
  services: { service: string; action: string; errors: { code: string }[] }[]
}
const report = (main: StepResult) => JSON.parse(main.outputs.report ?? '{}') as Report
const actions = (main: StepResult) => report(main).secrets.map(({ action }) => action)
const codes = (main: StepResult) => main.annotations.filter(({ level }) => level === 'error').map(({ title }) => title)
/** The lines of the log's table, its head among them. */
const tableIn = (main: StepResult) => /^.*\n(?:huggingface\/.*\n)+/m.exec(main.log)?.[0].trimEnd()
const versionWith = (name: string, label: string) =>
  stage.sandbox.aws.secret(name).versions.find(({ stages }) => stages.includes(label))
/** What the secret holds, but for a proof. */
const textOf = (name: string, label = 'AWSCURRENT') => withoutProof(String(versionWith(name, label)?.value))
const tokenOf = (name: string, label = 'AWSCURRENT') => /hf_\w+/.exec(textOf(name, label))?.[0] ?? ''
const isAlive = (token: string) => stage.sandbox.hub.isAlive(token)
const alive = () => stage.sandbox.hub.serviceAccountTokens('acme', 'ci').map(({ value }) => value)
const writes = () => {
  const calls = stage.sandbox.calls()
  return WRITES.filter((name) => calls[name])
}
const forget = () => {
  const { github, aws, hub } = stage.sandbox
  for (const { service } of [github, aws, hub]) service.calls.length = 0
}

describe('a rotation', () => {
  test('replaces what is old, and the old token works for the grace and no longer', async () => {
    stage.reportsTokensByHand()
    const { sandbox } = stage
    sandbox.advance(8 * DAY)
    const first = await rotate()
    expect(first.outputs.rotated).toBe('2')
    expect(actions(first)).toEqual(['rotated', 'rotated'])
    expect(isAlive(sandbox.tokens.write)).toBe(true)
    expect(tokenOf(WRITE)).not.toBe(sandbox.tokens.write)
    expect(tokenOf(WRITE, 'AWSPREVIOUS')).toBe(sandbox.tokens.write)
    const name = sandbox.hub.serviceAccountTokens('acme', 'ci').find(({ value }) => value === tokenOf(WRITE))
    expect(name?.displayName).toContain(versionWith(WRITE, 'AWSCURRENT')?.versionId)

    sandbox.advance(23 * HOUR)
    expect(actions(await rotate())).toEqual(['not-due', 'not-due'])
    expect(isAlive(sandbox.tokens.write)).toBe(true)

    sandbox.advance(2 * HOUR)
    forget()
    const later = await rotate()
    expect(actions(later)).toEqual(['not-due', 'not-due'])
    expect(report(later).secrets.map(({ revoked }) => revoked)).toEqual([1, 1])
    expect(isAlive(sandbox.tokens.write)).toBe(false)
    expect(isAlive(sandbox.tokens.read)).toBe(false)
    // Revoking stores no value: a label says how far the revocation is.
    expect(writes()).toEqual(['UpdateSecretVersionStage', 'revoke'])
    expect(isAlive(tokenOf(WRITE))).toBe(true)

    // The next run confirms it, and no run after that asks or writes anything about it.
    forget()
    await rotate()
    expect(writes()).toEqual(['UpdateSecretVersionStage'])
    forget()
    await rotate()
    expect([writes(), stage.sandbox.calls()['whoami-v2']]).toEqual([[], undefined])
  })

  test('that is not due writes nothing and mints nothing', async () => {
    stage.sandbox.advance(8 * DAY)
    await rotate()
    forget()
    const main = await rotate()
    expect(main.outputs.rotated).toBe('0')
    expect(writes()).toEqual([])
    expect(main.summary).toContain('not-due')
    expect(main.summary).toContain('Next due')
  })

  test('is made now with `force`, and only told with `dry-run`', async () => {
    stage.reportsTokensByHand()
    stage.sandbox.advance(8 * DAY)
    await rotate()
    const before = tokenOf(WRITE)
    forget()
    expect(actions(await rotate({ force: 'true', 'dry-run': 'true' }))).toEqual(['would-rotate', 'would-rotate'])
    expect(writes()).toEqual([])
    const policy = JSON.parse(stage.sandbox.aws.sessions.at(-1)?.policy ?? '') as object
    expect(JSON.stringify(policy)).not.toMatch(/Put|Update|GenerateDataKey/)
    expect(actions(await rotate({ force: 'true' }))).toEqual(['rotated', 'rotated'])
    expect(tokenOf(WRITE)).not.toBe(before)
    // Two rotations within the grace: all three tokens work.
    expect([stage.sandbox.tokens.write, before, tokenOf(WRITE)].map(isAlive)).toEqual([true, true, true])
    stage.sandbox.advance(2 * DAY)
    await rotate()
    expect([stage.sandbox.tokens.write, before, tokenOf(WRITE)].map(isAlive)).toEqual([false, false, true])
  })

  test('with `grace: 0s` revokes the previous token at once, and warns', async () => {
    stage.reportsTokensByHand()
    const main = await rotate({ force: 'true', grace: '0s' })
    expect(main.exitCode).toBe(0)
    expect(warningsOf(main)).toEqual([expect.stringContaining('in emergencies only')])
    expect(isAlive(stage.sandbox.tokens.write)).toBe(false)
    expect(isAlive(tokenOf(WRITE))).toBe(true)
  })

  test('leaves every other byte of a JSON secret as it is', async () => {
    const text = (token: string) =>
      `{\n  "10": [1, {"token": "inner"}], "limit": 12345678901234567890,\n  "to\\u006ben" : "${token}", "é\\"": "x,}{" , "z": 1.0}\n`
    stage.store(text(stage.sandbox.tokens.write))
    await rotate({ force: 'true', ...only(`${WRITE} scope=write`) })
    expect(textOf(WRITE)).toBe(text(tokenOf(WRITE)))
    expect(tokenOf(WRITE)).not.toBe(stage.sandbox.tokens.write)
  })

  test.each([
    ['a plain string', (token: string) => `${token}\n`],
    ['another key', (token: string) => `{"hub":"${token}","token":"not this one"}`],
  ])('keeps %s what it is', async (what, text) => {
    stage.store(text(stage.sandbox.tokens.write))
    const key = what === 'another key' ? ' key=hub' : ''
    const main = await rotate({ force: 'true', ...only(`${WRITE} scope=write${key}`) })
    expect(main.exitCode).toBe(0)
    expect(textOf(WRITE)).toBe(text(tokenOf(WRITE)))
  })

  test('keeps a binary secret binary', async () => {
    stage.sandbox.aws.putVersion(WRITE, { value: Buffer.from(stage.sandbox.tokens.write) })
    const main = await rotate({ force: 'true', ...only(`${WRITE} scope=write`) })
    expect(main.exitCode).toBe(0)
    expect(versionWith(WRITE, 'AWSCURRENT')?.value).toBeInstanceOf(Uint8Array)
  })

  test('fills a secret that has no value yet', async () => {
    stage.sandbox.aws.addSecret({ name: 'huggingface/acme/new' })
    const main = await rotate(only('huggingface/acme/new scope=read'))
    expect(actions(main)).toEqual(['rotated'])
    expect(JSON.parse(textOf('huggingface/acme/new'))).toEqual({ token: alive()[0] })
  })

  test('makes the version of a run again when the run is tried again', async () => {
    const ids = new Set<string | undefined>()
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const other = await Stage.set()
      await other.rotate({
        env: { GITHUB_RUN_ATTEMPT: String(attempt), GITHUB_RUN_ID: '4711' },
        with: { force: 'true', ...only(`${WRITE} scope=write`) },
      })
      const { versions } = other.sandbox.aws.secret(WRITE)
      ids.add(versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.versionId)
      await other.clear()
    }
    expect(ids.size).toBe(1)
  })

  test('says what it would do in a table, and what it did in a report and an audit line', async () => {
    stage.reportsTokensByHand()
    stage.sandbox.aws.nextDeployments('complete', 1)
    const services = { 'ecs-services': 'prod/inference', 'wait-for-services': 'true' }
    await rotate({ force: 'true', ...services })
    stage.sandbox.advance(7 * DAY + HOUR)
    recordMessage('log/dry-run', tableIn(await rotate({ 'dry-run': 'true' })), stage.sandbox)
    const main = await rotate({ ...services, ...only(`${WRITE} scope=write`) })
    expect(actions(main)).toEqual(['rotated'])
    recordMessage('log/report', JSON.stringify(report(main), null, 2), stage.sandbox)
    recordMessage('log/audit', /^Audit: .*$/m.exec(main.log)?.[0], stage.sandbox)
  })

  test('replaces a token that the Hub does not accept any more, before it is old', async () => {
    stage.sandbox.advance(8 * DAY)
    await rotate()
    stage.sandbox.hub.revokeToken(tokenOf(WRITE))
    stage.sandbox.advance(HOUR)
    expect(actions(await rotate())).toEqual(['not-due', 'rotated'])
    expect(isAlive(tokenOf(WRITE))).toBe(true)
  })

  test('writes to a secret once in ten minutes, unless it is forced', async () => {
    const inputs = { 'max-age': '1s' }
    // The secrets were created this minute, which is no write.
    expect(actions(await rotate(inputs))).toEqual(['rotated', 'rotated'])
    stage.sandbox.advance(9 * 60_000)
    forget()
    const main = await rotate(inputs)
    expect(actions(main)).toEqual(['held-back', 'held-back'])
    expect(main.exitCode).toBe(0)
    expect(writes()).toEqual([])
    expect(actions(await rotate({ ...inputs, force: 'true' }))).toEqual(['rotated', 'rotated'])
    stage.sandbox.advance(11 * 60_000)
    expect(actions(await rotate(inputs))).toEqual(['rotated', 'rotated'])
  })

  test('goes on with the other secrets when one fails, and fails at the end', async () => {
    stage.sandbox.aws.putVersion(READ, { value: 'a database password, by mistake' })
    const main = await rotate({ force: 'true' })
    expect(main.exitCode).toBe(1)
    expect(actions(main)).toEqual(['failed', 'rotated'])
    expect(codes(main)).toEqual(['token-malformed'])
    expect(errorOf(main).message).toContain(READ)
    expect(textOf(READ)).toBe('a database password, by mistake')
    expect(main.summary).toContain('rotated')
    expect(main.summary).toContain('token-malformed')
    expect(main.log).toContain('failed: token-malformed')
  })

  test('never revokes a token that another secret of the list still uses', async () => {
    // A person stored one token in both.
    const token = stage.sandbox.tokens.write
    stage.sandbox.aws.addSecret({ name: 'huggingface/acme/rotated', value: token })
    const both = `${WRITE} scope=write\nhuggingface/acme/rotated scope=write`
    stage.sandbox.advance(8 * DAY)
    await rotate(only(`${WRITE} scope=write`))
    stage.sandbox.advance(2 * DAY)
    const main = await rotate({ secrets: both, 'max-age': '365d' })
    expect(warningsOf(main).join()).toContain('still in use')
    expect(isAlive(token)).toBe(true)
  })

  test('mints for exactly the repositories of the line, and blocks what would lose the rest of the organization', async () => {
    const line = `${WRITE} scope=write repositories=acme/model`
    const blocked = await rotate({ force: 'true', ...only(line) })
    expect(errorOf(blocked).title).toBe('rotation-blocked')
    expect(tokenOf(WRITE)).toBe(stage.sandbox.tokens.write)
    expect(actions(await rotate({ force: 'true', ...only(`${line} narrow=true`) }))).toEqual(['rotated'])
    const minted = stage.sandbox.hub.accounts.tokens.get(tokenOf(WRITE))
    expect(minted?.fineGrained?.scoped).toEqual([
      { entity: { type: 'model', name: 'acme/model' }, permissions: ['repo.content.read', 'repo.write'] },
    ])
    stage.sandbox.advance(HOUR)
    // The new token loses nothing of one that was for the same repositories.
    expect(actions(await rotate({ force: 'true', ...only(line) }))).toEqual(['rotated'])
  })

  test('takes back a token that turns out to be unfit, and leaves the current one alone', async () => {
    stage.sandbox.hub.service.inject(
      'auth-check-write',
      { kind: 'answer', status: 403, headers: { 'X-Error-Code': 'GatedRepo' }, body: {} },
      9,
    )
    const main = await rotate({ force: 'true', ...only(`${WRITE} scope=write repositories=acme/model narrow=true`) })
    expect(errorOf(main).title).toBe('token-under-scoped')
    expect(alive()).toEqual([])
    expect(versionWith(WRITE, 'AWSPENDING')).toBeUndefined()
    expect(tokenOf(WRITE)).toBe(stage.sandbox.tokens.write)
  })

  test('waits for an admin who must approve new tokens, and takes the token up when that is done', async () => {
    const user = stage.sandbox.hub.accounts.users.get('ci')
    const membership = user?.orgs[0]
    if (!membership) throw new Error('no membership')
    membership.securityRestrictions = ['token-policy']
    const main = await rotate({ force: 'true', ...only(`${WRITE} scope=write`) })
    expect(errorOf(main).title).toBe('token-pending-approval')
    const waiting = tokenOf(WRITE, 'AWSPENDING')
    expect(isAlive(waiting)).toBe(true)
    membership.securityRestrictions = []
    stage.sandbox.advance(HOUR)
    expect(actions(await rotate(only(`${WRITE} scope=write`)))).toEqual(['promoted'])
    expect(tokenOf(WRITE)).toBe(waiting)
  })

  test('does not bring back other values that were changed since a version was made pending', async () => {
    stage.reportsTokensByHand()
    stage.sandbox.advance(8 * DAY)
    stage.sandbox.hub.service.inject('whoami-v2', { kind: 'change', change: (answer) => answer }, 1)
    stage.sandbox.hub.service.inject('whoami-v2', { kind: 'answer', status: 503, body: '' }, 99)
    const failed = await rotate({ ...only(`${WRITE} scope=write`), 'max-attempts': '1' })
    expect(errorOf(failed).title).toBe('hub-failed')
    stage.sandbox.hub.service.clearFaults()
    const left = tokenOf(WRITE, 'AWSPENDING')
    stage.store(`{"token":"${stage.sandbox.tokens.write}","note":"new"}`)
    stage.sandbox.advance(8 * DAY)
    expect(actions(await rotate(only(`${WRITE} scope=write`)))).toEqual(['rotated'])
    expect(textOf(WRITE)).toBe(`{"token":"${tokenOf(WRITE)}","note":"new"}`)
    expect(tokenOf(WRITE)).not.toBe(left)
    stage.sandbox.advance(2 * DAY)
    await rotate({ ...only(`${WRITE} scope=write`), 'max-age': '30d' })
    expect(alive()).toEqual([tokenOf(WRITE)])
  })

  test('may do no more than the listed secrets and services need', async () => {
    await rotate({ force: 'true', 'ecs-services': 'prod/inference' })
    const arn = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret`
    const policy = stage.sandbox.aws.sessions[0]?.policy ?? ''
    expect(policy.length).toBeLessThan(2048)
    expect(JSON.parse(policy)).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'secretsmanager:GetSecretValue',
          Resource: [`${arn}:huggingface/acme/service-accounts-??????`],
        },
        {
          Effect: 'Allow',
          Action: [
            'secretsmanager:DescribeSecret',
            'secretsmanager:GetSecretValue',
            'secretsmanager:PutSecretValue',
            'secretsmanager:UpdateSecretVersionStage',
          ],
          Resource: [`${arn}:${READ}-??????`, `${arn}:${WRITE}-??????`],
        },
        {
          Effect: 'Allow',
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Resource: '*',
          Condition: { StringEquals: { 'kms:ViaService': [`secretsmanager.${REGION}.amazonaws.com`] } },
        },
        {
          Effect: 'Allow',
          Action: ['ecs:DescribeServices', 'ecs:UpdateService'],
          Resource: [`arn:aws:ecs:${REGION}:${ACCOUNT}:service/prod/inference`],
        },
        {
          Effect: 'Allow',
          Action: ['ecs:ListTasks', 'ecs:DescribeTasks'],
          Resource: '*',
          Condition: { ArnEquals: { 'ecs:cluster': `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/prod` } },
        },
      ],
    })
  })

  test('lets main’s own tokens for one job alone, and they it', async () => {
    const { runner, main } = await stage.main({
      with: {
        'token-source': 'service-account',
        'role-to-assume': roleArn('accounts'),
        'secret-id': 'huggingface/acme/service-accounts',
        'service-account': 'ci',
      },
    })
    const job = main.outputs['hf-token'] ?? ''
    await rotate({ force: 'true' })
    expect(isAlive(job)).toBe(true)
    await runner.finish()
    expect(isAlive(job)).toBe(false)
    expect(isAlive(tokenOf(WRITE))).toBe(true)
  })
})

describe('when a rotation cannot start', () => {
  test('all problems of the inputs are reported at once', async () => {
    const main = await rotate({
      mode: 'mintt',
      secrets: `${WRITE} scop=write\n${READ} scope=all repositories=nonsense\nbad:name\n${READ}`,
      'service-account': '',
      'ecs-services': 'inference',
      'max-age': 'a week',
      'warn-age': '3d',
      timeout: '30m',
    })
    const { title, message } = errorOf(main)
    expect(title).toBe('input-invalid')
    recordMessage('input-invalid/rotate', message, stage.sandbox)
    for (const text of [
      '`mode` must be one of mint, promote, report (got "mintt"); did you mean `mint`?',
      '"scop=write" is not one of scope=',
      'did you mean scope=?',
      '`scope` must be one of identity, read, write, contribute, infer, admin, or several joined by "+" (got "all")',
      '(got "nonsense")',
      'must be the name or the ARN of a secret in Secrets Manager (got "bad:name")',
      `has the line "${READ}": \`scope\` is required`,
      `lists "${READ}" twice`,
      '`service-account` is required',
      '`ecs-services` has the line "inference"; each line must be cluster/service',
      '`max-age` must be a whole number and a unit, such as 12h or 7d, at most 3650d (got "a week")',
      '`timeout` must not be longer than the AWS session',
    ]) {
      expect(message).toContain(text)
    }
    expect(stage.sandbox.calls()).toEqual({})
  })

  test.each<[string, Record<string, string>, string]>([
    [
      'the admin secret among the secrets',
      only('huggingface/acme/service-accounts scope=admin'),
      'must not list the admin secret',
    ],
    ['no secrets', only(''), '`secrets` is required'],
    ['no admin secret', { 'admin-secret-id': '' }, '`admin-secret-id` is required with mode mint'],
    ['an input of the other mode', { 'warn-age': '3d' }, '`warn-age` applies to modes promote and report only'],
    ['an input of main', { 'secret-id': 'x' }, 'is not an input of this action'],
    ['nothing to wait for', { 'wait-for-services': 'true' }, 'requires ecs-services'],
    [
      'more permissions than the scope',
      only(`${READ} scope=read permissions=repo.write`),
      'must not go beyond `scope=read`',
    ],
  ])('%s is a problem', async (_what, inputs, text) => {
    const main = await rotate(inputs)
    expect(errorOf(main).title).toBe('input-invalid')
    expect(errorOf(main).message).toContain(text)
    expect(stage.sandbox.calls()).toEqual({})
  })

  test('a list in a file of the repository is refused with the number of the line', async () => {
    const runner = await stage.runner()
    await writeFile(join(runner.workspace, 'hub.txt'), '# ours\nhuggingface/acme/read scope=reed\n')
    const { main } = await stage.rotate({ with: { secrets: '', 'secrets-file': 'hub.txt' } }, runner)
    expect(errorOf(main).message).toContain('`secrets-file` has an invalid line at `hub.txt:2`: `scope` must be one of')
    expect(stage.sandbox.calls()).toEqual({})
  })

  test('a role that does not trust the job is explained as for main', async () => {
    const main = await rotate({ 'role-to-assume': roleArn('nobody') })
    expect(errorOf(main).title).toBe('role-trust-rejected')
    expect(main.outputs.rotated).toBe('0')
    expect(main.log).toContain('"result":"role-trust-rejected"')
  })

  test('an audience that does not name the organization is refused', async () => {
    expect(errorOf(await rotate({ audience: 'sts.amazonaws.com' })).title).toBe('audience-mismatch')
  })

  test('an admin token that the Hub refuses names the input to mend', async () => {
    stage.sandbox.hub.revokeToken(stage.sandbox.minting.adminToken)
    const main = await rotate()
    expect(errorOf(main).title).toBe('exchange-rejected')
    expect(errorOf(main).message).toContain(
      'First check `admin-secret-id`. The action read huggingface/acme/service-accounts',
    )
  })
})

describe('when a call is refused', () => {
  test.each([
    ['PutSecretValue', 'write to'],
    ['UpdateSecretVersionStage', 'move the staging labels of'],
    ['DescribeSecret', 'describe'],
  ])('%s: the statement that is missing is printed', async (operation, verb) => {
    const what = `secretsmanager:${operation}`
    const denied = secretsManagerError(
      new AwsError(
        'AccessDeniedException',
        `User: arn:aws:sts::${ACCOUNT}:assumed-role/hf-acme-rotate/x is not authorized to perform: ${what} on resource: ${WRITE} because no identity-based policy allows the ${what} action`,
      ),
    )
    stage.sandbox.aws.service.inject(operation, { kind: 'answer', ...denied }, 99)
    const main = await rotate({ force: 'true', ...only(`${WRITE} scope=write`) })
    const { title, message } = errorOf(main)
    expect(title).toBe('secret-access-denied')
    if (operation === 'PutSecretValue') recordMessage('secret-access-denied/rotate', message, stage.sandbox)
    expect(message).toContain(`is not allowed to ${verb} the secret`)
    expect(message).toContain('"secretsmanager:UpdateSecretVersionStage"')
    expect(tokenOf(WRITE)).toBe(stage.sandbox.tokens.write)
    // Refused before it was stored: it is revoked at once. Refused after: the next run takes it up.
    if (operation === 'PutSecretValue') expect(alive()).toEqual([])
  })

  test('a secret that Secrets Manager rotates itself is left to it', async () => {
    stage.sandbox.aws.beginRotation(WRITE, '11111111-2222-4333-8444-555555555555')
    const main = await rotate({ force: 'true', ...only(`${WRITE} scope=write`) })
    expect(errorOf(main).title).toBe('rotation-blocked')
    recordMessage('rotation-blocked/other-scheduler', errorOf(main).message, stage.sandbox)
    expect(errorOf(main).message).toContain('aws secretsmanager cancel-rotate-secret')
    expect(alive()).toEqual([])
  })

  test('a pending version that nobody can use is told with the command that removes it', async () => {
    const wide = stage.sandbox.tokens.admin
    stage.sandbox.aws.putVersion(WRITE, { value: JSON.stringify({ token: wide }), stages: ['AWSPENDING'] })
    stage.sandbox.advance(HOUR)
    const main = await rotate({ force: 'true', ...only(`${WRITE} scope=write`) })
    expect(errorOf(main).title).toBe('token-over-scoped')
    expect(errorOf(main).message).toContain('--version-stage AWSPENDING --remove-from-version-id')
    expect(tokenOf(WRITE)).toBe(stage.sandbox.tokens.write)
    expect(isAlive(wide)).toBe(true)
  })

  test('a time limit that is over is told for each secret, and what was begun is taken up later', async () => {
    stage.sandbox.advance(8 * DAY)
    stage.sandbox.hub.service.inject('mint-token', { kind: 'stall', afterBytes: 10 }, 99)
    const main = await rotate({ timeout: '2s' })
    expect(codes(main)).toEqual(['deadline-exceeded', 'deadline-exceeded'])
    stage.sandbox.hub.service.clearFaults()
    stage.sandbox.advance(HOUR)
    expect(actions(await rotate())).toEqual(['rotated', 'rotated'])
    expect(alive().sort()).toEqual([tokenOf(READ), tokenOf(WRITE)].sort())
  })
})

describe('mode: promote', () => {
  const put = (value: string) => stage.sandbox.aws.putVersion(WRITE, { value, stages: ['AWSPENDING'] })
  const fresh = () => {
    const { hub } = stage.sandbox
    return hub.addOrgToken('acme', ['repo.content.read', 'repo.write'], {
      displayName: 'by hand',
      createdAt: new Date(hub.now()),
    })
  }

  test('confirms the pending token, makes it current, and revokes the old one after the grace', async () => {
    stage.reportsTokensByHand()
    const token = fresh()
    put(JSON.stringify({ token }))
    const main = await rotate(PROMOTE)
    expect(actions(main)).toEqual(['promoted'])
    expect(tokenOf(WRITE)).toBe(token)
    // Nothing but the listed secret: there is no admin.
    expect(stage.sandbox.aws.sessions[0]?.policy).not.toContain('service-accounts')
    expect(isAlive(stage.sandbox.tokens.write)).toBe(true)
    stage.sandbox.advance(2 * DAY)
    expect(actions(await rotate(PROMOTE))).toEqual(['not-due'])
    expect(isAlive(stage.sandbox.tokens.write)).toBe(false)
    expect(isAlive(token)).toBe(true)
  })

  test('warns from `warn-age` on, and fails when the token is older than `max-age`', async () => {
    stage.reportsTokensByHand()
    stage.secrets.push({ name: 'the new token', value: fresh() })
    put(JSON.stringify({ token: stage.secrets.at(-1)?.value }))
    await rotate(PROMOTE)
    const inputs = { ...PROMOTE, 'max-age': '90d', 'warn-age': '76d' }
    stage.sandbox.advance(75 * DAY)
    const early = await rotate(inputs)
    expect(actions(early)).toEqual(['not-due'])
    expect(warningsOf(early)).toEqual([])
    stage.sandbox.advance(2 * DAY)
    const soon = await rotate(inputs)
    expect(soon.exitCode).toBe(0)
    expect(actions(soon)).toEqual(['due-soon'])
    expect(warningsOf(soon).join()).toContain('--version-stages AWSPENDING')
    stage.sandbox.advance(14 * DAY)
    const late = await rotate(inputs)
    expect(errorOf(late).title).toBe('rotation-overdue')
    recordMessage('rotation-overdue/nothing-pending', errorOf(late).message, stage.sandbox)
    expect(errorOf(late).message).toContain('91d')
    expect(errorOf(late).message).toContain('--version-stages AWSPENDING')
    expect(stage.sandbox.hub.isAlive(tokenOf(WRITE))).toBe(true)
  })

  test.each<[string, () => string, string, string]>([
    ['can do too much', () => JSON.stringify({ token: stage.sandbox.tokens.admin }), 'token-over-scoped', 'AWSPENDING'],
    ['is dead', () => JSON.stringify({ token: `hf_${'x'.repeat(34)}` }), 'token-rejected', 'AWSPENDING'],
    ['is the old one', () => JSON.stringify({ token: stage.sandbox.tokens.write }), 'rotation-blocked', 'a new token'],
    ['is a plain string now', () => fresh(), 'rotation-blocked', 'a JSON object'],
    ['is no token', () => '{"token":"hunter2"}', 'token-malformed', 'AWSPENDING'],
    ['lacks the key', () => '{"tokn":"hf_abcdefghijkl"}', 'secret-malformed', 'AWSPENDING'],
  ])('leaves the current token alone when the pending one %s', async (_what, value, code, text) => {
    put(value())
    const main = await rotate(PROMOTE)
    expect(errorOf(main).title).toBe(code)
    expect(errorOf(main).message).toContain(text)
    expect(tokenOf(WRITE)).toBe(stage.sandbox.tokens.write)
    expect(isAlive(stage.sandbox.tokens.write)).toBe(true)
  })

  test('does not lose the other keys of a secret', async () => {
    stage.store(`{"token":"${stage.sandbox.tokens.write}","user":"x","url":"y"}`)
    put(JSON.stringify({ token: fresh(), user: 'x' }))
    const main = await rotate(PROMOTE)
    expect(errorOf(main).title).toBe('rotation-blocked')
    recordMessage('rotation-blocked/missing-keys', errorOf(main).message, stage.sandbox)
    expect(errorOf(main).message).toContain('1 of the secret’s other keys is missing')
    expect(tokenOf(WRITE)).toBe(stage.sandbox.tokens.write)
  })

  test('fails when the current token is dead and nothing is pending', async () => {
    stage.sandbox.hub.revokeToken(stage.sandbox.tokens.write)
    const main = await rotate(PROMOTE)
    expect(errorOf(main).title).toBe('token-rejected')
    expect(errorOf(main).message).toContain('--version-stages AWSPENDING')
  })
})

describe('ECS services', () => {
  const inputs = { force: 'true', 'ecs-services': 'prod/inference', ...only(`${READ} scope=read`) }
  const service = () => stage.sandbox.aws.ecsService('prod', 'inference')

  test('are redeployed after a rotation, and left alone without one', async () => {
    const main = await rotate({ ...inputs, 'wait-for-services': 'true' })
    expect(report(main).services).toMatchObject([{ service: 'prod/inference', action: 'completed' }])
    expect(service().startedWith).toBe(versionWith(READ, 'AWSCURRENT')?.versionId)
    const { length } = service().deployments
    forget()
    await rotate({ ...inputs, force: 'false' })
    expect(writes()).toEqual([])
    expect(service().deployments).toHaveLength(length)
  })

  test('that were rolled back are redeployed by the next run, and the previous token stays valid until then', async () => {
    stage.reportsTokensByHand()
    stage.sandbox.aws.nextDeployments('roll-back', 1)
    const weekly = { ...inputs, force: 'false' }
    expect((await rotate({ ...inputs, 'wait-for-services': 'true', timeout: '20s' })).exitCode).toBe(1)
    stage.sandbox.advance(2 * DAY)
    // The tasks are those of before: their token must live on, past its grace.
    const second = await rotate(weekly)
    expect(report(second).services).toMatchObject([{ action: 'deployed' }])
    expect(isAlive(stage.sandbox.tokens.read)).toBe(true)
    expect(warningsOf(second).join()).toContain('may still use it')
    stage.sandbox.aws.nextDeployments('complete', 1)
    stage.sandbox.advance(HOUR)
    await rotate({ ...weekly, 'wait-for-services': 'true', timeout: '30s' })
    stage.sandbox.advance(HOUR)
    const last = await rotate({ ...weekly, 'wait-for-services': 'true', timeout: '30s' })
    expect(last.exitCode).toBe(0)
    expect(service().startedWith).toBe(versionWith(READ, 'AWSCURRENT')?.versionId)
    expect(isAlive(stage.sandbox.tokens.read)).toBe(false)
  })

  test.each(['fail', 'roll-back'] as const)('that %s are reported with their latest events', async (end) => {
    stage.sandbox.aws.nextDeployments(end, 1)
    const main = await rotate({ ...inputs, 'wait-for-services': 'true', timeout: '20s' })
    expect(main.exitCode).toBe(1)
    expect(actions(main)).toEqual(['rotated'])
    expect(errorOf(main).title).toBe('deployment-failed')
    if (end === 'fail') recordMessage('deployment-failed/rolled-back', errorOf(main).message, stage.sandbox)
    expect(errorOf(main).message).toContain('(service inference)')
  })

  test('that take too long are reported, and the previous token stays valid for them', async () => {
    stage.sandbox.aws.nextDeployments('slow')
    const main = await rotate({ ...inputs, 'wait-for-services': 'true', timeout: '8s', grace: '0s' })
    expect(errorOf(main).title).toBe('deployment-failed')
    expect(errorOf(main).message).toContain('still in progress')
    expect(isAlive(stage.sandbox.tokens.read)).toBe(true)
  })

  test('that do not exist, or may not be redeployed, are reported with what to do', async () => {
    const missing = await rotate({ ...inputs, 'ecs-services': 'prod/inference\nprod/nothing' })
    expect(missing.exitCode).toBe(1)
    expect(report(missing).services.map(({ action }) => action)).toEqual(['deployed', 'failed'])
    const denied = errorOf(missing)
    expect(denied.title).toBe('deployment-failed')
    recordMessage('deployment-failed/denied', denied.message, stage.sandbox)
    expect(denied.message).toContain('prod/nothing')
    expect(denied.message).toContain('ecs:UpdateService')
  })

  test('that something else deploys are reported before the rotation, and keep the previous token as long as their tasks run', async () => {
    stage.reportsTokensByHand()
    service().controller = 'CODE_DEPLOY'
    const main = await rotate({ ...inputs, 'wait-for-services': 'true' })
    expect(main.exitCode).toBe(0)
    expect(actions(main)).toEqual(['rotated'])
    expect(report(main).services).toMatchObject([{ action: 'not-redeployed', errors: [] }])
    const [warning = ''] = warningsOf(main)
    expect(warning).toContain(
      'This action cannot redeploy prod/inference, because its deployment controller is CODE_DEPLOY',
    )
    expect(main.log.indexOf('will not be redeployed')).toBeLessThan(main.log.indexOf('; rotating'))

    const weekly = { ...inputs, force: 'false' }
    stage.sandbox.advance(2 * DAY)
    const kept = await rotate(weekly)
    expect(warningsOf(kept).join()).toContain('may still use it')
    expect(isAlive(stage.sandbox.tokens.read)).toBe(true)

    for (const task of service().tasks) task.createdAt = new Date(stage.sandbox.aws.now())
    const last = await rotate(weekly)
    expect(report(last).services).toMatchObject([{ action: 'up-to-date' }])
    expect(isAlive(stage.sandbox.tokens.read)).toBe(false)
    expect(stage.sandbox.calls()).not.toHaveProperty('UpdateService')
  })

  test('that are being deleted are reported, and nothing is deployed', async () => {
    service().status = 'DRAINING'
    const main = await rotate(inputs)
    expect(main.exitCode).toBe(1)
    expect(errorOf(main).title).toBe('deployment-failed')
    expect(errorOf(main).message).toContain('its status is DRAINING')
    expect(isAlive(stage.sandbox.tokens.read)).toBe(true)
    expect(stage.sandbox.calls()).not.toHaveProperty('UpdateService')
  })

  test('are left alone when no token was ever replaced', async () => {
    const main = await rotate({ ...inputs, force: 'false', 'max-age': '3000d' })
    expect(actions(main)).toEqual(['not-due'])
    expect(report(main).services).toEqual([])
    // Only to see what could not be redeployed.
    expect(stage.sandbox.calls()).toMatchObject({ DescribeServices: 1 })
    expect(Object.keys(stage.sandbox.calls())).not.toContain('UpdateService')
  })

  test('are not looked at, and their client is not loaded, when none is listed', async () => {
    await rotate({ force: 'true' })
    expect(Object.keys(stage.sandbox.calls())).not.toContain('DescribeServices')
  })
})

test('the folder of the sub-action is all that a workflow needs beside dist/', async () => {
  const main = await rotate({ 'dry-run': 'true' }, { path: join(projectRoot, 'rotate') })
  expect(main.exitCode).toBe(0)
  expect(main.outputs).toMatchObject({ rotated: '0' })
})
