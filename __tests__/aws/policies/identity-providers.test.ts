/** Which trust policies AWS takes for issuers that everybody shares, and which claims it knows. */
import { describe, expect, test } from '@jest/globals'
import { checkSharedIssuers, GITHUB_CLAIMS, isGitHub } from '../../../src/aws/policies/evaluate/identity-providers.ts'
import { parsePolicy } from '../../../src/aws/policies/evaluate/policy.ts'

const GITHUB = 'token.actions.githubusercontent.com'

function create(condition: object | undefined, issuer = GITHUB, more: object = {}): () => void {
  const statement = {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${issuer}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    ...(condition && { Condition: condition }),
    ...more,
  }
  return () => checkSharedIssuers(parsePolicy({ Version: '2012-10-17', Statement: statement }, 'trust'))
}

const key = (claim: string, issuer = GITHUB) => `${issuer}:${claim}`
const SUB = { [key('sub')]: 'repo:octo-org/octo-repo:ref:refs/heads/main' }

describe('a trust policy for GitHub', () => {
  test.each<[string, object]>([
    ['a subject', { StringEquals: SUB }],
    ['a subject in any case', { StringEqualsIgnoreCase: SUB }],
    ['a pattern of subjects', { StringLike: { [key('sub')]: ['repo:octo-org/*', 'repo:octo-org@1/*'] } }],
    ['the key in another case', { StringEquals: { [key('SUB')]: 'repo:octo-org/x:pull_request' } }],
    ['a reusable workflow', { StringLike: { [key('job_workflow_ref')]: 'octo-org/x/.github/workflows/y.yml@*' } }],
    ['a subject beside a wide pattern', { StringEquals: SUB, StringLike: { [key('sub')]: '*' } }],
  ])('with a condition on %s can be created', (_, condition) => expect(create(condition)).not.toThrow())

  test.each<[string, object | undefined]>([
    ['no condition', undefined],
    ['an audience alone', { StringEquals: { [key('aud')]: 'acme' } }],
    ['the ids alone', { StringEquals: { [key('repository_id')]: '1', [key('ref')]: 'refs/heads/main' } }],
    ['every subject', { StringLike: { [key('sub')]: '*' } }],
    ['every repository', { StringLike: { [key('sub')]: 'repo:*' } }],
    ['every repository, spelled out', { StringLike: { [key('sub')]: 'repo:*/*:*' } }],
    ['one subject or every', { StringLike: { [key('sub')]: ['repo:octo-org/x:*', '*'] } }],
    ['ForAllValues, which a missing claim satisfies', { 'ForAllValues:StringEquals': SUB }],
    ['IfExists, which a missing claim satisfies', { StringEqualsIfExists: SUB }],
    ['only what must not be', { StringNotEquals: SUB }],
    ['another issuer’s subject', { StringEquals: { 'gitlab.com:sub': 'x' } }],
  ])('with %s cannot', (_, condition) => {
    expect(create(condition)).toThrow(
      expect.objectContaining({
        code: 'MalformedPolicyDocument',
        message: `Trust policy with trusted principal arn:aws:iam::111122223333:oidc-provider/${GITHUB} must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, ${GITHUB}:sub or ${GITHUB}:job_workflow_ref which is not scoped to all.`,
      }),
    )
  })

  test('that denies needs no condition', () => expect(create(undefined, GITHUB, { Effect: 'Deny' })).not.toThrow())

  test.each([`${GITHUB}/octo-enterprise`, 'token.actions.octocorp.ghe.com'])('has the same rule for %s', (issuer) => {
    expect(create({ StringEquals: { [key('aud', issuer)]: 'x' } }, issuer)).toThrow('must evaluate')
    expect(create({ StringEquals: { [key('sub', issuer)]: 'repo:a/b:pull_request' } }, issuer)).not.toThrow()
  })
})

test.each(['gitlab.com', 'app.terraform.io', 'agent.buildkite.com'])('%s needs a subject too', (issuer) => {
  expect(create({ StringEquals: { [key('aud', issuer)]: 'x' } }, issuer)).toThrow(`${issuer}:sub which is not scoped`)
  expect(create({ StringEquals: { [key('sub', issuer)]: 'x' } }, issuer)).not.toThrow()
})

test.each(['ghes.example/_services/token', 'oidc.eks.eu-west-1.amazonaws.com/id/A', 'octo.okta.com'])(
  'an issuer of one’s own needs none: %s',
  (issuer) => expect(create(undefined, issuer)).not.toThrow(),
)

test.each([
  'token.actions.githubusercontent.com.evil.test',
  'evil.test/token.actions.githubusercontent.com',
  'a.b.ghe.com',
])('%s is not GitHub', (issuer) => expect(isGitHub(issuer)).toBe(false))

test('STS knows these claims of GitHub’s and no others', () => {
  expect([...GITHUB_CLAIMS].sort()).toEqual(
    'actor actor_id amr aud enterprise_id environment job_workflow_ref ref repository repository_id repository_owner_id sub workflow'.split(
      ' ',
    ),
  )
})
