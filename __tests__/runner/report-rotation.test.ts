/** What a rotation leaves on the runner: log, annotations, outputs, summary and the result of the step. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import type { ServiceOutcome } from '../../src/rotation/deploy.ts'
import { noOutcome, type Outcome } from '../../src/rotation/outcome.ts'
import type { RotationRequest } from '../../src/rotation/request.ts'
import { reportNoRotation, reportRotation } from '../../src/runner/report-rotation.ts'
import { Step } from './step.ts'

const request = (dryRun = false) =>
  ({
    org: 'acme',
    mode: { kind: 'mint' },
    secrets: [],
    dryRun,
    role: { arn: 'arn:aws:iam::123456789012:role/hf-rotate' },
  }) as unknown as RotationRequest
const failure = (code: 'hub-failed' | 'deployment-failed') =>
  new ActionError(code, { failed: 'It failed.', fix: 'Fix it.' })
const secret = (rest: Partial<Outcome>): Outcome => ({ ...noOutcome('hub/write', 'write'), ...rest })
const service = (error?: ActionError): ServiceOutcome => ({
  service: 'prod/inference',
  action: 'failed',
  deploymentId: undefined,
  error,
  tasksSince: undefined,
})
const rotation = (secrets: Outcome[], services: ServiceOutcome[] = []) => ({ caller: 'the session', secrets, services })

let step: Step
beforeEach(() => {
  step = new Step({ GITHUB_ACTION_REPOSITORY: undefined, GITHUB_ACTION_REF: undefined })
})
afterEach(() => step.end())
const titles = () => step.lines.flatMap((line) => /^::error title=([^:]*)::/.exec(line)?.[1] ?? [])

test('a rotation that succeeds counts what has moved, and passes', async () => {
  const secrets = [secret({ action: 'rotated' }), secret({ action: 'promoted' }), secret({ action: 'not-due' })]
  const failed = await reportRotation(request(), rotation(secrets), '<table>the chain</table>')
  expect([step.outputs.rotated, failed, titles()]).toEqual(['2', undefined, []])
  expect(JSON.parse(step.outputs.report ?? '')).toMatchObject({ mode: 'mint', dryRun: false })
  expect(step.summary).toContain('Hugging Face token rotation for <code>acme</code>')
  expect(step.summary).toContain('\n<table>the chain</table>')
  expect(step.lines.join('\n')).not.toContain('before:')
  expect(process.exitCode).toBeUndefined()
})

test('every failure of a secret or a service is an annotation, and the first is the result', async () => {
  const secrets = [secret({ action: 'rotated' }), secret({ action: 'failed', errors: [failure('hub-failed')] })]
  const services = [service(failure('deployment-failed')), service()]
  const failed = await reportRotation(request(), rotation(secrets, services), '')
  expect(titles()).toEqual(['hub-failed', 'deployment-failed'])
  expect([step.outputs.rotated, failed?.code, process.exitCode]).toEqual(['1', 'hub-failed', 1])
})

test('a dry run says what each token can do before and after', async () => {
  const one = secret({ action: 'would-rotate', before: 'a classic token', after: 'a fine-grained token' })
  await reportRotation(request(true), rotation([one]), '')
  expect(step.lines).toEqual(expect.arrayContaining(['  before: a classic token', '  after:  a fine-grained token']))
  expect(step.outputs.rotated).toBe('0')
})

test('a run that could not start still has its outputs, and fails', async () => {
  await reportNoRotation(failure('hub-failed'), '')
  expect([step.outputs.rotated, titles(), process.exitCode]).toEqual(['0', ['hub-failed'], 1])
  expect(JSON.parse(step.outputs.report ?? '')).toEqual({
    secrets: [],
    services: [],
    error: { code: 'hub-failed', message: 'It failed.' },
  })
  expect(step.summary).toContain('No rotation: <code>hub-failed</code>')
})
