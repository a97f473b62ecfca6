/** Which of the service account's tokens the secrets hold: by the account's list, or by what whoami-v2 says. */
import type { WhoAmI } from '../../hub/facts/whoami.ts'
import type { AccountToken } from '../../hub/service-accounts.ts'
import { entryOf } from '../account/entry.ts'
import { heldEntry } from '../account/held-entry.ts'
import type { Owner } from './ask.ts'
import type { AccountFacts, InventoryFacts, StoredToken, TokenOwner } from './facts.ts'
import type { ReadSecret, ReadVersion } from './read-versions.ts'

/** Finds the entry of a version's token by the account's list alone; undefined when that is not certain. */
export type Identify = (arn: string | undefined, version: ReadVersion) => AccountToken | undefined

/** A version's ID in the name of a token. */
const ID_IN_NAME = /(?<= )[\w-]{32,64}(?= )/g

/** For an account of thousands of tokens: each version looks only at those whose names have its ID. */
export function identifier(account: AccountFacts | undefined): Identify {
  const byVersion = new Map<string, AccountToken[]>()
  for (const entry of account?.tokens ?? []) {
    for (const [id] of entry.displayName.matchAll(ID_IN_NAME)) byVersion.set(id, [...(byVersion.get(id) ?? []), entry])
  }
  return (arn, { versionId, token, storedAt }) =>
    arn === undefined || token === undefined
      ? undefined
      : heldEntry({ arn, versionId, token, storedAt }, byVersion.get(versionId) ?? [])
}

/** The tokens (secrets) in current versions that the account's list does not identify: each once. */
export function tokensToAsk(read: readonly ReadSecret[], identify: Identify): string[] {
  const tokens = read.flatMap(({ description, versions }) =>
    versions.flatMap((version) =>
      version.isCurrent && version.token !== undefined && !identify(description?.arn, version) ? [version.token] : [],
    ),
  )
  return [...new Set(tokens)]
}

/** What is known of tokens. */
export interface Known {
  identify: Identify
  /** What the Hub said, by token. */
  asked: ReadonlyMap<string, Owner>
  account: AccountFacts | undefined
}

/** The secrets without the tokens themselves. */
export function resolveTokens(
  read: readonly ReadSecret[],
  known: Known,
): Pick<InventoryFacts, 'secrets' | 'possiblyHeld'> {
  const possiblyHeld = new Map<string, string>()
  const byLast4 = Map.groupBy(known.account?.tokens ?? [], ({ last4 }) => last4)
  const secrets = read.map(({ versions, ...secret }) => ({
    ...secret,
    versions: versions.map((version) => {
      const { versionId, labels, storedAt, problem, proof } = version
      const shared = { versionId, labels, storedAt, problem, proof }
      if (version.token === undefined) return { ...shared, token: undefined }
      const token = standing(known, secret.description?.arn, version)
      const alike = token.kind === 'unknown' ? byLast4.get(version.token.slice(-4)) : undefined
      for (const { id } of alike ?? []) possiblyHeld.set(id, secret.secret)
      return { ...shared, token }
    }),
  }))
  return { secrets, possiblyHeld }
}

function standing({ identify, asked, account }: Known, arn: string | undefined, version: ReadVersion): StoredToken {
  const listed = identify(arn, version)
  if (listed) return { kind: 'listed', entry: listed }
  const owner = asked.get(version.token ?? '')
  if (!owner) return { kind: 'unknown', why: 'only current tokens are looked up' }
  if ('unknown' in owner) return { kind: 'unknown', why: owner.unknown }
  if (!owner.is) return { kind: 'refused' }
  const entry = account?.tokens && entryOf(owner.is, account.account, account.tokens)
  return entry ? { kind: 'listed', entry } : { kind: 'other', who: shown(owner.is) }
}

/** Nothing else of the answer is kept: it may name a person's e-mail address. */
function shown({ principal, id, name, createdAt, expiresAt, orgs, orgsAreListed, displayName }: WhoAmI): TokenOwner {
  return { principal, id, name, createdAt, expiresAt, orgs, orgsAreListed, displayName }
}
