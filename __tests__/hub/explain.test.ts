/** What a user is told to do about a token that does not pass: what helps for its kind, and destroys nothing. */
import { describe, expect, test } from '@jest/globals'
import { type SecretShape, storeCommand } from '../../src/aws/store-command.ts'
import { hubDocs, hubPages } from '../../src/hub/pages.ts'
import type { Evidence } from '../../src/hub/token.ts'
import { remedy } from '../../src/hub/verdict/explain.ts'
import { TROUBLES, type Trouble } from '../../src/hub/verdict/remedies.ts'
import { plain } from '../../src/text/message.ts'
import { BOUND, MINTED, OAUTH, requirement } from './tokens.ts'

const HUB = 'https://hub.acme.example'
const request = requirement({ hubEndpoint: HUB })
const secret = { id: 'huggingface/acme/write', key: 'token', stage: 'AWSCURRENT', region: 'eu-west-1' }

const SHAPES: readonly SecretShape[] = [
  { kind: 'plain', binary: false },
  { kind: 'plain', binary: true },
  { kind: 'object', binary: false, otherKeys: false },
  { kind: 'object', binary: false, otherKeys: true },
  { kind: 'object', binary: true, otherKeys: true },
  { kind: 'none' },
  { kind: 'unknown' },
]

/** Tokens that are issued for one job; the secret on AWS, if any, holds what they are made with. */
const ISSUED: readonly Evidence[] = [MINTED, BOUND, { ...BOUND, resource: 'rosa' }, OAUTH]

/** Troubles for which a stored token is replaced by another one; in the others it stays. */
const REPLACED: readonly Trouble[] = [
  'dead',
  'expired',
  'expiring',
  'wrong-org',
  'cut-off',
  'classic',
  'classic-read',
  'too-wide',
]

/** As a user reads it in a log. */
const inWords = (trouble: Trouble, evidence: Evidence) => {
  const { cause, fix } = remedy(trouble, evidence, { request, spelling: 'Acme', rule: 'curfew' })
  return { cause: cause === undefined ? '' : plain(cause), fix: plain(fix) }
}

const rows = (evidence: readonly Evidence[]) =>
  TROUBLES.flatMap((trouble) => evidence.map((one) => [trouble, one.kind, one] as const))

describe('a token that was issued for the job', () => {
  test.each(rows(ISSUED))('that is %s (%s) is not stored anywhere', (trouble, _kind, evidence) => {
    const { cause, fix } = inWords(trouble, evidence)
    expect(fix).toMatch(/\w/)
    expect(`${cause}\n${fix}`).not.toMatch(/put-secret-value|aws secretsmanager|tokens\/new|undefined/)
  })
})

describe('a stored token', () => {
  test.each(TROUBLES.flatMap((trouble) => SHAPES.map((shape) => [trouble, JSON.stringify(shape), shape] as const)))(
    'that is %s keeps the form of its secret: %s',
    (trouble, _name, shape) => {
      const howToStore = storeCommand({ secret, shape })
      const { cause, fix } = inWords(trouble, { kind: 'stored', howToStore })
      const stores = plain(howToStore)
      expect(fix.includes(stores)).toBe(REPLACED.includes(trouble))
      // Whatever else it says has no command of its own.
      expect(`${cause}\n${fix.replace(stores, '')}`).not.toMatch(/put-secret-value|aws secretsmanager|undefined/)
    },
  )

  test('of another organization is not overwritten before its reader has looked', () => {
    const { fix } = inWords('wrong-org', { kind: 'stored', howToStore: 'Store it.' })
    expect(fix).toMatch(/^If the secret belongs to another organization, leave it as it is/)
  })

  test('that is too wide is left to those who need its rights', () => {
    const { fix } = inWords('too-wide', { kind: 'stored', howToStore: 'Store it.' })
    expect(fix).toContain('store the new one in a separate secret')
  })
})

test.each(rows([...ISSUED, { kind: 'stored', howToStore: 'Store it.' }]))(
  'every cause and fix is made of sentences: %s (%s)',
  (trouble, _kind, evidence) => {
    const { cause, fix } = inWords(trouble, evidence)
    for (const text of [cause, fix].filter(Boolean)) expect(text).toMatch(/\.$/)
    expect(cause).not.toMatch(/^(?:the|it|an?|something|somebody) /)
  },
)

test('an unknown rule of the organization is named', () => {
  expect(inWords('unknown-rule', { kind: 'stored', howToStore: '' }).fix).toContain('`curfew`')
})

describe('the pages of the Hub', () => {
  test('are those of the endpoint in use', () => {
    const pages = hubPages(HUB)
    const all = [
      pages.newToken('acme', requirement()),
      pages.authentication,
      pages.repositorySettings('datasets/acme/data'),
      pages.orgSettings('acme'),
      pages.orgTokens('acme'),
      pages.orgMembers('acme'),
      pages.serviceAccounts('acme'),
    ]
    expect(all.filter((page) => !page.startsWith(`${HUB}/`))).toEqual([])
    for (const [trouble, , evidence] of rows([...ISSUED, { kind: 'stored', howToStore: 'Store it.' }])) {
      const { cause, fix } = inWords(trouble, evidence)
      expect(`${cause}\n${fix}`).not.toContain('//huggingface.co')
    }
  })

  test.each(['http://127.0.0.1:8080', 'http://localhost:8080'])(
    'are the public ones for a stand-in: %s',
    (endpoint) => {
      expect(hubPages(endpoint).orgTokens('acme')).toBe('https://huggingface.co/organizations/acme/settings/tokens')
    },
  )

  test('are documented at the public Hub, whatever the endpoint', () => {
    expect(hubDocs('trusted-publishers')).toBe('https://huggingface.co/docs/hub/trusted-publishers')
  })
})

describe('a stored token that can write, where reading was requested', () => {
  const fixFor = (more: Parameters<typeof requirement>[0], allow: string[]) => {
    const evidence: Evidence = { kind: 'stored', howToStore: 'Store it.' }
    const { fix } = remedy('too-wide', evidence, { request: requirement({ hubEndpoint: HUB, ...more }), allow })
    return plain(fix)
  }

  test('may be what the job wants: the forgotten scope is named first', () => {
    expect(fixFor({ scope: 'read' }, ['repo.write'])).toMatch(/^If the job needs to write, set `scope: write`\./)
    expect(fixFor({ scope: 'read', notation: 'line' }, ['repo.write'])).toContain('`scope=write`')
  })

  test('is not, when the surplus is another right, or the permissions are exact', () => {
    expect(fixFor({ scope: 'read' }, ['job.write'])).not.toContain('If the job needs to write')
    expect(fixFor({ scope: 'write' }, ['repo.write'])).not.toContain('If the job needs to write')
    expect(fixFor({ scope: 'read', permissions: ['job.write'] }, ['repo.write'])).not.toContain(
      'If the job needs to write',
    )
  })
})
