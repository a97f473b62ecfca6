/**
 * Every policy that a message prints does what the message says: with it, what was refused passes, and what is next to
 * it (another branch, a longer name, another owner) stays refused.
 */
import { afterAll, describe, expect, test } from '@jest/globals'
import { explainSecret, reading, type SecretUse } from '../../src/aws/explain-secret.ts'
import { explainSts } from '../../src/aws/explain-sts.ts'
import { crossAccountSecret } from '../../src/aws/policies/cross-account.ts'
import { checkSharedIssuers, trustClaims } from '../../src/aws/policies/evaluate/identity-providers.ts'
import { evaluate, parsePolicy } from '../../src/aws/policies/evaluate/policy.ts'
import {
  KEY_PLACEHOLDER,
  keyStatement,
  secretStatement,
  serviceStatement,
  tasksStatement,
} from '../../src/aws/policies/missing-statements.ts'
import { ROTATION_ACTIONS, ROTATION_KMS_ACTIONS } from '../../src/aws/policies/secret-actions.ts'
import { sessionPolicy } from '../../src/aws/policies/session-policy.ts'
import { otherSubjectFormat, providerArn } from '../../src/aws/policies/trust-policy.ts'
import type { Role, SecretReference } from '../../src/aws/request.ts'
import type { ServiceError } from '../../src/aws/service-error.ts'
import type { ActionError } from '../../src/errors/action-error.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { partsOf } from '../../src/text/message.ts'
import { policiesIn } from './policies/printed.ts'
import {
  decideOn,
  documentOf,
  KEY_ID,
  keyOf,
  roleIn,
  sessionOf,
  statementsOf,
  use,
  type World,
} from './policies/world.ts'

/** Each proven policy once, whatever it was proven for. */
const proven = new Set<string>()
let passes = 0
let refusals = 0

afterAll(() => {
  console.info(`${proven.size} printed policies proven: ${passes} requests pass, ${refusals} stay refused`)
})

function prove(policy: unknown): void {
  proven.add(JSON.stringify(policy))
}

const endpoints = { urls: {}, useFips: false, useDualstack: false }
const serviceError = (name: string, message: string): ServiceError => ({
  kind: 'refusal',
  name,
  message,
  status: 400,
  requestId: undefined,
  afterMs: undefined,
})

function printedIn({ explanation }: ActionError): object[] {
  const blocks = partsOf(explanation.fix).flatMap((part) => (part.kind === 'block' ? [part.text] : []))
  return blocks.flatMap((text) => policiesIn(text))
}

describe('a trust policy', () => {
  const GITHUB = 'https://token.actions.githubusercontent.com'
  const SHA = '0123456789abcdef0123456789abcdef01234567'
  const ROLE = roleIn('123456789012')

  interface Job {
    subject: string
    issuer?: string
    audience?: string
    claims?: Record<string, string>
    role?: Role
    /** Jobs that must not get in, beside those that never may. */
    others?: readonly string[]
    /** Jobs that get in too: later runs of the same. */
    again?: readonly string[]
  }

  function printedFor({ subject, issuer = GITHUB, audience = 'acme', claims = {}, role = ROLE }: Job): object {
    const all = { iss: issuer, aud: audience, sub: subject, ...claims }
    const identity = { issuer, audience, subject, claims: all } as unknown as Identity
    const error = serviceError('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
    const request = { role, region: 'eu-west-1', roleSessionName: 'run', roleDurationSeconds: 900 }
    const failure = explainSts(error, identity, { ...request, sessionPolicy: 'auto', awsEndpoints: endpoints })
    const [policy = {}, ...more] = printedIn(failure)
    expect(more).toEqual([])
    return policy
  }

  function letsIn(policy: object, { issuer = GITHUB, audience = 'acme', role = ROLE }: Job, claims: object): boolean {
    const read = parsePolicy(policy, 'trust')
    checkSharedIssuers(read)
    const host = issuer.replace('https://', '')
    const known = Object.entries({ aud: audience, ...claims }).filter(([claim]) => trustClaims(host).includes(claim))
    const context = Object.fromEntries(known.map(([claim, value]) => [`${host}:${claim}`, String(value)]))
    const caller = { kind: 'federated', provider: providerArn({ issuer }, role) } as const
    return evaluate(read, { action: 'sts:AssumeRoleWithWebIdentity', caller, context }) === 'allow'
  }

  const ids = { repository_id: '456789', repository_owner_id: '123456' }
  const contexts: [string, string, string[]][] = [
    ['a branch', 'ref:refs/heads/main', ['ref:refs/heads/main2', 'ref:refs/heads/mai', 'ref:refs/tags/main']],
    ['a branch with slashes', 'ref:refs/heads/release/1.x', ['ref:refs/heads/release/1.y', 'ref:refs/heads/release']],
    ['a tag', 'ref:refs/tags/v1.2.3', ['ref:refs/tags/v1.2.4', 'ref:refs/heads/v1.2.3', 'ref:refs/tags/v1x2.3']],
    [
      'an environment',
      'environment:production',
      ['environment:Production', 'environment:production-eu', 'pull_request'],
    ],
    ['an environment with a colon', 'environment:prod%3Aeu', ['environment:prod', 'environment:prod:eu']],
    ['an environment like a variable', 'environment:${' + 'aws:username}', ['environment:', 'environment:x']],
    ['an environment with wildcards', 'environment:p*?', ['environment:prod', 'environment:p**', 'environment:pxx']],
    ['an environment with an umlaut', 'environment:prüfung', ['environment:prufung', 'environment:pr?fung']],
    ['an environment in Chinese', 'environment:生产', ['environment:生', 'environment:生产线', 'environment:']],
    [
      'an environment with both',
      'environment:生*${' + 'x',
      ['environment:生産', 'environment:生xx', 'environment:生Z${' + 'x'],
    ],
    ['an environment with an invisible character', 'environment:a\u200bb', ['environment:ab', 'environment:a\u200b']],
    ['an environment with a line break', 'environment:a\n::b', ['environment:a::b', 'environment:a\nb']],
    ['an environment like a command', 'environment:##[b', ['environment:##b', 'environment:##[']],
    ['pull requests', 'pull_request', ['pull_request_target', 'ref:refs/heads/main', 'ref:refs/pull/1/merge']],
    [
      'a customized subject',
      'ref:refs/heads/main:job_workflow_ref:octo-org/shared/.github/workflows/x.yml@refs/heads/main',
      [
        'ref:refs/heads/main',
        'ref:refs/heads/main:job_workflow_ref:octo-org/shared/.github/workflows/x.yml@refs/heads/x',
      ],
    ],
  ]
  const owners: [string, string, string[]][] = [
    [
      'name',
      'repo:octo-org/octo-repo',
      ['repo:octo-org/octo-repo2', 'repo:octo-orgx/octo-repo', 'repo:evil/octo-repo'],
    ],
    [
      'immutable',
      'repo:octo-org@123456/octo-repo@456789',
      ['repo:octo-org@123457/octo-repo@456789', 'repo:octo-org@123456/octo-repo@456780', 'repo:octo-org/octo-repo'],
    ],
  ]
  const jobs = owners.flatMap(([format, repository, otherRepositories]) =>
    contexts.map(([what, context, others]): [string, Job] => [
      `${what}, ${format} format`,
      {
        subject: `${repository}:${context}`,
        claims: ids,
        others: [
          ...others.map((one) => `${repository}:${one}`),
          ...otherRepositories.map((one) => `${one}:${context}`),
        ],
      },
    ]),
  )
  const queue = (repository: string, branch: string, pr: string) =>
    `${repository}:ref:refs/heads/gh-readonly-queue/${branch}/pr-${pr}`
  const buildkite = (pipeline: string, ref: string, commit: string, step: string) =>
    `organization:octo-org:pipeline:${pipeline}:ref:${ref}:commit:${commit}:step:${step}`
  const special: [string, Job][] = [
    ...owners.flatMap(([format, repository, otherRepositories]) =>
      ['main', 'release/1.0'].map((branch): [string, Job] => [
        `a merge queue of ${branch}, ${format} format`,
        {
          subject: queue(repository, branch, `12-${SHA}`),
          again: [queue(repository, branch, `13-${SHA.replace('0', 'f')}`)],
          others: [
            queue(repository, 'other', `12-${SHA}`),
            queue(repository, branch, `12-${SHA}`).replace('gh-readonly-queue', 'gh-readonly-queue2'),
            `${repository}:ref:refs/heads/${branch}`,
            `${repository}:pull_request`,
            ...otherRepositories.map((one) => queue(one, branch, `12-${SHA}`)),
          ],
        },
      ]),
    ),
    [
      'a branch that only looks like a merge queue’s',
      {
        subject: 'repo:octo-org/octo-repo:ref:refs/heads/gh-readonly-queue/main/pr-x',
        others: ['repo:octo-org/octo-repo:ref:refs/heads/gh-readonly-queue/main/pr-y'],
      },
    ],
    [
      'a reusable workflow in the subject',
      {
        subject: 'job_workflow_ref:octo-org/shared/.github/workflows/publish.yml@refs/heads/main',
        others: ['job_workflow_ref:octo-org/shared/.github/workflows/publish.yml@refs/heads/x'],
      },
    ],
    [
      'an audience as a URL',
      { subject: 'repo:octo-org/octo-repo:ref:refs/heads/main', audience: 'https://huggingface.co/acme' },
    ],
    ...[
      `${GITHUB}/octo-enterprise`,
      'https://token.actions.octocorp.ghe.com',
      'https://ghes.example/_services/token',
    ].map((issuer): [string, Job] => [issuer, { issuer, subject: 'repo:octo-org/octo-repo:ref:refs/heads/main' }]),
    ...['aws-us-gov', 'aws-cn', 'aws-eusc'].map((partition): [string, Job] => [
      `the partition ${partition}`,
      { subject: 'repo:octo-org/octo-repo:environment:production', role: roleIn('123456789012', partition) },
    ]),
    ['GitLab', { issuer: 'https://gitlab.com', subject: 'project_path:octo-org/octo-repo:ref_type:branch:ref:main' }],
    [
      'Buildkite',
      {
        issuer: 'https://agent.buildkite.com',
        subject: buildkite('octo-repo', 'refs/heads/main', SHA, 'build'),
        again: [buildkite('octo-repo', 'refs/heads/main', SHA.replace('0', 'f'), 'build')],
        others: [
          buildkite('octo-repo', 'refs/heads/x', SHA, 'build'),
          buildkite('octo-repo2', 'refs/heads/main', SHA, 'build'),
          buildkite('octo-repo', 'refs/heads/main', SHA, 'build2'),
        ],
      },
    ],
    [
      'Kubernetes',
      { issuer: 'https://oidc.eks.eu-west-1.amazonaws.com/id/A1', subject: 'system:serviceaccount:ml:hf' },
    ],
  ]

  test.each([...jobs, ...special])('for %s lets in exactly this job', (_, job) => {
    const { subject, claims = {}, audience = 'acme' } = job
    const before = parsePolicy(printedFor({ ...job, subject: `${subject}-before` }), 'trust')
    expect(evaluate(before, { action: 'sts:AssumeRoleWithWebIdentity', context: {} })).toBe('implicit-deny')
    expect(letsIn(printedFor({ ...job, subject: `${subject}-before` }), job, { ...claims, sub: subject })).toBe(false)

    const policy = printedFor(job)
    for (const sub of [subject, ...(job.again ?? [])]) {
      expect({ sub, in: letsIn(policy, job, { ...claims, sub }) }).toEqual({ sub, in: true })
      passes++
    }
    const other = otherSubjectFormat({ subject, claims })
    const others = [...(job.others ?? []), ...(other ? [other] : []), `x${subject}`, subject.slice(1), '', '*']
    // What a merge queue appends is left open up to the end.
    if (!subject.endsWith(SHA)) others.push(`${subject}x`)
    for (const sub of others) {
      expect({ sub, in: letsIn(policy, job, { ...claims, sub }) }).toEqual({ sub, in: false })
      refusals++
    }
    for (const aud of [`${audience}x`, 'sts.amazonaws.com', audience.toUpperCase(), '']) {
      expect(letsIn(policy, job, { ...claims, sub: subject, aud })).toBe(false)
      refusals++
    }
    expect(letsIn(policy, job, claims)).toBe(false)
    expect(letsIn(policy, { ...job, issuer: 'https://evil.example' }, { ...claims, sub: subject })).toBe(false)
    prove(policy)
  })

  test('is no help against a VPC endpoint, whose policy gets a statement that an unsigned request satisfies', () => {
    const action = 'sts:AssumeRoleWithWebIdentity'
    const identity = { issuer: GITHUB, audience: 'acme', subject: 'repo:o/r:pull_request', claims: {} }
    const error = serviceError(
      'AccessDenied',
      `Not authorized to perform ${action} because no VPC endpoint policy allows the ${action} action`,
    )
    const request = { role: ROLE, region: 'eu-west-1', roleSessionName: 'run', roleDurationSeconds: 900 }
    const failure = explainSts(error, identity as unknown as Identity, {
      ...request,
      sessionPolicy: 'auto',
      awsEndpoints: endpoints,
    })
    const [statement = {}, ...more] = printedIn(failure)
    expect(more).toEqual([])
    const caller = { kind: 'federated', provider: providerArn({ issuer: GITHUB }, ROLE) } as const
    const ask = (resource: string, printed?: object) => {
      const other = { Effect: 'Allow', Principal: '*', Action: 'sts:GetCallerIdentity', Resource: '*' }
      const policy = parsePolicy(documentOf(other, ...(printed ? [printed] : [])), 'endpoint')
      return evaluate(policy, { action, resource, caller, context: {} })
    }
    expect(ask(ROLE.arn)).toBe('implicit-deny')
    expect(ask(ROLE.arn, statement)).toBe('allow')
    expect(ask(`${ROLE.arn}2`, statement)).toBe('implicit-deny')
    passes++
    refusals++
    prove(statement)
  })

  test('never has ForAllValues, and has no tag as a boundary', () => {
    for (const [, job] of [...jobs, ...special]) {
      expect(JSON.stringify(printedFor(job))).not.toMatch(/ForAllValues|aws:(?:Principal|Request)Tag|TagSession/)
    }
  })
})

/** How a secret can be named, and its complete ARN. */
interface Named {
  id: string
  arn: string
  role: Role
}

const ACCOUNT = '123456789012'
const OTHER = '210987654321'
const secretArn = (name: string, account = ACCOUNT, partition = 'aws', region = 'eu-west-1') =>
  `arn:${partition}:secretsmanager:${region}:${account}:secret:${name}`

const NAMED: [string, Named][] = [
  ['a name', { id: 'huggingface/acme/write', arn: secretArn('huggingface/acme/write-AbC1eF'), role: roleIn(ACCOUNT) }],
  [
    'a name that ends like a suffix',
    { id: 'hf/write-backup', arn: secretArn('hf/write-backup-AbC1eF'), role: roleIn(ACCOUNT) },
  ],
  ['a complete ARN', { id: secretArn('hf/write-AbC1eF'), arn: secretArn('hf/write-AbC1eF'), role: roleIn(ACCOUNT) }],
  ['an ARN without suffix', { id: secretArn('hf/write'), arn: secretArn('hf/write-AbC1eF'), role: roleIn(ACCOUNT) }],
  [
    'an ARN without suffix that looks complete',
    { id: secretArn('hf/write-backup'), arn: secretArn('hf/write-backup-AbC1eF'), role: roleIn(ACCOUNT) },
  ],
  [
    'an ARN without suffix that ends in a version',
    { id: secretArn('hf/token-v20261'), arn: secretArn('hf/token-v20261-AbC1eF'), role: roleIn(ACCOUNT) },
  ],
  [
    'a complete ARN with a suffix like a word',
    { id: secretArn('hf/write-backup'), arn: secretArn('hf/write-backup'), role: roleIn(ACCOUNT) },
  ],
  ['a role with a path', { id: 'hf', arn: secretArn('hf-AbC1eF'), role: roleIn(ACCOUNT, 'aws', 'ci/teams/hf') }],
  ['the longest name', { id: 'n'.repeat(512), arn: secretArn(`${'n'.repeat(512)}-AbC1eF`), role: roleIn(ACCOUNT) }],
  ...['aws-us-gov', 'aws-cn', 'aws-iso', 'aws-iso-b', 'aws-eusc'].map((partition): [string, Named] => [
    `the partition ${partition}`,
    { id: 'hf', arn: secretArn('hf-AbC1eF', ACCOUNT, partition), role: roleIn(ACCOUNT, partition) },
  ]),
]

const ACROSS: [string, Named][] = [
  [
    'a complete ARN',
    { id: secretArn('hf/w-AbC1eF', OTHER), arn: secretArn('hf/w-AbC1eF', OTHER), role: roleIn(ACCOUNT) },
  ],
  [
    'an ARN without suffix',
    { id: secretArn('hf/w', OTHER), arn: secretArn('hf/w-AbC1eF', OTHER), role: roleIn(ACCOUNT) },
  ],
  [
    'an ARN that looks complete',
    { id: secretArn('hf/w-backup', OTHER), arn: secretArn('hf/w-backup-AbC1eF', OTHER), role: roleIn(ACCOUNT) },
  ],
  [
    'another partition and region',
    {
      id: secretArn('hf/w-AbC1eF', OTHER, 'aws-cn', 'cn-north-1'),
      arn: secretArn('hf/w-AbC1eF', OTHER, 'aws-cn', 'cn-north-1'),
      role: roleIn(ACCOUNT, 'aws-cn', 'path/hf'),
    },
  ],
]

const reference = ({ id, arn }: Named): SecretReference => ({
  id,
  key: 'token',
  stage: 'AWSCURRENT',
  region: arn.split(':')[3] ?? '',
})

const READING = reading('token')
const ROTATING: SecretUse = {
  verb: 'write to',
  actions: ROTATION_ACTIONS,
  kmsActions: ROTATION_KMS_ACTIONS,
  content: 'token',
}

/** Secrets next to one that no policy for it may reach. */
function neighbours(arn: string): string[] {
  const [, , , region = '', account = ''] = arn.split(':')
  const name = arn.slice(0, -7)
  return [
    `${name}-2-AbC1eF`,
    `${name}x-AbC1eF`,
    `${name.slice(0, -1)}-AbC1eF`,
    arn.replace(region, 'us-east-1'),
    arn.replace(account, '999999999999'),
    `${name}/more-AbC1eF`,
  ]
}

describe.each([
  ['reading', READING],
  ['rotating', ROTATING],
] as const)('the statements for a role: %s', (_, secretUse) => {
  const { actions, kmsActions } = secretUse
  const explain = (named: Named, message: string) =>
    explainSecret({
      error: serviceError('AccessDeniedException', message),
      caller: {
        name: sessionOf(named.role),
        role: named.role,
        sessionPolicy: 'none',
        awsEndpoints: endpoints,
      },
      secret: reference(named),
      use: secretUse,
    })

  test.each(NAMED)('%s: the secret', (_what, named) => {
    const world: World = { role: named.role, secretArn: named.arn, rolePolicy: [] }
    const refused = use(world, actions[0] ?? '')
    if (refused.allowed) throw new Error('nothing allows it')
    expect(refused.message).toMatch(/because no identity-based policy allows the secretsmanager:\w+ action$/)
    const [statement = {}, ...more] = printedIn(explain(named, refused.message))
    expect(more).toEqual([])
    const after: World = { ...world, rolePolicy: statementsOf(statement) }
    for (const action of actions) {
      expect(use(after, action)).toEqual({ allowed: true })
      passes++
      for (const other of neighbours(named.arn)) {
        expect({ other, ...use({ ...after, secretArn: other }, action) }).toMatchObject({ other, allowed: false })
        refusals++
      }
    }
    expect(use(after, 'secretsmanager:DeleteSecret').allowed).toBe(false)
    prove(statement)
  })

  test.each(NAMED)('%s: its key', (_what, named) => {
    const rolePolicy = [secretStatement(named.role, reference(named), actions)]
    const world: World = { role: named.role, secretArn: named.arn, customerKey: true, rolePolicy }
    const [kms = ''] = kmsActions
    const refused = use(world, actions[0] ?? '', kms)
    if (refused.allowed) throw new Error('nothing allows it')
    expect(refused.message).toBe('Access to KMS is not allowed')
    expect(refused.verdict.by).toBe('identity-based policy')
    const [statement = {}, ...more] = printedIn(explain(named, refused.message))
    expect(more).toEqual([])
    const after: World = { ...world, rolePolicy: [...rolePolicy, statement] }
    for (const action of kmsActions) {
      expect(use(after, actions[0] ?? '', action)).toEqual({ allowed: true })
      passes++
      // Neither without Secrets Manager, nor through another service, nor another key.
      const key = keyOf(after)
      const via = { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' }
      expect(decideOn(after, action, key).allowed).toBe(false)
      expect(decideOn(after, action, key, via).allowed).toBe(false)
      expect(decideOn(after, action, key.replace(KEY_ID, `${KEY_ID}0`)).allowed).toBe(false)
      refusals += 3
    }
    prove(statement)
  })
})

describe('the session policy `auto`', () => {
  test.each([...NAMED, ...ACROSS])('%s: leaves the secret and its key, and nothing else', (_, named) => {
    const secret = reference(named)
    const role = named.role
    const across = crossAccountSecret(role, secret)
    const isAcross = across.secretAccount !== across.roleAccount
    const everything = { Effect: 'Allow', Action: '*', Resource: '*' }
    const world: World = {
      role,
      secretArn: named.arn,
      customerKey: true,
      rolePolicy: [everything],
      session: sessionPolicy('auto', role, secret),
      ...(isAcross ? { secretPolicy: statementsOf(across.secretPolicy), keyPolicy: [across.keyStatement] } : {}),
    }
    expect(use(world, 'secretsmanager:GetSecretValue', 'kms:Decrypt')).toEqual({ allowed: true })
    passes++
    for (const action of ['secretsmanager:PutSecretValue', 'secretsmanager:DescribeSecret']) {
      expect(use(world, action)).toMatchObject({ allowed: false })
      refusals++
    }
    for (const other of neighbours(named.arn)) {
      expect({ other, ...use({ ...world, secretArn: other }, 'secretsmanager:GetSecretValue') }).toMatchObject({
        allowed: false,
      })
      refusals++
    }
    const context = { 'kms:ViaService': `secretsmanager.eu-west-1.amazonaws.com` }
    expect(decideOn(world, 'kms:Decrypt', keyOf(world), context).allowed).toBe(false)
    expect(decideOn(world, 's3:GetObject', 'arn:aws:s3:::models/x').allowed).toBe(false)
    refusals += 2
    prove(world.session)
  })
})

describe('a secret of another account', () => {
  const uses: [string, SecretUse][] = [
    ['reading', READING],
    ['rotating', ROTATING],
  ]
  const table = ACROSS.flatMap(([what, named]) =>
    uses.map(([how, one]): [string, Named, SecretUse] => [`${what}, ${how}`, named, one]),
  )

  test.each(table)(
    '%s: needs all three documents, and each changes the refusal',
    (_, named, { actions, kmsActions }) => {
      const { role, arn } = named
      const documents = crossAccountSecret(role, reference(named), { actions, kmsActions })
      const filled = (document: object) =>
        JSON.parse(JSON.stringify(document).replaceAll(KEY_PLACEHOLDER, KEY_ID)) as object
      const parts = {
        rolePolicy: statementsOf(filled(documents.rolePolicy)),
        secretPolicy: statementsOf(documents.secretPolicy),
        keyPolicy: [documents.keyStatement],
      }
      const world = (given: Partial<typeof parts>): World => ({
        role,
        secretArn: arn,
        customerKey: true,
        rolePolicy: [],
        ...given,
      })
      const [action = '', kms = ''] = [actions[0], kmsActions[0]]
      const { rolePolicy, secretPolicy, keyPolicy } = parts
      const reason = (given: Partial<typeof parts>) => {
        const outcome = use(world(given), action, kms)
        return outcome.allowed ? 'allowed' : outcome.verdict.reason
      }
      expect(reason({})).toBe(`because no identity-based policy allows the ${action} action`)
      expect(reason({ secretPolicy, keyPolicy })).toBe(`because no identity-based policy allows the ${action} action`)
      expect(reason({ rolePolicy, keyPolicy })).toBe(`because no resource-based policy allows the ${action} action`)
      expect(reason({ rolePolicy, secretPolicy })).toBe(`because no resource-based policy allows the ${kms} action`)
      for (const one of actions) {
        for (const key of kmsActions) expect(use(world(parts), one, key)).toEqual({ allowed: true })
        passes++
        for (const other of neighbours(arn)) {
          expect(use({ ...world(parts), secretArn: other }, one).allowed).toBe(false)
          refusals++
        }
        // Another role of the same account, whatever its own policy allows.
        const other = roleIn(role.account, role.partition, 'another')
        const everything = { Effect: 'Allow', Action: '*', Resource: '*' }
        const outcome = use({ ...world(parts), role: other, rolePolicy: [everything] }, one, kms)
        expect(outcome).toMatchObject({ allowed: false, verdict: { by: 'resource-based policy' } })
        refusals++
      }
      const key = keyOf(world(parts))
      // The key is not lent for anything else, even if the role may do everything.
      const anything = world({ ...parts, rolePolicy: [{ Effect: 'Allow', Action: '*', Resource: '*' }] })
      const elsewhere = { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' }
      for (const context of [{}, elsewhere]) {
        expect(decideOn(anything, kms, key, context)).toMatchObject({ by: 'resource-based policy' })
        refusals++
      }
      expect(key).toContain(`:${documents.secretAccount}:`)
      for (const document of [documents.rolePolicy, documents.secretPolicy, documents.keyStatement]) prove(document)
    },
  )

  test('names the key in the account of the secret, and the suffix once', () => {
    const id = secretArn('hf/w-AbC1eF', OTHER)
    const secret = { id, key: 'token', stage: 'AWSCURRENT', region: 'eu-west-1' }
    const role = roleIn(ACCOUNT)
    expect(keyStatement(role, secret, ['kms:Decrypt'])).toMatchObject({
      Resource: `arn:aws:kms:eu-west-1:${OTHER}:key/${KEY_PLACEHOLDER}`,
    })
    expect(secretStatement(role, secret, ['secretsmanager:GetSecretValue'])).toMatchObject({ Resource: id })
    expect(secretStatement(role, { ...secret, id: secretArn('hf/w', OTHER) }, ['x:Y'])).toMatchObject({
      Resource: secretArn('hf/w-??????', OTHER),
    })
  })

  test('an ARN that AWS named is used only if it is of this secret', () => {
    const role = roleIn(ACCOUNT)
    const secret = { id: 'hf/w', key: 'token', stage: 'AWSCURRENT', region: 'eu-west-1' }
    const resource = (known: string, id = 'hf/w') => secretStatement(role, { ...secret, id }, ['x:Y'], known)
    const pattern = { Resource: secretArn('hf/w-??????') }
    expect(resource(secretArn('hf/w-AbC1eF'))).toMatchObject({ Resource: secretArn('hf/w-AbC1eF') })
    for (const known of [
      secretArn('hf/x-AbC1eF'),
      secretArn('hf/w-AbC1eF', OTHER),
      secretArn('hf/w-AbC1eF', ACCOUNT, 'aws', 'us-east-1'),
      secretArn('hf/w-*'),
      secretArn('*'),
      '*',
      'hf/w',
    ]) {
      expect(resource(known)).toMatchObject(pattern)
    }
    const looksComplete = secretArn('hf/w-backup')
    expect(resource(`${looksComplete}-AbC1eF`, looksComplete)).toMatchObject({ Resource: `${looksComplete}-AbC1eF` })
  })
})

test('the statement for the tasks of a service allows to look at those of its cluster alone', () => {
  const role = roleIn(ACCOUNT)
  const place = `arn:aws:ecs:eu-west-1:${ACCOUNT}`
  const statement = tasksStatement(role, 'eu-west-1', { cluster: 'prod', service: 'inference' })
  const world: World = { role, secretArn: secretArn('hf-AbC1eF'), rolePolicy: [] }
  const resources = {
    'ecs:ListTasks': `${place}:container-instance/prod`,
    'ecs:DescribeTasks': `${place}:task/prod/1`,
    'ecs:StopTask': `${place}:task/prod/1`,
  }
  for (const [action, arn] of Object.entries(resources)) {
    const own = { 'ecs:cluster': `${place}:cluster/prod` }
    expect(decideOn(world, action, arn, own).allowed).toBe(false)
    const after = { ...world, rolePolicy: [statement] }
    const isNeeded = action !== 'ecs:StopTask'
    expect(decideOn(after, action, arn, own).allowed).toBe(isNeeded)
    if (isNeeded) passes++
    else refusals++
    const region = place.replace('eu-west-1', 'us-east-1')
    for (const other of [`${place}:cluster/prod2`, `${region}:cluster/prod`]) {
      expect(decideOn(after, action, arn, { 'ecs:cluster': other }).allowed).toBe(false)
      refusals++
    }
  }
  prove(statement)
})

test('the statement for a service allows deployments of this service alone', () => {
  const role = roleIn(ACCOUNT)
  const arn = `arn:aws:ecs:eu-west-1:${ACCOUNT}:service/prod/inference`
  const statement = serviceStatement(role, 'eu-west-1', { cluster: 'prod', service: 'inference' })
  const world: World = { role, secretArn: secretArn('hf-AbC1eF'), rolePolicy: [] }
  for (const action of ['ecs:DescribeServices', 'ecs:UpdateService']) {
    expect(decideOn(world, action, arn)).toMatchObject({
      reason: `because no identity-based policy allows the ${action} action`,
    })
    const after = { ...world, rolePolicy: [statement] }
    expect(decideOn(after, action, arn)).toEqual({ allowed: true })
    passes++
    for (const other of [`${arn}2`, arn.replace('prod', 'prod2'), arn.replace('eu-west-1', 'us-east-1')]) {
      expect(decideOn(after, action, other).allowed).toBe(false)
      refusals++
    }
    expect(decideOn(after, 'ecs:DeleteService', arn).allowed).toBe(false)
    refusals++
  }
  prove(statement)
})
