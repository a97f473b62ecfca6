/** Small stand-ins for what the rotation of one secret works with: the secret, the Hub, the service account, the clock. */
import { afterEach, beforeEach, jest } from '@jest/globals'
import type { SecretReference } from '../../src/aws/request.ts'
import {
  CURRENT,
  PENDING,
  PREVIOUS,
  type RefusedWrite,
  type SecretDescription,
  type SecretVersion,
  type SecretVersions,
} from '../../src/aws/secret-versions.ts'
import { ActionError, type ErrorCode } from '../../src/errors/action-error.ts'
import type { HubClient } from '../../src/hub/client.ts'
import type { Grant, Membership, WhoAmI } from '../../src/hub/facts/whoami.ts'
import type { MintRights } from '../../src/hub/mint-rights.ts'
import type { AccountToken } from '../../src/hub/service-accounts.ts'
import { Problems } from '../../src/inputs/problems.ts'
import type { Deadline } from '../../src/net/deadline.ts'
import { type HeldToken, heldEntry } from '../../src/rotation/account/held-entry.ts'
import type { Minter, NewToken, RotatedToken, Wanted } from '../../src/rotation/account/minter.ts'
import { parseSecretLines } from '../../src/rotation/inputs/secret-lines.ts'
import { rotatedTokenName, versionOfToken } from '../../src/rotation/names.ts'
import { noOutcome } from '../../src/rotation/outcome.ts'
import type { RotatedSecret, RotationRequest } from '../../src/rotation/request.ts'
import type { Turn } from '../../src/rotation/secret/turn.ts'
import { Settling } from '../../src/rotation/settling.ts'
import { who } from '../hub/tokens.ts'

export const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:hub/x-a1B2c3'
export const NOW = Date.UTC(2026, 8, 8, 8)
export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

const ROLE = { arn: 'arn:aws:iam::123456789012:role/hf', partition: 'aws', account: '123456789012' }

/** Every test begins at `NOW`; time passes only while somebody waits. */
export function useClock(): void {
  beforeEach(() => {
    jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] })
  })
  afterEach(() => {
    jest.useRealTimers()
  })
}

/** Time passes. */
export const pass = (ms: number) => jest.advanceTimersByTime(ms)

/** A line of `secrets`; it must be one that the action takes. */
export function secretLine(line: string): RotatedSecret {
  const problems = new Problems()
  const [secret] = parseSecretLines(line, { org: 'acme', region: 'eu-west-1', role: ROLE, key: 'token' }, problems)
  if (!secret || problems.lines.length > 0) throw new Error(`${line}: ${problems.lines.join()}`)
  return secret
}

/** Rights on one entity. */
export const on = (type: string, name: string, ...permissions: string[]): Grant => ({
  entity: { type, name, id: `id-of-${name}` },
  permissions,
})

export const membership = (name: string, roleInOrg = 'write'): Membership => ({
  id: `id-of-${name}`,
  name,
  roleInOrg,
  securityRestrictions: [],
  resourceGroups: [],
})

/** What whoami-v2 says about a fine-grained token of Rosa, who is a member of acme. */
export const whoami = (grants: Grant[], rest: Partial<WhoAmI> = {}): WhoAmI =>
  who({ grants, orgs: [membership('acme')], ...rest })

/** A token that may write in acme, and no more. */
export const writer = (rest: Partial<WhoAmI> = {}): WhoAmI =>
  whoami([on('org', 'acme', 'repo.content.read', 'repo.write')], rest)

export const failure = (code: ErrorCode) => new ActionError(code, { failed: `It failed with ${code}.`, fix: 'None.' })

interface StoredVersion {
  text: string
  binary: boolean
  createdAt: number
  labels: Set<string>
}

/** One secret of Secrets Manager. `calls`: what was asked of it, writes in words such as `move AWSCURRENT v1 v2`. */
export class FakeSecret implements Pick<SecretVersions, keyof SecretVersions> {
  readonly secret: SecretReference
  readonly calls: string[] = []
  readonly #versions = new Map<string, StoredVersion>()
  rotationEnabled = false
  createdAt: number | undefined
  /** What else DescribeSecret says. */
  described: Partial<SecretDescription> = {}
  /** What happens around a call: it may throw in its place. */
  before: (call: string) => void | Promise<void> = () => {}
  after: (call: string) => void | Promise<void> = () => {}

  constructor(secret: SecretReference) {
    this.secret = secret
  }

  /** Plants a version. */
  add(
    id: string,
    text: string | undefined,
    labels: readonly string[],
    { createdAt = NOW - 30 * DAY, binary = false } = {},
  ) {
    for (const label of labels) this.#strip(label)
    this.#versions.set(id, { text: text ?? '', binary, createdAt, labels: new Set(labels) })
    if (text === undefined) this.#empty.add(id)
  }
  readonly #empty = new Set<string>()

  /** The id of the version with this label. */
  at(label: string): string | undefined {
    return [...this.#versions].find(([, { labels }]) => labels.has(label))?.[0]
  }

  textOf(id: string | undefined): string | undefined {
    return this.#versions.get(id ?? '')?.text
  }

  isBinary(id: string | undefined): boolean | undefined {
    return this.#versions.get(id ?? '')?.binary
  }

  labelsOf(id: string): string[] {
    return [...(this.#versions.get(id)?.labels ?? [])]
  }

  /** What was written, without reads. */
  get writes(): string[] {
    return this.calls.filter((call) => /^(?:put|move)/.test(call))
  }

  async describe(): Promise<SecretDescription> {
    return await this.#call('describe', () => ({
      arn: ARN,
      // A version without labels is not in the answer.
      stages: new Map(
        [...this.#versions].flatMap(([id, { labels }]) => (labels.size > 0 ? [[id, [...labels]] as const] : [])),
      ),
      rotationEnabled: this.rotationEnabled,
      createdAt: this.createdAt,
      primaryRegion: undefined,
      deletedAt: undefined,
      owningService: undefined,
      ...this.described,
    }))
  }

  async readStage(stage: string): Promise<SecretVersion | undefined> {
    const id = this.at(stage)
    return id === undefined ? undefined : await this.read(id)
  }

  async recall(versionId: string): Promise<SecretVersion | undefined> {
    return await this.read(versionId)
  }

  async read(versionId: string): Promise<SecretVersion | undefined> {
    return await this.#call(`read ${versionId}`, () => {
      const version = this.#versions.get(versionId)
      if (!version || this.#empty.has(versionId)) return undefined
      const { text, binary, createdAt } = version
      return { versionId, text, binary, createdAt }
    })
  }

  async putPending(versionId: string, text: string, binary: boolean): Promise<'stored' | 'taken' | RefusedWrite> {
    try {
      return await this.#put(versionId, text, binary)
    } catch (error) {
      const isFinal = error instanceof ActionError && /denied|not-found/.test(error.code)
      if (!isFinal) throw error
      return { refusal: error, mayBeStored: false }
    }
  }

  async #put(versionId: string, text: string, binary: boolean): Promise<'stored' | 'taken'> {
    return await this.#call(`put ${versionId}`, () => {
      const there = this.#versions.get(versionId)
      if (there && there.text !== text) return 'taken'
      this.#strip(PENDING)
      // The first value of a secret is its current one, whatever the call says.
      const labels = this.at(CURRENT) === undefined ? [PENDING, CURRENT] : [PENDING]
      this.#versions.set(versionId, { text, binary, createdAt: Date.now(), labels: new Set(labels) })
      return 'stored'
    })
  }

  async move(label: string, { from, to }: { from?: string; to?: string }): Promise<boolean> {
    return await this.#call(`move ${[label, from, to].filter((part) => part !== undefined).join(' ')}`, () => {
      const at = this.at(label)
      if (to !== undefined && at === to) return true
      if (from !== undefined && at !== from) return false
      if (from === undefined && at !== undefined && at !== to) return false
      this.#strip(label)
      if (to !== undefined) this.#versions.get(to)?.labels.add(label)
      if (label === CURRENT && from !== undefined) {
        this.#strip(PREVIOUS)
        this.#versions.get(from)?.labels.add(PREVIOUS)
      }
      return true
    })
  }

  #strip(label: string): void {
    for (const { labels } of this.#versions.values()) labels.delete(label)
  }

  async #call<T>(call: string, work: () => T): Promise<T> {
    this.calls.push(call)
    await this.before(call)
    const result = work()
    await this.after(call)
    return result
  }
}

/** The Hub: what it says about each token. It does not accept a token that is not in `tokens`. */
export class FakeHub implements Pick<HubClient, keyof HubClient> {
  readonly tokens = new Map<string, WhoAmI>()
  /** Tokens that were asked about, in order. */
  readonly asked: string[] = []
  /** Thrown instead of an answer, once. */
  nextFailure: ActionError | undefined

  async whoAmI(token: string): Promise<WhoAmI> {
    const who = this.#answer(token)
    if (!who) throw failure('token-rejected')
    return who
  }

  async owner(token: string): Promise<WhoAmI | undefined> {
    return this.#answer(token)
  }

  async authCheck(): Promise<{ granted: true }> {
    return { granted: true }
  }

  async corroborate(token: string): Promise<WhoAmI | { silence: string }> {
    return this.#answer(token) ?? { silence: 'HTTP 401' }
  }

  async corroborateAccess(): Promise<{ granted: true }> {
    return { granted: true }
  }

  #answer(token: string): WhoAmI | undefined {
    this.asked.push(token)
    const error = this.nextFailure
    this.nextFailure = undefined
    if (error) throw error
    return this.tokens.get(token)
  }
}

/** The service account `ci`, whose tokens may write in acme. */
export class FakeMinter implements Pick<Minter, keyof Minter> {
  readonly accountName = 'ci'
  readonly #hub: FakeHub
  readonly #entries: (AccountToken & { value: string })[] = []
  readonly #minted = new Map<string, string>()
  #first: AccountToken[] = []
  /** What the Hub says about the next tokens. */
  next: Partial<WhoAmI> = {}
  /** False when the Hub does not say the id of what it minted. */
  saysId = true
  /** What happens while a token is being minted. */
  onMint: () => void | Promise<void> = () => {}
  /** What happens while the account's tokens are listed. */
  onTokens: () => void | Promise<void> = () => {}
  /** Values of the tokens that were minted in this run. */
  readonly mintedValues: string[] = []

  constructor(hub: FakeHub) {
    this.#hub = hub
  }

  /** Plants a token that an earlier run minted for this version. */
  add(versionId: string, value: string, createdAt: number | undefined = NOW - DAY): void {
    const displayName = rotatedTokenName(ARN, versionId)
    this.#entries.push({ id: `id-${value}`, displayName, createdAt, last4: value.slice(-4), value })
    this.#first = [...this.#entries]
    this.#hub.tokens.set(value, writer({ name: 'acme-ci', createdAt }))
  }

  /** Values of the account's tokens that work. */
  get alive(): string[] {
    return this.#entries.map(({ value }) => value)
  }

  firstTokensFor(arn: string): RotatedToken[] {
    return forSecret(arn, this.#first)
  }

  get firstIds(): string[] {
    return this.#first.map(({ id }) => id)
  }

  async tokensFor(arn: string): Promise<RotatedToken[]> {
    return forSecret(arn, await this.tokens())
  }

  async tokens(): Promise<AccountToken[]> {
    await this.onTokens()
    return [...this.#entries]
  }

  idOf(value: string): string | undefined {
    return this.#minted.get(value)
  }

  entryOf(): AccountToken | undefined {
    return undefined
  }

  held(token: HeldToken, _now: number, tokens: readonly AccountToken[] = this.#first): AccountToken | undefined {
    return heldEntry(token, tokens)
  }

  /** The account's list says nothing about rights. */
  async known(): Promise<undefined> {}

  isOwner({ name }: Pick<WhoAmI, 'name'>): boolean {
    return name === 'acme-ci'
  }

  async learnPlace(ask: () => Promise<WhoAmI>): Promise<void> {
    await ask()
  }

  mayOwn(): boolean {
    return true
  }

  async mint(arn: string, versionId: string, _wanted: Wanted): Promise<NewToken> {
    const startedAt = Date.now()
    const value = `hf_minted${'0'.repeat(8)}${this.mintedValues.length + 1}`
    const entry = { id: `id-${value}`, displayName: rotatedTokenName(arn, versionId), createdAt: startedAt, value }
    this.mintedValues.push(value)
    this.#entries.push(entry)
    this.#hub.tokens.set(value, writer({ name: 'acme-ci', createdAt: startedAt, ...this.next }))
    if (this.saysId) this.#minted.set(value, entry.id)
    await this.onMint()
    return { value, displayName: entry.displayName, id: this.saysId ? entry.id : undefined, startedAt }
  }

  /** What a token is minted with is the real minter's. */
  async rightsToMint(): Promise<MintRights> {
    return { permissions: [], repoIds: [], repoPermissions: [] }
  }

  async findMinted({ id, displayName }: NewToken): Promise<AccountToken[]> {
    if (id !== undefined) return [{ id, displayName, createdAt: undefined }]
    return (await this.tokens()).filter((token) => token.displayName === displayName)
  }

  async removeOnce(token: AccountToken): Promise<undefined> {
    await this.remove(token)
  }

  async remove({ id }: AccountToken): Promise<void> {
    const at = this.#entries.findIndex((entry) => entry.id === id)
    const [gone] = at < 0 ? [] : this.#entries.splice(at, 1)
    if (gone) this.#hub.tokens.delete(gone.value)
  }
}

function forSecret(arn: string, tokens: readonly AccountToken[]): RotatedToken[] {
  return tokens.flatMap((token) => {
    const versionId = versionOfToken(token.displayName, arn)
    return versionId === undefined ? [] : [{ ...token, versionId }]
  })
}

export interface SecretWorld {
  turn: Turn
  secret: FakeSecret
  hub: FakeHub
  minter: FakeMinter
  log: string[]
  warnings: string[]
  masked: string[]
  /** What was waited for, and how long, in milliseconds. */
  waits: { ms: number; what: string }[]
}

export interface WorldOptions {
  /** The line of `secrets`. */
  line?: string
  mode?: 'mint' | 'promote'
  request?: Partial<RotationRequest>
}

/** The turn of one secret, with fakes around it. It is due after a week, and keeps the previous token for a day. */
export function secretWorld({
  line = 'hub/x scope=write',
  mode = 'mint',
  request = {},
}: WorldOptions = {}): SecretWorld {
  const rotated = secretLine(line)
  const secret = new FakeSecret(rotated.secret)
  const hub = new FakeHub()
  const minter = new FakeMinter(hub)
  const log: string[] = []
  const warnings: string[] = []
  const masked: string[] = []
  const waits: SecretWorld['waits'] = []
  const deadline = {
    sleep: async (ms: number, what: string) => {
      waits.push({ ms, what })
      pass(ms)
    },
  }
  const turn: Turn = {
    rotated,
    request: {
      org: 'acme',
      hubEndpoint: 'https://huggingface.co',
      graceSeconds: DAY / SECOND,
      maxAgeSeconds: (7 * DAY) / SECOND,
      mode: mode === 'mint' ? { kind: 'mint' } : { kind: 'promote', warnAgeSeconds: (5 * DAY) / SECOND },
      dryRun: false,
      force: false,
      ...request,
    } as unknown as RotationRequest,
    versions: secret as unknown as SecretVersions,
    hub: hub as unknown as HubClient,
    access: {} as Turn['access'],
    minter: mode === 'mint' ? (minter as unknown as Minter) : undefined,
    mask: (value) => masked.push(value),
    log: {
      info: (text) => log.push(text),
      debug: (text) => log.push(text),
      warning: (text) => warnings.push(text),
    },
    deadline: deadline as unknown as Deadline,
    now: () => Date.now(),
    settling: new Settling(),
    outcome: noOutcome(rotated.secret.id, rotated.scope),
    noteToken: (token) => {
      turn.outcome.token = token
    },
    first: undefined,
    state: undefined,
    job: { repository: 'octo-org/octo-repo', runId: '17' } as Turn['job'],
    made: new Set(),
    taken: new Map(),
    failure: undefined,
    lastWriteAt: undefined,
  }
  return { turn, secret, hub, minter, log, warnings, masked, waits }
}

/** What the promise throws; fails when it does not throw an `ActionError`. */
export async function refusal(work: Promise<unknown>): Promise<ActionError> {
  try {
    await work
  } catch (error) {
    if (error instanceof ActionError) return error
    throw error
  }
  throw new Error('nothing was refused')
}
