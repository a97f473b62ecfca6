/**
 * Every remedy there is: each kind of token × each trouble × each shape of the secret that was read × the rights that were
 * asked for. None may harm, speak of another kind of token, or break off.
 */
import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, test } from '@jest/globals'
import { malformed } from '../../src/aws/read-secret.ts'
import { SECRET_CONTENTS, wrongSecret } from '../../src/aws/secret-content.ts'
import { type SecretShape, storeCommand } from '../../src/aws/store-command.ts'
import { ActionError, type ErrorCode, type Explanation } from '../../src/errors/action-error.ts'
import { memberExchangeAdvice, trustedPublisherAdvice } from '../../src/hub/exchange/explain.ts'
import type { TokenFacts } from '../../src/hub/facts/facts.ts'
import { parseRepository } from '../../src/hub/repository.ts'
import type { Requirement } from '../../src/hub/requirement.ts'
import type { Evidence } from '../../src/hub/token.ts'
import { explain } from '../../src/hub/verdict/explain.ts'
import { judge } from '../../src/hub/verdict/judge.ts'
import { type Case, TOKEN_KINDS, TROUBLES, type Trouble } from '../../src/hub/verdict/remedies.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { type Part, partsOf, plain, type Wording } from '../../src/text/message.ts'
import { acme, BOUND, factsOf, issued, MINTED, NOW, OAUTH, on, requirement, who } from './tokens.ts'

type Kind = (typeof TOKEN_KINDS)[number]

/** The code that each trouble is reported with. */
const CODES: Record<Trouble, ErrorCode> = {
  dead: 'token-rejected',
  expired: 'token-expired',
  expiring: 'token-expiring',
  'wrong-org': 'token-wrong-org',
  'misspelled-org': 'token-wrong-org',
  'user-as-org': 'token-wrong-org',
  'cut-off': 'token-revoked-by-org',
  unapproved: 'token-pending-approval',
  classic: 'token-pending-approval',
  mfa: 'org-restricted',
  sso: 'org-restricted',
  ip: 'org-restricted',
  'unknown-rule': 'org-restricted',
  'too-narrow': 'token-under-scoped',
  'classic-read': 'token-under-scoped',
  'low-role': 'token-under-scoped',
  'too-wide': 'token-over-scoped',
  'wrong-member': 'token-wrong-org',
  'other-kind': 'token-over-scoped',
  'out-of-reach': 'token-under-scoped',
}

/** Forms of a secret that holds the token. */
const HOLDS_TOKEN: Readonly<Record<string, { shape: SecretShape; key?: string; stage?: string; storeAs?: string }>> = {
  JSON: { shape: { kind: 'object', binary: false, otherKeys: false } },
  'JSON with other keys': { shape: { kind: 'object', binary: false, otherKeys: true } },
  'binary JSON': { shape: { kind: 'object', binary: true, otherKeys: true } },
  'plain string': { shape: { kind: 'plain', binary: false } },
  'binary string': { shape: { kind: 'plain', binary: true } },
  'another key': { shape: { kind: 'object', binary: false, otherKeys: true }, key: `it's "hf" $(key) %s\\n` },
  'another label': { shape: { kind: 'object', binary: false, otherKeys: true }, stage: 'green' },
  'the previous version': { shape: { kind: 'plain', binary: false }, stage: 'AWSPREVIOUS' },
  'the pending version': { shape: { kind: 'plain', binary: false }, storeAs: 'AWSPENDING' },
  'no value': { shape: { kind: 'none' } },
  'no value, to be under an odd name': { shape: { kind: 'none' }, key: `it's "hf" $(id) %s\\n` },
  'not read': { shape: { kind: 'unknown' } },
}

const secretOf = ({ key = 'token', stage = 'AWSCURRENT' }: { key?: string; stage?: string }) => ({
  id: 'huggingface/acme/write',
  key,
  stage,
  region: 'eu-west-1',
})

interface Source {
  kind: Kind
  /** What was read on AWS. */
  shape: string
  evidence: Evidence
  notation: 'input' | 'line'
  managesAccounts?: boolean
  label: string
}

/** Where a token of each kind may come from: as many as there are shapes of the secret behind it. */
const FROM: Record<Kind, readonly Source[]> = {
  stored: storedIn('stored', 'input'),
  provided: storedIn('provided', 'line'),
  adminToken: [
    ...storedIn('adminToken', 'input').map((source) => ({ ...source, managesAccounts: true })),
    ...storedIn('adminToken', 'line').map((source) => ({ ...source, managesAccounts: true })),
  ],
  minted: [issuedFrom('minted', 'the admin secret', { ...MINTED, granted: MINTED.asked })],
  rotated: [{ ...issuedFrom('rotated', 'the admin secret', MINTED), notation: 'line' }],
  publisher: [
    issuedFrom('publisher', 'none', BOUND),
    issuedFrom('publisher', 'none', { ...BOUND, resource: 'spaces/acme/app', scopes: ['read-repos'] }),
  ],
  userPublisher: [issuedFrom('userPublisher', 'none', { ...BOUND, resource: 'rosa' })],
  exchange: [issuedFrom('exchange', 'the OAuth app', OAUTH)],
}

function storedIn(kind: Kind, notation: 'input' | 'line'): Source[] {
  return Object.entries(HOLDS_TOKEN).map(([shape, { storeAs, ...form }]) => {
    const howToStore = storeCommand({
      secret: secretOf(form),
      shape: form.shape,
      ...(storeAs === undefined ? {} : { storeAs }),
    })
    return {
      kind,
      shape,
      notation,
      evidence: { kind: 'stored', howToStore },
      label: 'stored in huggingface/acme/write',
    }
  })
}

function issuedFrom(kind: Kind, shape: string, evidence: Evidence): Source {
  return { kind, shape, evidence, notation: 'input', label: `by ${shape}` }
}

/** What a job may ask for. */
const ASKED: readonly Partial<Requirement>[] = [
  ...['identity', 'read', 'write', 'contribute', 'infer', 'read+infer', 'write+infer', 'admin'].map((scope) => ({
    scope,
  })),
  { scope: 'write', permissions: ['repo.write', 'job.write'] },
  { scope: 'read', allow: ['job.write'], repositoriesOnly: true },
]

/** What may be surplus: what `allow` would have to list. */
const SURPLUS: readonly (readonly string[] | undefined)[] = [
  undefined,
  ['repo.write'],
  ['inference.serverless.write'],
  ['inference-api'],
  ['write-repos', 'job.write'],
  ['repo.write@user:rosa'],
]

interface Cell {
  name: string
  source: Source
  trouble?: Trouble
  asked: Requirement
  code: ErrorCode
  explanation: Explanation
}

const asks = (asked: Partial<Requirement>, { notation }: Source): Requirement =>
  requirement({ ...asked, notation, hubEndpoint: 'https://hub.acme.example' })

/** What a cell of the table is made of. */
interface Coordinates {
  trouble: Trouble
  source: Source
  asked: Requirement
  allow: readonly string[] | undefined
}

/** The cells of the table for one code, whether the verdict can reach them or not. */
function cellsOf(code: ErrorCode): Cell[] {
  const troubles = TROUBLES.filter((one) => CODES[one] === code)
  return troubles.flatMap((trouble) =>
    ALL.flatMap((source) =>
      ASKED.flatMap((one) =>
        (trouble === 'too-wide' ? SURPLUS : [undefined]).flatMap((allow) =>
          cellsAt({ trouble, source, asked: asks(one, source), allow }),
        ),
      ),
    ),
  )
}

const ALL = TOKEN_KINDS.flatMap((kind) => FROM[kind])

/** With and without what the Hub calls the token. */
function cellsAt({ trouble, source, asked, allow }: Coordinates): Cell[] {
  return [undefined, 'ci'].map((displayName) => {
    const known: Case = {
      request: asked,
      label: source.label,
      displayName,
      owner: 'acme-ci',
      managesAccounts: source.managesAccounts,
      spelling: 'Acme',
      rule: 'curfew',
      missing: [['repo.write'], ['inference.serverless.write', 'inference.endpoints.infer.write']],
      allow,
    }
    const code = CODES[trouble]
    const { explanation } = explain({ code, trouble, failed: 'It failed.' }, source.evidence, known)
    return { name: [trouble, source.kind, source.shape].join(' × '), source, trouble, asked, code, explanation }
  })
}

/** What the Hub may say of a token, and when. */
const SAID: readonly Partial<TokenFacts>[] = [
  { who: who() },
  { who: who({ grants: [] }) },
  { who: who({ grants: [on('org', 'acme', 'repo.content.read', 'job.write', 'inference.serverless.write')] }) },
  { who: who({ grants: [on('org', 'acme', 'org.serviceAccounts.read', 'org.serviceAccounts.write')] }) },
  {
    who: who({ grants: [on('org', 'acme', 'repo.write'), on('user', 'rosa', 'repo.write')], canReadGatedRepos: true }),
  },
  { who: who({ role: 'write', grants: [] }) },
  { who: who({ role: 'read', grants: [] }) },
  { who: who({ orgs: [acme({ name: 'Acme' })] }) },
  { who: who({ orgs: [acme({ name: 'beta' })] }) },
  { who: who({ name: 'acme', orgs: [acme({ name: 'beta' })] }) },
  { who: who({ orgs: [acme({ roleInOrg: 'no_access' })] }) },
  ...['token-revoked', 'token-policy', 'mfa', 'sso', 'ip', 'curfew'].flatMap((rule) => [
    { who: who({ orgs: [acme({ securityRestrictions: [rule] })] }) },
    { who: issued({ orgs: [acme({ securityRestrictions: [rule] })] }) },
  ]),
  { who: issued({ email: 'eve@acme.example' }) },
  { who: issued({ unknown: [{ path: 'auth.superpowers', couldBeRight: true }] }) },
  { who: who(), expiresAt: NOW - 1 },
  { who: who(), expiresAt: NOW + 1_000 },
  { who: undefined },
]

const REPOSITORIES = ['acme/model', 'beta/other'].flatMap((label) => parseRepository(label) ?? [])

/** What the verdict itself says. */
function judged(): Cell[] {
  return ALL.filter(({ managesAccounts }) => !managesAccounts).flatMap((source) =>
    evidenceOf(source).flatMap((evidence) =>
      SAID.flatMap((said) =>
        ASKED.flatMap((one) =>
          verdictOn(said, { ...source, evidence }, asks({ ...one, repositories: REPOSITORIES }, source)),
        ),
      ),
    ),
  )
}

/** What else the call that issued a token may have said. */
function evidenceOf({ evidence }: Source): Evidence[] {
  if (evidence.kind === 'minted') return [evidence, { ...evidence, granted: ['repo.content.read'] }]
  if (evidence.kind === 'oauth') return [evidence, { ...evidence, granted: ['jobs'] }]
  if (evidence.kind === 'resource') return [evidence, { ...evidence, scopes: ['jobs', 'write-repos'] }]
  return [evidence]
}

function verdictOn(said: Partial<TokenFacts>, source: Source, asked: Requirement): Cell[] {
  const access = { granted: false, seen: 'HTTP 403', status: 403 } as const
  const facts: TokenFacts = {
    ...factsOf(said.who, source.evidence, 'huggingface/acme/write'),
    ...said,
    repositories: REPOSITORIES.map((repository) => ({ repository, access })),
  }
  return judge(facts, asked, NOW).map(({ code, explanation }) => {
    const isAdmin = plain(explanation.cause ?? '').includes('manages service accounts')
    const kind: Kind = isAdmin ? 'adminToken' : source.kind
    const name = [code, kind, source.shape, plain(explanation.failed)].join(' × ')
    return { name, source: { ...source, kind }, asked, code, explanation }
  })
}

/** Words that belong to other kinds of token. `stored`: what only a secret that holds the token may be told. */
const WORDS = {
  stored:
    /put-secret-value|settings\/tokens\/new|new token:|Store it|Edit permissions|separate secret|replace the current token/i,
  job: /re-run the job|`secret-id`|min-token-lifetime|`verify|this step|token-source|`scope: |`permissions: |`allow: |^allow: /m,
  rotation: /rotation|pending|line of the secret|`scope=|^allow=/im,
  minted: /service account(?!\.$)|mint/i,
  publisher: /[Tt]rusted publisher|"Read-only"|hf-resource/,
  user: /CI\/CD access|billed/i,
  exchange: /OAuth app|`member`|oauth-scopes|email address|the member that/,
  adminToken: /admin token/,
  secondFactor: /Turn on two-factor|Log in to the organization/,
  aws: /AWS|secretsmanager/,
} as const

const FOREIGN: Record<Kind, readonly (keyof typeof WORDS)[]> = {
  stored: ['rotation', 'minted', 'publisher', 'user', 'exchange', 'adminToken'],
  provided: ['job', 'minted', 'publisher', 'user', 'exchange', 'adminToken'],
  adminToken: ['stored', 'publisher', 'user', 'exchange'],
  minted: ['stored', 'rotation', 'publisher', 'user', 'exchange', 'secondFactor'],
  rotated: ['stored', 'job', 'publisher', 'user', 'exchange', 'secondFactor'],
  publisher: ['stored', 'rotation', 'minted', 'user', 'exchange', 'adminToken', 'secondFactor', 'aws'],
  userPublisher: ['stored', 'rotation', 'minted', 'publisher', 'exchange', 'adminToken', 'aws'],
  exchange: ['stored', 'rotation', 'minted', 'publisher', 'user', 'adminToken'],
}

/** Advice that names another kind because it is the alternative. */
const ALTERNATIVES = [
  ' For unattended use, prefer a service account.',
  // The kinds of token that the exchange lists are not what the message is about.
  'with the staging label `AWSPENDING`',
  '--version-stages AWSPENDING',
  'Do not store it as `AWSPREVIOUS`: that version holds the previous token, which stops working after a rotation.',
]

/** When running the same again can help a token that is new in each run. */
const MAY_RUN_AGAIN: readonly Trouble[] = ['dead', 'expired', 'cut-off']

const textOf = ({ cause, fix }: Explanation) => `${cause === undefined ? '' : plain(cause)}\n${plain(fix)}`

/** Everything that is wrong with one message. */
function faults(cell: Cell): string[] {
  const { cause = '', fix, failed, seen = '', expected = '' } = cell.explanation
  return [
    ...[failed, seen, expected, cause, fix].flatMap(openEnds),
    ...foreignWords(cell),
    ...harm(cell),
    ...runsForever(cell),
    ...BROKEN.flatMap(([what, pattern]) => (pattern.test(textOf(cell.explanation)) ? [what] : [])),
  ]
}

const BROKEN: readonly (readonly [string, RegExp])[] = [
  ['removes what shows the source', /remove `?(?:hf-resource|member|service-account)/i],
  ['has a gap', /undefined|\[object|\S {2,}\S| [.,;]/],
  ['links to another Hub', /(?<!status\.)\bhuggingface\.co\b/],
  ['has a link without the organization', /\/tokens\/new(?!\?(?:preset=[a-z-]+|tokenType=fineGrained)&orgs=acme\b)/],
]

function foreignWords({ source: { kind }, explanation }: Cell): string[] {
  const text = ALTERNATIVES.reduce((rest, advice) => rest.replaceAll(advice, ''), textOf(explanation))
  return FOREIGN[kind].flatMap((words) => {
    const match = WORDS[words].exec(text)
    return match ? [`speaks of another kind of token (${words}): "${match[0]}"`] : []
  })
}

/** What a reader who pastes a command would lose. */
function harm({ source: { kind, evidence, shape }, explanation }: Cell): string[] {
  const rules: readonly (readonly [string, (command: string) => boolean])[] = [
    ['stores a token where none belongs', () => evidence.kind !== 'stored' || kind === 'adminToken'],
    ['drops other keys', (one) => /JSON|another/.test(shape) && !/get-secret-value[\s\S]*EDITOR/.test(one)],
    ['changes the form of a plain string', (one) => shape.endsWith('string') && !one.includes('printf %s "$token" >')],
    ['destroys something', (one) => /(?:delete|create|update|cancel|restore|remove)-/.test(one)],
    ['stores elsewhere', (one) => !one.includes('--secret-id huggingface/acme/write')],
  ]
  return commandsOf(explanation).flatMap((command) => rules.flatMap(([what, isSo]) => (isSo(command) ? [what] : [])))
}

function runsForever({ source: { kind, evidence }, trouble, explanation }: Cell): string[] {
  if (evidence.kind === 'stored' || trouble === undefined || MAY_RUN_AGAIN.includes(trouble)) return []
  // The token stays in the pending version.
  if (kind === 'rotated' && trouble === 'unapproved') return []
  return /re-run|run the rotation again/i.test(textOf(explanation)) ? ['advises to run again, forever'] : []
}

/** The commands for a shell: other blocks are lines for a file. */
function commandsOf({ fix }: Explanation): string[] {
  return partsOf(fix).flatMap((part) => (part.kind === 'block' && /^\(|^aws /.test(part.text) ? [part.text] : []))
}

function openEnds(wording: Wording): string[] {
  const parts = partsOf(wording)
  return parts.flatMap((part: Part, at) => {
    if (part.kind !== 'prose') return []
    const line = plain(part)
    if (line.endsWith(':') && parts[at + 1]?.kind !== 'block' && parts[at + 1]?.kind !== 'list') {
      return [`ends in a colon with nothing after it: "${line}"`]
    }
    return []
  })
}

const commands = new Set<string>()
let count = 0

/** The cells that are at fault, once each. */
function offenders(cells: readonly Cell[]): string[] {
  count += cells.length
  for (const { explanation } of cells) for (const command of commandsOf(explanation)) commands.add(command)
  return [...new Set(cells.flatMap((cell) => faults(cell).map((fault) => `${cell.name}: ${fault}`)))].slice(0, 40)
}

afterAll(() => {
  console.info(`remedies: ${count} cells, ${commands.size} different commands`)
})

describe('no remedy harms, speaks of another kind of token, or breaks off', () => {
  test.each([...new Set(Object.values(CODES))])('%s', (code) => {
    const cells = cellsOf(code)
    expect(cells.length).toBeGreaterThan(0)
    expect(offenders(cells)).toEqual([])
  })

  test('of what the verdict says itself', () => {
    const cells = judged()
    const codes = new Set(cells.map(({ code }) => code))
    expect(Object.values(CODES).filter((code) => code !== 'token-rejected' && !codes.has(code))).toEqual([])
    expect(offenders(cells)).toEqual([])
  })

  test.each(SECRET_CONTENTS)('when a secret that should hold %s holds something else', (content) => {
    const secrets = Object.values(HOLDS_TOKEN).flatMap((form) =>
      ['secret-id', 'admin-secret-id', 'secrets'].map((input) => ({ ...secretOf(form), input })),
    )
    const wordings = secrets.flatMap((secret) => [
      wrongSecret(content, secret),
      malformed(secret, content, 'something').explanation.fix,
    ])
    count += wordings.length
    const harmful = /aws secretsmanager|put-secret-value|tokens\/new/
    expect(wordings.filter((wording) => harmful.test(plain(wording)) || openEnds(wording).length > 0)).toEqual([])
  })
})

/** Refused before there is a token: nothing to store, and nothing to say about another source. */
describe('no refusal by the call that issues tokens', () => {
  const ERRORS = ['invalid_client', 'invalid_grant', 'invalid_scope', 'invalid_request', 'invalid_target', 'new_error']

  const faultsOf = (kind: Kind, { cause, fix }: Pick<Explanation, 'cause' | 'fix'>) => {
    const [source] = FROM[kind]
    if (!source) return ['has no source']
    const explanation = { failed: 'It failed.', fix, ...(cause === undefined ? {} : { cause }) }
    const asked = requirement({ hubEndpoint: 'https://hub.acme.example' })
    return offenders([{ name: kind, source, asked, code: 'exchange-rejected', explanation }])
  }

  test.each(ERRORS)('harms or speaks of another source: %s of an OAuth app', (error) => {
    const app = { scopes: ['write-repos'], secret: 'huggingface/acme/oauth, version 1 (AWSCURRENT)' }
    const advice = memberExchangeAdvice(error, app, { org: 'acme', hubEndpoint: 'https://hub.acme.example' })
    expect(faultsOf('exchange', advice)).toEqual([])
  })

  test.each(ERRORS.flatMap((error) => ['acme/model', 'rosa'].map((resource) => [error, resource] as const)))(
    'harms or speaks of another source: %s for %s',
    (error, resource) => {
      const claims = { workflow_ref: 'octo-org/octo-repo/.github/workflows/publish.yml@refs/heads/main' }
      const identity = { issuer: 'https://issuer.example', claims } as unknown as Identity
      const endpoint = 'https://hub.acme.example'
      const advice = trustedPublisherAdvice(error, { identity, resource, endpoint })
      const fix = partsOf(advice.fix).filter((part) => !plain(part).includes('huggingface.co/docs/hub'))
      const kind = resource.includes('/') ? 'publisher' : 'userPublisher'
      const own = faultsOf(kind, { ...advice, fix })
      // The page of a user calls its entries publishers too.
      expect(own.filter((fault) => !/trusted publisher|hf-resource/i.test(fault))).toEqual([])
    },
  )
})

const inBash = process.platform === 'win32' ? test.skip : test

inBash('every printed command parses in bash', () => {
  const broken = [...commands].filter((command) => spawnSync('bash', ['-n', '-c', command]).status !== 0)
  expect(commands.size).toBeGreaterThan(5)
  expect(broken).toEqual([])
})

test('a token that the Hub calls expired is not said to be revoked', () => {
  const error = new ActionError('token-expired', { failed: 'The Hub says that the token has expired.', fix: '' })
  const evidence: Evidence = { kind: 'stored', howToStore: 'Store it.' }
  const facts = { ...factsOf(undefined, evidence), failures: [{ question: 'whoami-v2', error } as const] }
  expect(judge(facts, requirement(), NOW)[0]?.message).toContain(
    'Likely cause: The token was not replaced before its expiry date.',
  )
})

test('a right that a scope covers is offered in three ways, the forgotten scope first', () => {
  const grants = [on('org', 'acme', 'repo.content.read', 'inference.serverless.write')]
  const facts = factsOf(who({ grants }), { kind: 'stored', howToStore: 'Store it.' })
  const message = judge(facts, requirement({ scope: 'read' }), NOW)[0]?.message ?? ''
  expect(message).toMatch(
    /If the job needs this right, set `scope: read\+infer`\.[^\n]*\n.*To accept this right without changing the scope, add this line to the step:\n\s+allow: inference\.serverless\.write\n\s+Otherwise, create a dedicated token at /,
  )
})

describe('a token that lacks a right', () => {
  const messageFor = (facts: TokenFacts, asked: Partial<Requirement> = {}) => {
    const [error] = judge(facts, requirement(asked), NOW)
    return error?.message ?? ''
  }
  const grants = [on('org', 'acme', 'repo.content.read')]
  const STORED: Evidence = { kind: 'stored', howToStore: 'Store it.' }

  test('is named with its secret, and so is the right', () => {
    const message = messageFor(factsOf(who({ grants }), STORED, 'huggingface/acme/write, version 1'))
    expect(message).toMatch(
      /^\[token-under-scoped\] The token "ci" \(stored in huggingface\/acme\/write, version 1\) lacks `repo\.write` in acme, which `scope: write` requires\.$/m,
    )
    expect(message).toContain(
      'Add `repo.write` on acme to the token "ci" (stored in huggingface/acme/write, version 1)',
    )
    expect(message).not.toContain('Likely cause')
  })

  test('is not blamed for the role of its account', () => {
    const message = messageFor(factsOf(who({ orgs: [acme({ roleInOrg: 'read' })] }), STORED))
    expect(message).toContain('Seen: a token of rosa, who has the role read in acme')
    expect(message).toContain('give rosa, who owns the token, a higher role')
    expect(message).not.toContain('Edit permissions')
  })

  test('is not given one if it is a classic token', () => {
    const message = messageFor(factsOf(who({ role: 'read', grants: [] }), STORED))
    expect(message).toContain('It is a classic token, which cannot be given individual permissions.')
    expect(message).not.toContain('Edit permissions')
  })

  test('and manages service accounts is left alone', () => {
    const admin = who({ grants: [on('org', 'acme', 'org.serviceAccounts.read', 'org.serviceAccounts.write')] })
    const message = messageFor(factsOf(admin, STORED))
    expect(message).toContain('Leave the secret as it is, and set `secret-id` to the one with the token for this job.')
    // Whoever asked for everything in the organization asked for this too.
    const all = messageFor(factsOf(who({ ...admin, orgs: [acme({ roleInOrg: 'admin' })] }), STORED), { scope: 'admin' })
    expect(all).toContain('lacks `org.write`')
    expect(all).not.toContain('admin token')
  })
})
