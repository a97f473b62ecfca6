/** The inputs about what the job must prove. */
import { describe, expect, test } from '@jest/globals'
import { Problems } from '../../src/inputs/problems.ts'
import {
  acceptedAudiences,
  checkAudience,
  parseClaimRules,
  parseIdTokenFrom,
  parseIssuer,
} from '../../src/inputs/proof.ts'

const problemsOf = (parse: (problems: Problems) => unknown): readonly string[] => {
  const problems = new Problems()
  parse(problems)
  return problems.lines
}

describe('where the ID token comes from', () => {
  test.each([
    ['github', { kind: 'github' }],
    ['env:CI_ID_TOKEN', { kind: 'env', name: 'CI_ID_TOKEN' }],
    ['file:/var/run/a b', { kind: 'file', path: '/var/run/a b' }],
  ])('%s', (text, expected) => expect(parseIdTokenFrom(text, new Problems())).toEqual(expected))

  test.each(['', 'gitlab', 'env:', 'env:A-B', 'env:A\nB', 'file:', 'GITHUB'])('cannot be %j', (text) =>
    expect(problemsOf((problems) => parseIdTokenFrom(text, problems))).toEqual([
      expect.stringContaining('`id-token-from` must be github, env:NAME or file:PATH (got '),
    ]),
  )
})

describe('the issuer', () => {
  const github = { kind: 'github' } as const
  const given = { kind: 'env', name: 'X' } as const

  test('is this GitHub’s unless another one is given', () => {
    expect(parseIssuer('', { serverUrl: 'https://github.com' }, github, new Problems())).toBe(
      'https://token.actions.githubusercontent.com',
    )
    expect(parseIssuer('https://idp.example.com', { serverUrl: 'https://github.com' }, github, new Problems())).toBe(
      'https://idp.example.com',
    )
  })

  test('must be https, without credentials', () => {
    for (const text of ['http://idp.example.com', 'https://me:password@idp.example.com', 'https://idp.example.com?x']) {
      const [problem = ''] = problemsOf((problems) =>
        parseIssuer(text, { serverUrl: 'https://github.com' }, given, problems),
      )
      expect(problem).toMatch(/^`oidc-issuer` must/)
      expect(problem).not.toContain('password@')
    }
  })

  test('must be given for an ID token that is not GitHub’s', () => {
    expect(problemsOf((problems) => parseIssuer('', { serverUrl: 'https://github.com' }, given, problems))).toEqual([
      '`oidc-issuer` is required with `id-token-from`: the issuer whose ID tokens you accept',
    ])
  })

  test.each([
    ['http://ghes.example.com', '(got "http://ghes.example.com")'],
    ['github', '(got "github")'],
    ['https:evil.test', '(got "https:evil.test")'],
    ['ftp:me:password@h', '(value not shown: it may contain a password)'],
  ])('must be given when GitHub’s own URL is %s', (serverUrl, shown) => {
    expect(problemsOf((problems) => parseIssuer('', { serverUrl }, github, problems))).toEqual([
      `\`oidc-issuer\` is required, because \`GITHUB_SERVER_URL\` is not an \`https://\` URL in normal form ${shown}`,
    ])
  })
})

describe('an audience', () => {
  const check = (audience: string) => () =>
    checkAudience({ audience, org: 'acme', hubEndpoint: 'https://hub.example.com' })

  test('names the organization by its slug or its page', () => {
    const accepted = ['acme', 'https://huggingface.co/acme', 'https://hub.example.com/acme']
    expect(acceptedAudiences('acme', 'https://hub.example.com')).toEqual(accepted)
    for (const audience of accepted) expect(check(audience)).not.toThrow()
  })

  test('of another workflow is refused', () => {
    expect(check('sts.amazonaws.com')).toThrow(
      [
        '[audience-mismatch] The audience does not name the Hugging Face organization.',
        'Seen: the audience "sts.amazonaws.com" for the organization "acme"',
        'Expected: the audience "acme" or "https://huggingface.co/acme" or "https://hub.example.com/acme"',
        'Likely cause: The `audience` input was copied from a workflow that does not use this action (where `sts.amazonaws.com` is common), or `hf-org` names a different organization.',
        'What to do:',
        "  Remove the `audience` input (it defaults to the organization's slug), or set it to:",
        '  audience: acme',
        '  The client ID list of the IAM OIDC provider and the trust policy of the role must contain the same audience.',
      ].join('\n'),
    )
  })

  test('in other letters is refused, and the reader is told that case matters', () => {
    expect(check('ACME')).toThrow(/Upper and lower case differ\. Audiences must match exactly \(case-sensitive\)\./)
  })
})

describe('claim rules', () => {
  test('are split at the first equals sign', () => {
    expect(parseClaimRules('ref = a=b\n\nhttps://x/y=*', new Problems())).toEqual([
      { claim: 'ref', pattern: 'a=b' },
      { claim: 'https://x/y', pattern: '*' },
    ])
  })

  test.each(['ref', '=main', 'ref=', 'a b=c', '1x=y'])('"%s" is not one', (line) => {
    const problems = new Problems()
    expect(parseClaimRules(line, problems)).toEqual([])
    expect(problems.lines).toEqual([
      `\`required-claims\` must have lines of the form claim=pattern, with neither side empty (got "${line}")`,
    ])
  })
})
