import { expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import type { Evidence } from '../../src/hub/token.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { Steps } from '../../src/text/steps.ts'
import { chainHtml } from '../../src/token/chain.ts'
import type { Progress } from '../../src/token/progress.ts'
import { failureSummary, successSummary } from '../../src/token/summary.ts'
import { BOUND, MINTED, OAUTH, STORED } from '../hub/tokens.ts'

const HOSTILE = '<b>x</b> |`*_~[l](http://e)@octocat #1\n\n# title ::error::y'

/** Nothing but our own tags, with no blank line and no link. */
function expectHarmless(html: string): void {
  const withoutOurs = html
    .replace(/<\/?(?:table|tr|th|td|b|h3|h4|p|pre|code|details|summary|wbr|br)>/g, '')
    .replace(/&#\d+;/g, '')
  expect(withoutOurs).not.toMatch(/[<>`|*_~[\]@#]/)
  // In one piece, GitHub would make a link of it; after a blank line, all that follows would be Markdown.
  expect(html).not.toContain('://')
  expect(html).not.toMatch(/\n\s*\n/)
  expect(html).toContain('&#60;b&#62;x')
}

test('hostile text in the summary of a success is text', () => {
  for (const part of ['request', 'identity', 'identityOfToken', 'kind', 'rights', 'label', 'role'] as const) {
    const harmless = 'x'
    const origin = {
      label: part === 'label' ? HOSTILE : harmless,
      aws: { assumedRoleArn: part === 'role' ? HOSTILE : harmless, holdsToken: true },
    }
    const html = successSummary({
      request: { org: part === 'request' ? HOSTILE : harmless, scope: 'read', source: { kind: 'secrets-manager' } },
      identity: { subject: part === 'identity' ? HOSTILE : harmless },
      token: {
        identity: part === 'identityOfToken' ? HOSTILE : harmless,
        kind: part === 'kind' ? HOSTILE : harmless,
        rights: [part === 'rights' ? HOSTILE : harmless],
        confirmedBy: harmless,
        evidence: STORED,
        origin,
      },
      origin,
    } as unknown as Required<Progress>)
    expectHarmless(html)
  }
})

test.each([
  [undefined, 'whoami-v2', '<td>never</td>'],
  [undefined, 'auth-check', '<td>unknown</td>'],
  [Date.parse('2026-11-22T18:00:00Z'), 'nothing', '2026-11-22T18:00:00Z'],
])('a token that expires at %s, confirmed by %s, expires %s', (expiresAt, confirmedBy, text) => {
  const token = { evidence: STORED, origin: { label: 'x' }, identity: '', kind: '', rights: [], confirmedBy, expiresAt }
  const html = successSummary({
    request: { org: 'acme', scope: 'read', source: { kind: 'secrets-manager' } },
    identity: { subject: 'x' },
    token,
  } as unknown as Required<Progress>)
  expect(html.replaceAll('<wbr>', '')).toContain(text)
})

test.each([
  ['read', [], ['repo.content.read'], 'organization-wide: list <code>repositories</code> to mint it for these alone'],
  ['read', ['acme/a', 'acme/b'], ['repo.content.read'], '<td>acme/a and acme/b</td>'],
  [
    'admin',
    ['acme/a'],
    ['repo.write', 'org.write'],
    'org.write on all of acme, because repositories cannot limit that',
  ],
])('the summary says what a token of scope %s for %j was minted for', (scope, labels, permissions, text) => {
  const html = successSummary({
    request: {
      org: 'acme',
      scope,
      source: { kind: 'service-account', permissions },
      repositories: labels.map((label) => ({ label })),
    },
    identity: { subject: 'x' },
    token: { evidence: STORED, origin: { label: 'x' }, identity: '', kind: '', rights: [], confirmedBy: 'x' },
  } as unknown as Required<Progress>)
  expect(html.replaceAll('<wbr>', '')).toContain(text)
})

const oauth = (...granted: string[]): Evidence => ({ ...OAUTH, granted })
const minted = (granted: string[] | undefined, asked: string[] = []): Evidence => ({ ...MINTED, asked, granted })

test.each<[string, Evidence, boolean]>([
  ['may only contribute', minted(['repo.content.read', 'repo.contribute']), true],
  ['has the permission under another name', minted(['repo.content.contribute']), true],
  ['was minted to contribute, and nobody says what was granted', minted(undefined, ['repo.contribute']), true],
  ['was minted to contribute, and got less', minted([], ['repo.contribute']), false],
  ['may write as well', minted(['repo.contribute', 'repo.write']), false],
  ['may write under another name', minted(['repo.contribute', 'repo.content.write']), false],
  ['only reads', minted(['repo.content.read']), false],
  ['of a member may only contribute', oauth('read-repos', 'contribute-repos'), true],
  ['of a member may write as well', oauth('contribute-repos', 'write-repos'), false],
  ['was stored: the next job gets the same', STORED, false],
  ['is bound to a repository', BOUND, false],
])('the summary of a token that %s: what the next job cannot write is told %#', (_what, evidence, isTold) => {
  const html = successSummary({
    request: { org: 'acme', scope: 'contribute', source: { kind: 'secrets-manager' } },
    identity: { subject: 'x' },
    token: { evidence, origin: { label: 'x' }, identity: '', kind: '', rights: [], confirmedBy: 'x' },
  } as unknown as Required<Progress>)
  const row = 'the token of the next job cannot write to them'
  expect(html.replaceAll('<wbr>', '').includes(row)).toBe(isTold)
})

test('hostile text in the summary of a failure is text', () => {
  const error = new ActionError('claim-rejected', { failed: HOSTILE, seen: `a\n${HOSTILE}`, fix: HOSTILE })
  const identity = { claims: { sub: HOSTILE, ref: HOSTILE } } as unknown as Identity
  const html = failureSummary(error, { identity }, undefined)
  expectHarmless(html)
})

test('the chain of identity shows each link that is known, and how long it took', async () => {
  let now = 0
  const steps = new Steps(() => now)
  const pass = (ms: number) => async () => {
    now += ms
  }
  await steps.time('id-token', pass(120))
  await steps.time('aws-session', pass(80))
  await steps.time('secret', pass(30))
  await steps.time('id-token', pass(5))
  const aws = { assumedRoleArn: 'the session', holdsToken: true }
  const known = {
    identity: { subject: 'repo:acme/x', claims: {} },
    origin: { label: 'a secret', aws },
    token: { identity: 'acme-ci', kind: 'read' },
    steps,
  } as unknown as Progress
  const text = chainHtml(known).replaceAll('<wbr>', '')
  const rows = [...text.matchAll(/<tr><td><b>(.*?)<\/b><\/td><td>(.*?)<\/td><td>(.*?)<\/td>/g)].map(
    ([, ...cells]) => cells,
  )
  expect(rows).toEqual([
    ['Job', '<code>repo:acme/x</code>', '125 ms'],
    ['Role', '<code>the session</code>', '80 ms'],
    ['Secret', 'a secret', '30 ms'],
    ['Hub identity', '<code>acme-ci</code> (read)', ''],
  ])
  expect(chainHtml({})).toBe('')
})
