import { beforeAll, describe, expect, test } from '@jest/globals'
import { type AuditEvent, auditLine, auditText } from '../../src/audit/audit-event.ts'
import type { Identity } from '../../src/identity/identity.ts'
import type { Job } from '../../src/identity/job.ts'
import { remember } from '../../src/text/redact.ts'

const SECRET = 'correct-horse-battery-staple'
beforeAll(() => remember(SECRET))

/** An event in which everything that comes from outside is `text`. */
function event(text: string): AuditEvent {
  return {
    event: 'hf-oidc-action',
    result: 'delivered',
    org: text,
    job: { repository: text, runId: text, runAttempt: text, workflow: text, actor: text } as unknown as Job,
    identity: { subject: text, idToken: 'the ID token itself' } as unknown as Identity,
    role: text,
    roleSession: text,
    details: { scope: 'read', secretArn: auditText(text), expiresAt: undefined },
  }
}

describe('an audit event', () => {
  test('says who got what, in which job', () => {
    const line = auditLine(event('x'))
    expect(JSON.parse(line)).toEqual({
      event: 'hf-oidc-action',
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
    })
  })

  test('is one line, whatever is in it', () => {
    const line = auditLine(event('a\nb\r\u2028c\u202e\n::error::d'))
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(JSON.parse(line)).toMatchObject({ org: 'a\\u{a}b\\u{d}\\u{2028}c\\u{202e}\\u{a}::error::d' })
  })

  test('holds no secret of the run, in whatever form, and no ID token', () => {
    for (const form of [SECRET, Buffer.from(SECRET).toString('base64'), Buffer.from(SECRET).toString('hex')]) {
      const line = auditLine(event(`before ${form} after`))
      expect(line).not.toContain(form)
      expect(JSON.parse(line)).toMatchObject({ org: expect.stringMatching(/^before \*\*\*=* after$/) })
      expect(line).not.toContain('the ID token itself')
    }
  })

  test('cuts long text', () => {
    expect(auditLine(event('x'.repeat(100_000))).length).toBeLessThan(6000)
  })
})

test('what is empty is left out', () => {
  expect([auditText(''), auditText(undefined)]).toEqual([undefined, undefined])
})
