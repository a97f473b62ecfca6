/** What the runner's log, annotations and summary say. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import { toActionError } from '../../src/errors/unforeseen.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { annotate, errorsPage, mask, reportBroken, runnerLog } from '../../src/runner/log.ts'
import { reportFailure, reportSuccess } from '../../src/runner/report-token.ts'
import type { Progress } from '../../src/token/progress.ts'
import { Step } from './step.ts'

const SECRET = 'correct-horse-battery-staple'
const FAILURE = new ActionError('claim-rejected', { failed: 'It failed.', fix: 'Fix it.' })

let step: Step
beforeEach(() => {
  step = new Step({ GITHUB_ACTION_REPOSITORY: undefined, GITHUB_ACTION_REF: undefined })
})
afterEach(() => step.end())

describe('a failure', () => {
  test('is an annotation with the code as its title, and fails the step', () => {
    annotate(FAILURE)
    expect(step.lines).toEqual(['::error title=claim-rejected::[claim-rejected] It failed.%0AWhat to do: Fix it.'])
    expect(process.exitCode).toBe(1)
  })

  test('leads to the page about its code, when it is known where the action comes from', () => {
    step.set({ GITHUB_ACTION_REPOSITORY: 'org/hf-oidc-action', GITHUB_ACTION_REF: 'v1' })
    annotate(FAILURE)
    expect(step.lines[0]).toMatch(
      /%0AMore: https:\/\/github\.com\/org\/hf-oidc-action\/blob\/v1\/docs\/errors\.md#claim-rejected$/,
    )
  })

  test.each([
    ['', 'v1'],
    ['org', 'v1'],
    ['org/x/y', 'v1'],
    ['org/x', ''],
    ['org/x', 'v1#?'],
    ['org/x"y', 'v1'],
  ])('leads nowhere when the runner names %s and %s', (GITHUB_ACTION_REPOSITORY, GITHUB_ACTION_REF) => {
    step.set({ GITHUB_ACTION_REPOSITORY, GITHUB_ACTION_REF })
    expect(errorsPage()).toBeUndefined()
  })

  test('that nobody foresaw tells its class, its place and where to report it; its text is for the debug log alone', () => {
    mask(SECRET)
    annotate(toActionError(new RangeError(`cannot do ${SECRET}`, { cause: Buffer.from(SECRET).toString('base64') })))
    const [, error = '', ...debug] = step.lines
    expect(error).toMatch(
      /^::error title=internal-error::\[internal-error\] .*Seen: RangeError at `report\.test\.js:\d+:\d+`%0A.*https:\/\/github\.com\/org\/hf-oidc-action\/issues/,
    )
    expect(error).not.toContain('cannot do')
    expect(debug.join('\n')).toMatch(/^::debug::RangeError: cannot do \*\*\*\n::debug:: {4}at /)
    expect(step.visible).not.toContain(SECRET)
    expect(step.visible).not.toContain(Buffer.from(SECRET).toString('base64').replace(/=+$/, ''))
  })

  test('that nobody foresaw shows no part of a secret of several lines', () => {
    const key = '-----BEGIN KEY-----\nfirst line of the key\nlast 1'
    mask(key)
    annotate(toActionError(new Error(`cannot read ${key}`)))
    expect(step.visible).not.toMatch(/line of the key|last 1/)
  })

  test('whose report fails too is still a failure', () => {
    reportBroken()
    expect(step.lines).toEqual(['::error::[internal-error] The action failed, and its report could not be written.'])
    expect(process.exitCode).toBe(1)
  })
})

test('lines of the log start no command of their own, and hold no secret', () => {
  mask(SECRET)
  runnerLog.info(`a\n::error::b ${SECRET}`)
  runnerLog.debug('::error::c')
  runnerLog.warning('d\n::error::e\r##[group]f')
  expect(step.lines.slice(1)).toEqual([
    'a\\u{a}::error::b ***',
    '::debug:: : :error::c',
    '::warning title=hf-oidc-action::d%0A : :error::e\\u{d}## [group]f',
  ])
})

test('a failed run has an annotation and a summary', async () => {
  const identity = { subject: 'repo:acme/x', claims: { sub: 'repo:acme/x' } } as unknown as Identity
  await reportFailure(FAILURE, { identity })
  expect(step.lines).toHaveLength(1)
  expect(step.summary).toContain('<h3>No Hugging Face token: <code>claim-rejected</code></h3>')
})

test('a run that delivered a token has a summary that does not hold it', async () => {
  const value = 'hf_DeliveredDeliveredDeliveredDelive'
  const progress = {
    request: { org: 'acme', scope: 'read', source: { kind: 'secrets-manager' } },
    identity: { subject: 'repo:acme/x', idToken: SECRET, claims: {} },
    job: { repository: 'acme/x', idTokenRequest: { url: 'https://x', token: SECRET } },
    origin: { label: 'a secret' },
    token: {
      evidence: { kind: 'stored' },
      value,
      origin: { label: 'a secret' },
      identity: 'acme-ci',
      kind: 'read',
      rights: [],
      confirmedBy: 'nothing',
    },
  } as unknown as Required<Progress>
  await reportSuccess(progress)
  expect(step.lines).toEqual([])
  expect(step.summary).toContain('<h3>Hugging Face token for <code>acme</code></h3>')
  for (const secret of [value, SECRET]) expect(step.visible).not.toContain(secret)
})

describe('a mask', () => {
  test('is registered for each line, but for none that is too short', () => {
    mask('{\n  "key": "value",\r\n}\n')
    mask('  padded  ')
    mask('four')
    expect(step.masks).toEqual(['"key": "value",', 'padded', 'four'])
    expect(step.lines).toHaveLength(3)
  })

  test('is not registered for a value that is too short, which is told once', () => {
    for (const secret of ['x', 'abc', '1\n2\n', 'x']) mask(secret)
    expect(step.masks).toEqual([])
    expect(step.lines).toEqual([
      expect.stringMatching(
        /^A secret value \(such as a proxy’s password\) is shorter than 4 characters, so it is not masked/,
      ),
    ])
  })

  test('is not registered for nothing at all', () => {
    mask('')
    expect(step.lines).toEqual([])
  })
})
