/** Judges the service account's tokens that no listed secret holds. Pure. */
import { ActionError } from '../../errors/action-error.ts'
import type { AccountToken } from '../../hub/service-accounts.ts'
import { printable } from '../../text/printable.ts'
import { readNames } from '../names.ts'
import { ABANDONED_MS } from '../settling.ts'
import type { InventoryFacts, SecretFacts } from './facts.ts'
import type { AccountRow, LastUse, Origin, TokenRow, Verdict } from './inventory.ts'

/** The account with those of its tokens that no listed secret certainly holds; undefined when none was asked for. */
export function judgeAccount(
  facts: InventoryFacts,
  rules: { unusedAfterSeconds: number },
  now: number,
): AccountRow | undefined {
  if (facts.account === undefined || facts.account instanceof ActionError) return undefined
  const { account, tokens } = facts.account
  const held = heldIds(facts.secrets)
  const originOf = origins(facts.secrets)
  const rows = (tokens ?? [])
    .filter(({ id }) => !held.has(id))
    .map((token): TokenRow => {
      const { id, displayName, createdAt, expiresAt } = token
      const lastUse = lastUseOf(token)
      const origin = originOf(displayName)
      return {
        ...unusedOnly({ lastUse, createdAt }, rules, now),
        id,
        name: printable(displayName, 100),
        createdAt,
        expiresAt,
        lastUse,
        origin,
        state: stateOf(token, origin, facts, now),
      }
    })
  return { name: printable(account.slug ?? account.name, 80), total: tokens?.length, tokens: rows }
}

/** When an entry of the account's list was last used: the Hub leaves the time out for a token that never was. */
export function lastUseOf({ lastUsedAt }: AccountToken): LastUse {
  if (lastUsedAt === 'unreadable') return 'unknown'
  return lastUsedAt === undefined ? 'never' : { at: lastUsedAt }
}

interface Use {
  lastUse: LastUse
  createdAt: number | undefined
}

/** Whether nobody has used a listed token for too long; why nobody knows. */
export function unusedVerdict(
  { lastUse, createdAt }: Use,
  { unusedAfterSeconds }: { unusedAfterSeconds: number },
  now: number,
): boolean | string {
  if (lastUse === 'unknown') return 'the Hub’s answer does not have a valid time of the last use'
  const since = typeof lastUse === 'object' ? lastUse.at : createdAt
  if (since === undefined) return 'the Hub says neither when the token was used nor when it was created'
  return now - since > unusedAfterSeconds * 1000
}

function unusedOnly(use: Use, rules: { unusedAfterSeconds: number }, now: number): Verdict {
  const unused = unusedVerdict(use, rules, now)
  if (typeof unused === 'string') return { findings: [], unknown: { unused } }
  return { findings: unused ? ['unused'] : [], unknown: {} }
}

function heldIds(secrets: readonly SecretFacts[]): Set<string> {
  return new Set(
    secrets.flatMap(({ versions }) =>
      versions.flatMap(({ token }) => (token?.kind === 'listed' ? [token.entry.id] : [])),
    ),
  )
}

/** How the names of the tokens begin that the main action mints for a job (`sources/token-name.ts`). */
const JOB_NAME = 'hf-oidc-action '

function origins(secrets: readonly SecretFacts[]): (displayName: string) => Origin {
  const byArn = new Map(secrets.flatMap(({ description, secret }) => (description ? [[description.arn, secret]] : [])))
  const read = readNames([...byArn.keys()])
  return (displayName) => {
    const named = read(displayName)
    if (named === 'another secret') return { kind: 'rotation of another secret' }
    if (named) return { kind: 'rotation', secret: byArn.get(named.arn) ?? '', versionId: named.versionId }
    return { kind: displayName.startsWith(JOB_NAME) ? 'job' : 'other' }
  }
}

function stateOf(
  { id, createdAt }: AccountToken,
  origin: Origin,
  { secrets, possiblyHeld }: InventoryFacts,
  now: number,
): TokenRow['state'] {
  if (possiblyHeld.has(id)) return 'possibly held'
  if (origin.kind === 'rotation') {
    const { versions = [] } = secrets.find(({ secret }) => secret === origin.secret) ?? {}
    const named = versions.find(({ versionId }) => versionId === origin.versionId)
    if (named && isUnsure(named)) return 'possibly held'
  }
  return createdAt !== undefined && now - createdAt < ABANDONED_MS ? 'fresh' : 'not held'
}

/** The version that a token was minted for, and of which nobody knows what is in it. */
function isUnsure({ token, problem, storedAt }: SecretFacts['versions'][number]): boolean {
  if (token) return token.kind === 'unknown'
  return storedAt === undefined && problem !== 'no value'
}
