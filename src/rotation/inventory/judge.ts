/** Judges what an inventory found out. Pure: facts in, rows out. What is unknown is never fine. */
import { CURRENT, PENDING, PREVIOUS } from '../../aws/secret-versions.ts'
import { ActionError } from '../../errors/action-error.ts'
import { printable } from '../../text/printable.ts'
import { retiredSince } from '../names.ts'
import type { FailOn } from '../request.ts'
import type { InventoryFacts, SecretFacts, StoredToken, VersionFacts } from './facts.ts'
import type { CurrentToken, Inventory, SecretRow, Verdict, VersionRole, VersionRow } from './inventory.ts'
import { judgeAccount, lastUseOf, unusedVerdict } from './judge-account.ts'
import { ownerOf } from './membership.ts'

/** By which rules. */
export interface Rules {
  org: string
  maxAgeSeconds: number
  graceSeconds: number
  warnAgeSeconds: number
  unusedAfterSeconds: number
  /** The findings that must not be unknown. */
  failOn: readonly FailOn[]
}

/** How far in the future a token may have been created, in milliseconds: clocks differ. */
const MAX_AHEAD_MS = 3_600_000

/** The inventory. `now`: milliseconds since the epoch. */
export function judge(facts: InventoryFacts, rules: Rules, now: number): Inventory {
  const account = facts.account instanceof ActionError ? facts.account : judgeAccount(facts, rules, now)
  const orphans = account === undefined || account instanceof ActionError ? [] : account.tokens
  const secrets = facts.secrets.map((secret) => {
    const own = orphans.filter(
      ({ origin, state }) => origin.kind === 'rotation' && origin.secret === secret.secret && state === 'not held',
    )
    return { ...judgeSecret(secret, { facts, rules, now }), orphans: own }
  })
  return { org: rules.org, takenAt: now, secrets, account }
}

interface Context {
  facts: InventoryFacts
  rules: Rules
  now: number
}

function judgeSecret(secret: SecretFacts, context: Context): Omit<SecretRow, 'orphans'> {
  const { description, versions, errors } = secret
  const current = versions.find(({ labels }) => labels.includes(CURRENT))
  const token = judgeToken(secret, current, context)
  const verdict = verdictOn(token, secret, current, context)
  return {
    ...verdict,
    secret: secret.secret,
    scope: secret.scope,
    arn: description?.arn,
    token,
    versionId: current?.versionId,
    storedAt: current?.storedAt,
    proof: current?.proof,
    isDueSoon: !verdict.findings.includes('overdue') && isDueSoon(token, current, context),
    versions: versions.map(versionRow),
    rotationEnabled: description?.rotationEnabled,
    primaryRegion: description?.primaryRegion,
    owningService: description?.owningService,
    deletedAt: description?.deletedAt,
    errors,
  }
}

function judgeToken(
  { errors, description }: SecretFacts,
  current: VersionFacts | undefined,
  context: Context,
): CurrentToken {
  const blank = { createdAt: undefined, expiresAt: undefined, dueAt: undefined, owner: undefined }
  const stored = current?.token
  if (!stored) {
    const isEmpty = description !== undefined && description.deletedAt === undefined && errors.length === 0
    return { ...blank, state: isEmpty ? 'none' : 'unread', lastUse: 'unknown' }
  }
  const times = timesOf(stored)
  const isPlausible = times.createdAt !== undefined && times.createdAt < context.now + MAX_AHEAD_MS
  const createdAt = isPlausible ? times.createdAt : current.storedAt
  return {
    state: STATES[stored.kind],
    createdAt,
    expiresAt: times.expiresAt,
    dueAt: stored.kind === 'refused' ? context.now : dueAt(createdAt, times.expiresAt, context.rules),
    lastUse: stored.kind === 'listed' ? lastUseOf(stored.entry) : 'unknown',
    owner: owner(stored, context),
  }
}

const STATES = { listed: 'accepted', other: 'accepted', refused: 'refused', unknown: 'unknown' } as const

function timesOf(stored: StoredToken): { createdAt: number | undefined; expiresAt: number | undefined } {
  if (stored.kind === 'other') return stored.who
  const { createdAt, expiresAt } = stored.kind === 'listed' ? stored.entry : {}
  return { createdAt, expiresAt }
}

/** As the rotation itself decides it: at `max-age`, or `grace` before the token expires. */
function dueAt(createdAt: number | undefined, expiresAt: number | undefined, rules: Rules): number | undefined {
  const times = [
    createdAt === undefined ? undefined : createdAt + rules.maxAgeSeconds * 1000,
    expiresAt === undefined ? undefined : expiresAt - rules.graceSeconds * 1000,
  ].filter((time) => time !== undefined)
  return times.length > 0 ? Math.min(...times) : undefined
}

function owner(stored: StoredToken, { facts, rules }: Context): CurrentToken['owner'] {
  const account = facts.account instanceof ActionError ? undefined : facts.account?.account
  switch (stored.kind) {
    case 'listed':
      return { kind: 'service account', name: printable(account?.slug ?? account?.name ?? '', 60) }
    case 'other':
      return ownerOf(stored.who, rules.org, facts, account?.slug)
    case 'refused':
      return { kind: 'unknown', why: 'the Hub does not accept the token' }
    case 'unknown':
      return { kind: 'unknown', why: stored.why }
  }
}

/** Why nobody knows anything about the current token. */
function blindness({ description }: SecretFacts): string {
  return description?.deletedAt === undefined
    ? 'the secret could not be read'
    : 'the secret is marked for deletion, and AWS does not show its value'
}

function verdictOn(
  token: CurrentToken,
  secret: SecretFacts,
  current: VersionFacts | undefined,
  context: Context,
): Verdict {
  if (token.state === 'unread') {
    const why = blindness(secret)
    return { findings: [], unknown: { overdue: why, leaver: why, unused: why } }
  }
  if (token.state === 'none') return { findings: ['overdue'], unknown: {} }
  const all = {
    overdue: overdue(token, current?.token, context.now),
    leaver: leaver(token),
    unused: unused(token, current?.token, context),
  }
  const names = Object.keys(all) as FailOn[]
  return {
    findings: names.filter((name) => all[name] === true),
    unknown: Object.fromEntries(names.flatMap((name) => (typeof all[name] === 'string' ? [[name, all[name]]] : []))),
  }
}

/** Whether there is a finding, or why nobody knows. */
type Answer = boolean | string

function overdue({ dueAt }: CurrentToken, stored: StoredToken | undefined, now: number): Answer {
  if (dueAt !== undefined && now >= dueAt) return true
  // The version may be younger than the token in it, and the token may expire earlier.
  if (stored?.kind === 'unknown') return stored.why
  return dueAt === undefined ? 'the age of the token is unknown' : false
}

function leaver({ owner }: CurrentToken): Answer {
  if (owner === undefined) return 'the owner of the token is unknown'
  if (owner.kind === 'service account') return false
  if (owner.kind === 'unknown') return owner.why
  return 'is' in owner.member ? !owner.member.is : owner.member.unknown
}

function unused(token: CurrentToken, stored: StoredToken | undefined, { rules, now }: Context): Answer {
  if (stored?.kind === 'listed') {
    return unusedVerdict({ lastUse: token.lastUse, createdAt: stored.entry.createdAt }, rules, now)
  }
  if (stored?.kind === 'unknown') return stored.why
  if (stored?.kind === 'refused') return 'the Hub does not accept the token'
  // Of a token that a person created, nobody can know: only whoever relies on it must hear that.
  return (
    rules.failOn.includes('unused') && 'the Hub says when a token was last used only for tokens of the service account'
  )
}

/** For a token that only a person can replace: rotation renews the service account’s own. */
function isDueSoon(
  { createdAt, dueAt }: CurrentToken,
  current: VersionFacts | undefined,
  { rules, now }: Context,
): boolean {
  if (current?.token === undefined || current.token.kind === 'listed') return false
  const { maxAgeSeconds, warnAgeSeconds } = rules
  const isOld = createdAt !== undefined && now - createdAt >= warnAgeSeconds * 1000
  return isOld || (dueAt !== undefined && dueAt - now < (maxAgeSeconds - warnAgeSeconds) * 1000)
}

function versionRow({ versionId, labels, storedAt, problem }: VersionFacts): VersionRow {
  return { versionId, labels, storedAt, problem, role: roleOf(labels), retiredAt: retiredSince(labels) }
}

function roleOf(labels: readonly string[]): VersionRole {
  if (labels.includes(CURRENT)) return 'current'
  if (labels.includes(PREVIOUS)) return 'previous'
  if (retiredSince(labels) !== undefined) return 'retired'
  if (labels.includes(PENDING)) return 'pending'
  return labels.length === 0 ? 'unlabeled' : 'other'
}
