/** From a token to a verified one: what the Hub is asked, what stops a run, and what is only logged. */
import { describe, expect, test } from '@jest/globals'
import { ActionError, type ErrorCode } from '../../src/errors/action-error.ts'
import type { Access, Silence } from '../../src/hub/client.ts'
import type { AskableHub } from '../../src/hub/facts/facts.ts'
import type { WhoAmI } from '../../src/hub/facts/whoami.ts'
import { type HubRepository, parseRepository } from '../../src/hub/repository.ts'
import type { Requirement } from '../../src/hub/requirement.ts'
import type { Evidence, HubToken } from '../../src/hub/token.ts'
import { verifyToken } from '../../src/hub/verdict/verify.ts'
import { acme, BOUND, issued, MINTED, NOW, OAUTH, on, requirement, STORED, tokenValue, who } from './tokens.ts'

const GRANTED: Access = { granted: true }
const refused = (status: number): Access => ({ granted: false, status, seen: `HTTP ${status}` })
const failure = (code: ErrorCode) => new ActionError(code, { failed: `It was ${code}.`, fix: 'Wait.' })
const repositories = (...labels: string[]) =>
  labels.map(parseRepository).filter((one): one is HubRepository => one !== undefined)

interface Answers {
  whoAmI?: WhoAmI | Silence | Error
  read?: Access | Error
  write?: Access | Error
}

/** A Hub with fixed answers, which notes what it was asked. */
function hubWith({ whoAmI = who(), read = GRANTED, write = GRANTED }: Answers) {
  const asked: string[] = []
  const reserved: number[] = []
  let [pending, most] = [0, 0]
  const settle = <T>(answer: T | Error): T => {
    if (answer instanceof Error) throw answer
    return answer
  }
  const hub: AskableHub = {
    async whoAmI(_token, reserveMs = 0) {
      asked.push('whoami-v2')
      reserved.push(reserveMs)
      const answer = settle(whoAmI)
      if ('silence' in answer) throw new TypeError('silence is no answer')
      return answer
    },
    async corroborate() {
      asked.push('whoami-v2')
      return settle(whoAmI)
    },
    async corroborateAccess(_token, { label }, isWrite) {
      asked.push(`${isWrite ? 'write' : 'read'} ${label}`)
      return settle(isWrite ? write : read)
    },
    async authCheck(_token, { label }, isWrite) {
      asked.push(`${isWrite ? 'write' : 'read'} ${label}`)
      pending += 1
      most = Math.max(most, pending)
      await new Promise((resolve) => setImmediate(resolve))
      pending -= 1
      return settle(isWrite ? write : read)
    },
  }
  return { hub, asked, reserved, most: () => most }
}

interface Options extends Partial<Requirement> {
  evidence?: Evidence
  answers?: Answers
}

/** Verifies a token, and returns what became of it. */
async function verify({ evidence = STORED, answers = {}, ...rest }: Options = {}) {
  const { hub, ...seen } = hubWith(answers)
  const warnings: string[] = []
  const infos: string[] = []
  const log = {
    info: (text: string) => void infos.push(text),
    debug() {},
    warning: (text: string) => void warnings.push(text),
  }
  const token: HubToken = { value: tokenValue(evidence), origin: { label: 'the secret x', aws: undefined }, evidence }
  const result = verifyToken(token, { request: requirement(rest), hub, log, now: NOW })
  const [verified, error] = await result.then(
    (value) => [value, undefined] as const,
    (thrown: unknown) => [undefined, thrown] as const,
  )
  return { verified, code: error instanceof ActionError ? error.code : error, error, warnings, infos, ...seen }
}

const codesIn = (warnings: readonly string[]) => warnings.map((text) => /^\[([\w-]+)\]/.exec(text)?.[1])

describe('a token that passes', () => {
  test('is verified with one question', async () => {
    const { verified, asked, warnings, reserved } = await verify()
    expect([asked, warnings, reserved]).toEqual([['whoami-v2'], [], [0]])
    expect(verified).toMatchObject({
      value: tokenValue(STORED),
      identity: 'rosa',
      kind: 'fine-grained',
      expiresAt: undefined,
      rights: ['org acme: repo.content.read and repo.write'],
      confirmedBy: 'whoami-v2',
    })
  })

  test.each<[string, Evidence, string, string]>([
    ['of a trusted publisher', BOUND, 'trusted-publisher', 'bound to acme/model'],
    ['of a member', OAUTH, 'oauth', 'scopes write-repos'],
  ])('%s is described by what it was issued with', async (_what, evidence, kind, right) => {
    const answers = { whoAmI: issued({ resource: 'acme/model' }) }
    expect((await verify({ evidence, answers })).verified).toMatchObject({ kind, rights: [right] })
  })

  test.each([
    ['[OIDC]', '[OIDC]'],
    ['a\n::error::b', 'a\\u{a}::error::b'],
  ])('of an owner named %j is passed on as %j', async (name, expected) => {
    expect((await verify({ answers: { whoAmI: who({ name }) } })).verified?.identity).toBe(expected)
  })

  test('expires when the earlier of two answers says so', async () => {
    const evidence = { ...BOUND, expiresAt: NOW + 1_000_000 }
    const whoAmI = issued({ resource: 'acme/model', expiresAt: NOW + 900_000 })
    expect((await verify({ evidence, answers: { whoAmI } })).verified?.expiresAt).toBe(NOW + 900_000)
  })
})

describe('off', () => {
  test('asks nothing, and says so', async () => {
    const { verified, asked, warnings } = await verify({ verify: 'off' })
    expect([verified?.confirmedBy, asked, warnings]).toEqual([
      'nothing',
      [],
      [expect.stringContaining('`verify: off`')],
    ])
    expect(warnings[0]).not.toContain('repositories')
  })

  test('says that the repositories were not checked either', async () => {
    const { warnings } = await verify({ verify: 'off', repositories: repositories('acme/model') })
    expect(warnings).toEqual([expect.stringContaining('The `repositories` were not checked either.')])
  })
})

describe('strict', () => {
  test('stops at what whoami-v2 says, before any repository is asked', async () => {
    const whoAmI = who({ global: ['post.write'], expiresAt: NOW })
    const { code, asked, warnings } = await verify({ answers: { whoAmI }, repositories: repositories('acme/model') })
    expect([code, asked, codesIn(warnings)]).toEqual(['token-expired', ['whoami-v2'], ['token-over-scoped']])
  })

  test.each<ErrorCode>(['token-rejected', 'hub-rate-limited', 'hub-failed', 'network-unreachable'])(
    'stops when whoami-v2 answers with %s',
    async (expected) => {
      const answers = { whoAmI: failure(expected) }
      const { code, asked, warnings, reserved } = await verify({ answers, repositories: repositories('acme/model') })
      expect([code, asked, warnings, reserved]).toEqual([expected, ['whoami-v2'], [], [0]])
    },
  )

  test('refuses a token that cannot use a repository', async () => {
    const answers = { write: refused(404) }
    const { code, asked } = await verify({ answers, repositories: repositories('acme/model', 'acme/other') })
    expect([code, asked]).toEqual(['token-under-scoped', ['whoami-v2', 'write acme/model', 'write acme/other']])
  })

  test('logs every problem but the one that it throws', async () => {
    const { code, warnings } = await verify({
      evidence: BOUND,
      scope: 'read',
      repositories: repositories('acme/other'),
      answers: { whoAmI: issued({ resource: 'acme/model' }) },
    })
    expect([code, codesIn(warnings)]).toEqual(['token-over-scoped', ['token-under-scoped']])
  })
})

describe('warn', () => {
  test('logs all problems and delivers the token', async () => {
    const { verified, warnings } = await verify({
      verify: 'warn',
      answers: { whoAmI: who({ global: ['post.write'] }), write: refused(403) },
      repositories: repositories('acme/model'),
    })
    expect(verified?.confirmedBy).toBe('whoami-v2')
    expect(codesIn(warnings)).toEqual(['token-over-scoped', 'token-under-scoped'])
  })

  test('lets the repositories stand in while whoami-v2 is rate limited, and keeps time for them', async () => {
    const { verified, warnings, infos, asked, reserved } = await verify({
      verify: 'warn',
      answers: { whoAmI: failure('hub-rate-limited') },
      repositories: repositories('acme/model', 'datasets/acme/data'),
    })
    expect(verified).toMatchObject({
      confirmedBy: 'auth-check',
      identity: '',
      kind: '',
      rights: ['auth-check passed: acme/model and datasets/acme/data'],
    })
    expect(infos).toEqual([expect.stringContaining('auth-check instead, for acme/model and datasets/acme/data')])
    expect(warnings).toEqual([expect.stringContaining('whether the token can do more than requested')])
    expect(asked).toEqual(['whoami-v2', 'write acme/model', 'write datasets/acme/data'])
    expect(reserved).toEqual([5000])
  })

  test('has nothing stand in without repositories', async () => {
    const { verified, warnings, reserved } = await verify({
      verify: 'warn',
      answers: { whoAmI: failure('hub-rate-limited') },
    })
    expect([verified?.confirmedBy, codesIn(warnings), reserved]).toEqual(['nothing', ['hub-rate-limited'], [0]])
  })

  test('takes no other failure for a rate limit', async () => {
    const { verified, warnings } = await verify({
      verify: 'warn',
      answers: { whoAmI: failure('hub-failed'), write: failure('hub-rate-limited') },
      repositories: repositories('acme/model'),
    })
    expect([verified?.confirmedBy, codesIn(warnings)]).toEqual(['nothing', ['hub-failed', 'hub-rate-limited']])
  })

  test('fails when the deadline has passed, and asks nothing more', async () => {
    const { code, asked } = await verify({
      verify: 'warn',
      answers: { whoAmI: failure('deadline-exceeded') },
      repositories: repositories('acme/model'),
    })
    expect([code, asked]).toEqual(['deadline-exceeded', ['whoami-v2']])
  })

  test('reports a deadline that passes during the last checks once, and loses no problem', async () => {
    const { code, warnings } = await verify({
      verify: 'warn',
      answers: { whoAmI: who({ global: ['post.write'] }), write: failure('deadline-exceeded') },
      repositories: repositories('acme/a', 'acme/b', 'acme/c'),
    })
    expect([code, codesIn(warnings)]).toEqual(['deadline-exceeded', ['token-over-scoped']])
  })
})

test('what nobody foresaw is not a verdict', async () => {
  const whoAmI = new TypeError('a bug')
  expect((await verify({ verify: 'warn', answers: { whoAmI } })).error).toBe(whoAmI)
})

describe('a token that the Hub refuses', () => {
  test('is replaced by hand when it was stored', async () => {
    const { error } = await verify({ answers: { whoAmI: failure('token-rejected') } })
    expect(error).toMatchObject({ message: expect.stringContaining('Store it.') })
  })

  test('is never stored when it was minted for the job', async () => {
    for (const whoAmI of [failure('token-rejected'), failure('token-expired')]) {
      const { error } = await verify({ evidence: MINTED, answers: { whoAmI } })
      expect(error).toMatchObject({ message: expect.stringMatching(/re-run the job/i) })
    }
  })

  test('later, at a repository, gets the same advice', async () => {
    const { error } = await verify({
      evidence: MINTED,
      answers: { write: failure('token-rejected') },
      repositories: repositories('acme/model'),
    })
    expect(error).toMatchObject({ message: expect.stringMatching(/re-run the job/i) })
  })
})

describe('the repositories', () => {
  const labels = Array.from({ length: 9 }, (_, n) => `acme/r${n}`)

  test('are asked four at a time', async () => {
    const { asked, most } = await verify({ repositories: repositories(...labels) })
    expect(asked).toHaveLength(10)
    expect(most()).toBe(4)
  })

  test('are asked no more once the Hub has trouble', async () => {
    const { code, asked } = await verify({
      repositories: repositories(...labels),
      answers: { write: failure('hub-failed') },
    })
    expect([code, asked.length]).toEqual(['hub-failed', 5])
  })

  test('are asked for reading when the job only reads', async () => {
    const answers = { whoAmI: who({ grants: [{ ...who().grants[0], permissions: ['repo.content.read'] } as never] }) }
    const { asked } = await verify({ scope: 'read', answers, repositories: repositories('acme/model') })
    expect(asked).toEqual(['whoami-v2', 'read acme/model'])
  })
})

describe('a token of a trusted publisher', () => {
  const whoAmI = issued({ resource: 'acme/model' })

  test('that should only read is tried on its own repository', async () => {
    const answers = { whoAmI, write: refused(403) }
    const { verified, asked } = await verify({ evidence: BOUND, scope: 'read', answers })
    expect(verified).toBeDefined()
    expect(asked).toEqual(['whoami-v2', 'read acme/model', 'write acme/model'])
  })

  test('that may write is not tried', async () => {
    expect((await verify({ evidence: BOUND, answers: { whoAmI } })).asked).toEqual(['whoami-v2'])
  })

  test('that should write shows with its own repository that it can', async () => {
    const own = { evidence: BOUND, repositories: repositories('acme/model') }
    const seen = async (write: Access | Silence) => {
      const { code, asked } = await verify({ ...own, answers: { whoAmI, write: write as Access } })
      expect(asked).toEqual(['whoami-v2', 'write acme/model'])
      return code
    }
    expect(await seen({ granted: true })).toBeUndefined()
    expect(await seen(refused(403))).toBe('token-under-scoped')
    expect(await seen(refused(404))).toBeUndefined()
    expect(await seen({ silence: 'HTTP 401' })).toBeUndefined()
  })

  test('of a user has no repository to try', async () => {
    const evidence = { ...BOUND, resource: 'rosa', scopes: ['gated-repos'] }
    const answers = { whoAmI: issued({ resource: 'rosa' }) }
    const { verified, asked } = await verify({ evidence, scope: 'read', answers })
    expect([verified?.confirmedBy, asked]).toEqual(['whoami-v2', ['whoami-v2']])
  })
})

describe('a token of an account that is in further organizations', () => {
  const orgs = [acme(), acme({ name: 'beta', id: 'id-of-beta' }), acme({ name: 'a\n::error::b', id: undefined })]

  test('passes, with a warning that names them in printable form', async () => {
    const { verified, warnings } = await verify({ answers: { whoAmI: who({ orgs }) } })
    expect(verified).toBeDefined()
    expect(warnings).toEqual([
      'The token’s owner (rosa) is also a member of other organizations (beta and a\\u{a}::error::b). The owner can give the token access to them at any time. To rule that out, use the token of a service account, or of an account that is a member of acme only.',
    ])
  })

  test.each<[string, Evidence, WhoAmI, string]>([
    [
      'a minted',
      MINTED,
      who({ orgs: orgs.slice(0, 2) }),
      'Check the service account: it should be a member of acme only.',
    ],
    [
      'an OAuth',
      OAUTH,
      issued({ orgs: orgs.slice(0, 2) }),
      'Whether the token reaches it too depends on the OAuth app.',
    ],
  ])('gets advice about %s token', async (_kind, evidence, whoAmI, advice) => {
    const { verified, warnings } = await verify({ evidence, answers: { whoAmI } })
    expect(verified).toBeDefined()
    expect(warnings).toEqual([`The token’s owner (rosa) is also a member of another organization (beta). ${advice}`])
  })

  test('is noticed by its rights as well, where a name or an ID shows another organization', async () => {
    const warned = async (...grants: WhoAmI['grants']) => {
      const whoAmI = who({ grants: [...who().grants, ...grants] })
      return (await verify({ answers: { whoAmI }, allow: ['repo.write@org:beta', 'repo.write@org:id-of-beta'] }))
        .warnings
    }
    expect(await warned(on('org', 'beta', 'repo.write'))).toEqual([expect.stringContaining('(beta)')])
    const nameless = { entity: { type: 'org', name: undefined, id: 'id-of-beta' }, permissions: ['repo.write'] }
    expect(await warned(nameless)).toEqual([expect.stringContaining('(id-of-beta)')])
    expect(await warned({ ...nameless, entity: { ...nameless.entity, id: 'id-of-acme' } })).toEqual([])
    expect(await warned({ ...nameless, entity: { ...nameless.entity, id: undefined }, permissions: [] })).toEqual([])
  })

  test('is named once, however the Hub refers to an organization', async () => {
    const grants = [...who().grants, { entity: { type: 'org', name: undefined, id: 'id-of-beta' }, permissions: [] }]
    const answers = {
      whoAmI: who({
        orgs: [acme({ id: undefined }), ...orgs.slice(1), acme({ name: 'nameless', id: undefined })],
        grants,
      }),
    }
    expect((await verify({ answers })).warnings).toEqual([
      expect.stringContaining('(beta, a\\u{a}::error::b and nameless)'),
    ])
  })

  test('is refused, without this warning, when it has rights there that nobody allowed', async () => {
    const grants = [...who().grants, on('org', 'beta', 'repo.write')]
    const { code, warnings } = await verify({ answers: { whoAmI: who({ orgs, grants }) } })
    expect([code, warnings]).toEqual(['token-over-scoped', []])
  })

  test('gets none when a trusted publisher issued it: it is bound to its resource', async () => {
    const whoAmI = issued({ resource: 'acme/model', orgs })
    expect((await verify({ evidence: BOUND, answers: { whoAmI } })).warnings).toEqual([])
  })
})

describe('a stored token that expires soon', () => {
  const DAY = 86_400_000
  const warned = async (evidence: Evidence, expiresAt: number) =>
    (await verify({ evidence, answers: { whoAmI: who({ expiresAt }) } })).warnings

  test('gets a warning with the date', async () => {
    expect(await warned(STORED, NOW + 7 * DAY)).toEqual([
      'The Hub token expires at 2026-11-29T12:00:00.000Z, in 7d. Rotate it before then.',
    ])
    expect(await warned(STORED, NOW + 7 * DAY + 1)).toEqual([])
  })

  test('gets none when it was minted for this job', async () => {
    expect(await warned(MINTED, NOW + DAY)).toEqual([])
  })
})
