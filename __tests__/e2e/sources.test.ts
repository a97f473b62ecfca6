/** Tokens that live for one job: every source, its refusals, lost answers, killed runs and a Hub that cannot be reached. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ACCOUNT, roleArn, trustPolicy } from '../../sandbox/index.ts'
import { OtherIssuer } from '../../sandbox/issuers.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import type { SourceRequest } from '../../src/sources/request.ts'
import { copyWithout } from './damaged.ts'
import { recordMessage } from './recorded-messages.ts'
import { errorOf, type Play, Stage, warningsOf } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

/** Empty for a source without AWS. */
const NO_AWS = { 'role-to-assume': '' }

const publisher = (more: Record<string, string> = {}): Play => ({
  with: { ...NO_AWS, 'token-source': 'trusted-publisher', 'hf-resource': 'acme/model', ...more },
})
const exchange = (more: Record<string, string> = {}): Play => ({
  with: {
    'token-source': 'token-exchange',
    'role-to-assume': roleArn('exchange'),
    'secret-id': 'huggingface/acme/oauth',
    member: stage.sandbox.minting.member,
    ...more,
  },
})
const account = (more: Record<string, string> = {}): Play => ({
  with: {
    'token-source': 'service-account',
    'role-to-assume': roleArn('accounts'),
    'secret-id': 'huggingface/acme/service-accounts',
    'service-account': 'ci',
    ...more,
  },
})
/** How a job asks for each source, so that post revokes its token; a new one does not compile without its own. */
const PLAYS: Record<SourceRequest['kind'], () => Play> = {
  'secrets-manager': () => ({ with: { 'token-source': 'secrets-manager' } }),
  'trusted-publisher': () => publisher({ revoke: 'true' }),
  'token-exchange': () => exchange({ revoke: 'true' }),
  'service-account': account,
}
/** Those that mint a token for the job. */
const MINTING_SOURCES = Object.entries(PLAYS).filter(([source]) => source !== 'secrets-manager')

/** What makes a token, at the Hub. */
const MINTING = ['oauth-token (trusted publisher)', 'oauth-token (organization)', 'mint-token']

/** A file for `GITHUB_STATE` that is there until the token is minted. */
function stateThatGoes(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'state-')), 'state')
  writeFileSync(path, '')
  for (const operation of MINTING) {
    stage.sandbox.hub.service.inject(operation, {
      kind: 'change',
      change: (answer) => {
        rmSync(dirname(path), { recursive: true })
        return answer
      },
    })
  }
  return path
}

/** Lets the job go on for so many hours. Returns the variables that let post know the time. */
function later(hours: number): Record<string, string> {
  stage.sandbox.advance(hours * 3_600_000)
  return stage.sandbox.environment()
}

const live = () => stage.sandbox.hub.serviceAccountTokens('acme', 'ci')

/** What the Hub says to a token. */
async function hubStatus(token: string | undefined): Promise<number> {
  const answer = await fetch(`${stage.sandbox.hub.url}/api/whoami-v2`, {
    headers: { authorization: `Bearer ${token}` },
  })
  await answer.text()
  return answer.status
}

function tokenOf(main: StepResult): string {
  const token = main.outputs['hf-token']
  if (!token) throw new Error(`no token\n${main.log}`)
  return token
}

test.each(Object.entries(PLAYS))('%s delivers a token that the Hub accepts', async (source, play) => {
  const { main } = await stage.main(play())
  expect(await hubStatus(tokenOf(main))).toBe(200)
  expect(main.log).toContain(`"source":"${source}"`)
})

/** What whoami-v2 says of a classic token: no token that was issued for a job is one. */
const CLASSIC = {
  type: 'user',
  name: 'rosa',
  orgs: [],
  auth: { type: 'access_token', accessToken: { displayName: 'x', role: 'write', createdAt: '2026-01-01T00:00:00Z' } },
}

describe.each(MINTING_SOURCES)('%s', (source, play) => {
  /** Whether its tokens are deleted by their IDs. */
  const isEntry = source === 'service-account'
  const ENDING = isEntry ? 'delete-token' : 'revoke'
  const last = () => stage.sandbox.hub.minted.at(-1)

  test('delivers a token that works, and revokes it in post', async () => {
    const { runner, main } = await stage.main(play())
    const token = tokenOf(main)
    expect(main.env.HF_TOKEN).toBe(token)
    expect(main.outputs['ecs-secret']).toBe('')
    expect(await hubStatus(token)).toBe(200)
    expect(JSON.stringify(main.state).includes(token)).toBe(!isEntry)
    const [post] = await runner.finish()
    expect(post?.log).toContain(isEntry ? 'deleted this job’s token "' : 'revoked this job’s token')
    if (!isEntry) expect(post?.log).toContain('sends the token’s owner an email')
    expect(post?.annotations).toEqual([])
    expect(await hubStatus(token)).toBe(401)
    expect(stage.sandbox.hub.leakEmails).toHaveLength(isEntry ? 0 : 1)
  })

  test('revokes it also when the run fails after minting', async () => {
    stage.sandbox.hub.service.inject('whoami-v2', { kind: 'answer', status: 200, body: CLASSIC })
    const { runner, main } = await stage.main(play())
    expect(errorOf(main).title).toBe('token-over-scoped')
    const value = last()
    expect(main.masks).toContain(value)
    await runner.finish()
    expect(await hubStatus(value)).toBe(401)
  })

  test('revokes it also when the run is killed right after minting', async () => {
    const step = stage.killAt(({ operation }) => operation === 'whoami-v2')
    const { runner, main } = await stage.main({ ...play(), step })
    expect(main.signal).toBe('SIGKILL')
    const value = last()
    expect(await hubStatus(value)).toBe(200)
    await runner.finish()
    expect(await hubStatus(value)).toBe(401)
  })

  test('mints none when the runner cannot save what post must clean up', async () => {
    const { main } = await stage.main({
      ...play(),
      step: { brokenRunner: { GITHUB_STATE: join(stage.sandbox.hub.url, 'no', 'such') } },
    })
    expect(errorOf(main).title).toBe('delivery-failed')
    expect(stage.sandbox.hub.minted).toEqual([])
  })

  test('revokes it at once when it can no longer be saved', async () => {
    const { main } = await stage.main({ ...play(), step: { brokenRunner: { GITHUB_STATE: stateThatGoes() } } })
    expect(errorOf(main).title).toBe('delivery-failed')
    expect(errorOf(main).message).toContain('so the token was not delivered')
    expect(stage.sandbox.hub.minted.map((token) => stage.sandbox.hub.isAlive(token))).toEqual([false])
  })

  test.each([
    ['a page', '<html>hello</html>'],
    ['nothing', undefined],
    ['another shape', { accessToken: 'x' }],
  ])('tells of a token that may exist when the answer is %s', async (_what, body) => {
    for (const operation of MINTING) {
      stage.sandbox.hub.service.inject(operation, { kind: 'change', change: () => ({ status: 200, body }) }, 9)
    }
    const { runner, main } = await stage.main(play())
    expect(errorOf(main).title).toBe('hub-failed')
    const [post] = await runner.finish()
    const told = [...warningsOf(main), ...warningsOf(post ?? main)].some((text) => /was lost|may exist/.test(text))
    const alive = stage.sandbox.hub.minted.filter((token) => stage.sandbox.hub.isAlive(token))
    expect(told || alive.length === 0).toBe(true)
  })

  test('takes no page of a proxy for a revocation', async () => {
    const { runner, main } = await stage.main(play())
    // 200 is no answer of the Hub to either; a page with 403 is what a proxy blocks with.
    const page = { kind: 'answer', status: isEntry ? 403 : 200, body: '<html>blocked</html>' } as const
    stage.sandbox.hub.service.inject(ENDING, page, 99)
    const [post] = await runner.finish()
    expect(warningsOf(post ?? main)).toEqual([expect.stringMatching(/could not be (?:revoked|deleted)/)])
  })

  test('keeps it with `revoke: false`', async () => {
    const { with: inputs } = play()
    const { runner, main } = await stage.main({ with: { ...inputs, revoke: 'false' } })
    expect(main.state).not.toHaveProperty('minted')
    const [post] = await runner.finish()
    expect(await hubStatus(tokenOf(main))).toBe(200)
    expect(post?.log).toMatch(/^.*The token (?:expires at 20\d\d-|has no known expiry).*`revoke: false`\.$/m)
    expect(stage.sandbox.hub.leakEmails).toEqual([])
  })

  test('a post that cannot reach the Hub warns, with the token’s expiry, and does not fail the job', async () => {
    const { runner, main } = await stage.main(play())
    stage.sandbox.hub.service.inject(ENDING, { kind: 'answer', status: 400 }, 99)
    const [post] = await runner.finish()
    expect(post?.exitCode).toBe(0)
    expect(warningsOf(post ?? main)).toEqual([
      expect.stringMatching(/could not be (?:revoked\. It expires at 20\d\d-|deleted\. A later run)/),
    ])
    if (source === 'trusted-publisher') {
      recordMessage('warning/not-revoked', warningsOf(post ?? main)[0], stage.sandbox)
    }
  })

  test('a revocation that fails in passing is tried again', async () => {
    const { runner, main } = await stage.main(play())
    stage.sandbox.hub.service.inject(ENDING, { kind: 'reset' }, 2)
    const [post] = await runner.finish()
    expect(post?.annotations).toEqual([])
    expect(await hubStatus(main.outputs['hf-token'])).toBe(401)
  })

  test('claims and verification stay as they are', async () => {
    const { with: inputs } = play()
    const refused = await stage.main({ with: { ...inputs, 'required-claims': 'environment=prod' } })
    expect(errorOf(refused.main).title).toBe('claim-rejected')
    expect(stage.sandbox.calls()).not.toHaveProperty('AssumeRoleWithWebIdentity')
    expect(stage.sandbox.hub.service.calls).toEqual([])
    const missing = await stage.main({ with: { ...inputs, repositories: 'acme/missing' } })
    // Where a token is minted for the repositories, there is none for one that does not exist.
    const isMintedFor = inputs?.['token-source'] === 'service-account'
    expect(errorOf(missing.main).title).toBe(isMintedFor ? 'exchange-rejected' : 'token-under-scoped')
    const late = await stage.main({ with: { ...inputs, 'min-token-lifetime': '2d' } })
    // A service account's token does not end.
    if (late.main.exitCode !== 0) expect(errorOf(late.main).title).toBe('token-expiring')
  })
})

describe('a token of a service account', () => {
  const inputs = () => PLAYS['service-account']().with
  const minted = () => stage.sandbox.hub.accounts.tokens.get(stage.sandbox.hub.minted.at(-1) ?? '')?.fineGrained?.scoped

  test('is minted for exactly the listed repositories', async () => {
    const { main } = await stage.main({ with: { ...inputs(), repositories: 'acme/model\ndatasets/acme/data' } })
    expect(main.exitCode).toBe(0)
    expect(minted()?.map(({ entity }) => entity)).toEqual([
      { type: 'model', name: 'acme/model' },
      { type: 'dataset', name: 'acme/data' },
    ])
    expect(main.summary).toContain('acme/model and datasets/acme/data')
  })

  test('is minted for the whole organization without repositories, and the summary says so', async () => {
    const { main } = await stage.main({ with: inputs() ?? {} })
    expect(minted()?.map(({ entity }) => entity)).toEqual([{ type: 'org', name: 'acme' }])
    expect(main.summary).toContain('organization-wide: list <code>repositories</code>')
  })

  test('is not minted when the admin token cannot see a repository; its ID in the list is enough', async () => {
    const id = stage.sandbox.hub.repos.get('acme/model')?.id ?? ''
    stage.sandbox.hub.service.inject('repo-info', { kind: 'answer', status: 404, body: { error: 'Not found' } }, 9)
    const refused = await stage.main({ with: { ...inputs(), repositories: 'acme/model' } })
    expect(errorOf(refused.main).title).toBe('exchange-rejected')
    expect(stage.sandbox.hub.minted).toEqual([])
    const { main } = await stage.main({ with: { ...inputs(), repositories: `acme/model#${id}` } })
    expect(main.exitCode).toBe(0)
  })
})

describe('a token that expires within the hour', () => {
  const LEFT =
    /The token expires at (20\S+Z)\. It was not revoked, because the Hub sends the owner of a revoked token an email/

  /** The Hub gives every OAuth token this long, in seconds. */
  function lifetime(seconds: number | undefined): void {
    for (const operation of MINTING.slice(0, 2)) {
      stage.sandbox.hub.service.inject(operation, {
        kind: 'change',
        change: (answer) => ({ ...answer, body: { ...(answer.body as object), expires_in: seconds } }),
      })
    }
  }

  test('is left to expire: post has not got it, and nobody gets an e-mail', async () => {
    const { runner, main } = await stage.main(publisher())
    const token = tokenOf(main)
    expect(JSON.stringify(main.state)).not.toContain(token)
    expect(main.state).not.toHaveProperty('minted')
    const [post] = await runner.finish()
    const told = Date.parse(LEFT.exec(post?.log ?? '')?.[1] ?? '')
    expect(Math.abs(told - Date.parse(main.outputs['hf-token-expires-at'] ?? ''))).toBeLessThan(10_000)
    expect(post?.annotations).toEqual([])
    expect(await hubStatus(token)).toBe(200)
    expect([stage.sandbox.hub.service.count('revoke'), stage.sandbox.hub.leakEmails]).toEqual([0, []])
  })

  test('is told of also when the run fails after minting', async () => {
    stage.sandbox.hub.service.inject('whoami-v2', { kind: 'answer', status: 200, body: CLASSIC })
    const { runner, main } = await stage.main(publisher())
    expect(errorOf(main).title).toBe('token-over-scoped')
    expect((await runner.finish())[0]?.log).toMatch(LEFT)
    expect(stage.sandbox.hub.leakEmails).toEqual([])
  })

  test('is told of also when the run is killed right after minting', async () => {
    const step = stage.killAt(({ operation }) => operation === 'whoami-v2')
    const { runner, main } = await stage.main({ ...publisher(), step })
    expect(main.signal).toBe('SIGKILL')
    const [post] = await runner.finish()
    expect(post?.log).toMatch(LEFT)
    expect(post?.annotations).toEqual([])
  })

  test('is told of by main when it cannot be told to post', async () => {
    const { main } = await stage.main({ ...publisher(), step: { brokenRunner: { GITHUB_STATE: stateThatGoes() } } })
    expect(errorOf(main).title).toBe('delivery-failed')
    expect(main.log).toMatch(LEFT)
    expect(stage.sandbox.hub.leakEmails).toEqual([])
  })

  test('is left to expire whichever source it is of', async () => {
    lifetime(1800)
    const { runner, main } = await stage.main(exchange())
    expect(main.state).not.toHaveProperty('minted')
    expect((await runner.finish())[0]?.log).toMatch(LEFT)
    expect(await hubStatus(tokenOf(main))).toBe(200)
  })

  test('is left to expire when the job took so long that it has become one', async () => {
    const { runner } = await stage.main(exchange())
    const [post] = await runner.finish({ env: later(7.5) })
    expect(post?.log).toMatch(LEFT)
    expect(post?.annotations).toEqual([])
  })

  test('is not what a member’s token is: main and post warn, and say how to shorten its life', async () => {
    const { runner, main } = await stage.main(exchange())
    expect(main.state).not.toHaveProperty('minted')
    const [post] = await runner.finish()
    for (const step of [main, post ?? main]) {
      expect(warningsOf(step)).toEqual([
        expect.stringMatching(/expires at 20\S+Z\..* Shorten the token duration on the page of the OAuth app/),
      ])
    }
    expect(await hubStatus(tokenOf(main))).toBe(200)
    expect(stage.sandbox.hub.leakEmails).toEqual([])
  })

  test('is not told of as if it were still valid when it has expired', async () => {
    const { runner } = await stage.main(publisher())
    const [post] = await runner.finish({ env: later(2) })
    expect(post?.log).toMatch(/The token expired at 20\S+Z\.$/m)
    expect(post?.annotations).toEqual([])
  })

  test('is not told of when the state of post makes no sense', async () => {
    const runner = await stage.runner()
    for (const state of ['{"expiresAt":1e300}', '{"expiresAt":"soon","revoke":1}', '[1]', '"x"', '{']) {
      const { main } = await stage.main(publisher(), runner)
      main.state.left = state
      const [post] = await runner.finish()
      expect([state, post?.exitCode, post?.log]).toEqual([state, 0, expect.not.stringMatching(/expires at/)])
    }
  })

  test('one second more is too long, and no known expiry as well', async () => {
    for (const seconds of [3610, undefined]) {
      lifetime(seconds)
      const { runner, main } = await stage.main(publisher())
      const [post] = await runner.finish()
      expect(warningsOf(post ?? main)).toEqual([expect.stringMatching(/^The token (?:expires at|has no known expiry)/)])
      expect(await hubStatus(tokenOf(main))).toBe(200)
    }
  })

  test('`revoke` takes three words, and none of them with a stored token', async () => {
    const { main } = await stage.main(publisher({ revoke: 'yes' }))
    expect(errorOf(main).message).toContain('`revoke` must be one of auto, true, false (got "yes")')
    const stored = await stage.main({ with: { revoke: 'true' } })
    expect(errorOf(stored.main).message).toContain('`revoke` has no effect with `token-source: secrets-manager`')
  })
})

describe('trusted-publisher', () => {
  test('makes two calls beside the ID token and the keys, and none to AWS', async () => {
    const { main } = await stage.main({ ...publisher(), env: { AWS_REGION: undefined, AWS_ENDPOINT_URL: undefined } })
    expect(main.exitCode).toBe(0)
    expect(stage.sandbox.calls()).toEqual({
      'id-token': 1,
      jwks: 1,
      'oauth-token (trusted publisher)': 1,
      'whoami-v2': 1,
    })
    expect(main.outputs).toMatchObject({
      'hf-token-kind': 'trusted-publisher',
      'secret-arn': '',
      'aws-account-id': '',
      'oidc-audience': stage.sandbox.hub.url,
    })
    expect(Date.parse(main.outputs['hf-token-expires-at'] ?? '')).toBeGreaterThan(Date.now() + 3_000_000)
  })

  test('loads none of the AWS code: it runs without it', async () => {
    const { path, removed, remove } = copyWithout((text) => text.includes('AssumeRoleWithWebIdentity'))
    try {
      expect(removed.length).toBeGreaterThan(0)
      expect(removed).not.toContain('index.js')
      const played = await stage.main({ ...publisher(), path })
      expect(played.main.outputs['hf-token-kind']).toBe('trusted-publisher')
    } finally {
      remove()
    }
  })

  test('a refusal says what to enter, from the job’s own claims', async () => {
    const job = { repository: 'octo-org/other', ref: 'refs/heads/dev', workflowFile: 'train.yml', environment: 'gpu' }
    const { main } = await stage.main({ ...publisher(), job })
    expect(errorOf(main).title).toBe('exchange-rejected')
    const { message } = errorOf(main)
    expect(message).toContain('invalid_grant')
    expect(message).toMatch(/request [\w-]+/)
    // The stand-in on loopback has no pages.
    expect(message).toContain('https://huggingface.co/acme/model/settings')
    for (const line of ['repository: octo-org/other', 'workflow: train.yml', 'branch: dev', 'environment: gpu']) {
      expect(message).toContain(line)
    }
  })

  test('a token bound to something else is refused', async () => {
    stage.sandbox.hub.service.inject('whoami-v2', {
      kind: 'change',
      change: (answer) => {
        const body = structuredClone(answer.body) as { auth: { resource: { sub: string } } }
        body.auth.resource.sub = 'rivals/model'
        return { ...answer, body }
      },
    })
    const { main } = await stage.main(publisher())
    expect(errorOf(main).title).toBe('token-wrong-org')
    recordMessage('token-wrong-org/other-repository', errorOf(main).message, stage.sandbox)
    expect(errorOf(main).message).toContain('a token for "rivals/model"')
  })

  test('scope read refuses a publisher that writes, and takes one that is read-only', async () => {
    const wide = await stage.main(publisher({ scope: 'read' }))
    expect(errorOf(wide.main).title).toBe('token-over-scoped')
    recordMessage('token-over-scoped/publisher', errorOf(wide.main).message, stage.sandbox)
    const { hub, github } = stage.sandbox
    hub.addTrustedPublisher({
      resource: 'datasets/acme/data',
      issuer: github.issuer,
      keys: () => github.jwks(),
      claims: { repository: 'octo-org/octo-repo' },
      readOnly: true,
    })
    const { main } = await stage.main(
      publisher({ scope: 'read', 'hf-resource': 'datasets/acme/data', repositories: 'datasets/acme/data' }),
    )
    expect(main.exitCode).toBe(0)
  })

  test('inputs of AWS, and a resource elsewhere, are refused instead of misleading', async () => {
    const { main } = await stage.main({
      with: {
        'token-source': 'trusted-publisher',
        'role-to-assume': roleArn('write'),
        'secret-id': 'x',
        'aws-region': 'eu-west-1',
        'hf-resource': 'rivals/model',
        member: 'a@b.c',
      },
    })
    const { message } = errorOf(main)
    recordMessage('input-invalid/other-source', message, stage.sandbox)
    for (const name of ['role-to-assume', 'secret-id', 'aws-region', 'member']) {
      expect(message).toContain(`\`${name}\` has no effect with \`token-source: trusted-publisher\``)
    }
    expect(message).toContain('must be in the namespace of `hf-org`')
    expect(stage.sandbox.calls()).toEqual({})
  })

  test.each([
    ['no end', { expires_in: undefined }],
    ['an end in text', { expires_in: '3600' }],
    ['white space around the token', {}],
  ])('an answer with %s is taken', async (_what, more) => {
    stage.sandbox.hub.service.inject('oauth-token (trusted publisher)', {
      kind: 'change',
      change: (answer) => {
        const body = answer.body as { access_token: string }
        return { status: 201, body: { ...body, access_token: ` ${body.access_token}\n`, ...more } }
      },
    })
    const { runner, main } = await stage.main(publisher({ revoke: 'true' }))
    expect(main.exitCode).toBe(0)
    await runner.finish()
    expect(await hubStatus(main.outputs['hf-token'])).toBe(401)
  })

  test('an end that only the exchange tells counts', async () => {
    stage.sandbox.hub.service.inject('oauth-token (trusted publisher)', {
      kind: 'change',
      change: (answer) => ({ ...answer, body: { ...(answer.body as object), expires_in: 5 } }),
    })
    expect(errorOf((await stage.main(publisher())).main).title).toBe('token-expiring')
  })

  test('a user access token in its place is refused', async () => {
    stage.sandbox.hub.service.inject('whoami-v2', {
      kind: 'change',
      change: (answer) => {
        const body = structuredClone(answer.body) as { auth: { accessToken?: object } }
        body.auth.accessToken = { displayName: 'x', role: 'write', createdAt: '2026-01-01T00:00:00Z' }
        return { ...answer, body }
      },
    })
    expect(errorOf((await stage.main(publisher())).main).title).toBe('token-over-scoped')
  })

  test.each([401, 403, 404])(
    'HTTP %i from something in between does not prove that a token only reads',
    async (status) => {
      const { hub, github } = stage.sandbox
      const issuer = { issuer: github.issuer, keys: () => github.jwks() }
      hub.addTrustedPublisher({
        resource: 'datasets/acme/data',
        ...issuer,
        claims: { repository: 'octo-org/octo-repo' },
        readOnly: true,
      })
      hub.service.inject('auth-check', { kind: 'answer', status, headers: { 'x-error-code': 'Blocked' } }, 9)
      const { main } = await stage.main(publisher({ scope: 'read', 'hf-resource': 'datasets/acme/data' }))
      expect(errorOf(main).title).toBe(status === 401 ? 'token-over-scoped' : 'token-under-scoped')
    },
  )

  test('a lost answer is told, and tried again', async () => {
    stage.sandbox.hub.service.inject('oauth-token (trusted publisher)', { kind: 'lost' })
    const { main } = await stage.main(publisher())
    expect(main.exitCode).toBe(0)
    expect(warningsOf(main)).toEqual([expect.stringContaining('A response from the Hub’s /oauth/token was lost')])
  })
})

describe('token-exchange', () => {
  test('asks for the least scopes, and keeps the client secret to itself', async () => {
    const { main } = await stage.main(exchange({ scope: 'read' }))
    expect(main.outputs['hf-token-kind']).toBe('oauth')
    const call = stage.sandbox.hub.service.calls.find(({ operation }) => operation === 'oauth-token (organization)')
    expect(new URLSearchParams(call?.request.body).get('scope')).toBe('read-repos')
  })

  test('with the contributor permission, says what the next job’s token cannot write', async () => {
    const { main } = await stage.main(exchange({ scope: 'contribute' }))
    expect(main.exitCode).toBe(0)
    expect(main.log).toContain('the token of the next job cannot write to them')
    expect((await stage.main(exchange({ scope: 'write' }))).main.log).not.toContain('the next job')
  })

  test.each<[string, string, (stage: Stage) => Record<string, string>, string]>([
    [
      'an unknown member',
      'exchange-rejected/member',
      () => ({ member: 'nobody@acme.example' }),
      'is not the verified email address of a member of acme',
    ],
    [
      'a scope that the app lacks',
      'exchange-rejected/scope',
      () => ({ 'oauth-scopes': 'jobs' }),
      'created with fewer scopes',
    ],
    [
      'a client secret that is no longer valid',
      'exchange-rejected/client-secret',
      ({ sandbox }) => {
        const value = { client_id: sandbox.minting.clientId, client_secret: 'an-old-secret-of-the-app' }
        sandbox.aws.putVersion('huggingface/acme/oauth', { value: JSON.stringify(value) })
        return {}
      },
      'renewed on the Hub but not in Secrets Manager',
    ],
  ])('%s is exchange-rejected', async (_what, name, arrange, says) => {
    stage.secrets.push({ name: 'the client secret', value: stage.sandbox.minting.clientSecret })
    const { main } = await stage.main(exchange(arrange(stage)))
    expect(errorOf(main).title).toBe('exchange-rejected')
    recordMessage(name, errorOf(main).message, stage.sandbox)
    expect(errorOf(main).message).toContain(says)
  })

  test('a Hub that repeats the Authorization header does not get it into the log', async () => {
    const { clientId, clientSecret } = stage.sandbox.minting
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64')
    stage.secrets.push({ name: 'the Basic credentials', value: basic })
    const description = `bad ${basic} of ${clientSecret}`
    stage.sandbox.hub.service.inject('oauth-token (organization)', {
      kind: 'answer',
      status: 401,
      headers: { 'x-error-message': description },
      body: { error: 'invalid_client', error_description: description },
    })
    expect(errorOf((await stage.main(exchange())).main).title).toBe('exchange-rejected')
  })

  test('a client secret that cannot be encoded is refused by the Hub, not by us', async () => {
    const value = '{"client_id":"an-app","client_secret":"a-secret-with-\\ud800-in-it"}'
    stage.sandbox.aws.putVersion('huggingface/acme/oauth', { value })
    expect(errorOf((await stage.main(exchange())).main).title).toBe('exchange-rejected')
  })

  test('a secret that is no OAuth app is malformed', async () => {
    const { main } = await stage.main(
      exchange({ 'secret-id': 'huggingface/acme/write', 'role-to-assume': roleArn('write') }),
    )
    expect(errorOf(main).title).toBe('secret-malformed')
    recordMessage('secret-malformed/no-oauth-app', errorOf(main).message, stage.sandbox)
    expect(errorOf(main).message).toContain('under `client_id` and `client_secret`')
  })

  test('more scopes than asked for are refused', async () => {
    stage.sandbox.hub.service.inject('oauth-token (organization)', {
      kind: 'change',
      change: (answer) => ({ ...answer, body: { ...(answer.body as object), scope: 'write-repos manage-repos' } }),
    })
    const { main } = await stage.main(exchange())
    expect(errorOf(main).title).toBe('token-over-scoped')
    recordMessage('token-over-scoped/scopes', errorOf(main).message, stage.sandbox)
    expect(errorOf(main).message).toContain('- manage-repos')
  })
})

describe('service-account', () => {
  test('after a run the Hub holds no token of it', async () => {
    stage.secrets.push({ name: 'the admin token', value: stage.sandbox.minting.adminToken })
    const before = live().length
    const { runner } = await stage.main(account())
    expect(live().map(({ displayName }) => displayName)).toContainEqual(
      expect.stringMatching(/^hf-oidc-action octo-org\/octo-repo 17000000001\.1 \d{8}T\d{6}Z [0-9a-f]{8}$/),
    )
    await runner.finish()
    expect(live().length).toBe(before)
  })

  test('with the contributor permission, says what the next job’s token cannot write', async () => {
    const { hub } = stage.sandbox
    const permissions = ['repo.content.read', 'repo.contribute']
    const displayName = 'what the Hub minted'
    const value = hub.addServiceAccountToken({ org: 'acme', account: 'ci', displayName, permissions })
    stage.secrets.push({ name: 'the minted token', value })
    const token = live().find((one) => one.displayName === displayName)
    const tokenInfo = { _id: token?.id, displayName, createdAt: token?.createdAt, role: 'fineGrained', permissions }
    hub.service.inject('mint-token', { kind: 'answer', status: 201, body: { token: value, tokenInfo } })
    const { runner, main } = await stage.main(account({ scope: 'contribute' }))
    await runner.finish()
    // The description of August 2026 does not have the permission yet.
    const violations = hub.contract.violations.splice(0)
    expect(violations.filter((line) => !line.includes('permissions/1 must be equal to one of'))).toEqual([])
    expect(violations).toContainEqual(expect.stringContaining('our request'))
    expect(main.exitCode).toBe(0)
    expect(main.log).toMatch(
      /^The token can write only to repositories that it creates itself: the token of the next job/m,
    )
    expect(main.summary.replaceAll('<wbr>', '')).toContain('the token of the next job cannot write to them')
  })

  test('a run killed right after minting leaves one, and the next run removes it', async () => {
    const before = live().length
    // The answer to minting never arrives: main is killed with nothing saved.
    const step = stage.killAt(({ operation }) => operation === 'mint-token')
    const killed = await stage.main({ ...account(), step })
    expect(killed.main.signal).toBe('SIGKILL')
    await killed.runner.finish()
    expect(live().length).toBe(before + 1)

    const young = await stage.main(account())
    await young.runner.finish()
    expect(live().length).toBe(before + 1)

    const next = await stage.main(account({ 'orphan-age': '0s' }))
    expect(next.main.log).toContain('which an interrupted run left behind')
    await next.runner.finish()
    expect(live().length).toBe(before)
  })

  test('only tokens of this action are removed, a few each run', async () => {
    const { hub } = stage.sandbox
    const old = new Date(Date.now() - 3 * 86_400_000)
    const time = old.toISOString().replace(/[-:]|\.\d+/g, '')
    const plant = (displayName: string, createdAt: Date) =>
      hub.addServiceAccountToken({ org: 'acme', account: 'ci', displayName, createdAt, permissions: ['repo.write'] })
    const others = [
      'hf-oidc-action',
      `hf-oidc-action x 1.1 ${time}`,
      `my hf-oidc-action x 1.1 ${time} 00000000`,
      `hf-oidc-action x 1.1 ${time} 00000000 keep`,
    ]
    for (const name of others) plant(name, old)
    // Ours by its name, but the Hub says that it is young.
    plant(`hf-oidc-action octo-org/octo-repo 8.1 ${time} 0000000a`, new Date())
    for (let n = 0; n < 7; n += 1) plant(`hf-oidc-action octo-org/octo-repo 7.1 ${time} 0000000${n}`, old)
    const orphans = () => live().filter(({ displayName }) => displayName.includes(' 7.1 ')).length
    await (await stage.main(account())).runner.finish()
    expect(orphans()).toBe(2)
    await (await stage.main(account())).runner.finish()
    expect(orphans()).toBe(0)
    const names = live().map(({ displayName }) => displayName)
    for (const name of others) expect(names).toContain(name)
    expect(names.some((name) => name.includes(' 8.1 '))).toBe(true)
  })

  test('a token whose answer was lost is removed, and another one minted', async () => {
    const before = live().length
    stage.sandbox.hub.service.inject('mint-token', { kind: 'lost' })
    const { runner, main } = await stage.main(account())
    expect(main.exitCode).toBe(0)
    expect(main.log).toContain('removed a token whose value was lost')
    expect(live().length).toBe(before + 1)
    await runner.finish()
    expect(live().length).toBe(before)
  })

  test('a lost answer that cannot be looked into is told with the token’s name', async () => {
    stage.sandbox.hub.service.inject('mint-token', { kind: 'lost' }, 9)
    stage.sandbox.hub.service.inject('service-account', { kind: 'reset' }, 99)
    const { main } = await stage.main(account({ 'max-attempts': '1' }))
    expect(main.exitCode).toBe(1)
    expect(warningsOf(main)).toContainEqual(expect.stringMatching(/A token may exist, named "hf-oidc-action octo-org/))
  })

  test('a second use in the same job does not take the first one’s token for an orphan', async () => {
    const { runner, main } = await stage.main(account({ 'export-env': 'HF_ONE', 'orphan-age': '0s' }))
    // The name of a token says to the second when it was made.
    stage.sandbox.advance(2000)
    const two = account({ 'export-env': 'HF_TWO', 'orphan-age': '0s' })
    const second = await stage.main({ ...two, step: { env: stage.sandbox.environment() } }, runner)
    expect([await hubStatus(tokenOf(main)), await hubStatus(tokenOf(second.main))]).toEqual([200, 200])
  })

  test('a token that a slow Hub made after it had been looked for is removed too', async () => {
    const { hub } = stage.sandbox
    const before = live().length
    hub.service.inject('mint-token', { kind: 'lost' })
    // The cleaning and the search for the lost token both see a list that is not up to date.
    const stale = (answer: { status: number; body?: unknown }) => ({
      ...answer,
      body: { ...(answer.body as object), accessTokens: [] },
    })
    hub.service.inject('service-account', { kind: 'change', change: stale }, 2)
    const { runner, main } = await stage.main(account())
    expect(main.exitCode).toBe(0)
    expect(warningsOf(main)).toContainEqual(expect.stringContaining('A token may exist, named'))
    expect(live().length).toBe(before + 1)
    expect(await hubStatus(tokenOf(main))).toBe(200)
    await runner.finish()
    expect(live().length).toBe(before)
  })

  test('an account is found by its id before one that is named like it', async () => {
    const { hub, minting } = stage.sandbox
    hub.service.inject('service-accounts', {
      kind: 'change',
      change: (answer) => ({
        ...answer,
        body: [{ _id: '0123456789abcdef01234567', name: minting.serviceAccount.id }, ...(answer.body as object[])],
      }),
    })
    const { main } = await stage.main(account({ 'service-account': minting.serviceAccount.id }))
    expect(main.outputs['hf-identity']).toBe('ci')
  })

  test('cleaning that stalls does not hold the job up', async () => {
    stage.sandbox.hub.service.inject('service-account', { kind: 'stall', afterBytes: 0 }, 9)
    const { main } = await stage.main(account())
    expect(main.exitCode).toBe(0)
    expect(main.durationMs).toBeLessThan(12_000)
  })

  test('an entry that cannot be read hides no other', async () => {
    const odd = (answer: { body?: unknown }, list: (body: never) => unknown[]) => {
      const body = structuredClone(answer.body)
      list(body as never).unshift({ _id: null, name: null, displayName: null })
      return body
    }
    const { service } = stage.sandbox.hub
    service.inject('service-accounts', {
      kind: 'change',
      change: (answer) => ({ ...answer, body: odd(answer, (body) => body) }),
    })
    service.inject('service-account', {
      kind: 'change',
      change: (answer) => ({ ...answer, body: odd(answer, (body: { accessTokens: unknown[] }) => body.accessTokens) }),
    })
    const { main } = await stage.main(account())
    expect([main.exitCode, warningsOf(main)]).toEqual([0, []])
  })

  test('more permissions than were asked for are refused', async () => {
    stage.sandbox.hub.service.inject('whoami-v2', {
      kind: 'change',
      change: (answer) => {
        const body = structuredClone(answer.body) as {
          auth: { accessToken: { fineGrained: { scoped: { permissions: string[] }[] } } }
        }
        body.auth.accessToken.fineGrained.scoped[0]?.permissions.push('job.write')
        return { ...answer, body }
      },
    })
    const { main } = await stage.main(account())
    expect(errorOf(main).title).toBe('token-over-scoped')
    expect(errorOf(main).message).toContain('job.write on org acme (more than write)')
  })

  test('a job that is cancelled while minting says so in post', async () => {
    const step = stage.killAt(({ operation }) => operation === 'mint-token', 'SIGTERM')
    const { runner, main } = await stage.main({ ...account(), step })
    // 128 and the number of SIGTERM: main sends its audit event first.
    expect(main.exitCode).toBe(143)
    const [post] = await runner.finish()
    expect(warningsOf(post ?? main)).toEqual([
      expect.stringMatching(
        /The job ended while a token was being minted\. The token may exist: named "hf-oidc-action/,
      ),
    ])
  })

  test('cleaning that fails does not fail the job', async () => {
    stage.sandbox.hub.service.inject('service-account', { kind: 'answer', status: 403 }, 9)
    const { main } = await stage.main(account())
    expect(main.exitCode).toBe(0)
    expect(warningsOf(main)).toEqual([expect.stringMatching(/^Tokens of earlier runs .* could not be removed/)])
  })

  test.each<[string, string, (stage: Stage) => Record<string, string>, string]>([
    ['an unknown account', 'exchange-rejected/account', () => ({ 'service-account': 'robot' }), 'service accounts: ci'],
    [
      'a permission that does not exist',
      'exchange-rejected/permission',
      (stage) => {
        const body = { error: '"permissions" has an invalid value: repo.write' }
        stage.sandbox.hub.service.inject('mint-token', { kind: 'answer', status: 400, body })
        return { permissions: 'repo.write' }
      },
      'A permission in `permissions` does not exist',
    ],
    [
      'an admin token that may not manage accounts',
      'exchange-rejected/not-an-admin',
      (stage) => {
        stage.sandbox.aws.putVersion('huggingface/acme/service-accounts', {
          value: JSON.stringify({ token: stage.sandbox.tokens.write }),
        })
        return {}
      },
      'org.serviceAccounts.write',
    ],
    [
      'an admin token that is dead',
      'exchange-rejected/dead-admin',
      (stage) => {
        stage.sandbox.hub.revokeToken(stage.sandbox.minting.adminToken)
        return {}
      },
      'does not accept the admin token',
    ],
  ])('%s is exchange-rejected', async (_what, name, arrange, says) => {
    stage.secrets.push({ name: 'the admin token', value: stage.sandbox.minting.adminToken })
    const { main } = await stage.main(account(arrange(stage)))
    expect(errorOf(main).title).toBe('exchange-rejected')
    recordMessage(name, errorOf(main).message, stage.sandbox)
    expect(errorOf(main).message).toContain(says)
  })

  test('permissions wider than the scope are refused before anything is minted', async () => {
    const { main } = await stage.main(account({ permissions: 'repo.write org.write' }))
    expect(errorOf(main).message).toContain('`permissions` must not go beyond `scope: write` (got "org.write")')
    expect(stage.sandbox.calls()).toEqual({})
  })
})

test('several uses in one job do not disturb each other', async () => {
  const { runner, main: read } = await stage.main({
    with: { scope: 'read', 'export-env': 'HF_READ', 'export-file': 'true' },
  })
  const { main: write } = await stage.main(account({ 'export-env': 'HF_WRITE', 'git-credentials': 'true' }), runner)
  const { main: publish } = await stage.main(publisher({ 'export-env': 'HF_PUBLISH' }), runner)
  for (const main of [read, write, publish]) expect([main.exitCode, warningsOf(main)]).toEqual([0, []])
  const script = `
    const names = ['HF_READ', 'HF_WRITE', 'HF_PUBLISH']
    for (const name of names) {
      const answer = await fetch(process.env.HF_ENDPOINT + '/api/whoami-v2', { headers: { authorization: 'Bearer ' + process.env[name] } })
      console.log(name, answer.status)
    }`
  const later = await runner.run([process.execPath, '--input-type=module', '-e', script])
  expect(later.stdout).toBe('HF_READ 200\nHF_WRITE 200\nHF_PUBLISH 200\n')
  const posts = await runner.finish()
  expect(posts.map(({ exitCode, env }) => [exitCode, Object.keys(env)])).toEqual([
    [0, ['HF_PUBLISH']],
    [0, ['HF_WRITE', 'GIT_CONFIG_COUNT', 'HF_OIDC_GIT', 'HF_OIDC_GIT_ANSWER_0', 'HF_OIDC_GIT_HELPER']],
    [0, ['HF_READ']],
  ])
  expect(await hubStatus(tokenOf(read))).toBe(200)
  // The last one expires within the hour.
  expect([await hubStatus(tokenOf(write)), await hubStatus(tokenOf(publish))]).toEqual([401, 200])
  expect(await runner.filesLeft()).toEqual([])
})

describe('ID tokens of other issuers', () => {
  let folder: string
  let issuer: OtherIssuer
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'id-token-'))
  })
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true })
    await issuer.close()
  })

  /** A role that trusts the issuer for any subject. */
  function trust(): Record<string, string> {
    const provider = stage.sandbox.aws.addOidcProvider({
      issuerUrl: issuer.issuer,
      clientIds: ['acme'],
      keys: () => issuer.jwks(),
    })
    const arn = `arn:aws:iam::${ACCOUNT}:role/other`
    stage.sandbox.aws.addRole({
      arn,
      trustPolicy: trustPolicy(provider, { StringLike: { [`${issuer.issuer.replace('http://', '')}:sub`]: '*' } }),
      policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' }] },
    })
    return { 'role-to-assume': arn, 'oidc-issuer': issuer.issuer }
  }

  test.each([
    ['Okta', () => OtherIssuer.okta(), 'cid=*\nscp=*'],
    ['GitLab', () => OtherIssuer.gitlab(), 'project_path=*\nref=main\nref_protected=true'],
  ])('%s: in a variable', async (_name, start, rules) => {
    issuer = await start()
    const idToken = await issuer.issue()
    stage.secrets.push({ name: 'the ID token', value: idToken })
    const { main } = await stage.main({
      env: { CI_ID_TOKEN: ` ${idToken}\n`, ACTIONS_ID_TOKEN_REQUEST_URL: undefined },
      with: { ...trust(), 'id-token-from': 'env:CI_ID_TOKEN', 'required-claims': rules },
    })
    expect([main.exitCode, main.log]).toEqual([0, expect.stringContaining('rules match')])
    expect(issuer.service.calls.map(({ operation }) => operation)).toEqual(['openid-configuration', 'jwks'])
  })

  test('Kubernetes: in a file, one of several audiences; AWS gets the token as it is', async () => {
    issuer = await OtherIssuer.kubernetes()
    const idToken = await issuer.issue()
    stage.secrets.push({ name: 'the ID token', value: idToken })
    // As the kubelet lays out a volume.
    mkdirSync(join(folder, '..2026_11_22_18_15_30.1234567890'))
    writeFileSync(join(folder, '..2026_11_22_18_15_30.1234567890', 'token'), idToken)
    symlinkSync('..2026_11_22_18_15_30.1234567890', join(folder, '..data'), 'dir')
    const { main } = await stage.main({ with: { ...trust(), 'id-token-from': `file:${folder}/..data/token` } })
    // The sandbox's STS takes no array; what matters here is that the action did.
    expect(main.log).toContain('ID token verified: system:serviceaccount:')

    if (process.platform === 'win32') return
    symlinkSync('..data/token', join(folder, 'token'))
    const link = await stage.main({ with: { ...trust(), 'id-token-from': `file:${folder}/token` } })
    expect(errorOf(link.main).title).toBe('input-invalid')
    expect(errorOf(link.main).message).toContain(`\n  id-token-from: file:${folder}/..data/token`)
  })

  test('ES256, where the issuer’s keys are such', async () => {
    issuer = await OtherIssuer.gitlab({ alg: 'ES256' })
    const { hub } = stage.sandbox
    const resource = 'acme/model'
    hub.addTrustedPublisher({ resource, issuer: issuer.issuer, keys: () => issuer.jwks(), claims: { ref: 'main' } })
    const idToken = await issuer.issue({ aud: hub.url })
    stage.secrets.push({ name: 'the ID token', value: idToken })
    const { main } = await stage.main({
      env: { CI_ID_TOKEN: idToken },
      with: { ...publisher().with, 'id-token-from': 'env:CI_ID_TOKEN', 'oidc-issuer': issuer.issuer },
    })
    expect(main.outputs['hf-token-kind']).toBe('trusted-publisher')
  })

  test.each([
    ['the audience', { aud: 'rivals' }, 'audience-mismatch', 'aud = "rivals"'],
    ['the issuer', { iss: 'https://gitlab.example.com' }, 'id-token-invalid', 'iss = "https://gitlab.example.com"'],
    ['the time', { exp: 1 }, 'id-token-invalid', '`exp = 1970-01-01T00:00:01.000Z`: the token expired'],
  ])('an error says that %s differed', async (_what, claims, code, says) => {
    issuer = await OtherIssuer.gitlab()
    const idToken = await issuer.issue(claims)
    const { main } = await stage.main({
      env: { CI_ID_TOKEN: idToken },
      with: { ...trust(), 'id-token-from': 'env:CI_ID_TOKEN' },
    })
    expect([errorOf(main).title, errorOf(main).message]).toEqual([code, expect.stringContaining(says)])
    if (code === 'audience-mismatch') {
      recordMessage('audience-mismatch/other-issuer', errorOf(main).message, stage.sandbox)
    }
    expect(stage.sandbox.calls()).not.toHaveProperty('AssumeRoleWithWebIdentity')
  })

  test('a pipe, a device, a large file and a file of something else are refused at once, and not shown', async () => {
    issuer = await OtherIssuer.gitlab()
    const large = join(folder, 'large')
    writeFileSync(large, 'x'.repeat(70_000))
    const other = join(folder, 'other')
    writeFileSync(other, '{\n"a": 1\n}')
    const pipe = join(folder, 'pipe')
    if (process.platform !== 'win32') execFileSync('mkfifo', [pipe])
    const paths = [large, other, folder, ...(process.platform === 'win32' ? [] : [pipe, '/dev/zero'])]
    for (const from of [...paths.map((path) => `file:${path}`), 'env:__proto__', 'env:constructor']) {
      const { main } = await stage.main({ with: { ...trust(), 'id-token-from': from } })
      expect([from, errorOf(main).title]).toEqual([from, 'input-invalid'])
      expect(main.durationMs).toBeLessThan(5000)
      expect(main.masks.filter((mask) => mask.length < 8)).toEqual([])
    }
  })

  test('a variable or file that holds nothing is told, and the issuer must be given', async () => {
    issuer = await OtherIssuer.gitlab()
    for (const from of ['env:NOTHING', `file:${join(folder, 'nothing')}`]) {
      const { main } = await stage.main({ with: { ...trust(), 'id-token-from': from } })
      expect(errorOf(main).title).toBe('input-invalid')
      expect(errorOf(main).message).toContain('There is no ID token in')
      if (from === 'env:NOTHING') recordMessage('input-invalid/no-id-token', errorOf(main).message, stage.sandbox)
    }
    const { main } = await stage.main({ with: { 'id-token-from': 'env:X' } })
    expect(errorOf(main).message).toContain('`oidc-issuer` is required with `id-token-from`')
  })
})
