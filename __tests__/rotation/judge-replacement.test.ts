/** What is said of a replacement that would lose something, and whether what is to be written then helps. */
import { describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import type { Grant, WhoAmI } from '../../src/hub/facts/whoami.ts'
import { noOutcome } from '../../src/rotation/outcome.ts'
import { judgeReplacement, warnIfBlockedLater } from '../../src/rotation/secret/judge-replacement.ts'
import type { Replacement } from '../../src/rotation/secret/replacement.ts'
import type { Standing } from '../../src/rotation/secret/standing.ts'
import { plain } from '../../src/text/message.ts'
import { membership, on, secretLine, whoami as token } from './fakes.ts'

interface Verdict {
  error: ActionError | undefined
  warnings: string[]
  isBlocked: boolean
}

function judged(
  line: string,
  standing: Standing,
  replacement: Replacement,
  judgement: typeof judgeReplacement = judgeReplacement,
): Verdict {
  const warnings: string[] = []
  const outcome = noOutcome('x', 'read')
  const context = {
    rotated: secretLine(line),
    request: { org: 'acme', hubEndpoint: 'https://huggingface.co', graceSeconds: 86_400 },
    minter: replacement.kind === 'minted' ? { accountName: 'ci' } : undefined,
    log: { info: () => {}, debug: () => {}, warning: (text: string) => warnings.push(text) },
    outcome,
    now: Date.now,
  }
  try {
    judgement(context as unknown as Parameters<typeof judgeReplacement>[0], standing, replacement)
    return { error: undefined, warnings, isBlocked: outcome.isBlocked }
  } catch (error) {
    if (!(error instanceof ActionError)) throw error
    return { error, warnings, isBlocked: outcome.isBlocked }
  }
}

const alive = (who: WhoAmI): Standing => ({ kind: 'alive', isListed: false, who })
const MINTED = { kind: 'minted' } as const
/** The lines of `secrets` that a message offers. */
const offered = (error: ActionError | undefined) =>
  plain(error?.explanation.fix ?? '')
    .split('\n')
    .filter((line) => line.startsWith('hub/'))

describe('when a minted token would have less, the lines on offer', () => {
  test.each<[string, string, Grant[], string[]]>([
    [
      'ask for a wider scope',
      'hub/x scope=read',
      [on('org', 'acme', 'repo.content.read', 'repo.write')],
      ['hub/x scope=write', 'hub/x scope=read narrow=true'],
    ],
    [
      'write out a name that holds the scope',
      'hub/{org}/{scope} scope=read key=hub',
      [on('org', 'acme', 'repo.write')],
      ['hub/acme/read scope=write key=hub', 'hub/acme/read scope=read key=hub narrow=true'],
    ],
    [
      'list the permissions that no scope has by itself',
      'hub/x scope=write',
      [on('org', 'acme', 'repo.write', 'job.write', 'collection.read')],
      [
        'hub/x scope=write permissions=repo.content.read,repo.write,job.write,collection.read',
        'hub/x scope=write narrow=true',
      ],
    ],
    [
      'add to the permissions of the line',
      'hub/x scope=write permissions=repo.write repositories=acme/model',
      [on('org', 'acme', 'repo.write', 'collection.read')],
      [
        'hub/x scope=write permissions=repo.write,collection.read',
        'hub/x scope=write permissions=repo.write repositories=acme/model narrow=true',
      ],
    ],
    [
      'do not ask for what cannot be granted',
      'hub/x scope=write',
      [on('org', 'acme', 'repo.write', 'discussion.write', 'collection.read')],
      [
        'hub/x scope=write permissions=repo.content.read,repo.write,collection.read narrow=true',
        'hub/x scope=write narrow=true',
      ],
    ],
    [
      'drop the repositories of the line for a token of the whole organization',
      'hub/x scope=write repositories=acme/model,acme/other',
      [on('org', 'acme', 'repo.content.read', 'repo.write')],
      ['hub/x scope=write', 'hub/x scope=write repositories=acme/model,acme/other narrow=true'],
    ],
    [
      'list the repositories of the current token too',
      `hub/x scope=write repositories=acme/model#${'0'.repeat(24)}`,
      [
        { entity: { type: 'model', name: 'acme/model', id: '0'.repeat(24) }, permissions: ['repo.write'] },
        on('dataset', 'acme/data', 'repo.content.read'),
      ],
      [
        `hub/x scope=write repositories=acme/model#${'0'.repeat(24)},datasets/acme/data`,
        `hub/x scope=write repositories=acme/model#${'0'.repeat(24)} narrow=true`,
      ],
    ],
    [
      'keep the repositories of the line when those are enough',
      'hub/x scope=read repositories=acme/model',
      [on('model', 'acme/model', 'repo.content.read', 'repo.write')],
      ['hub/x scope=write repositories=acme/model', 'hub/x scope=read repositories=acme/model narrow=true'],
    ],
    [
      'ask for `admin` if need be',
      'hub/x scope=read',
      [on('org', 'acme', 'org.read', 'org.write', 'repo.write')],
      ['hub/x scope=admin', 'hub/x scope=read narrow=true'],
    ],
    [
      'keep the rights in the organization when others cannot be kept',
      'hub/x scope=read',
      [on('org', 'acme', 'repo.write'), on('org', 'beta', 'repo.write')],
      ['hub/x scope=write narrow=true', 'hub/x scope=read narrow=true'],
    ],
    [
      'say `narrow=true` alone when all that is lost lies elsewhere',
      'hub/x scope=write',
      [on('org', 'acme', 'repo.write'), on('user', 'rosa', 'repo.content.read')],
      ['hub/x scope=write narrow=true'],
    ],
    [
      'do not ask for more than the current token has',
      'hub/x scope=read',
      [on('org', 'acme', 'repo.content.read', 'discussion.write')],
      ['hub/x scope=read narrow=true'],
    ],
    [
      'hold nothing that a line cannot say',
      'hub/x scope=write',
      [on('org', 'acme', 'repo.write', 'sql-console.embed.write')],
      ['hub/x scope=write narrow=true'],
    ],
    [
      'change `narrow=false` where it stands',
      'hub/x scope=read narrow=false',
      [on('org', 'acme', 'repo.write')],
      ['hub/x scope=write narrow=false', 'hub/x scope=read narrow=true'],
    ],
  ])('%s', (_what, line, grants, lines) => {
    const current = alive(token(grants))
    const { error, isBlocked } = judged(line, current, MINTED)
    expect(error?.code).toBe('rotation-blocked')
    expect(isBlocked).toBe(true)
    expect(offered(error)).toEqual(lines)
    for (const offer of lines) {
      const next = judged(offer, current, MINTED)
      expect({ offer, error: next.error?.message, isBlocked: next.isBlocked }).toEqual({ offer, isBlocked: false })
      // Nothing is lost without a word.
      expect(next.warnings).toHaveLength(offer.includes('narrow=true') ? 1 : 0)
    }
  })

  test('are both `narrow=true` for a classic token', () => {
    const current = alive(token([], { role: 'write' }))
    const write = judged('hub/x scope=write', current, MINTED)
    expect(write.error?.explanation.cause).toContain('classic')
    expect(offered(write.error)).toEqual(['hub/x scope=write narrow=true'])
    expect(offered(judged('hub/x scope=read', current, MINTED).error)).toEqual([
      'hub/x scope=write narrow=true',
      'hub/x scope=read narrow=true',
    ])
  })

  test('are not needed for an empty secret, a dead token, or the same rights', () => {
    const refusal = new ActionError('token-rejected', { failed: '', fix: '' })
    const same = token([on('org', 'acme', 'repo.content.read', 'repo.write')])
    for (const standing of [{ kind: 'none' }, { kind: 'dead', refusal }, alive(same)] as const) {
      expect(judged('hub/x scope=write', standing, MINTED)).toEqual({
        error: undefined,
        warnings: [],
        isBlocked: false,
      })
    }
  })

  test('come with what the two tokens can do, and what becomes of the current one', () => {
    const { error } = judged('hub/x scope=read', alive(token([on('org', 'acme', 'repo.write')])), MINTED)
    expect(
      error?.message,
    ).toBe(`[rotation-blocked] The new token for hub/x would lack a right of the current token, so the current token was not replaced.
Seen:
  the current token: fine-grained token "ci" of rosa (member of acme): repo.write on org acme
  the new token: fine-grained token of the service account ci: repo.content.read on org acme
  only the current token has:
  - repo.write on org acme
Expected: a new token with every right of the current one, or \`narrow=true\` on this secret’s line
Likely cause: The line for this secret requests fewer rights than the current token has.
What to do:
  To keep these rights, change the line as follows:
  hub/x scope=write
  If nobody who reads this secret needs any of them, change the line as follows. The current token is then replaced. Once \`grace\` (1d) has passed, it is revoked on the Hub, even if it is also used elsewhere:
  hub/x scope=read narrow=true
Who can do it: Anyone who can change this rotation, and the people who can write the secret.`)
  })

  test('do not drown in a long list of rights', () => {
    const grants = Array.from({ length: 50 }, (_, n) => on('model', `beta/${n}`, 'repo.write'))
    const { error } = judged('hub/x scope=write', alive(token(grants)), MINTED)
    expect(error?.explanation.failed).toContain('50 rights')
    expect(error?.message).toContain('\n  - and 30 more\n')
  })
})

describe('a token of another organization', () => {
  const current = alive(token([on('org', 'beta', 'repo.write')], { orgs: [membership('beta')] }))

  test.each<[string, Replacement]>([
    ['minting', MINTED],
    ['a pending token', { kind: 'pending', who: token([on('org', 'acme', 'repo.content.read')]), ours: false }],
    ['a pending token that is not confirmed yet', { kind: 'unconfirmed' }],
    ['nothing', { kind: 'missing' }],
  ])('blocks %s', (_what, replacement) => {
    const { error, isBlocked } = judged('hub/x scope=read', current, replacement)
    expect(error?.code).toBe('rotation-blocked')
    expect(error?.message).toContain('does not belong to the organization acme')
    expect(error?.message).toContain('(member of beta)')
    expect(isBlocked).toBe(true)
    expect(offered(error)).toEqual(['hub/x scope=read narrow=true'])
    const accepted = judged('hub/x scope=read narrow=true', current, replacement)
    expect(accepted).toMatchObject({ error: undefined, isBlocked: false })
    expect(accepted.warnings).toEqual([expect.stringContaining('does not belong to the organization acme')])
  })

  test('is warned of before its rotation is due', () => {
    const early = judged('hub/x scope=read', current, MINTED, warnIfBlockedLater)
    expect(early.error).toBeUndefined()
    expect(early.warnings).toEqual([expect.stringContaining('would be blocked if it were')])
  })
})

describe('a pending token', () => {
  const current = alive(token([on('org', 'acme', 'repo.content.read', 'repo.write')]))

  test('for one repository in the place of one for all needs another pending token, not another line', () => {
    const who = token([on('model', 'acme/x', 'repo.write')])
    const { error } = judged('hub/x scope=write', current, { kind: 'pending', who, ours: false })
    expect(error?.message).toContain('- repo.write on org acme')
    expect(error?.message).toContain('staging label `AWSPENDING`')
    expect(error?.message).toContain(
      'To keep these rights, create another fine-grained token at https://huggingface.co/settings/tokens/new?preset=ci-cd&orgs=acme.',
    )
    expect(offered(error)).toEqual(['hub/x scope=write narrow=true'])
  })

  test('with less than the line allows needs both', () => {
    const who = token([on('org', 'acme', 'repo.content.read')])
    const { error } = judged('hub/x scope=read', current, { kind: 'pending', who, ours: false })
    expect(offered(error)).toEqual(['hub/x scope=write', 'hub/x scope=read narrow=true'])
  })

  test('that a rotation minted is kept out by the line, like one that is yet to be minted', () => {
    const who = token([on('org', 'acme', 'repo.content.read')])
    const { error } = judged('hub/x scope=read', current, { kind: 'pending', who, ours: true })
    expect(offered(error)).toEqual(['hub/x scope=write', 'hub/x scope=read narrow=true'])
    expect(error?.message).not.toContain('put-secret-value')
  })

  test('that a rotation minted, of an account with a lower role, needs another role', () => {
    const orgs = [{ ...membership('acme'), roleInOrg: 'contributor' }]
    const who = token([on('org', 'acme', 'repo.content.read', 'repo.write')], { orgs })
    const { error } = judged('hub/x scope=write', current, { kind: 'pending', who, ours: true })
    expect(error?.explanation.cause).toContain('The service account has fewer rights in acme than rosa')
    expect(plain(error?.explanation.fix ?? '')).toContain('give the service account a role in acme')
    expect(offered(error)).toEqual(['hub/x scope=write narrow=true'])
  })
})
