/** Tokens that this run deleted by their ids: only what the account's list, read again, proves counts as revoked. */
import { ActionError } from '../../errors/action-error.ts'
import { isRefused } from '../../hub/refused.ts'
import type { AccountToken } from '../../hub/service-accounts.ts'
import { inOneLine } from '../../net/calls-made.ts'
import { inPool } from '../../net/pool.ts'
import type { AccountEntries, StoredToken } from '../account/entries.ts'
import { guarded } from '../outcome.ts'
import { AT_ONCE, type Leftovers } from './leftovers.ts'

/** How long to wait before the list is read once more, in milliseconds, if it still shows a token. */
const PAUSE_MS = 1_000

export interface Deletion {
  turn: Leftovers
  entry: AccountToken
  /** The token, when a version holds it; undefined when nobody has its value. */
  stored: StoredToken | undefined
  /** The token for messages: the subject of a sentence. */
  what: string
  /** Called when the token is proven to be revoked. */
  onProven: () => Promise<void>
  /** Called when it is not; `error`: what is wrong. */
  onUnproven: (error: unknown) => void
}

/** All deletions of a run, proven together: the list is read once for all of them. */
export class Deletions {
  readonly #all: Deletion[] = []
  readonly #entries: AccountEntries

  constructor(entries: AccountEntries) {
    this.#entries = entries
  }

  add(deletion: Deletion): void {
    this.#all.push(deletion)
  }

  /**
   * Reads the account's list again, and counts in each outcome what no longer works. Failures are noted with their secrets.
   *
   * @throws `ActionError` `deadline-exceeded`.
   */
  async prove(): Promise<void> {
    const [first] = this.#all
    if (!first) return
    const listed = await this.#listed(first.turn)
    await inPool(this.#all, AT_ONCE, (one) =>
      guarded(one.turn.outcome, async () => {
        const error = await this.#problem(one, listed)
        if (error !== undefined) return one.onUnproven(error)
        one.turn.outcome.revoked += 1
        await one.onProven()
      }),
    )
  }

  /** The ids of the account's tokens; undefined when the Hub does not list them. */
  async #listed(turn: Leftovers): Promise<ReadonlySet<string> | undefined> {
    const listed = await idsOf(turn)
    if (!listed || !this.#all.some(({ entry }) => listed.has(entry.id))) return listed
    await turn.deadline.sleep(PAUSE_MS, 'the Hub to list the tokens of the service account without those just deleted')
    return await idsOf(turn)
  }

  /** Why the token may still work; undefined when it is proven not to. */
  async #problem(one: Deletion, listed: ReadonlySet<string> | undefined): Promise<unknown> {
    const { turn, entry, stored } = one
    if (listed?.has(entry.id)) return stillListed(one)
    if (listed && !(await isInDoubt(turn, stored))) return undefined
    if (!stored) return unlisted(one)
    // The list says nothing, or auth-check does not agree with it: the Hub must refuse this very value, twice.
    const owner = await this.#entries.ownerNow(stored)
    return owner ? stillAccepted(turn.rotated.secret.id, one.what) : undefined
  }
}

/** True when the line has repositories, and the Hub does not refuse the token there, although the list lacks it. */
export async function isInDoubt({ rotated, access }: Leftovers, stored: StoredToken | undefined): Promise<boolean> {
  const [repository] = rotated.repositories
  if (!repository || stored?.value === undefined) return false
  return !(await isRefused(stored.value, repository, access))
}

async function idsOf({ minter, log }: Leftovers): Promise<ReadonlySet<string> | undefined> {
  try {
    const tokens = await minter?.tokens()
    return tokens && new Set(tokens.map(({ id }) => id))
  } catch (error) {
    if (!(error instanceof ActionError) || error.code === 'deadline-exceeded') throw error
    log.warning(`The tokens of the service account could not be listed after deletions. ${inOneLine(error)}`)
    return undefined
  }
}

function stillListed({ what }: Deletion): ActionError {
  return new ActionError('hub-failed', {
    failed: `${what} was deleted, but the service account still lists it.`,
    seen: 'The same token in the account’s list, twice, after the Hub had confirmed its deletion.',
    expected: 'A list without this token.',
    cause: 'The Hub is having an incident, or the deletion has not taken effect yet.',
    fix: 'Run the rotation again later. If the problem persists, delete the token on the Hub yourself.',
  })
}

function unlisted({ what }: Deletion): ActionError {
  return new ActionError('hub-failed', {
    failed: `${what} was deleted, but the deletion could not be verified.`,
    seen: 'The Hub does not list the tokens of the service account.',
    expected: 'A list without this token.',
    cause: 'The Hub is having an incident, or its response has changed.',
    fix: 'Run the rotation again later. If the problem persists, check the account’s tokens on the Hub.',
  })
}

/** `what`: the token, as the subject of a sentence. */
export function stillAccepted(secret: string, what: string): ActionError {
  return new ActionError('hub-failed', {
    failed: `${what} was revoked, but the Hub still accepts it.`,
    seen: `A successful whoami-v2 response for the previous token of ${secret} after its revocation.`,
    expected: 'HTTP 401.',
    cause: 'The Hub is having an incident, or the revocation has not taken effect yet.',
    fix: 'Run the rotation again later. If the problem persists, revoke the token on the Hub yourself.',
  })
}
