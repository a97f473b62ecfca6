/** An inventory as JSON: the output `inventory`. Its schema is `docs/inventory.schema.json`. Pure. */
import { ActionError } from '../../errors/action-error.ts'
import { verbatim } from '../../text/printable.ts'
import type { ReportMode } from '../request.ts'
import type { AccountRow, Inventory, LastUse, SecretRow, TokenRow } from './inventory.ts'
import type { OwnerOfToken } from './membership.ts'
import { worstFirst } from './words.ts'

/** What the form is called, so that a reader can tell a later one. */
export const FORM = 'hf-oidc-inventory/1'

/** The most bytes: GitHub accepts 1 MB for an output, and counts two bytes for each character. */
const MOST_BYTES = 450_000
/** As long as few secrets are listed, the output stays within this: Linux accepts 128 KiB in a variable. */
const USUAL_BYTES = 100_000
/** What the account's other tokens get, whatever the secrets take. */
const TOKEN_BYTES = 30_000
/** For everything else. */
const REST_BYTES = 2_000

/** One object in one line, without secrets. What does not fit is left out, what needs attention last, and counted. */
export function inventoryJson(inventory: Inventory, { failOn }: Pick<ReportMode, 'failOn'>): string {
  const secrets = worstFirst(inventory.secrets).map((row) => secretJson(row, inventory.takenAt))
  const account = inventory.account instanceof ActionError ? undefined : inventory.account
  const tokens = worstFirst(account?.tokens ?? []).map((row) => tokenJson(row, inventory.takenAt))
  const render = (most: { secrets: number; tokens: number }) =>
    JSON.stringify({
      form: FORM,
      org: inventory.org,
      takenAt: iso(inventory.takenAt),
      failOn,
      secrets: secrets.slice(0, most.secrets),
      omittedSecrets: Math.max(0, secrets.length - most.secrets),
      account: account ? accountJson(account, tokens, most.tokens) : null,
      accountError: inventory.account instanceof ActionError ? brief(inventory.account) : null,
    })
  const fittingSecrets = fitting(secrets, MOST_BYTES - TOKEN_BYTES - REST_BYTES)
  const left = USUAL_BYTES - REST_BYTES - sizeOf(secrets.slice(0, fittingSecrets))
  return render({ secrets: fittingSecrets, tokens: fitting(tokens, Math.max(TOKEN_BYTES, left)) })
}

/** How many of the items fit into so many characters. */
function fitting(items: readonly object[], most: number): number {
  let size = 0
  const at = items.findIndex((item) => {
    size += sizeOf([item])
    return size > most
  })
  return at < 0 ? items.length : at
}

/** Bytes, with what separates the items. */
function sizeOf(items: readonly object[]): number {
  return items.reduce<number>((sum, item) => sum + Buffer.byteLength(JSON.stringify(item)) + 1, 0)
}

function accountJson({ name, total, tokens: all }: AccountRow, tokens: readonly object[], most: number): object {
  return {
    name,
    tokens: total ?? null,
    held: total === undefined ? null : total - all.length,
    others: tokens.slice(0, most),
    omittedOthers: Math.max(0, tokens.length - most),
  }
}

function secretJson(row: SecretRow, now: number): object {
  const { token, proof } = row
  return {
    secret: verbatim(row.secret),
    arn: row.arn ?? null,
    scope: row.scope,
    findings: row.findings,
    unknown: row.unknown,
    dueSoon: row.isDueSoon,
    token: {
      state: token.state,
      createdAt: iso(token.createdAt),
      ageSeconds: seconds(token.createdAt, now),
      expiresAt: iso(token.expiresAt),
      dueAt: iso(token.dueAt),
      ...lastUseJson(token.lastUse),
      owner: token.owner ? ownerJson(token.owner) : null,
    },
    versionId: row.versionId ?? null,
    versionAgeSeconds: seconds(row.storedAt, now),
    proof: proof ? { ageSeconds: seconds(proof.provenAt, now), ofThisToken: proof.isOfToken } : null,
    versions: row.versions.map(({ versionId, role, labels, storedAt, retiredAt, problem }) => ({
      versionId,
      role,
      labels: labels.map((label) => verbatim(label, 256)),
      storedAt: iso(storedAt),
      retiredAt: iso(retiredAt),
      problem: problem ?? null,
    })),
    rotationEnabled: row.rotationEnabled ?? null,
    primaryRegion: text(row.primaryRegion),
    owningService: text(row.owningService),
    deletedAt: iso(row.deletedAt),
    orphans: row.orphans.map(({ id }) => id),
    errors: row.errors.map(brief),
  }
}

function ownerJson(owner: OwnerOfToken): object {
  if (owner.kind === 'unknown') return { kind: owner.kind, name: null, member: null }
  const member = owner.kind === 'person' && 'is' in owner.member ? owner.member.is : null
  return { kind: owner.kind, name: owner.name, member }
}

function tokenJson(row: TokenRow, now: number): object {
  return {
    id: row.id,
    name: row.name,
    findings: row.findings,
    unknown: row.unknown,
    createdAt: iso(row.createdAt),
    ageSeconds: seconds(row.createdAt, now),
    expiresAt: iso(row.expiresAt),
    ...lastUseJson(row.lastUse),
    origin: row.origin.kind,
    secret: row.origin.kind === 'rotation' ? verbatim(row.origin.secret) : null,
    state: row.state,
  }
}

/** `neverUsed`: null when nobody knows. */
function lastUseJson(use: LastUse): object {
  if (use === 'unknown') return { lastUsedAt: null, neverUsed: null }
  return use === 'never' ? { lastUsedAt: null, neverUsed: true } : { lastUsedAt: iso(use.at), neverUsed: false }
}

function brief({ code, summary }: ActionError): object {
  return { code, message: summary }
}

function seconds(at: number | undefined, now: number): number | null {
  return at === undefined ? null : Math.max(0, Math.floor((now - at) / 1000))
}

function text(given: string | undefined): string | null {
  return given === undefined ? null : verbatim(given, 256)
}

/** ISO 8601, or null. */
function iso(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString()
}
