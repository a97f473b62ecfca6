/** Plays one cell of the table of rotations against AWS and the Hub of the sandbox, over HTTP, in this process. */
import type { SecretVersion } from '../../sandbox/aws/secret-store.ts'
import { ACCOUNT, REGION, roleArn, Sandbox } from '../../sandbox/index.ts'
import type { Fault } from '../../sandbox/service.ts'
import type { Cell, Line } from '../../scripts/docs/rotation-cells.ts'
import { ActionError } from '../../src/errors/action-error.ts'
import { withNetwork } from '../../src/net/network.ts'
import { handleRotation } from '../../src/rotation/function/handle.ts'
import { ROTATION_INPUT_NAMES, ROTATION_INPUTS, type RotationInputName } from '../../src/rotation/inputs/definitions.ts'
import { parseRotation } from '../../src/rotation/inputs/parse.ts'
import { parseFunction } from '../../src/rotation/inputs/parse-function.ts'
import { rotatedTokenName } from '../../src/rotation/names.ts'
import type { Outcome } from '../../src/rotation/outcome.ts'
import { type Rotation, rotateAll } from '../../src/rotation/run.ts'
import { readJob } from '../../src/runner/inputs.ts'
import { Steps } from '../../src/text/steps.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
export const NAME = 'huggingface/acme/cell'
const ADMIN = 'huggingface/acme/service-accounts'
const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:hf-rotate`
export const V1 = '11111111-1111-4111-8111-111111111111'
export const V2 = '22222222-2222-4222-8222-222222222222'
const WRITES = ['PutSecretValue', 'UpdateSecretVersionStage', 'mint-token', 'delete-token', 'revoke']

const MODEL = { type: 'model', name: 'acme/model' } as const
const DATA = { type: 'dataset', name: 'acme/data' } as const
const READ = ['repo.content.read']
const WRITE = ['repo.content.read', 'repo.write']

/** What a line asks for; the current token writes to the model. */
const ASKS: Readonly<Record<Line, { line: string; permissions: string[]; repos: (typeof MODEL | typeof DATA)[] }>> = {
  same: { line: 'scope=write repositories=acme/model', permissions: WRITE, repos: [MODEL] },
  wider: {
    line: 'scope=write repositories=acme/model,datasets/acme/data',
    permissions: WRITE,
    repos: [MODEL, DATA],
  },
  narrower: { line: 'scope=read repositories=acme/model', permissions: READ, repos: [MODEL] },
  others: { line: 'scope=write repositories=datasets/acme/data', permissions: WRITE, repos: [DATA] },
  narrow: { line: 'scope=read repositories=acme/model narrow=true', permissions: READ, repos: [MODEL] },
}

/** Ways in which the Hub does not say whether a token works. */
export const SILENCES: Readonly<Record<string, Fault>> = {
  'HTTP 503': { kind: 'answer', status: 503, body: '' },
  'HTTP 429': { kind: 'answer', status: 429, body: { error: 'Too many requests' } },
  'HTTP 403 with a page': {
    kind: 'answer',
    status: 403,
    headers: { 'content-type': 'text/html' },
    body: '<html>Forbidden</html>',
  },
}

/** What happened, and what is left. */
export interface Played {
  /** The code of the failure; undefined without one. */
  code: string | undefined
  message: string
  outcome: Outcome | undefined
  warnings: string[]
  log: string[]
  writes: string[]
  /** Whether the current version's token works, and which one it is. */
  current: { token: string; works: boolean }
  /** The token that was current before, and whether it still works: at the end, and after another run within its grace. */
  before: string
  beforeWorks: boolean
  beforeWorksLater: boolean
  /** The repositories that the new token was minted for, by the Hub's list; empty without a new one. */
  mintedFor: string[][]
  /** The tokens of the service account that work in the end. */
  alive: string[]
  /** How often whoami-v2 was asked about a token of the service account. */
  whoamiOfMinted: number
  /** Whether the version that was current says since when it was replaced. */
  isRetired: boolean
}

export interface PlayOptions {
  /** What whoami-v2 answers instead. */
  silence?: Fault | undefined
  /** Called before the rotation. `token`: the current one, if there is one. */
  arrange?: (sandbox: Sandbox, token: string) => void
  /** The line's settings, instead of the cell's. */
  line?: string
}

export async function playCell(cell: Cell, options: PlayOptions = {}): Promise<Played> {
  const sandbox = await Sandbox.start()
  try {
    return await new World(sandbox, cell, options).play()
  } finally {
    await sandbox.close()
  }
}

class World {
  readonly #sandbox: Sandbox
  readonly #cell: Cell
  readonly #options: PlayOptions
  readonly #warnings: string[] = []
  readonly #lines: string[] = []
  #outcome: Outcome | undefined

  constructor(sandbox: Sandbox, cell: Cell, options: PlayOptions) {
    this.#sandbox = sandbox
    this.#options = options
    this.#cell = cell
  }

  async play(): Promise<Played> {
    const { silence, arrange } = this.#options
    const { aws, hub } = this.#sandbox
    const before = this.#plant()
    const { mode } = this.#cell
    if (mode === 'promote' && before !== undefined) this.#plantPending()
    if (mode === 'function') aws.beginRotation(NAME, V2)
    if (silence) hub.service.inject('whoami-v2', silence, 99)
    arrange?.(this.#sandbox, before ?? '')
    const minted = new Set(hub.minted)
    const failure = await this.#run().then(
      () => undefined,
      (error: unknown) => error,
    )
    if (failure !== undefined && !(failure instanceof ActionError)) throw failure
    const error = failure ?? this.#outcome?.errors[0]
    const outcome = this.#outcome && { ...this.#outcome }
    const writes = WRITES.filter((operation) => (this.#sandbox.calls()[operation] ?? 0) > 0)
    hub.service.clearFaults()
    const ofAccount = new Set(hub.serviceAccountTokens('acme', 'ci').map(({ value }) => value))
    const played = {
      code: error?.code,
      message: error?.message ?? '',
      outcome,
      warnings: [...this.#warnings],
      log: [...this.#lines],
      writes,
      current: { token: this.#tokenAt('AWSCURRENT'), works: hub.isAlive(this.#tokenAt('AWSCURRENT')) },
      before: before ?? '',
      beforeWorks: hub.isAlive(before ?? ''),
      mintedFor: hub.minted.filter((value) => !minted.has(value)).map((value) => this.#reachOf(value)),
      alive: [...ofAccount],
      whoamiOfMinted: hub.service.calls.filter(
        ({ operation, request }) =>
          operation === 'whoami-v2' && ofAccount.has(String(request.headers.authorization).slice('Bearer '.length)),
      ).length,
      isRetired: (this.#version(V1)?.stages ?? []).some((label) => label.startsWith('hf-oidc-retired-')),
    }
    // Another run within the grace must leave the previous token alone.
    await this.#again()
    return { ...played, beforeWorksLater: hub.isAlive(before ?? '') }
  }

  /** The current version; its token, if there is one. */
  #plant(): string | undefined {
    const { aws, hub } = this.#sandbox
    const { current, mode } = this.#cell
    aws.addSecret({ name: NAME })
    if (current === 'none') return undefined
    const createdAt = new Date(hub.now() - (mode === 'force' ? HOUR : 30 * DAY))
    const token = this.#newToken(createdAt)
    const version = aws.putVersion(NAME, { versionId: V1, value: JSON.stringify({ token }) })
    version.createdAt = new Date(createdAt.getTime() + 1000)
    if (current === 'dead') hub.revokeToken(token)
    return token
  }

  #newToken(createdAt: Date): string {
    const { aws, hub } = this.#sandbox
    if (this.#cell.current === 'elsewhere') return hub.addOrgToken('beta', WRITE, { createdAt })
    if (this.#cell.current !== 'minted') return this.#byHand(WRITE, [MODEL], createdAt)
    const displayName = rotatedTokenName(aws.secret(NAME).arn, V1)
    const token = { org: 'acme', account: 'ci', displayName, createdAt, permissions: WRITE, repos: [MODEL] }
    return hub.addServiceAccountToken(token)
  }

  #byHand(permissions: string[], repos: (typeof MODEL | typeof DATA)[], createdAt: Date): string {
    const scoped = repos.map((entity) => ({ entity, permissions }))
    return this.#sandbox.hub.addToken({ user: 'acme-ci', role: 'fineGrained', fineGrained: { scoped }, createdAt })
  }

  /** What a person has stored for the line. */
  #plantPending(): void {
    const { aws, hub } = this.#sandbox
    const { permissions, repos } = ASKS[this.#cell.line]
    const createdAt = new Date(hub.now() - HOUR)
    const token = this.#byHand(permissions, repos, createdAt)
    const version = aws.putVersion(NAME, { versionId: V2, value: JSON.stringify({ token }), stages: ['AWSPENDING'] })
    version.createdAt = createdAt
  }

  async #run(): Promise<void> {
    const { mode } = this.#cell
    if (mode !== 'function') return await this.#rotate(mode)
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) await this.#invoke(step)
  }

  async #again(): Promise<void> {
    const { mode } = this.#cell
    const run =
      mode === 'function' ? this.#invoke('retireSecret') : this.#rotate(mode === 'promote' ? 'promote' : 'mint', '365d')
    await run.catch((error: unknown) => {
      if (!(error instanceof ActionError)) throw error
    })
  }

  async #rotate(mode: Exclude<Cell['mode'], 'function'>, maxAge = '7d'): Promise<void> {
    const { env } = this.#sandbox.startJob()
    const job = readJob(env)
    const request = parseRotation(
      {
        values: this.#inputs(mode, maxAge),
        unknown: [],
        awsRegion: REGION,
        hfEndpoint: this.#sandbox.hub.url,
        environmentProblems: [],
        awsVariables: { AWS_ENDPOINT_URL: this.#sandbox.aws.url },
      },
      job,
    )
    const rotation = await withNetwork({ env: {}, limitMs: 60_000, maxAttempts: 1 }, (network) =>
      rotateAll({
        ...network,
        request,
        job,
        mask: () => {},
        log: this.#log(),
        givenIdToken: () => '',
        steps: new Steps(),
        onIdentity: () => {},
        onBegun: (_begun: Rotation) => {},
        random: () => 0,
      }),
    )
    this.#outcome = rotation.secrets[0]
  }

  #inputs(mode: Exclude<Cell['mode'], 'function'>, maxAge: string): Record<RotationInputName, string> {
    const defaults = Object.fromEntries(ROTATION_INPUT_NAMES.map((name) => [name, ROTATION_INPUTS[name] ?? '']))
    const mint = { 'admin-secret-id': ADMIN, 'service-account': 'ci' }
    return {
      ...defaults,
      'hf-org': 'acme',
      'role-to-assume': roleArn('rotate'),
      'aws-region': REGION,
      secrets: `${NAME} ${this.#options.line ?? ASKS[this.#cell.line].line}`,
      'max-age': maxAge,
      ...(mode === 'promote' ? { mode: 'promote' } : mint),
      'dry-run': String(mode === 'dry-run'),
      force: String(mode === 'force'),
    } as Record<RotationInputName, string>
  }

  async #invoke(step: string): Promise<void> {
    const { aws } = this.#sandbox
    const request = parseFunction(
      {
        ...this.#sandbox.environment(),
        HF_ORG: 'acme',
        ADMIN_SECRET_ID: ADMIN,
        SERVICE_ACCOUNT: 'ci',
        SECRETS: `${NAME} ${this.#options.line ?? ASKS[this.#cell.line].line}`,
      },
      FUNCTION,
    )
    const { role, awsEndpoints } = request
    const credentials = aws.openSession(roleArn('rotate'), 'hf-rotate')
    const caller = { credentials, name: FUNCTION, role, sessionPolicy: 'none', awsEndpoints }
    await withNetwork({ env: {}, limitMs: 60_000, maxAttempts: 1 }, (network) =>
      handleRotation(
        { Step: step, SecretId: aws.secret(NAME).arn, ClientRequestToken: V2 },
        { ...network, request, caller, mask: () => {}, log: this.#log(), onOutcome: (one) => this.#note(one) },
      ),
    )
  }

  /** Every step has an outcome of its own: the one that judged the current token says most. */
  #note(outcome: Outcome): void {
    const last = this.#outcome
    this.#outcome = outcome
    if (last?.before !== undefined) Object.assign(outcome, { before: last.before, after: last.after })
  }

  #log() {
    return {
      info: (text: string) => void this.#lines.push(text),
      debug: () => {},
      warning: (text: string) => void this.#warnings.push(text),
    }
  }

  #version(id: string): SecretVersion | undefined {
    return this.#sandbox.aws.secret(NAME).versions.find(({ versionId }) => versionId === id)
  }

  #tokenAt(label: string): string {
    const version = this.#sandbox.aws.secret(NAME).versions.find(({ stages }) => stages.includes(label))
    return /hf_\w+/.exec(String(version?.value))?.[0] ?? ''
  }

  /** `model acme/model`, for each entity that the token has rights on. */
  #reachOf(value: string): string[] {
    const scoped = this.#sandbox.hub.accounts.tokens.get(value)?.fineGrained?.scoped ?? []
    return scoped.map(({ entity: { type, name } }) => `${type} ${name}`)
  }
}

/** What a token that is minted for the line reaches. */
export const reachOf = (line: Line): string[] => ASKS[line].repos.map(({ type, name }) => `${type} ${name}`)
