/** What main knows of its token, kept for the audit event of post: nothing secret, and of bounded size. */
import { debug, getState, saveState } from '@actions/core'
import type { AuditedFacts, AuditedToken } from '../audit/audit-event.ts'
import { auditedClaims } from '../audit/audited-claims.ts'
import { isRecord, parseJson } from '../text/json.ts'
import { verbatim } from '../text/printable.ts'

const AUDIT_STATE = 'audit'

/**
 * The longest text, in characters, and the longest list. The runner passes the state to post in one variable: if it were
 * longer than 128 KiB, Linux would not start post at all.
 */
const MAX_TEXT = 400
const MAX_RIGHTS = 30

/** Keeps them for post. A runner that cannot save them costs the event of post some fields, and nothing else. */
export function saveFacts({ org, role, roleSession, identity, token, details }: AuditedFacts): void {
  // Without this file, `@actions/core` would print them in an old workflow command.
  if (!process.env.GITHUB_STATE) return
  try {
    saveState(AUDIT_STATE, {
      ...texts({ org, role, roleSession, subject: identity?.subject, ...tokenFields(token) }),
      ...texts({ scope: details?.scope, source: details?.source }),
      expiresAt: token?.expiresAt,
      rights: token?.rights?.slice(0, MAX_RIGHTS).map((right) => verbatim(right, MAX_TEXT)),
      claims: texts(auditedClaims(identity?.claims ?? {})),
    })
  } catch {
    debug('What the audit event of the post step says about the token could not be saved.')
  }
}

/** What main saved. On a runner that was tampered with, the state may be anything: only short texts are taken. */
export function savedFacts(): Pick<AuditedFacts, 'org' | 'role' | 'roleSession' | 'identity' | 'token' | 'details'> {
  const parsed = parseJson(getState(AUDIT_STATE))
  const saved = isRecord(parsed) ? parsed : {}
  const { org, role, roleSession, subject, scope, source, ...rest }: Texts = texts(saved)
  const { expiresAt, rights, claims } = saved
  return {
    org,
    role,
    roleSession,
    identity: subject === undefined ? undefined : { subject, claims: texts(isRecord(claims) ? claims : {}) },
    token: {
      ...tokenFields(rest),
      expiresAt: typeof expiresAt === 'number' ? expiresAt : undefined,
      rights: Array.isArray(rights) ? rights.filter((right) => typeof right === 'string') : undefined,
    },
    details: { scope, source },
  }
}

type Texts = Readonly<Record<string, string | undefined>>

/** The fields that are texts or numbers, as short texts without secrets of the run; without the others. */
function texts(fields: Readonly<Record<string, unknown>>): Texts {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' ? [[name, verbatim(String(value), MAX_TEXT)]] : [],
    ),
  )
}

function tokenFields({ sha256, hubIdentity, kind, evidence, confirmedBy }: AuditedToken = {}) {
  return { sha256, hubIdentity, kind, evidence, confirmedBy }
}
