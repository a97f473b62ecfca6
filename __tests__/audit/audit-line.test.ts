/** The audit event as a line of the log. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { AUDIT_SCHEMA_VERSION, type AuditEvent } from '../../src/audit/audit-event.ts'
import { auditLine } from '../../src/audit/audit-line.ts'
import { AUDITED_CLAIMS } from '../../src/audit/audited-claims.ts'
import { remember } from '../../src/text/redact.ts'

const SECRET = 'correct-horse-battery-staple'
beforeAll(() => remember(SECRET))

const AT = Date.UTC(2026, 10, 26, 17)

/** An event in which everything that comes from outside is `text`. */
function event(text: string): AuditEvent {
  return {
    event: 'hf-oidc-action',
    schemaVersion: AUDIT_SCHEMA_VERSION,
    startedAt: AT,
    durationMs: 321,
    result: 'delivered',
    org: text,
    job: { repository: text, runId: text, runAttempt: text, workflow: text, actor: text },
    identity: { subject: text, claims: { environment: text, ref: text, exp: 5, list: [text] } },
    role: text,
    roleSession: text,
    token: {
      sha256: 'ab'.repeat(32),
      rights: [text],
      evidence: 'stored',
      confirmedBy: 'whoami-v2',
      hubIdentity: text,
      kind: text,
      expiresAt: AT,
    },
    hosts: { contacted: [text], custom: [], proxy: text },
    steps: [
      { step: 'id-token', ms: 12, outcome: 'done' },
      { step: 'verify', ms: 4, outcome: 'failed' },
    ],
    details: { scope: 'read', secretArn: text, secrets: [{ secret: text, errors: [] }], dryRun: false, count: 3 },
  }
}

describe('an audit line', () => {
  test('says who got what, in which job, by which steps', () => {
    expect(JSON.parse(auditLine(event('x')))).toEqual({
      event: 'hf-oidc-action',
      schemaVersion: 1,
      time: '2026-11-26T17:00:00.000Z',
      durationMs: 321,
      result: 'delivered',
      org: 'x',
      subject: 'x',
      repository: 'x',
      runId: 'x',
      runAttempt: 'x',
      workflow: 'x',
      actor: 'x',
      role: 'x',
      roleSession: 'x',
      scope: 'read',
      secretArn: 'x',
      secrets: [{ secret: 'x' }],
      dryRun: false,
      count: 3,
      hubIdentity: 'x',
      tokenKind: 'x',
      rights: ['x'],
      evidence: 'stored',
      confirmedBy: 'whoami-v2',
      expiresAt: '2026-11-26T17:00:00.000Z',
      tokenSha256: 'ab'.repeat(32),
      claims: { ref: 'x', environment: 'x' },
      hosts: ['x'],
      proxy: 'x',
      steps: [
        { step: 'id-token', ms: 12 },
        { step: 'verify', ms: 4, outcome: 'failed' },
      ],
    })
  })

  test('names the environment, the event, the ref, the workflow’s file and the ids', () => {
    const names = [
      'environment',
      'event_name',
      'ref',
      'job_workflow_ref',
      'repository_id',
      'repository_owner_id',
      'actor_id',
    ]
    const claims = Object.fromEntries(AUDITED_CLAIMS.map((name) => [name, `the ${name}`]))
    const line = JSON.parse(auditLine({ ...event('x'), identity: { subject: 'x', claims } })) as { claims: object }
    for (const name of names) expect(line.claims).toHaveProperty(name, `the ${name}`)
  })

  test('is one line, whatever is in it', () => {
    const line = auditLine(event('a\nb\r\u2028c\u202e\n::error::d'))
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(JSON.parse(line)).toMatchObject({ org: 'a\\u{a}b\\u{d}\\u{2028}c\\u{202e}\\u{a}::error::d' })
  })

  test.each([SECRET, Buffer.from(SECRET).toString('base64'), Buffer.from(SECRET).toString('hex')])(
    'holds no secret of the run, in whatever form (%#)',
    (form) => {
      const line = auditLine(event(`before ${form} after`))
      expect(line).not.toContain(form)
      expect(JSON.parse(line)).toMatchObject({ org: expect.stringMatching(/^before \*\*\*=* after$/) })
    },
  )

  test('cuts what is long, deep or endless', () => {
    const loop: Record<string, unknown> = { list: Array.from({ length: 10_000 }, () => 'x'.repeat(10_000)) }
    loop.loop = loop
    const line = auditLine({ ...event('x'.repeat(1_000_000)), details: loop })
    expect(line.length).toBeLessThan(250_000)
    expect(JSON.parse(line)).toMatchObject({ list: expect.arrayContaining(['… (10000 in all)']) })
  })

  test('leaves out what is no text, number or boolean', () => {
    const details = { bigint: 5n, symbol: Symbol('x'), function: () => 5, nan: Number.NaN, empty: '', nothing: null }
    const line = JSON.parse(auditLine({ ...event('x'), details })) as object
    for (const name of Object.keys(details)) expect(line).not.toHaveProperty(name)
  })
})
