/** What the rotation function makes of an event, before any call. */
import { describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import { listedSecret, readEvent, STEPS } from '../../src/rotation/function/event.ts'
import { parsedLine, versionId } from './leftover-fakes.ts'

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:hub/write-a1B2c3'
const own = {
  region: 'eu-west-1',
  role: { arn: 'of this function', partition: 'aws', account: '123456789012' },
}
const event = (rest: object = {}) => ({
  Step: 'createSecret',
  SecretId: ARN,
  ClientRequestToken: versionId(1),
  ...rest,
})

/** The refusal that reading this event, and finding its line, ends with. */
function refusal(given: unknown, lines: readonly string[] = ['hub/write scope=write'], at = own): ActionError {
  try {
    listedSecret(readEvent(given), { ...at, secrets: lines.map(parsedLine) })
  } catch (error) {
    if (error instanceof ActionError) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('an event', () => {
  test.each(STEPS)('for %s is read', (Step) => {
    expect(readEvent(event({ Step }))).toMatchObject({
      step: Step,
      versionId: versionId(1),
      secret: { arn: ARN, name: 'hub/write' },
    })
  })

  test.each([
    ['create_secret', 'createSecret'],
    ['set_secret', 'setSecret'],
    ['test_secret', 'testSecret'],
    ['finish_secret', 'finishSecret'],
    ['retire_secret', 'retireSecret'],
  ])('may spell the step %s', (Step, step) => {
    expect(readEvent(event({ Step })).step).toBe(step)
  })

  test.each([undefined, null, '', 'a'.repeat(36), `${'A-9'.repeat(85)}a`])(
    'may have the RotationToken %j',
    (RotationToken) => {
      expect(readEvent(event({ RotationToken })).rotationToken).toBe(RotationToken || undefined)
    },
  )

  test.each([7, ['a'.repeat(36)], 'b'.repeat(35), 'b'.repeat(257), `${'b'.repeat(40)}\n`, `${'b'.repeat(36)}{}`])(
    'with the RotationToken %j is refused, and does not show it',
    (RotationToken) => {
      const { code, message } = refusal(event({ RotationToken }))
      expect(code).toBe('input-invalid')
      expect(message).toContain('`RotationToken` is not one that Secrets Manager sends')
      expect(message).not.toContain('bbb')
    },
  )

  test('for retireSecret needs no version', () => {
    for (const ClientRequestToken of [undefined, '']) {
      expect(readEvent(event({ Step: 'retireSecret', ClientRequestToken })).versionId).toBe('')
    }
  })

  test.each<[string, unknown, string]>([
    ['nothing', undefined, '`Step`: missing'],
    ['another event', { Records: [] }, '`SecretId`: missing'],
    ['an unknown step', event({ Step: 'dropSecret' }), '`Step`: "dropSecret"'],
    ['a step of another type', event({ Step: ['createSecret'] }), 'createSecret'],
    ['a version id that is too short', event({ ClientRequestToken: 'short' }), '"short"'],
    ['a version id with more around it', event({ ClientRequestToken: `${versionId(1)} ` }), versionId(1)],
    ['no version id', event({ ClientRequestToken: undefined }), '`ClientRequestToken`: missing'],
    ['an empty version id', event({ ClientRequestToken: '' }), '`ClientRequestToken`: ""'],
    ['a secret that is not a text', event({ SecretId: 7 }), '`SecretId`: "7"'],
  ])('that is %s is refused', (_what, given, text) => {
    const { code, message } = refusal(given)
    expect(code).toBe('input-invalid')
    expect(message).toContain('The event is not a rotation event of Secrets Manager.')
    expect(message).toContain(text)
  })

  test.each([
    'hub/write',
    ARN.slice(0, -7),
    `${ARN} `,
    `x${ARN}`,
    `${ARN}:token`,
    ARN.replace('secretsmanager', 'ssm'),
  ])('with the secret %j, which is not a complete ARN, is refused', (SecretId) => {
    const { code, message } = refusal(event({ SecretId }))
    expect(code).toBe('input-invalid')
    expect(message).toContain('does not name its secret by a complete ARN')
    expect(message).toContain('aws secretsmanager describe-secret')
  })
})

describe('the line of a secret', () => {
  const secret = readEvent(event())

  test.each(['hub/write', ARN, ARN.slice(0, -7)])('is found by %s', (name) => {
    const lines = ['hub/other scope=read', `${name} scope=write key=hub narrow=true`].map(parsedLine)
    expect(listedSecret(secret, { ...own, secrets: lines })).toMatchObject({
      secret: { id: ARN, region: 'eu-west-1', key: 'hub' },
      scope: 'write',
      narrow: true,
    })
  })

  test.each<[string, Partial<typeof own>]>([
    ['account', { role: { ...own.role, account: '999999999999' } }],
    ['partition', { role: { ...own.role, partition: 'aws-cn' } }],
    ['region', { region: 'us-east-1' }],
  ])('is not looked for when the secret is in another %s', (_what, place) => {
    for (const line of ['hub/write scope=write', `${ARN} scope=write`]) {
      const { code, message } = refusal(event(), [line], { ...own, ...place })
      expect(code).toBe('input-invalid')
      expect(message).toContain('is not in the account and region of this function')
    }
  })

  describe('of another account', () => {
    const RotationToken = 'a'.repeat(36)
    const far = { ...own, role: { ...own.role, account: '999999999999' } }

    test('is found when the event has a RotationToken and the line is the complete ARN', () => {
      const lines = [`${ARN} scope=write`].map(parsedLine)
      const found = listedSecret(readEvent(event({ RotationToken })), { ...far, secrets: lines })
      expect(found.secret).toMatchObject({ id: ARN, region: 'eu-west-1' })
    })

    test.each<[string, object, string, Partial<typeof own>]>([
      ['without a RotationToken', {}, ARN, {}],
      ['by its name', { RotationToken }, 'hub/write', {}],
      ['by its ARN without the six characters', { RotationToken }, ARN.slice(0, -7), {}],
      ['in another region', { RotationToken }, ARN, { region: 'us-east-1' }],
    ])('is refused %s', (_how, rest, line, place) => {
      const { code, message } = refusal(event(rest), [`${line} scope=write`], { ...far, ...place })
      expect(code).toBe('input-invalid')
      expect(message).toContain('is not in the account and region of this function')
      expect(message).toContain('its line in `SECRETS` must be its complete ARN')
    })
  })

  test.each(['hub/writer', 'hub', 'write', 'hub/write-a1B2c3', ARN.replace('a1B2c3', 'zzzzzz')])(
    'is not the one of %s',
    (name) => {
      const { code, message } = refusal(event(), [`${name} scope=write`])
      expect(code).toBe('input-invalid')
      expect(message).toContain(`This function is not set up for the secret ${ARN}.`)
      expect(message).toContain(`- \`${name}\``)
    },
  )
})
