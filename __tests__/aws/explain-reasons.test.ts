/** Every refusal of the table, as a user reads it: AWS's words, a remedy, and whom to send it to. */
import { describe, expect, test } from '@jest/globals'
import { languageOf, problemOf } from '../../sandbox/snippets.ts'
import { explainSecret, reading } from '../../src/aws/explain-secret.ts'
import { explainService } from '../../src/aws/explain-service.ts'
import { explainSts } from '../../src/aws/explain-sts.ts'
import type { Role, SecretReference } from '../../src/aws/request.ts'
import type { ServiceError } from '../../src/aws/service-error.ts'
import type { ActionError } from '../../src/errors/action-error.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { partsOf, plain, type Wording } from '../../src/text/message.ts'
import { CALLER, REGION, ROLE, SECRET } from './fake-aws.ts'
import { REAL_MESSAGES, type RealMessage } from './real-messages.ts'

const IDENTITY = {
  issuer: 'https://token.actions.githubusercontent.com',
  audience: 'acme',
  subject: 'repo:octo-org/octo-repo:ref:refs/heads/main',
  claims: { sub: 'repo:octo-org/octo-repo:ref:refs/heads/main' },
} as unknown as Identity

const FOREIGN_ID = 'arn:aws:secretsmanager:eu-west-1:999988887777:secret:huggingface/acme/write-AbCdEf'

interface Situation {
  role?: Role
  secret?: SecretReference
  sessionPolicy?: string
}

/** Who can be refused: a job's role, a function's, with each session policy, at home and at a secret of another account. */
const SITUATIONS: readonly (readonly [string, Situation])[] = [
  ['a job', {}],
  ['a job with its own session policy', { sessionPolicy: '{"Statement":[]}' }],
  ['a job without a session policy', { sessionPolicy: 'none' }],
  ['a job that reads another account’s secret', { secret: { ...SECRET, id: FOREIGN_ID } }],
  ['a function', { role: { ...ROLE, arn: 'of this function' }, sessionPolicy: 'none' }],
  [
    'a function with another account’s admin secret',
    { role: { ...ROLE, arn: 'of this function' }, sessionPolicy: 'none', secret: { ...SECRET, id: FOREIGN_ID } },
  ],
]

function explain(
  { service, name, status }: RealMessage,
  message: string,
  { role = ROLE, secret = SECRET, sessionPolicy = 'auto' }: Situation = {},
): ActionError {
  const error: ServiceError = { kind: 'refusal', name, message, status, requestId: undefined, afterMs: undefined }
  const caller = { ...CALLER, role, sessionPolicy }
  if (service === 'secret') return explainSecret({ error, caller, secret, use: reading('token') })
  if (service === 'ecs') {
    return explainService(error, { caller, region: REGION, service: { cluster: 'prod', service: 'inference' } })
  }
  const { awsEndpoints } = CALLER
  const request = {
    role,
    region: REGION,
    roleSessionName: 'run',
    roleDurationSeconds: 900,
    sessionPolicy,
    awsEndpoints,
  }
  return explainSts(error, IDENTITY, request)
}

/** No part of the action calls Lambda; only STS's refusals of a job's own ID token have an explanation so far. */
const EXPLAINED = REAL_MESSAGES.filter(({ service }) => service !== 'lambda')
const CODES: Record<string, RegExp> = {
  sts: /^(?:role-trust-rejected|oidc-provider-missing|audience-not-registered|sts-failed)$/,
  secret: /^secret-(?:not-found|access-denied|kms-denied|failed)$/,
  ecs: /^deployment-failed$/,
}

const text = (wording: Wording | undefined) => (wording === undefined ? '' : plain(wording))
const blocksOf = ({ explanation }: ActionError, where: string) =>
  partsOf(explanation.fix ?? '').flatMap((part) =>
    part.kind === 'block' ? [{ language: languageOf(part.text), text: part.text, where }] : [],
  )
const title = ({ service, name, message }: RealMessage) => `${service} ${name}: ${message.slice(0, 200)}`

describe('a refusal is told in full', () => {
  test.each(EXPLAINED.map((row) => [title(row), row] as const))('%s', (_what, row) => {
    for (const [, situation] of SITUATIONS) {
      const { code, explanation } = explain(row, row.message, situation)
      expect(code).toMatch(CODES[row.service] ?? /^$/)
      expect(text(explanation.seen)).toContain(row.message.slice(0, 60).trim())
      expect(text(explanation.cause)).toMatch(/\.$/)
      expect(text(explanation.fix)).not.toBe('')
      expect(text(explanation.forward)).toMatch(/\.$/)
    }
  })

  test('load is named only where another attempt can cure it', () => {
    const curable = ['transient', 'issuer-unreachable', 'thumbprint']
    const loaded = EXPLAINED.filter((row) => {
      const { cause, fix } = explain(row, row.message).explanation
      return /\bload\b|incident|throttl|re-?run/i.test(`${text(cause)} ${text(fix)}`)
    })
    // A session that expired ends with the run: the next run has a new one.
    const others = loaded.filter(
      ({ kind }) =>
        !curable.includes(kind) && !['session-expired', 'session-unknown', 'clock', 'token-expired'].includes(kind),
    )
    expect(others.map(title)).toEqual([])
    expect(loaded.some(({ kind }) => kind === 'transient')).toBe(true)
  })

  test('whoever is told to act is the one whom the table names', () => {
    const account = 'AWS account 123456789012'
    for (const row of EXPLAINED.filter(({ fixer }) => ['role', 'boundary', 'provider', 'account'].includes(fixer))) {
      expect(text(explain(row, row.message).explanation.forward)).toContain(account)
    }
    for (const row of EXPLAINED.filter(({ fixer }) => fixer === 'organization')) {
      expect(text(explain(row, row.message).explanation.forward)).toContain('the AWS organization')
    }
    for (const row of EXPLAINED.filter(({ fixer }) => fixer === 'endpoint')) {
      expect(text(explain(row, row.message).explanation.forward)).toContain('VPC endpoints')
    }
  })

  test('every command is one that a shell can read', () => {
    const found = EXPLAINED.flatMap((row) =>
      SITUATIONS.flatMap(([where, situation]) => blocksOf(explain(row, row.message, situation), where)),
    )
    expect(found.filter(({ language }) => language === 'sh').length).toBeGreaterThan(100)
    expect(found.map(problemOf).filter((problem) => problem !== undefined)).toEqual([])
  })

  test('every JSON block is JSON, and no role is called "of this function" in it', () => {
    const blocks = EXPLAINED.flatMap((row) =>
      SITUATIONS.flatMap(([, situation]) =>
        partsOf(explain(row, row.message, situation).explanation.fix).flatMap((part) =>
          part.kind === 'block' ? [{ service: row.service, text: part.text }] : [],
        ),
      ),
    )
    const policies = blocks.filter((block) => block.text.startsWith('{'))
    expect(policies.length).toBeGreaterThan(100)
    for (const policy of policies) expect(JSON.parse(policy.text)).toBeInstanceOf(Object)
    // A function has its role already: it asks STS for none.
    const asked = blocks.filter(({ service }) => service !== 'sts')
    expect(asked.filter((block) => block.text.includes('of this function'))).toEqual([])
  })
})

test('a name that looks like a token is shown: it is in the workflow too', () => {
  const role: Role = { ...ROLE, arn: 'arn:aws:iam::123456789012:role/hf_publisher_of_models' }
  for (const row of EXPLAINED) {
    const { fix, cause, failed, expected } = explain(row, row.message, { role }).explanation
    expect([failed, expected, cause, fix].map(text).join('\n')).not.toContain('hf_***')
  }
})

test('an organization that is called like a token has its name in the commands', () => {
  const identity = { ...IDENTITY, audience: 'hf_acme_organization' }
  const request = {
    role: ROLE,
    region: REGION,
    roleSessionName: 'run',
    roleDurationSeconds: 900,
    sessionPolicy: 'auto',
    awsEndpoints: CALLER.awsEndpoints,
  }
  for (const [message, says] of [
    ['No OpenIDConnect provider found in your account for x', '--client-id-list hf_acme_organization'],
    ['Incorrect token audience', '--client-id hf_acme_organization'],
  ] as const) {
    const error: ServiceError = {
      kind: 'refusal',
      name: 'InvalidIdentityToken',
      message,
      status: 400,
      requestId: undefined,
      afterMs: undefined,
    }
    expect(explainSts(error, identity, request).message).toContain(says)
  }
})

describe('another account’s secret', () => {
  const foreign: Situation = { secret: { ...SECRET, id: FOREIGN_ID } }
  const rowOf = (kind: string, action: string) => {
    const row = REAL_MESSAGES.find((one) => one.kind === kind && one.message.includes(action))
    if (!row) throw new Error(`no message of the kind ${kind}`)
    return row
  }

  test.each(['resource-silent', 'identity-silent', 'session-silent'])('gets the three things it needs (%s)', (kind) => {
    const row = rowOf(kind, 'secretsmanager:GetSecretValue')
    const { message } = explain(row, row.message, foreign)
    expect(message).toContain('1. In account 999988887777, check whether the secret has a policy:')
    expect(message).toContain('2. The secret must be encrypted with a customer managed key')
    expect(message).toContain('3. In account 123456789012, allow this in the policy of the role')
    expect(message).toContain(
      'For steps 1 and 2, whoever administers AWS account 999988887777, which owns the secret. For step 3, whoever administers AWS account 123456789012. Send this message to both.',
    )
    expect(message).toContain(FOREIGN_ID)
    expect(message).not.toContain('AbCdEf-??????')
  })

  test('under the default key is told to change the key', () => {
    const row = rowOf('default-key', 'different AWS account')
    const { code, message } = explain(row, row.message, foreign)
    expect(code).toBe('secret-kms-denied')
    expect(message).toContain('--kms-key-id KEY_ARN')
    expect(message).toContain('AWS account 999988887777, which owns the secret')
  })

  test('with a key that refuses names both accounts', () => {
    const row = rowOf('key-denied', 'Access to KMS')
    const { message } = explain(row, row.message, foreign)
    expect(message).toContain('In account 999988887777, add this statement to the policy of the key:')
    expect(message).toContain('In account 123456789012, add this statement to the policy of the role:')
  })
})

describe('the key that AWS names', () => {
  const key = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'
  const row = REAL_MESSAGES.find(({ name }) => name === 'KMSInvalidStateException') as RealMessage

  test('is in the statement and the commands', () => {
    const denied = `User: x is not authorized to perform: kms:Decrypt on resource: ${key} because no identity-based policy allows the kms:Decrypt action`
    expect(explain({ ...row, name: 'AccessDeniedException' }, denied).message).toContain(`"Resource": "${key}"`)
    expect(explain(row, `${key} is pending deletion.`).message).toContain(`--key-id ${key}`)
  })

  test('is left to the reader when it is an alias or has another form', () => {
    for (const odd of ['arn:aws:kms:eu-west-1:123456789012:alias/x', 'arn:aws:kms:eu-west-1:1:key/x', `${key}/../*`]) {
      const denied = `User: x is not authorized to perform: kms:Decrypt on resource: ${odd} because no identity-based policy allows the kms:Decrypt action`
      expect(explain({ ...row, name: 'AccessDeniedException' }, denied).message).toContain(
        'key/<the key of the secret>',
      )
    }
  })
})

test('the policy that denies is quoted, however long the names before it are', () => {
  const policy = 'arn:aws:organizations::555566667777:policy/o-abcdefghij/service_control_policy/p-abcdefghijklmnop'
  const session = `arn:aws:sts::123456789012:assumed-role/${'r'.repeat(64)}/${'s'.repeat(64)}`
  const secret = `arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:${'n'.repeat(200)}-AbCdEf`
  const message = `User: ${session} is not authorized to perform: secretsmanager:UpdateSecretVersionStage on resource: ${secret} with an explicit deny in a service control policy: ${policy}`
  const row = REAL_MESSAGES.find(({ service }) => service === 'secret') as RealMessage
  expect(text(explain(row, message).explanation.seen)).toContain(policy)
})

test('a hostile message stays on its line', () => {
  const hostile = '\n::error::x\r\n##[error]y \u202e\u200b `rm` $(rm) hf_AbCdEfGhIjKlMnOpQrSt'
  for (const row of EXPLAINED) {
    for (const message of [
      `${hostile} ${row.message}`,
      `${row.message} ${hostile}`,
      row.message.replaceAll(' ', hostile),
    ]) {
      const lines = explain(row, message).message.split('\n')
      expect(lines.filter((line) => /^\s*(?:::|##\[)/.test(line))).toEqual([])
      expect(lines.join('')).not.toMatch(/\u202e|\u200b|hf_AbCd/)
    }
  }
})
