/** What main knows of its token, kept for the audit event of post: nothing secret, and only as text. */
import { debug, getState, saveState } from '@actions/core'
import type { AuditedFacts, AuditedToken } from '../audit/audit-event.ts'
import { isRecord, parseJson } from '../text/json.ts'
import { verbatim } from '../text/printable.ts'

const AUDIT_STATE = 'audit'

/** Keeps them for post. A runner that cannot save them costs the event of post some fields, and nothing else. */
export function saveFacts({ org, role, roleSession, identity, token, details }: AuditedFacts): void {
  // Without this file, `@actions/core` would print them in an old workflow command.
  if (!process.env.GITHUB_STATE) return
  const known = { org, role, roleSession, subject: identity?.subject, ...tokenFields(token) }
  const texts = Object.entries({ ...known, scope: details?.scope, source: details?.source })
  try {
    // The runner hands the state to post in a variable: with one of a megabyte, no process starts.
    saveState(AUDIT_STATE, Object.fromEntries(texts.map(([name, text]) => [name, short(text)])))
  } catch {
    debug('What the audit event of the post step says about the token could not be saved.')
  }
}

/** What main saved. On a runner that was tampered with, the state may be anything: only short texts are taken. */
export function savedFacts(): Pick<AuditedFacts, 'org' | 'role' | 'roleSession' | 'identity' | 'token' | 'details'> {
  const saved = parseJson(getState(AUDIT_STATE))
  const field = (name: string): string | undefined => {
    const value = isRecord(saved) ? saved[name] : undefined
    return typeof value === 'string' ? value.slice(0, MAX) : undefined
  }
  const subject = field('subject')
  return {
    org: field('org'),
    role: field('role'),
    roleSession: field('roleSession'),
    identity: subject === undefined ? undefined : { subject, claims: {} },
    token: { sha256: field('sha256'), hubIdentity: field('hubIdentity'), kind: field('kind') },
    details: { scope: field('scope'), source: field('source') },
  }
}

/** The longest text, in characters: the event has none that is longer. */
const MAX = 400

function short(text: unknown): string | undefined {
  return typeof text === 'string' ? verbatim(text, MAX) : undefined
}

function tokenFields({ sha256, hubIdentity, kind }: AuditedToken = {}): AuditedToken {
  return { sha256, hubIdentity, kind }
}
