/**
 * A recorded proof: what whoami-v2 said of a token, stored next to it by the rotation that verified it. It lets a fleet
 * of jobs avoid whoami-v2, which is strictly rate limited. It protects against mistakes, not against someone who can
 * write the secret: that person could store a proof as well. Nothing in it is personal.
 */
import { createHash } from 'node:crypto'
import { isRecord, parseJson } from '../text/json.ts'
import type { Grant, Membership, WhoAmI } from './facts/whoami.ts'
import { list, misshapen, optional, readShape, record, text, time } from './shape.ts'

export interface RecordedProof {
  /** SHA-256 of the token, in hexadecimal digits. */
  hash: string
  org: Pick<Membership, 'id' | 'name'>
  /** The account's ID on the Hub; undefined when the Hub did not say. */
  account: string | undefined
  grants: readonly Grant[]
  /** Milliseconds since the epoch; undefined when the token does not expire. */
  expiresAt: number | undefined
  /** When whoami-v2 said it, in milliseconds since the epoch. */
  provenAt: number
}

const FORM = 'hf-oidc-proof/1'

/** The key of the proof for the token at `key`. */
export function proofKey(key: string): string {
  return `${key}_proof`
}

/**
 * The proof as text for the secret; undefined for a token whose rights reach beyond the organization, or are not listed.
 * `now`: milliseconds since the epoch.
 */
export function recordProof(token: string, who: WhoAmI, org: Membership, now: number): string | undefined {
  if (who.role !== 'fineGrained' || who.global.length > 0 || who.canReadGatedRepos) return undefined
  if (who.unreadable.length > 0 || who.unknown.some(({ couldBeRight }) => couldBeRight)) return undefined
  return JSON.stringify({
    form: FORM,
    sha256: hashOf(token),
    org: org.name,
    orgId: org.id,
    account: who.id,
    grants: who.grants,
    expiresAt: who.expiresAt === undefined ? undefined : new Date(who.expiresAt).toISOString(),
    provenAt: new Date(now).toISOString(),
  })
}

/** The proof; undefined for anything else. */
export function readProof(stored: unknown): RecordedProof | undefined {
  return readShape(() => {
    const proof = record(parseJson(text(stored)))
    if (proof.form !== FORM) misshapen()
    const hash = text(proof.sha256)
    if (!/^[0-9a-f]{64}$/.test(hash)) misshapen()
    return {
      hash,
      org: { id: optional(proof.orgId, text), name: text(proof.org) },
      account: optional(proof.account, text),
      grants: list(proof.grants).map(grant),
      expiresAt: optional(proof.expiresAt, time),
      provenAt: time(proof.provenAt),
    }
  })
}

/** Whether the text is a proof of ours, whatever it proves: it may be replaced, and is not part of what a secret holds. */
export function isProof(stored: unknown): boolean {
  const parsed = typeof stored === 'string' ? parseJson(stored) : undefined
  return isRecord(parsed) && parsed.form === FORM
}

/** Whether the proof is about this very token. */
export function proves({ hash }: RecordedProof, token: string): boolean {
  return hash === hashOf(token)
}

/** What whoami-v2 said, as far as the proof holds it. */
export function asWhoAmI({ org, account, grants, expiresAt }: RecordedProof): WhoAmI {
  return {
    principal: 'user',
    id: account,
    name: '',
    role: 'fineGrained',
    authType: 'access_token',
    displayName: undefined,
    createdAt: undefined,
    grants,
    global: [],
    canReadGatedRepos: false,
    appScope: undefined,
    expiresAt,
    resource: undefined,
    orgs: [{ ...org, roleInOrg: undefined, securityRestrictions: [], resourceGroups: [] }],
    orgsAreListed: true,
    unreadable: [],
    email: undefined,
    unknown: [],
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function grant(value: unknown): Grant {
  const { entity, permissions } = record(value)
  const { id, type, name } = record(entity)
  return {
    entity: { id: optional(id, text), type: text(type), name: optional(name, text) },
    permissions: list(permissions).map(text),
  }
}
