/** Which tokens are in which versions, over all secrets of a run: nothing is revoked without knowing that. */
import type { SecretDescription, SecretVersion } from '../../aws/secret-versions.ts'
import { ActionError } from '../../errors/action-error.ts'
import { inOneLine } from '../../net/calls-made.ts'
import { inPool } from '../../net/pool.ts'
import { sha256 } from '../../text/sha256.ts'
import { AccountEntries, type StoredToken } from '../account/entries.ts'
import { isThatFar } from '../names.ts'
import { guarded } from '../outcome.ts'
import { retiredVersions, withToken } from '../secret/look.ts'
import { AT_ONCE, isDone, type Leftovers } from './leftovers.ts'

/** A version that was read, as far as it matters: no value stays in memory. */
interface SeenVersion {
  /** The token in it: its hash; undefined when there is none. */
  sha256: string | undefined
  /** True when it was read as one that may be in use: then the whole value was searched. */
  inUse: boolean
}

interface Place {
  turn: Leftovers
  arn: string
  versionId: string
  labels: readonly string[]
  /** When it was replaced, in milliseconds since the epoch; undefined while it is in use. */
  replaced: number | undefined
  /** True when its token may be revoked now. */
  isOver: boolean
}

/** All labelled versions of all secrets of a run: hashes of their tokens, and the values of those that may have to go. */
export class Survey {
  readonly entries: AccountEntries
  /** False when a version or a secret could not be read: then nobody knows what is in it. */
  complete: boolean
  /** False when a version that may be in use, or a secret, could not be read. */
  inUseKnown: boolean
  readonly #turns: readonly Leftovers[]
  /** By hash. */
  readonly #tokens = new Map<string, StoredToken>()
  readonly #seen = new Map<string, SeenVersion>()

  constructor(turns: readonly Leftovers[], entries: AccountEntries, admin: string | undefined) {
    const isSeen = turns.every(({ state }) => state !== undefined)
    this.#turns = turns
    this.entries = entries
    this.complete = isSeen
    this.inUseKnown = isSeen
    if (admin !== undefined) this.#note(admin, { since: Number.POSITIVE_INFINITY })
  }

  /** The token in a version; undefined when it holds none, or was not read. */
  tokenIn(arn: string, versionId: string): StoredToken | undefined {
    const hash = this.#seen.get(placeOf(arn, versionId))?.sha256
    return hash === undefined ? undefined : this.#tokens.get(hash)
  }

  wasRead(arn: string, versionId: string): boolean {
    return this.#seen.has(placeOf(arn, versionId))
  }

  /** True when every version that has a label was read. */
  isFullyRead(arn: string, { stages }: Pick<SecretDescription, 'stages'>): boolean {
    return [...stages].every(([id, labels]) => labels.length === 0 || this.wasRead(arn, id))
  }

  /** Every token that a version holds, and the admin token. */
  get tokens(): StoredToken[] {
    return [...this.#tokens.values()]
  }

  /**
   * Reads the labels of all secrets again, and the versions that were not read yet or have come into use since. A secret
   * that cannot be described any more counts as one that was not looked at; the failure is noted with it.
   *
   * @throws `ActionError` `deadline-exceeded`.
   */
  async look(): Promise<void> {
    const places: Place[] = []
    await inPool(this.#turns, AT_ONCE, async (turn) => {
      await this.#describe(turn)
      if (turn.state) places.push(...placesOf(turn, turn.state))
    })
    const unread = places.filter((place) => !this.#isKnown(place))
    // Replaced ones first: what is in use is then searched for them, and its text need not be kept.
    for (const inUse of [false, true]) {
      const group = unread.filter(({ replaced }) => (replaced === undefined) === inUse)
      await inPool(group, AT_ONCE, (place) => this.#read(place))
    }
  }

  async #describe(turn: Leftovers): Promise<void> {
    if (!turn.state) return
    try {
      turn.state = { ...turn.state, description: await turn.versions.describe() }
    } catch (error) {
      const failure = this.#missed(error, { mayBeInUse: true })
      turn.state = undefined
      await guarded(turn.outcome, () => Promise.reject(failure))
    }
  }

  /**
   * Remembers that something could not be read.
   *
   * @throws `error`, if it is not about that alone.
   */
  #missed(error: unknown, { mayBeInUse }: { mayBeInUse: boolean }): ActionError {
    if (!(error instanceof ActionError) || error.code === 'deadline-exceeded') throw error
    this.complete = false
    this.inUseKnown &&= !mayBeInUse
    return error
  }

  #isKnown({ arn, versionId, replaced }: Place): boolean {
    const seen = this.#seen.get(placeOf(arn, versionId))
    return seen !== undefined && (seen.inUse || replaced !== undefined)
  }

  async #read(place: Place): Promise<void> {
    const { turn, versionId, labels, replaced } = place
    try {
      this.#take(place, await turn.versions.recall(versionId, { labels }))
    } catch (error) {
      const failure = this.#missed(error, { mayBeInUse: replaced === undefined })
      turn.log.warning(`${turn.rotated.secret.id}: could not read version ${versionId}. ${inOneLine(failure)}`)
    }
  }

  /** `version`: undefined when it is gone. */
  #take({ turn, arn, versionId, replaced, isOver }: Place, version: SecretVersion | undefined): void {
    const token = version && tokenOf(turn, version)
    const inUse = replaced === undefined
    this.#seen.set(placeOf(arn, versionId), { sha256: token === undefined ? undefined : sha256(token), inUse })
    if (version && token !== undefined) {
      const entry = this.entries.certain({ arn, versionId, token, storedAt: version.createdAt })
      this.#note(token, { since: replaced ?? Number.POSITIVE_INFINITY, entry, isOver })
    }
    if (version && inUse) this.#search(turn, version.text)
  }

  /** A version in use may hold tokens in other places than the one that is rotated: at another key, say. */
  #search({ mask }: Leftovers, text: string): void {
    for (const [token] of text.matchAll(TOKEN)) {
      mask(token)
      this.#note(token, { since: Number.POSITIVE_INFINITY })
    }
    // A replaced token that the text contains is in use, whatever stands around it there.
    for (const stored of this.#tokens.values()) {
      if (stored.value !== undefined && text.includes(stored.value)) stored.since = Number.POSITIVE_INFINITY
    }
  }

  #note(
    value: string,
    { since, entry, isOver = false }: { since: number; entry?: StoredToken['entry']; isOver?: boolean },
  ): void {
    const hash = sha256(value)
    const found = { sha256: hash, tail: value.slice(-4), since: 0, entry: undefined, value: undefined }
    const stored: StoredToken = this.#tokens.get(hash) ?? found
    stored.since = Math.max(stored.since, since)
    stored.entry ??= entry
    if (isOver || stored.entry === undefined) stored.value = value
    this.#tokens.set(hash, stored)
  }
}

/**
 * Reads all labelled versions of all secrets: a token may be in more than one of them, and its grace counts from when the
 * last one was replaced. `admin`: the admin token, which is always in use.
 *
 * @throws what `Survey.look` and `AccountEntries.read` throw.
 */
export async function survey(turns: readonly Leftovers[], admin: string | undefined): Promise<Survey> {
  const [first] = turns
  if (!first) throw new TypeError('no secret to survey')
  const found = new Survey(turns, await AccountEntries.read(first), admin)
  await found.look()
  return found
}

/** Two secrets may have versions of the same id. */
function placeOf(arn: string, versionId: string): string {
  return `${arn} ${versionId}`
}

function placesOf(turn: Leftovers, state: NonNullable<Leftovers['state']>): Place[] {
  const { request, now } = turn
  const retired = new Map(retiredVersions(state).map((version) => [version.versionId, version]))
  return [...state.description.stages].flatMap(([versionId, labels]) => {
    if (labels.length === 0) return []
    const version = retired.get(versionId)
    const replaced = version && (version.since ?? (isDone(version) ? 0 : now()))
    const isOver =
      version !== undefined &&
      replaced !== undefined &&
      now() >= replaced + request.graceSeconds * 1000 &&
      !isDone(version) &&
      !isThatFar(version, 'revoked')
    return [{ turn, arn: state.arn, versionId, labels, replaced, isOver }]
  })
}

/** A Hub token in a longer text. */
const TOKEN = /hf_\w{8,}(?:[.~+/=-]+\w+)*/g

/** Undefined for a value that is not a token. */
function tokenOf(turn: Leftovers, version: SecretVersion): string | undefined {
  try {
    return withToken(turn, version).value.token
  } catch (error) {
    if (error instanceof ActionError) return undefined
    throw error
  }
}
