/** A Hub, a service account and secrets in memory: what a rotation removes its leftovers from. */
import { CURRENT, PREVIOUS, type SecretVersion } from '../../src/aws/secret-versions.ts'
import { ActionError } from '../../src/errors/action-error.ts'
import type { WhoAmI } from '../../src/hub/facts/whoami.ts'
import type { AccountToken } from '../../src/hub/service-accounts.ts'
import { Problems } from '../../src/inputs/problems.ts'
import { entryOf, mayOwn } from '../../src/rotation/account/entry.ts'
import type { RotatedToken } from '../../src/rotation/account/minter.ts'
import { parseSecretLines } from '../../src/rotation/inputs/secret-lines.ts'
import type { Leftovers } from '../../src/rotation/leftovers/leftovers.ts'
import { retiredLabel, rotatedTokenName, versionOfToken } from '../../src/rotation/names.ts'
import { noOutcome } from '../../src/rotation/outcome.ts'
import type { RotatedSecret } from '../../src/rotation/request.ts'
import { look } from '../../src/rotation/secret/look.ts'
import { Settling } from '../../src/rotation/settling.ts'
import { who } from '../hub/tokens.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
const role = { arn: 'arn:aws:iam::123456789012:role/hf', partition: 'aws', account: '123456789012' }

/** The line of a workflow, parsed. */
export function parsedLine(line: string): RotatedSecret {
  const [secret] = parseSecretLines(line, { org: 'acme', region: 'eu-west-1', role, key: 'token' }, new Problems())
  if (!secret) throw new Error(`not a line: ${line}`)
  return secret
}

/** The id of the `number`th version of whatever secret. */
export const versionId = (number: number) => `aaaaaaaa-bbbb-4ccc-8ddd-${String(number).padStart(12, '0')}`
/** A label that says that a version was replaced so long ago. */
export const replacedAgo = (ms: number) => retiredLabel(Date.now() - ms)

interface Version {
  /** Undefined for a version without a value; an error for one that cannot be read. */
  value: string | ActionError | undefined
  labels: readonly string[]
  createdAt: number
}

export class FakeSecret {
  readonly name: string
  readonly arn: string
  readonly versions = new Map<string, Version>()
  /** Called before each DescribeSecret, with its number from 1. */
  onDescribe: (number: number) => void = () => {}
  /** Called after each move of a label. */
  onMove: () => void = () => {}
  described = 0
  /** How many values were read. */
  reads = 0
  readonly #note: (call: string) => void

  constructor(name: string, note: (call: string) => void) {
    this.name = name
    this.arn = `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-a1B2c3`
    this.#note = note
  }

  put(number: number, value: Version['value'], labels: readonly string[], ago = 2 * HOUR): void {
    this.versions.set(versionId(number), { value, labels, createdAt: Date.now() - ago })
  }

  labels(number: number): readonly string[] {
    return this.versions.get(versionId(number))?.labels ?? []
  }

  describe() {
    this.described += 1
    this.onDescribe(this.described)
    const stages = new Map([...this.versions].map(([id, { labels }]) => [id, labels]))
    return { arn: this.arn, stages, rotationEnabled: false, createdAt: Date.now() - 90 * DAY }
  }

  readStage(label: string): SecretVersion | undefined {
    const id = [...this.versions].find(([, { labels }]) => labels.includes(label))?.[0]
    return id === undefined ? undefined : this.read(id)
  }

  read(id: string): SecretVersion | undefined {
    this.reads += 1
    const { value, createdAt = 0 } = this.versions.get(id) ?? {}
    if (value instanceof ActionError) throw value
    return value === undefined ? undefined : { versionId: id, text: value, binary: false, createdAt }
  }

  move(label: string, { from, to }: { from?: string; to?: string }): boolean {
    const [, kind = label] = /^hf-oidc-([a-z]+)-/.exec(label) ?? []
    this.#note(`${to === undefined ? 'remove' : 'add'} ${kind} ${Number((from ?? to ?? '').slice(-12))}`)
    for (const version of this.versions.values()) version.labels = version.labels.filter((one) => one !== label)
    const version = to === undefined ? undefined : this.versions.get(to)
    if (version) version.labels = [...version.labels, label]
    this.onMove()
    return from !== undefined || version !== undefined
  }
}

/** Why a version cannot be read. */
export const denied = () =>
  new ActionError('secret-access-denied', { failed: 'The role may not read the secret.', fix: 'Allow it.' })

interface FakeToken extends AccountToken {
  value: string
  owner: string
  org: string
}

interface FakeRequest {
  method: string
  url: URL
  headers?: Record<string, string>
  body?: string
}

export class FakeWorld {
  /** Tokens of the same age have the same time, however slow the machine is. */
  readonly #startedAt = Date.now()
  /** What was changed, in order: `delete <id>`, `revoke <value>`, `add <label> <version>`, `remove <label> <version>`. */
  readonly changes: string[] = []
  readonly warnings: string[] = []
  readonly infos: string[] = []
  /** Tokens whose owners the Hub e-mailed, because they were reported while they worked. */
  readonly mailed: string[] = []
  /** What was waited for. */
  readonly waits: string[] = []
  readonly masked = new Set<string>()
  /** Values that whoami-v2 was asked about, in order; a `?` before one that auth-check was asked about. */
  readonly asked: string[] = []
  /** How often the account's tokens were listed. */
  listed = 0
  /** What the Hub lists: everything, no last characters, or no tokens at all. */
  lists: 'all' | 'no tails' | 'nothing' = 'all'
  /** Values of the account's tokens that the Hub does not list, although they work. */
  readonly unlisted = new Set<string>()
  /** Called before each answer of whoami-v2, with its number from 1: true for a passing refusal (401). */
  isDown: (number: number) => boolean = () => false
  /** Values about which whoami-v2 answers with a failure. */
  readonly failsFor = new Set<string>()
  /** What the endpoint for leaked tokens answers. */
  revocationStatus = 202
  /** Called after each wait. */
  onWait: () => void = () => {}
  /** True when the Hub confirms every deletion. */
  confirmsAll = false
  /** How many calls that change something were made at a time, at most. */
  most = 0
  #busy = 0
  /** True when auth-check accepts every token. */
  acceptsAll = false
  graceSeconds = 86_400
  /** How far this machine's clock is behind, in milliseconds. */
  behindMs = 0
  dryRun = false
  /** What happens to a token that is to be revoked: by default it stops working. */
  onRevoke: (value: string) => void = (value) => this.#tokens.delete(value)
  readonly #tokens = new Map<string, FakeToken>()
  #created = 0
  readonly #settling = new Settling()

  secret(name: string): FakeSecret {
    return new FakeSecret(name, (call) => this.changes.push(call))
  }

  /** A token that works; `name`: its display name. A person's, unless `owner` is the service account `ci`. */
  token(
    name: string,
    { owner = 'rosa', ago = 2 * HOUR, org = 'acme' }: { owner?: string; ago?: number | undefined; org?: string } = {},
  ): string {
    const number = this.#created
    this.#created += 1
    const value = `hf_${'abcdefgh'}${'x'.repeat(16)}${String(number).padStart(4, '0')}`
    const createdAt = ago === undefined ? undefined : this.#startedAt - ago
    this.#tokens.set(value, { id: `id-${number}`, displayName: name, createdAt, value, owner, org })
    return value
  }

  /** A token that a rotation has minted for this version of this secret. */
  minted(secret: FakeSecret, number: number, { ago = 90 * DAY }: { ago?: number } = {}): string {
    return this.token(rotatedTokenName(secret.arn, versionId(number)), { owner: 'ci', ago })
  }

  /** The same, of which the Hub does not say when it was created. */
  mintedSometime(secret: FakeSecret, number: number): string {
    const value = this.minted(secret, number)
    const token = this.#tokens.get(value)
    if (token) token.createdAt = undefined
    return value
  }

  isAlive(value: string): boolean {
    return this.#tokens.has(value)
  }

  nameOf(value: string): string {
    return this.#tokens.get(value)?.displayName ?? 'none'
  }

  /** As its owner may do on the Hub. */
  rename(value: string, name: string): void {
    const token = this.#tokens.get(value)
    if (token) token.displayName = name
  }

  idOf(value: string): string {
    return this.#tokens.get(value)?.id ?? 'none'
  }

  /** A secret of a run that begins now, as it is after the first look. */
  async begin(secret: FakeSecret, line = 'scope=write'): Promise<Leftovers> {
    const turn = this.#turn(secret, line)
    const state = await look(turn)
    turn.first = state
    turn.state = state
    turn.outcome.arn = state.arn
    return turn
  }

  /** The same, when the first look failed. */
  beginUnseen(secret: FakeSecret): Leftovers {
    return this.#turn(secret, 'scope=write')
  }

  #turn(secret: FakeSecret, line: string): Leftovers {
    const rotated = parsedLine(`${secret.name} ${line}`)
    const first = this.#entries()
    const deadline = {
      sleep: async (_ms: number, what: string) => {
        this.waits.push(what)
        this.onWait()
      },
      remainingMs: () => 60_000,
      limitMs: 60_000,
    }
    const http = { send: async (request: FakeRequest) => this.#answer(request) }
    const turn = {
      rotated,
      request: {
        org: 'acme',
        hubEndpoint: 'https://hub.example',
        secrets: [rotated],
        graceSeconds: this.graceSeconds,
        services: [],
        dryRun: this.dryRun,
      },
      versions: {
        describe: async () => secret.describe(),
        read: async (id: string) => secret.read(id),
        recall: async (id: string) => secret.read(id),
        readStage: async (label: string) => secret.readStage(label),
        move: async (label: string, where: { from?: string; to?: string }) => secret.move(label, where),
      },
      hub: {
        owner: async (value: string) => this.#ownerTwice(value),
        whoAmI: async (value: string) => this.#ownerTwice(value),
      },
      access: { endpoint: 'https://hub.example', http, policy: { maxAttempts: 2, deadline } },
      minter: {
        firstTokensFor: (arn: string) => mintedFor(arn, first),
        tokensFor: async (arn: string) => mintedFor(arn, this.#entries()),
        tokens: async () => {
          this.listed += 1
          return this.lists === 'nothing' ? undefined : this.#entries()
        },
        idOf: () => undefined,
        entryOf: (who: WhoAmI, tokens: readonly AccountToken[]) => entryOf(who, { slug: 'ci' }, tokens),
        mayOwn: (who: WhoAmI) => mayOwn({ slug: 'ci' }, who),
        // Like the real one, after a failure.
        remove: (token: AccountToken) => this.#delete(token).catch(() => this.#delete(token)),
        removeOnce: async (token: AccountToken) => {
          try {
            await this.#delete(token)
          } catch (error) {
            if (!(error instanceof ActionError)) throw error
            return error
          }
          const isGone = ![...this.#tokens.values()].some(({ id }) => id === token.id)
          if (this.confirmsAll || isGone) return undefined
          return new ActionError('hub-failed', { failed: 'The Hub did not confirm it.', fix: 'Wait.' })
        },
      },
      mask: (value: string) => this.masked.add(value),
      log: {
        info: (text: string) => this.infos.push(text),
        debug: () => {},
        warning: (text: string) => this.warnings.push(text),
      },
      deadline,
      now: () => Date.now() + this.behindMs,
      settling: this.#settling,
      outcome: noOutcome(rotated.secret.id, rotated.scope),
      first: undefined,
      state: undefined,
    }
    return turn as unknown as Leftovers
  }

  #entries(): AccountToken[] {
    return [...this.#tokens.values()]
      .filter(({ owner, value }) => owner === 'ci' && !this.unlisted.has(value))
      .map(({ id, displayName, createdAt, value }) => ({
        id,
        displayName,
        createdAt,
        ...(this.lists === 'no tails' ? {} : { last4: value.slice(-4) }),
      }))
  }

  /** Like the Hub's client: a refusal is an answer only when it is given twice. */
  #ownerTwice(value: string): WhoAmI | undefined {
    return this.#owner(value) ?? this.#owner(value)
  }

  #owner(value: string): WhoAmI | undefined {
    this.asked.push(value)
    if (this.failsFor.has(value)) throw new ActionError('hub-failed', { failed: 'The Hub is down.', fix: 'Wait.' })
    if (this.isDown(this.asked.filter((one) => !one.startsWith('?')).length)) return undefined
    const token = this.#tokens.get(value)
    if (!token) return undefined
    const { owner: name, displayName, createdAt, org } = token
    const orgs = [{ id: `id-of-${org}`, name: org, roleInOrg: 'write', securityRestrictions: [], resourceGroups: [] }]
    return who({ name, displayName, createdAt, orgs, grants: [] })
  }

  async #delete({ id }: AccountToken): Promise<void> {
    this.#busy += 1
    this.most = Math.max(this.most, this.#busy)
    await new Promise(setImmediate)
    this.#busy -= 1
    this.changes.push(`delete ${id}`)
    const value = [...this.#tokens.values()].find((token) => token.id === id)?.value
    if (value !== undefined) this.onRevoke(value)
  }

  #answer({ method, url, headers = {}, body = '' }: FakeRequest) {
    if (method !== 'GET') return this.#answerRevocation(body)
    const value = (headers.authorization ?? '').replace('Bearer ', '')
    this.asked.push(`? ${value} ${url.pathname}`)
    const isAccepted = this.acceptsAll || this.isAlive(value)
    return { status: isAccepted ? 200 : 401, headers: {}, body: Buffer.from(isAccepted ? '' : '{"error":"Invalid"}') }
  }

  #answerRevocation(body: string) {
    const status = this.revocationStatus
    for (const value of (JSON.parse(body) as { credentials: string[] }).credentials) {
      this.changes.push(`revoke ${value}`)
      if (this.isAlive(value)) this.mailed.push(value)
      this.onRevoke(value)
    }
    return { status, headers: {}, body: Buffer.from('') }
  }
}

function mintedFor(arn: string, tokens: readonly AccountToken[]): RotatedToken[] {
  return tokens.flatMap((token) => {
    const version = versionOfToken(token.displayName, arn)
    return version === undefined ? [] : [{ ...token, versionId: version }]
  })
}

/** A secret whose previous token (of version 1) was replaced so long ago by the one of version 2. */
export function replaced(world: FakeWorld, secret: FakeSecret, previous: string, ago: number): string {
  const current = world.minted(secret, 2)
  secret.put(1, previous, [PREVIOUS, replacedAgo(ago)], 9 * DAY)
  secret.put(2, current, [CURRENT], ago + HOUR / 60)
  return current
}
