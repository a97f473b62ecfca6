import { expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { tokenAudit } from '../../src/token/audit.ts'
import { failureSummary } from '../../src/token/summary.ts'

const HOSTILE = '<b>x</b> |`*_~[l](http://e)@octocat #1\n\n# title ::error::y'

test('hostile text in a summary is text', () => {
  const error = new ActionError('claim-rejected', { failed: HOSTILE, seen: `a\n${HOSTILE}`, fix: HOSTILE })
  const identity = { claims: { sub: HOSTILE, ref: HOSTILE } } as unknown as Identity
  const html = failureSummary(error, { identity }, undefined)
  const withoutOurs = html
    .replace(/<\/?(?:table|tr|td|b|h3|h4|p|pre|code|details|summary|wbr)>/g, '')
    .replace(/&#\d+;/g, '')
  expect(withoutOurs).not.toMatch(/[<>`|*_~[\]@#]/)
  // In one piece, GitHub would make a link of it; after a blank line, all that follows would be Markdown.
  expect(html).not.toContain('://')
  expect(html).not.toMatch(/\n\s*\n/)
  expect(html).toContain('&#60;b&#62;x')
})

test('an audit event is one line of JSON, with what is known', () => {
  const line = tokenAudit('role-trust-rejected', { identity: { subject: 'a\nb' } as unknown as Identity })
  expect(line).not.toContain('\n')
  expect(JSON.parse(line)).toEqual({ event: 'hf-oidc-action', result: 'role-trust-rejected', subject: 'a\\u{a}b' })
})
