/** Every token source, from a verified identity to a token: what it reads, masks, mints and hands on. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { REGION, roleArn, Sandbox } from '../../sandbox/index.ts'
import type { AwsRequest } from '../../src/aws/request.ts'
import type { HubRepository } from '../../src/hub/repository.ts'
import { prove } from '../../src/identity/prove.ts'
import { parseRole } from '../../src/inputs/aws.ts'
import { Problems } from '../../src/inputs/problems.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { Http } from '../../src/net/http.ts'
import type { SourceRequest } from '../../src/sources/request.ts'
import { preloadSource, selectSource } from '../../src/sources/select.ts'
import { awsOf, type SourceContext } from '../../src/sources/token-source.ts'
import { Steps } from '../../src/text/steps.ts'
import { platformOf } from '../platform/platforms.ts'

let sandbox: Sandbox
let deadline: Deadline
let http: Http
/** What happened, in order. */
let events: string[]
let warnings: string[]
let infos: string[]
beforeEach(async () => {
  events = []
  warnings = []
  infos = []
  sandbox = await Sandbox.start()
  sandbox.afterWork = ({ operation }) => void events.push(operation)
  deadline = new Deadline(30_000)
  http = new Http(deadline, async () => undefined)
})
afterEach(async () => {
  deadline.stop()
  http.close()
  await sandbox.close()
})

function awsRequest(role: string, secretId: string): AwsRequest {
  return {
    role: parseRole(roleArn(role), new Problems()),
    region: REGION,
    roleSessionName: 'test',
    roleDurationSeconds: 900,
    sessionPolicy: 'auto',
    awsEndpoints: { urls: { AWS_ENDPOINT_URL: sandbox.aws.url }, useFips: false, useDualstack: false },
    secret: { id: secretId, key: 'token', stage: 'AWSCURRENT', region: REGION },
  }
}

/** Obtains a token with a source, as a run does. */
async function obtain(source: SourceRequest, aws?: AwsRequest, repositories: readonly HubRepository[] = []) {
  const { env } = sandbox.startJob()
  const job = {
    idTokenRequest: { url: env.ACTIONS_ID_TOKEN_REQUEST_URL ?? '', token: env.ACTIONS_ID_TOKEN_REQUEST_TOKEN ?? '' },
    serverUrl: '',
    repository: 'octo-org/octo-repo',
    runId: '17',
    runAttempt: '1',
    eventName: 'push',
    actor: 'rosa',
    workflow: '',
    tempDirectory: '',
    hubTokenFiles: [],
    presetVariables: new Set<string>(),
    clientVariables: {},
    gitUses: [],
    ownVariables: new Set<string>(),
    gitConfigCount: 0,
    platform: platformOf(),
  }
  const log = {
    info: (text: string) => void infos.push(text),
    debug() {},
    warning: (text: string) => void warnings.push(text),
  }
  const shared = { job, http, log, policy: { maxAttempts: 3, deadline, random: () => 0 } }
  const identity = await prove({
    ...shared,
    request: {
      audience: aws ? 'acme' : sandbox.hub.url,
      issuer: sandbox.github.issuer,
      claimRules: [],
      idTokenFrom: { kind: 'github' },
    },
    mask: () => {},
    givenIdToken: () => '',
    onIdentity: () => {},
  })
  events.length = 0
  const context: SourceContext = {
    ...shared,
    request: { org: 'acme', hubEndpoint: sandbox.hub.url, repositories, source, aws },
    mask: (secret) => void events.push(`mask ${secret}`),
    renew: async () => identity,
    ledger: {
      begin: () => void events.push('begin'),
      made: ({ value }) => void events.push(`made ${value}`),
      refused: () => void events.push('refused'),
    },
    steps: new Steps(),
    swept: [],
  }
  return await (await selectSource(context)).obtain(identity)
}

const ACCOUNT = {
  kind: 'service-account',
  account: 'ci',
  permissions: ['repo.content.read'],
  orphanAgeSeconds: 86_400,
} as const
const mintWith = (secretId = 'huggingface/acme/service-accounts', role = 'accounts', more: object = {}) =>
  obtain({ ...ACCOUNT, ...more }, awsRequest(role, secretId))
const readStored = () => obtain({ kind: 'secrets-manager' }, awsRequest('write', 'huggingface/acme/write'))
const exchange = () =>
  obtain(
    { kind: 'token-exchange', member: sandbox.minting.member, scopes: ['read-repos'] },
    awsRequest('exchange', 'huggingface/acme/oauth'),
  )
/** What happened from the mask of the token on. */
const since = (value: string) => events.slice(events.indexOf(`mask ${value}`))

describe('secrets-manager', () => {
  test('reads the token, masked before it is looked at', async () => {
    const token = await readStored()
    expect(token.value).toBe(sandbox.tokens.write)
    expect(since(token.value)).toEqual([`mask ${token.value}`])
    expect(token.evidence).toMatchObject({ kind: 'stored' })
    expect(token.origin.aws).toMatchObject({ holdsToken: true, secretKey: 'token' })
    expect(sandbox.hub.service.calls).toEqual([])
  })

  test('offers a command for a badly stored token, and none for anything else', async () => {
    const store = (value: string) => sandbox.aws.putVersion('huggingface/acme/write', { value })
    store('"hf_OddShapesOddShapes"')
    await expect(readStored()).rejects.toThrow('put-secret-value')
    store('correct horse battery')
    await expect(readStored()).rejects.toThrow(/^(?![\s\S]*put-secret-value)[\s\S]*token-malformed/)
  })
})

describe('service-account', () => {
  test('mints a token that is masked, then in the ledger, before anything else happens', async () => {
    const { value, evidence, origin } = await mintWith()
    expect(since(value).slice(0, 2)).toEqual([`mask ${value}`, `made ${value}`])
    expect(events.filter((event) => ['begin', 'mint-token'].includes(event))).toEqual(['begin', 'mint-token'])
    expect(evidence).toEqual({
      kind: 'minted',
      asked: ['repo.content.read'],
      granted: ['repo.content.read'],
      beyond: [],
      repositories: [],
    })
    expect(origin.aws).toMatchObject({ holdsToken: false })
  })

  test('keeps the admin token to itself: it goes to the service accounts of the Hub, and nowhere else', async () => {
    const admin = sandbox.minting.adminToken
    const token = await mintWith()
    expect(JSON.stringify(token)).not.toContain(admin)
    expect(events.filter((event) => event.includes(admin))).toEqual([`mask ${admin}`])
    const sent = [sandbox.hub, sandbox.aws, sandbox.github].flatMap(({ service }) => service.calls)
    const bearing = sent.filter(({ request }) => JSON.stringify([request.headers, request.body]).includes(admin))
    expect(new Set(bearing.map(({ operation }) => operation))).toEqual(
      new Set(['service-accounts', 'service-account', 'mint-token']),
    )
  })

  test('tells the ledger that there is no token when the Hub refuses', async () => {
    sandbox.hub.service.inject('mint-token', { kind: 'answer', status: 400, body: { error: 'No.' } })
    await expect(mintWith()).rejects.toMatchObject({ code: 'exchange-rejected' })
    expect(events).toContain('refused')
  })

  test('tells the ledger nothing of the kind when an earlier answer was lost', async () => {
    const { service } = sandbox.hub
    service.inject('mint-token', { kind: 'lost' })
    service.inject('mint-token', { kind: 'answer', status: 403, body: {} })
    service.inject('service-account', { kind: 'answer', status: 403, body: {} }, 9)
    await expect(mintWith()).rejects.toMatchObject({ code: 'exchange-rejected' })
    expect(events).not.toContain('refused')
    expect(warnings).toContainEqual(expect.stringMatching(/A token may exist, named "hf-oidc-action octo-org/))
  })

  test('removes what earlier runs left behind', async () => {
    const old = new Date(Date.now() - 3 * 86_400_000)
    const time = old.toISOString().replace(/[-:]|\.\d+/g, '')
    const plant = (displayName: string) =>
      sandbox.hub.addServiceAccountToken({ org: 'acme', account: 'ci', displayName, createdAt: old })
    plant(`hf-oidc-action octo-org/octo-repo 9.1 ${time} 00000000`)
    const kept = plant('by hand')
    const { value } = await mintWith()
    const live = sandbox.hub.serviceAccountTokens('acme', 'ci').map((token) => token.value)
    expect(new Set(live)).toEqual(new Set([kept, value]))
  })

  test('removes nothing when the Hub does not list the tokens, and says so', async () => {
    sandbox.hub.service.inject('service-account', { kind: 'answer', status: 200, body: {} })
    await mintWith()
    expect(warnings).toEqual([])
    expect(infos).toContainEqual(expect.stringMatching(/^Hub: the tokens of the service account are not listed/))
  })

  test('lets no trouble with that stop the job', async () => {
    sandbox.hub.service.inject('service-account', { kind: 'answer', status: 403, body: {} }, 9)
    await mintWith()
    expect(warnings).toEqual([expect.stringMatching(/^Tokens of earlier runs \(older than 1d\) could not be removed/)])
  })

  test('refuses a secret that holds no token, and prints no command for it', async () => {
    sandbox.aws.putVersion('huggingface/acme/service-accounts', { value: 'correct horse battery' })
    await expect(mintWith()).rejects.toThrow(/^(?![\s\S]*put-secret-value)[\s\S]*token-malformed/)
    expect(sandbox.hub.service.calls).toEqual([])
  })
})

describe('token-exchange', () => {
  test('exchanges the app’s credentials for a token of the member', async () => {
    const { value, evidence } = await exchange()
    expect(since(value)).toEqual([`mask ${value}`, `made ${value}`])
    expect(evidence).toMatchObject({ kind: 'oauth', asked: ['read-repos'], granted: ['read-repos'] })
    expect(events).toContain(`mask ${sandbox.minting.clientSecret}`)
  })

  test('refuses a client secret that is too short to be masked', async () => {
    sandbox.aws.putVersion('huggingface/acme/oauth', { value: '{"client_id":"abcdefgh","client_secret":"hunter2"}' })
    await expect(exchange()).rejects.toThrow('is not the secret of an OAuth app')
    expect(sandbox.hub.service.calls).toEqual([])
  })
})

describe('trusted-publisher', () => {
  const publish = () => obtain({ kind: 'trusted-publisher', resource: 'acme/model' })

  test('exchanges the ID token, without AWS', async () => {
    const { value, evidence, origin } = await publish()
    expect(since(value)).toEqual([`mask ${value}`, `made ${value}`])
    expect(evidence).toMatchObject({ kind: 'resource', resource: 'acme/model' })
    expect(origin.aws).toBeUndefined()
    expect(sandbox.aws.service.calls).toEqual([])
  })

  test('refuses what is not shaped like a token', async () => {
    sandbox.hub.service.inject('oauth-token (trusted publisher)', {
      kind: 'answer',
      status: 200,
      body: { access_token: 'not a token of the Hub' },
    })
    await expect(publish()).rejects.toMatchObject({ code: 'token-malformed' })
  })
})

test('every source can be loaded ahead of its use', async () => {
  for (const kind of ['secrets-manager', 'trusted-publisher', 'token-exchange', 'service-account'] as const)
    await preloadSource(kind)
})

test('a source on AWS does not run without AWS', () => {
  const request = {
    org: 'acme',
    hubEndpoint: '',
    repositories: [],
    source: { kind: 'secrets-manager' },
    aws: undefined,
  } as const
  expect(() => awsOf(request)).toThrow(TypeError)
})
