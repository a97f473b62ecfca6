/** What a rotation says about itself: the report, the audit event, the table and the summary. */
import { describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import type { Identity } from '../../src/identity/identity.ts'
import type { ServiceOutcome } from '../../src/rotation/deploy.ts'
import { guarded, noOutcome, type Outcome } from '../../src/rotation/outcome.ts'
import { rotationChain } from '../../src/rotation/report/chain.ts'
import { rotationFacts, rotationReport } from '../../src/rotation/report/report.ts'
import { beforeAndAfterLines, rotationLines, rotationSummary } from '../../src/rotation/report/summary.ts'
import type { RotationRequest } from '../../src/rotation/request.ts'
import { code, prose } from '../../src/text/message.ts'
import { remember } from '../../src/text/redact.ts'
import { Steps } from '../../src/text/steps.ts'
import { DAY, HOUR } from './leftover-fakes.ts'

const NOW = Date.UTC(2026, 8, 8, 4, 17)
const role = { arn: 'arn:aws:iam::123456789012:role/hf-rotate' }
const request = { org: 'acme', mode: { kind: 'mint' }, secrets: [], dryRun: false, role } as unknown as RotationRequest
const failure = (text = 'x') =>
  new ActionError('hub-failed', { failed: prose`It failed: ${code(text)}.`, fix: 'Wait for an hour.' })

function rotated(rest: Partial<Outcome> = {}): Outcome {
  return {
    ...noOutcome('hub/write', 'write'),
    action: 'rotated',
    arn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:hub/write-a1B2c3',
    note: 'the previous token was 7d old',
    versionId: 'new-version',
    previousVersionId: 'old-version',
    createdAt: NOW - HOUR,
    dueAt: NOW + 7 * DAY,
    previousEndsAt: NOW + DAY,
    revoked: 1,
    ...rest,
  }
}
const service = (rest: Partial<ServiceOutcome> = {}): ServiceOutcome => ({
  service: 'prod/inference',
  action: 'completed',
  deploymentId: 'ecs-svc/1',
  error: undefined,
  tasksSince: undefined,
  ...rest,
})
const rotation = (secrets: Outcome[], services: ServiceOutcome[] = []) => ({ caller: 'the session', secrets, services })

describe('the report', () => {
  test('says in JSON what became of each secret and service', () => {
    const failed = rotated({ action: 'failed', errors: [failure()], dueAt: undefined, createdAt: undefined })
    const report = JSON.parse(
      rotationReport(request, rotation([rotated(), failed], [service(), service({ error: failure() })]), NOW),
    ) as object
    expect(report).toMatchObject({
      mode: 'mint',
      dryRun: false,
      secrets: [
        {
          secret: 'hub/write',
          action: 'rotated',
          ageSeconds: 3600,
          dueAt: '2026-09-15T04:17:00.000Z',
          previousEndsAt: '2026-09-09T04:17:00.000Z',
          revoked: 1,
          errors: [],
        },
        {
          action: 'failed',
          ageSeconds: null,
          dueAt: null,
          errors: [{ code: 'hub-failed', message: 'It failed: `x`.' }],
        },
      ],
      services: [
        { service: 'prod/inference', action: 'completed', deploymentId: 'ecs-svc/1', errors: [] },
        { errors: [{ code: 'hub-failed' }] },
      ],
    })
  })

  test('does not give a token that is from the future a negative age', () => {
    const report = JSON.parse(rotationReport(request, rotation([rotated({ createdAt: NOW + DAY })]), NOW))
    expect(report).toMatchObject({ secrets: [{ ageSeconds: 0 }] })
  })
})

test('the chain of identity shows each link that is known, as text', () => {
  const steps = new Steps()
  const identity = { subject: 'repo:acme/<b>' } as Identity
  expect(rotationChain({}, steps)).toBe('')
  const html = rotationChain({ identity, rotation: { ...rotation([]), account: 'ci' } }, steps).replaceAll('<wbr>', '')
  const links = [...html.matchAll(/<td><b>(.*?)<\/b><\/td><td><code>(.*?)<\/code>/g)].map((row) => row.slice(1))
  expect(links).toEqual([
    ['Job', expect.stringMatching(/acme.*&#60;b&#62;$/)],
    ['Role', 'the session'],
    ['Service account', 'ci'],
  ])
})

test('the audit event says of each secret which token it has got, and which turn was cut off', () => {
  const token = { sha256: 'ab', rights: ['write'], evidence: 'minted', confirmedBy: 'whoami-v2', expiresAt: NOW }
  const { details } = rotationFacts({ rotation: rotation([rotated({ token }), noOutcome('hub/read', 'read')]) })
  expect(details?.secrets).toMatchObject([
    {
      action: 'rotated',
      tokenSha256: 'ab',
      rights: ['write'],
      evidence: 'minted',
      confirmedBy: 'whoami-v2',
      expiresAt: '2026-09-08T04:17:00.000Z',
    },
    { secret: 'hub/read', action: 'unfinished' },
  ])
})

test('the audit event has all codes with their secrets', () => {
  const failed = rotated({ action: 'failed', errors: [failure()] })
  const facts = rotationFacts({
    request,
    rotation: rotation([rotated(), failed], [service({ error: failure() })]),
  })
  expect(facts).toMatchObject({
    org: 'acme',
    roleSession: 'the session',
    details: {
      secrets: [
        { action: 'rotated', revoked: 1, errors: [] },
        { action: 'failed', errors: ['hub-failed'] },
      ],
      services: [{ service: 'prod/inference', error: 'hub-failed' }],
    },
  })
})

describe('the table', () => {
  test('says the same in the log and in the summary', () => {
    const done = rotation([rotated()], [service()])
    expect(rotationLines(done, NOW)).toEqual([
      'secret     result   age  next due           previous token until  revoked',
      'hub/write  rotated  1h   2026-09-15 04:17Z  2026-09-09 04:17Z     1',
      'service         result     deployment',
      'prod/inference  completed  ecs-svc/1',
    ])
    const summary = rotationSummary(request, done, NOW, undefined)
    for (const text of ['Next due', 'Previous tokens', '2026-09-15 04:17Z', 'the previous token was 7d old']) {
      expect(summary).toContain(text)
    }
  })

  test('leaves out what nobody knows, and services where there are none', () => {
    const unknown = rotated({ createdAt: undefined, dueAt: undefined, previousEndsAt: undefined, revoked: 0 })
    expect(rotationLines(rotation([unknown]), NOW)[1]).toMatch(/^hub\/write {2}rotated +0$/)
    expect(rotationSummary(request, rotation([unknown]), NOW, undefined)).not.toContain('ECS service')
  })

  test('tells a failure after a rotation from one instead of it', () => {
    const both = [rotated({ errors: [failure()] }), rotated({ action: 'failed', errors: [failure()] })]
    const lines = rotationLines(rotation(both), NOW).join('\n')
    expect(lines).toContain('rotated, then failed: hub-failed')
    expect(lines).toMatch(/hub\/write {2}failed: hub-failed/)
    const summary = rotationSummary(request, rotation(both, [service({ error: failure() })]), NOW, 'https://x.test/e')
    expect(summary).toContain('<b>failed: hub-failed</b>')
    expect(summary.match(/Wait for an hour/g)).toHaveLength(3)
    expect(summary).toContain('<a href="https://x.test/e&#35;hub-failed">')
  })

  test('shows with dry-run what each token could do, and says that nothing was changed', () => {
    const outcome = rotated({ before: 'a classic token', after: undefined })
    const summary = rotationSummary({ ...request, dryRun: true }, rotation([outcome]), NOW, undefined)
    expect(summary).toContain('dry run: nothing was changed')
    expect(summary).toContain('a classic token')
    expect(beforeAndAfterLines(rotation([outcome]))).toEqual([
      'hub/write',
      '  before: a classic token',
      '  after:  unknown',
    ])
    expect(rotationSummary(request, rotation([outcome]), NOW, undefined)).not.toContain('a classic token')
  })
})

test('no secret of the run shows, whatever the secret in AWS is called', () => {
  const token = 'hf_pastedAsTheNameOfTheSecret'
  remember(token)
  const done = rotation([rotated({ secret: token, arn: undefined, errors: [failure()] })])
  expect(rotationReport(request, done, NOW)).not.toContain(token)
  expect(rotationSummary(request, done, NOW, undefined)).not.toContain(token)
})

const HOSTILE = '<img src=x> @octocat [x](y)'
test('text from outside stays text in the summary', () => {
  const summary = rotationSummary(
    request,
    rotation([rotated({ note: HOSTILE }), rotated({ note: '', errors: [failure('<script>')] })]),
    NOW,
    undefined,
  )
  expect(summary).not.toMatch(/<img|<script|@octocat|\[x\]/)
})

describe('a failure of one secret', () => {
  test('is noted with the secret’s name, once', async () => {
    const outcome = noOutcome('hub/write', 'write')
    await guarded(outcome, () => Promise.reject(failure()))
    await guarded(outcome, () =>
      Promise.reject(new ActionError('hub-failed', { failed: 'hub/write failed.', fix: 'Wait.' })),
    )
    expect(outcome.errors.map(({ summary }) => summary)).toEqual(['hub/write: It failed: `x`.', 'hub/write failed.'])
  })

  test('that nobody foresaw is an internal error', async () => {
    const outcome = noOutcome('hub/write', 'write')
    await guarded(outcome, () => Promise.reject(new TypeError('oops')))
    expect(outcome.errors.map(({ code }) => code)).toEqual(['internal-error'])
  })
})
