/** What a rotation shows in the job summary. */
import { expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import type { ServiceOutcome } from '../../src/rotation/deploy.ts'
import { noOutcome, type Outcome } from '../../src/rotation/outcome.ts'
import { failureHtml, rotationSummary } from '../../src/rotation/report/summary.ts'
import type { RotationRequest } from '../../src/rotation/request.ts'

const NOW = Date.UTC(2026, 10, 26, 12)
const DAY = 86_400_000
const request = { org: 'acme', dryRun: false, mode: { kind: 'promote' } } as RotationRequest

/** The cells of each row, without tags. */
function rows(secrets: Partial<Outcome>[], services: Partial<ServiceOutcome>[] = []): string[][] {
  const html = rotationSummary(
    request,
    {
      caller: '',
      secrets: secrets.map((outcome) => ({ ...noOutcome('s', 'read'), ...outcome })),
      services: services as ServiceOutcome[],
    },
    NOW,
    undefined,
  )
  const cells = (row: string) =>
    [...row.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell = '']) => cell.replace(/<(?!br)[^>]+>/g, ''))
  return [...html.matchAll(/<tr>.*<\/tr>/g)].map(([row]) => cells(row)).filter((row) => row.length > 0)
}

test('a row says what was done, with which version, until when the previous tokens work', () => {
  const known = { versionId: 'v1', createdAt: NOW - 3 * DAY, dueAt: NOW + DAY }
  expect(
    rows([
      { ...known, action: 'rotated', note: 'forced', previousEndsAt: NOW + 2 * DAY, revoked: 1 },
      { ...known, action: 'not-due', note: 'young' },
      {},
    ]),
  ).toEqual([
    ['s<br>scope read', 'failed', '', '', ''],
    [
      's<br>scope read',
      'rotated<br>forced',
      'v1<br>new',
      '2026-11-27 12:00Z',
      'valid until<br>2026-11-28 12:00Z<br>1 revoked',
    ],
    ['s<br>scope read', 'not-due<br>young', 'v1<br>3d old', '2026-11-27 12:00Z', ''],
  ])
})

test('what failed is named in its row, and explained below', () => {
  const error = new ActionError('token-malformed', { failed: 'It is broken.', fix: 'Mend it.' })
  expect(
    rows(
      [{ action: 'rotated', errors: [error] }],
      [
        { service: 'prod/x', action: 'failed', error },
        { service: 'prod/y', action: 'deployed', deploymentId: 'd' },
      ],
    ),
  ).toEqual([
    ['s<br>scope read', 'rotated, then failed: token-malformed', '', '', ''],
    ['prod/x', 'failed: token-malformed', ''],
    ['prod/y', 'deployed', 'd'],
  ])
  expect(failureHtml(error, undefined)).toMatch(/^<h3>Failed: <code>token-malformed<\/code><\/h3>\n<p>It is broken/)
})

test('the claims of the job are folded under the failure that they explain', () => {
  const error = new ActionError('role-trust-rejected', { failed: 'x', claims: [['sub', 'y']], fix: 'z' })
  expect(failureHtml(error, undefined, 'No rotation')).toMatch(
    /^<h3>No rotation: [\s\S]*<details>[\s\S]*<code>y<\/code>/,
  )
})

test.each([
  ['mint', [], true],
  ['mint', [{ label: 'acme/model' }], false],
  ['promote', [], false],
])('with mode %s and the repositories %j, new tokens are organization-wide: %p', (kind, repositories, isWide) => {
  const secrets = [{ secret: { id: 'hub/x' }, repositories }]
  const asked = { ...request, mode: { kind }, secrets } as unknown as RotationRequest
  const html = rotationSummary(asked, { caller: '', secrets: [], services: [] }, NOW, undefined)
  expect(html.includes('New tokens for <code>hub/x</code> are organization-wide.')).toBe(isWide)
})
