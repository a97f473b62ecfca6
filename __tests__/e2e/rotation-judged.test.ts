/** The living token is judged first: nothing that works gives way to something different or lesser unnoticed. */
import type { ChildProcess } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { StepResult } from '../../sandbox/runner.ts'
import { recordMessage } from './recorded-messages.ts'
import { DAY, HOUR } from './rotation-world.ts'
import { errorOf, Stage, warningsOf } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

const WRITE = 'huggingface/acme/write'
const PROMOTE = { mode: 'promote', 'admin-secret-id': '', 'service-account': '', 'max-age': '' }
const CHANGES = ['PutSecretValue', 'UpdateSecretVersionStage', 'mint-token', 'delete-token', 'revoke', 'UpdateService']

const rotate = async (line: string, inputs: Record<string, string> = {}) =>
  (await stage.rotate({ with: { secrets: `${WRITE} ${line}`, ...inputs } })).main
const promote = (line: string, inputs: Record<string, string> = {}) => rotate(line, { ...PROMOTE, ...inputs })
interface Report {
  secrets: { action: string; before: string | null; after: string | null; revoked: number }[]
}
const report = (main: StepResult) => (JSON.parse(main.outputs.report ?? '{}') as Report).secrets[0]
const action = (main: StepResult) => report(main)?.action
const versionWith = (label: string) =>
  stage.sandbox.aws.secret(WRITE).versions.find(({ stages }) => stages.includes(label))
const tokenOf = (label = 'AWSCURRENT') => /hf_\w+/.exec(String(versionWith(label)?.value))?.[0] ?? ''
const isAlive = (token: string) => stage.sandbox.hub.isAlive(token)
const alive = (account = 'ci') => stage.sandbox.hub.serviceAccountTokens('acme', account).map(({ value }) => value)
const put = (token: string) =>
  stage.sandbox.aws.putVersion(WRITE, { value: JSON.stringify({ token }), stages: ['AWSPENDING'] })
const keep = (token: string) => {
  stage.secrets.push({ name: 'a token by hand', value: token })
  return token
}
const forget = () => {
  const { github, aws, hub } = stage.sandbox
  for (const { service } of [github, aws, hub]) service.calls.length = 0
}
/** What was written, minted or revoked since {@link forget}. */
const changes = () => {
  const calls = stage.sandbox.calls()
  return CHANGES.filter((name) => calls[name])
}
const refuseOnce = () =>
  stage.sandbox.hub.service.inject('whoami-v2', {
    kind: 'answer',
    status: 401,
    body: { error: 'Invalid username or password.' },
  })
/** A token of the organization, made by a person now. */
const byHand = (permissions = ['repo.content.read', 'repo.write']) => {
  const { hub } = stage.sandbox
  return keep(hub.addOrgToken('acme', permissions, { createdAt: new Date(hub.now()) }))
}
/** A token that works, of an organization that has nothing to do with this one. */
const foreign = () => {
  const { hub } = stage.sandbox
  return keep(hub.addOrgToken('beta', ['repo.content.read', 'repo.write'], { displayName: 'of beta' }))
}
const classic = (role: 'read' | 'write') => {
  const { hub } = stage.sandbox
  hub.addUser({
    name: 'rosa',
    orgs: [
      { name: 'acme', roleInOrg: 'write' },
      { name: 'beta', roleInOrg: 'write' },
    ],
  })
  return keep(hub.addToken({ user: 'rosa', role, displayName: 'on her laptop' }))
}

/** It was blocked, it says so, and nothing was touched: not in this run, and not in one after the grace. */
async function expectBlocked(run: () => Promise<StepResult>): Promise<string> {
  const token = tokenOf()
  forget()
  const main = await run()
  expect(main.exitCode).toBe(1)
  expect(action(main)).toBe('failed')
  const { title, message } = errorOf(main)
  expect(title).toBe('rotation-blocked')
  expect(main.outputs.rotated).toBe('0')
  stage.sandbox.advance(3 * DAY)
  expect(errorOf(await run()).title).toBe('rotation-blocked')
  expect(changes()).toEqual([])
  expect(tokenOf()).toBe(token)
  expect(isAlive(token)).toBe(true)
  return message
}

describe('a line without `scope=`', () => {
  test('is a problem of the inputs, and nothing is called', async () => {
    const main = await rotate('repositories=acme/model')
    expect(errorOf(main).title).toBe('input-invalid')
    expect(errorOf(main).message).toContain(
      `has the line "${WRITE} repositories=acme/model": \`scope\` is required and has no default`,
    )
    expect(stage.sandbox.calls()).toEqual({})
  })
})

describe('a token that can do more than the new one', () => {
  test('is not replaced by a token that reads, and is told with the line that keeps it', async () => {
    const message = await expectBlocked(() => rotate('scope=read', { force: 'true' }))
    recordMessage('rotation-blocked/fewer-rights', message, stage.sandbox)
    expect(message).toContain('- repo.write on org acme')
    expect(message).toContain(`\n  ${WRITE} scope=write\n`)
    expect(message).toContain(`\n  ${WRITE} scope=read narrow=true`)
  })

  test('is replaced with `narrow=true`, with a warning, and revoked after the grace', async () => {
    stage.reportsTokensByHand()
    const { tokens } = stage.sandbox
    stage.sandbox.advance(DAY)
    const main = await rotate('scope=read narrow=true')
    expect(action(main)).toBe('rotated')
    expect(warningsOf(main)).toEqual([expect.stringContaining('- repo.write on org acme')])
    expect(isAlive(tokens.write)).toBe(true)
    stage.sandbox.advance(2 * DAY)
    await rotate('scope=read narrow=true')
    expect(isAlive(tokens.write)).toBe(false)
    // From now on nothing is lost: the setting has done its work, and the next weeks are quiet.
    stage.sandbox.advance(8 * DAY)
    const next = await rotate('scope=read')
    expect(action(next)).toBe('rotated')
    expect(warningsOf(next)).toEqual([])
  })

  test('is not replaced by one of the service account’s own with fewer permissions', async () => {
    stage.sandbox.advance(DAY)
    await rotate('scope=write permissions=repo.content.read,repo.write,collection.read narrow=true')
    stage.sandbox.advance(8 * DAY)
    const message = await expectBlocked(() => rotate('scope=write'))
    expect(message).toContain('- collection.read on org acme')
    expect(message).toContain(`${WRITE} scope=write permissions=repo.content.read,repo.write,collection.read\n`)
  })

  test('because it is a classic one, is replaced only if somebody says so', async () => {
    stage.store(classic('write'))
    const message = await expectBlocked(() => rotate('scope=write', { force: 'true' }))
    expect(message).toContain('classic write token "on her laptop" of rosa (member of acme and beta)')
    expect(message).toContain('- reads and writes the organization beta (outside acme)')
    expect(message).toContain(`\n  ${WRITE} scope=write narrow=true`)
    expect(action(await rotate('scope=write narrow=true', { force: 'true' }))).toBe('rotated')
  })

  test('because its account may do more, is not replaced, and what was minted is revoked', async () => {
    stage.sandbox.hub.addServiceAccount({ org: 'acme', name: 'publisher', roleInOrg: 'contributor' })
    stage.sandbox.advance(DAY)
    const inputs = { 'service-account': 'publisher' }
    const main = await rotate('scope=write', inputs)
    expect(errorOf(main).title).toBe('rotation-blocked')
    expect(errorOf(main).message).toContain('has only the role contributor there')
    expect(errorOf(main).message).toContain('give the service account a role in acme')
    expect(alive('publisher')).toEqual([])
    expect(tokenOf()).toBe(stage.sandbox.tokens.write)
    expect(versionWith('AWSPENDING')).toBeUndefined()
    expect(action(await rotate('scope=write narrow=true', { ...inputs, force: 'true' }))).toBe('rotated')
  })

  test('does not keep the other secrets from their rotation', async () => {
    const { main } = await stage.rotate({
      with: { force: 'true', secrets: `${WRITE} scope=read\nhuggingface/acme/read scope=read` },
    })
    expect((JSON.parse(main.outputs.report ?? '{}') as Report).secrets.map((one) => one.action)).toEqual([
      'failed',
      'rotated',
    ])
  })

  test('is not asked about when nothing is due, and is warned of as soon as it is known', async () => {
    stage.store(JSON.stringify({ token: byHand() }))
    stage.sandbox.advance(DAY)
    forget()
    const main = await rotate('scope=read')
    expect(main.exitCode).toBe(0)
    expect(action(main)).toBe('not-due')
    expect(warningsOf(main)).toEqual([expect.stringContaining('would be blocked if it were')])
  })
})

describe('a token of another organization', () => {
  test('is neither replaced nor revoked when tokens are minted, not even by force', async () => {
    stage.store(foreign())
    const message = await expectBlocked(() => rotate('scope=write', { force: 'true' }))
    recordMessage('rotation-blocked/other-organization', message, stage.sandbox)
    expect(message).toContain('does not belong to the organization acme')
    expect(message).toContain('"of beta" of beta-ci (member of beta)')
    expect(message).toContain(`${WRITE} scope=write narrow=true`)
    expect(alive()).toEqual([])
  })

  test('is neither replaced nor revoked when a person brings the new token', async () => {
    stage.store(JSON.stringify({ token: foreign() }))
    stage.sandbox.advance(HOUR)
    put(byHand())
    const message = await expectBlocked(() => promote('scope=write'))
    expect(message).toContain('does not belong to the organization acme')
    expect(versionWith('AWSPENDING')).toBeDefined()
  })

  test.each<[string, (line: string) => Promise<StepResult>]>([
    ['minted', (line) => rotate(line)],
    ['promoted', (line) => promote(line)],
  ])('gives way to a %s one with `narrow=true`, with a warning', async (how, run) => {
    const theirs = foreign()
    stage.store(JSON.stringify({ token: theirs }))
    stage.sandbox.advance(HOUR)
    if (how === 'promoted') put(byHand())
    const main = await run('scope=write narrow=true')
    expect(main.exitCode).toBe(0)
    expect(warningsOf(main)).toEqual([expect.stringContaining('does not belong to the organization acme')])
    expect(tokenOf()).not.toBe(theirs)
    expect(isAlive(theirs)).toBe(true)
  })

  test('keeps the token alive that it took the place of: somebody may want that back', async () => {
    const ours = stage.sandbox.tokens.write
    stage.store(JSON.stringify({ token: foreign() }))
    stage.sandbox.advance(DAY)
    await expectBlocked(() => rotate('scope=write'))
    const early = await rotate('scope=write', { 'max-age': '3000d' })
    expect(action(early)).toBe('not-due')
    expect(warningsOf(early)).toEqual([expect.stringContaining('would be blocked if it were')])
    expect(changes()).toEqual([])
    expect(isAlive(ours)).toBe(true)
  })
})

describe('a pending version', () => {
  test('that a person brought for one repository does not replace a token for all of them', async () => {
    const one = keep(
      stage.sandbox.hub.addOrgToken('acme', [], {
        fineGrained: {
          scoped: [{ entity: { type: 'model', name: 'acme/model' }, permissions: ['repo.content.read', 'repo.write'] }],
        },
      }),
    )
    put(one)
    const message = await expectBlocked(() => promote('scope=write repositories=acme/model'))
    expect(message).toContain('- repo.write on org acme')
    expect(message).toContain('staging label `AWSPENDING`')
    const main = await promote('scope=write repositories=acme/model narrow=true')
    expect(action(main)).toBe('promoted')
    expect(tokenOf()).toBe(one)
  })

  test('that a run left when it was killed is judged before it becomes current', async () => {
    stage.sandbox.advance(DAY)
    let child: ChildProcess | undefined
    stage.sandbox.afterWork = ({ operation }) => {
      if (operation !== 'PutSecretValue') return undefined
      child?.kill('SIGKILL')
      return 'hang'
    }
    await stage.rotate({
      with: { secrets: `${WRITE} scope=read narrow=true` },
      step: {
        onStart: (process) => {
          child = process
        },
      },
    })
    stage.sandbox.afterWork = undefined
    const left = tokenOf('AWSPENDING')
    expect(alive()).toEqual([left])
    stage.sandbox.advance(HOUR)
    await expectBlocked(() => rotate('scope=read'))
    expect(tokenOf('AWSPENDING')).toBe(left)
    const main = await rotate('scope=read narrow=true')
    expect(action(main)).toBe('promoted')
    expect(warningsOf(main)).toHaveLength(1)
    expect(tokenOf()).toBe(left)
  })
})

describe('with `dry-run`', () => {
  const dry = (line: string, inputs: Record<string, string> = {}) => rotate(line, { 'dry-run': 'true', ...inputs })

  test('what each token can do is told, before and after', async () => {
    stage.sandbox.advance(DAY)
    const main = await dry('scope=write')
    expect(main.exitCode).toBe(0)
    const before =
      'fine-grained token "ci-write" of acme-ci (member of acme): repo.content.read and repo.write on org acme'
    const after = 'fine-grained token of the service account ci: repo.content.read and repo.write on org acme'
    expect(main.log).toContain(`${WRITE}\n  before: ${before}\n  after:  ${after}\n`)
    expect(report(main)).toMatchObject({ action: 'would-rotate', before, after })
    expect(main.summary).toContain(before.replaceAll('"', '&#34;'))
    expect(main.summary).toContain(after)
    expect(changes()).toEqual([])
  })

  test('a blocked secret is a failure, as it would be without', async () => {
    const message = await expectBlocked(() => dry('scope=read', { force: 'true' }))
    expect(message).toContain(`${WRITE} scope=read narrow=true`)
    const main = await dry('scope=read', { force: 'true' })
    expect(main.log).toContain(
      '  after:  fine-grained token of the service account ci: repo.content.read on org acme\n',
    )
    expect(main.log).toContain('failed: rotation-blocked')
    expect(main.summary).toContain('rotation-blocked')
  })

  test('a token that is not due is told too, with what would block it', async () => {
    stage.sandbox.advance(DAY)
    await rotate('scope=write')
    forget()
    const main = await dry('scope=read')
    expect(main.exitCode).toBe(0)
    expect(action(main)).toBe('not-due')
    expect(main.log).toContain('  before: fine-grained token "hf-oidc-rotate ')
    expect(warningsOf(main)).toEqual([expect.stringContaining(`${WRITE} scope=write`)])
    expect(changes()).toEqual([])
  })

  test('the pending token is confirmed and compared, and nothing is moved', async () => {
    put(byHand())
    forget()
    const main = await dry('scope=write', PROMOTE)
    expect(action(main)).toBe('would-promote')
    expect(report(main)?.after).toContain('of acme-ci (member of acme): repo.content.read and repo.write on org acme')
    put(byHand(['repo.content.read']))
    expect(errorOf(await dry('scope=read', PROMOTE)).title).toBe('rotation-blocked')
    expect(errorOf(await dry('scope=write', PROMOTE)).title).toBe('token-under-scoped')
    expect(changes()).toEqual([])
  })

  test('an empty secret and a dead token are told as what they are', async () => {
    stage.sandbox.hub.revokeToken(stage.sandbox.tokens.write)
    stage.sandbox.aws.addSecret({ name: 'huggingface/acme/new' })
    const { main } = await stage.rotate({
      with: { secrets: `huggingface/acme/new scope=read\n${WRITE} scope=write`, 'dry-run': 'true' },
    })
    expect(main.exitCode).toBe(0)
    expect(main.log).toContain('  before: no token yet\n')
    expect(main.log).toContain('  before: a token that the Hub no longer accepts\n')
  })
})

describe('a token that the Hub refuses once', () => {
  test('is not taken for dead: it is not replaced', async () => {
    const token = byHand()
    stage.store(JSON.stringify({ token }))
    stage.sandbox.advance(HOUR)
    refuseOnce()
    const main = await rotate('scope=write', { 'max-age': '30d' })
    expect(action(main)).toBe('not-due')
    expect(tokenOf()).toBe(token)
    expect(alive()).toEqual([])
    refuseOnce()
    expect((await promote('scope=write', { 'max-age': '30d' })).exitCode).toBe(0)
  })

  test('is not taken for dead: it is judged', async () => {
    refuseOnce()
    await expectBlocked(() => rotate('scope=read', { force: 'true' }))
  })

  test('is not taken for dead when nobody can ask again', async () => {
    refuseOnce()
    stage.sandbox.hub.service.inject('whoami-v2', { kind: 'answer', status: 503, body: '' }, 99)
    const main = await rotate('scope=write', { 'max-attempts': '1' })
    expect(errorOf(main).title).toBe('hub-failed')
    stage.sandbox.hub.service.clearFaults()
    expect(tokenOf()).toBe(stage.sandbox.tokens.write)
    expect(alive()).toEqual([])
  })

  test('is confirmed all the same when it is pending', async () => {
    const token = byHand()
    put(token)
    // The first look is at the current one.
    stage.sandbox.hub.service.inject('whoami-v2', { kind: 'change', change: (answer) => answer })
    refuseOnce()
    expect(action(await promote('scope=write'))).toBe('promoted')
    expect(tokenOf()).toBe(token)
  })

  test('is revoked all the same when it was replaced', async () => {
    stage.reportsTokensByHand()
    const { tokens } = stage.sandbox
    stage.sandbox.advance(DAY)
    await rotate('scope=write')
    stage.sandbox.advance(2 * DAY)
    refuseOnce()
    expect(report(await rotate('scope=write'))?.revoked).toBe(1)
    expect(isAlive(tokens.write)).toBe(false)
  })
})

describe('week after week', () => {
  test('the service account’s tokens follow each other in silence, and whoami-v2 is asked about none', async () => {
    for (let week = 0; week < 3; week += 1) {
      stage.sandbox.advance(8 * DAY)
      stage.sandbox.hub.service.calls.length = 0
      const main = await rotate('scope=write', { grace: '365d' })
      expect(action(main)).toBe('rotated')
      expect(warningsOf(main)).toEqual([])
      // The first one replaces a token made by hand, about which only whoami-v2 can tell.
      if (week > 0) expect(stage.sandbox.calls()['whoami-v2']).toBeUndefined()
    }
    stage.sandbox.hub.service.calls.length = 0
    expect(action(await rotate('scope=write', { grace: '365d' }))).toBe('not-due')
    expect(stage.sandbox.calls()['whoami-v2']).toBeUndefined()
  })
})
