/** What a rotation of hundreds of secrets says about itself. */
import { describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import { noOutcome, type Outcome } from '../../src/rotation/outcome.ts'
import { progressLine } from '../../src/rotation/progress.ts'
import { MAX_REPORT, rotationReport } from '../../src/rotation/report/report.ts'
import { rotationLines, rotationSummary } from '../../src/rotation/report/summary.ts'
import type { RotationRequest } from '../../src/rotation/request.ts'

const NOW = Date.UTC(2026, 10, 26, 12)
const DAY = 86_400_000
/** GitHub takes no longer summary of one step. */
const MAX_SUMMARY = 1_048_576

const failure = (name: string, long = 0) =>
  new ActionError('token-rejected', { failed: `${name} is refused.`, seen: 'x'.repeat(long), fix: 'Replace it.' })

/** Every 10th failed, every 4th of the others was rotated. */
function outcomes(count: number, rest: (index: number) => Partial<Outcome> = () => ({})): Outcome[] {
  return Array.from({ length: count }, (_, index) => {
    const secret = `huggingface/acme/team-${String(index).padStart(6, '0')}`
    const known = {
      arn: `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${secret}-AbCdEf`,
      versionId: '00000000-0000-8000-8000-000000000000',
      createdAt: NOW - DAY,
      dueAt: NOW + 6 * DAY,
    }
    const action = index % 10 === 9 ? 'failed' : index % 4 === 0 ? 'rotated' : 'not-due'
    const errors = action === 'failed' ? [failure(secret)] : []
    return { ...noOutcome(secret, 'write'), ...known, action, errors, note: '1d old', ...rest(index) }
  })
}

const requestOf = (secrets: readonly Outcome[], dryRun = false) =>
  ({
    org: 'acme',
    dryRun,
    mode: { kind: 'mint' },
    secrets: secrets.map(({ secret }) => ({ secret: { id: secret }, repositories: [] })),
  }) as unknown as RotationRequest
const summaryOf = (secrets: Outcome[], dryRun = false) =>
  rotationSummary(requestOf(secrets, dryRun), { caller: '', secrets, services: [] }, NOW, undefined)
/** What became of the secret in each row. */
const rowsOf = (html: string) =>
  [...html.matchAll(/^<tr><td>.*?<b>(.*?)<\/b>/gm)].map(([, what = '']) =>
    what.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))),
  )

describe('the summary', () => {
  test('of 200 secrets has failures first, then changes, and folds away the rest', () => {
    const html = summaryOf(outcomes(200))
    const [seen = '', folded = ''] = html.split('<details><summary>')
    const kinds = rowsOf(seen)
    expect(kinds).toEqual([...Array(20).fill('failed: token-rejected'), ...Array(50).fill('rotated')])
    expect(folded).toMatch(/^130 unchanged<\/summary>/)
    expect(rowsOf(folded.split('</details>')[0] ?? '')).toEqual(Array(130).fill('not-due'))
    expect(html).toContain('200 secrets: 20 failed, 50 changed or in need of attention, 130 unchanged.')
    expect(html).toContain('and 180 more secrets are organization-wide')
  })

  test('of a few is one table, failures first', () => {
    const html = summaryOf(outcomes(20))
    expect(html).not.toContain('<details>')
    expect(rowsOf(html).slice(0, 3)).toEqual(['failed: token-rejected', 'failed: token-rejected', 'rotated'])
    expect(rowsOf(html)).toHaveLength(20)
  })

  test.each([
    ['3,000 secrets', outcomes(3_000), false],
    ['3,000 secrets of a dry run', outcomes(3_000, () => ({ before: 'b'.repeat(300), after: 'a'.repeat(300) })), true],
    [
      '500 that all failed at length',
      outcomes(500, (index) => ({ action: 'failed', errors: [failure(`s${index}`, 3000)] })),
      false,
    ],
  ])('fits into what GitHub takes, and says what it leaves out: %s', (_, secrets, dryRun) => {
    const html = summaryOf(secrets, dryRun)
    expect(Buffer.byteLength(html)).toBeLessThan(MAX_SUMMARY)
    expect(html).toMatch(/<p>\d+ more (?:rows are not shown|failures are not explained here)\. The log and the output/)
  })

  test('of 500 secrets shows every row', () => {
    const html = summaryOf(outcomes(500))
    expect(rowsOf(html)).toHaveLength(500)
    expect(html).not.toContain('not shown')
  })
})

test('the table in the log has failures first', () => {
  const [, ...rows] = rotationLines({ caller: '', secrets: outcomes(200), services: [] }, NOW)
  expect(rows.map((row) => row.split(/\s{2,}/)[1])).toEqual([
    ...Array(20).fill('failed: token-rejected'),
    ...Array(50).fill('rotated'),
    ...Array(130).fill('not-due'),
  ])
})

describe('the report', () => {
  const reportOf = (secrets: Outcome[]) => {
    const text = rotationReport(requestOf(secrets), { caller: '', secrets, services: [] }, NOW)
    return { text, report: JSON.parse(text) as { secrets: { secret: string }[]; shortened?: true; omitted?: number } }
  }

  test('is whole, in the order of the list, as long as a variable can hold it', () => {
    const { report } = reportOf(outcomes(100))
    expect(report.secrets.map(({ secret }) => secret)).toEqual(outcomes(100).map(({ secret }) => secret))
    expect(report).not.toHaveProperty('shortened')
  })

  test('of 500 secrets is shorter about what is unchanged, and still names each', () => {
    const { text, report } = reportOf(outcomes(500))
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_REPORT)
    expect(report.shortened).toBe(true)
    expect(new Set(report.secrets.map(({ secret }) => secret)).size).toBe(500)
    expect(report.secrets[0]).toMatchObject({ action: 'failed', errors: [{ code: 'token-rejected' }] })
    expect(report.secrets.at(-1)).toEqual({
      secret: 'huggingface/acme/team-000498',
      action: 'not-due',
      createdAt: new Date(NOW - DAY).toISOString(),
      dueAt: new Date(NOW + 6 * DAY).toISOString(),
    })
  })

  test('of more than that counts what it leaves out: failures are the last to go', () => {
    const { text, report } = reportOf(outcomes(3_000))
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_REPORT)
    expect(report.omitted).toBe(3_000 - report.secrets.length)
    expect(report.secrets.length).toBeGreaterThan(50)
    expect(report.secrets.every((one) => 'errors' in one)).toBe(true)
  })
})

test.each([
  [{ action: 'rotated', note: 'the previous token was 8d old', errors: [] }, 'rotated, the previous token was 8d old'],
  [{ action: 'failed', note: '', errors: [failure('x')] }, 'failed: token-rejected'],
  [{ action: 'rotated', note: 'x', errors: [failure('x')] }, 'rotated, then failed: token-rejected'],
] as const)('a line of progress says what became of a secret: %j', (outcome, text) =>
  expect(progressLine({ secret: 'hub/x', ...outcome, errors: [...outcome.errors] }, 17, 200)).toBe(
    `[17/200] hub/x: ${text}`,
  ),
)
