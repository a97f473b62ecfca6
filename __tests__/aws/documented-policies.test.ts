/** Every policy in the documents, the examples and the recorded messages is valid, and does exactly what it says. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { projectRoot } from '../../sandbox/root.ts'
import { authorize } from '../../src/aws/policies/evaluate/authorize.ts'
import { checkSharedIssuers, GITHUB_CLAIMS, isGitHub } from '../../src/aws/policies/evaluate/identity-providers.ts'
import { parsePolicy } from '../../src/aws/policies/evaluate/policy.ts'
import { allows, kindOf, policiesIn, trialsOf } from './policies/printed.ts'
import { documentOf, roleIn, sessionOf, statementsOf } from './policies/world.ts'

const FILES = ['README.md', 'SECURITY.md', 'docs/*.md', 'docs/messages/**/*.txt', 'examples/**/*', 'rotate/*']
const texts = globSync(FILES, { cwd: projectRoot }).map((path) => ({
  path: path.replaceAll('\\', '/'),
  text: readFileSync(join(projectRoot, path), 'utf8'),
}))
const found = texts.flatMap(({ path, text }) =>
  policiesIn(text).map((policy, index): [string, object] => [`${path}, policy ${index + 1}`, policy]),
)
const allowing = found.filter(([, policy]) => !JSON.stringify(policy).includes('"Deny"'))

let passes = 0
let refusals = 0
afterAll(() => {
  console.info(`${found.length} documented policies proven: ${passes} requests pass, ${refusals} stay refused`)
})

test('every policy in a document is found', () => {
  // Each has one of these, whatever it looks like otherwise.
  const effects = texts.flatMap(({ text }) => text.match(/"Effect": ?"(?:Allow|Deny)"/g) ?? [])
  expect(found.flatMap(([, policy]) => statementsOf(policy))).toHaveLength(effects.length)
  expect(found.length).toBeGreaterThan(10)
})

describe('a documented policy', () => {
  test.each(found)('%s is one that AWS takes', (_, policy) => {
    const kind = kindOf(policy)
    const read = parsePolicy(documentOf(...statementsOf(policy)), kind)
    if (kind === 'trust') checkSharedIssuers(read)
    for (const { conditions } of read) {
      for (const { key, operator } of conditions) {
        expect(operator).not.toMatch(/^ForAllValues:/)
        // The caller chooses tags: they are no boundary.
        expect(key).not.toMatch(/^aws:(?:principaltag|requesttag)|^sts:transitivetagkeys/)
        const [issuer = '', claim = ''] = key.split(/:(?=[^:]*$)/)
        if (isGitHub(issuer)) expect(GITHUB_CLAIMS).toContain(claim)
      }
    }
  })

  test.each(allowing)('%s turns the refusal into a pass, and leaves what is next to it refused', (_, policy) => {
    const kind = kindOf(policy)
    for (const statement of statementsOf(policy)) {
      for (const { what, request, neighbours } of trialsOf(statement, kind)) {
        expect({ what, allowed: allows(undefined, kind, request) }).toEqual({ what, allowed: false })
        expect({ what, allowed: allows(statement, kind, request) }).toEqual({ what, allowed: true })
        passes++
        for (const [neighbour, other] of neighbours) {
          expect({ what, neighbour, other, allowed: allows(statement, kind, other) }).toEqual({
            what,
            neighbour,
            other,
            allowed: false,
          })
          refusals++
        }
      }
    }
  })

  test.each(found.filter((one) => !allowing.includes(one)))('%s denies everyone whom it does not list', (_, policy) => {
    const everything = parsePolicy(documentOf({ Effect: 'Allow', Action: '*', Resource: '*' }), 'identity')
    const read = (role: ReturnType<typeof roleIn>, action = 'secretsmanager:GetSecretValue') =>
      authorize(
        {
          action,
          resource: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:huggingface/acme/write-AbCdEf',
          caller: { kind: 'role', role: role.arn, session: sessionOf(role) },
          context: { 'aws:PrincipalArn': role.arn },
        },
        { identity: [everything], resource: parsePolicy(policy, 'resource') },
      )
    expect(read(roleIn('123456789012', 'aws', 'hf-publish'))).toEqual({ allowed: true })
    for (const other of ['admin', 'hf-publish2', 'path/hf-publish', 'HF-publish']) {
      expect(read(roleIn('123456789012', 'aws', other))).toMatchObject({
        reason: 'with an explicit deny in a resource-based policy',
      })
      refusals++
    }
    expect(read(roleIn('123456789012', 'aws', 'admin'), 'secretsmanager:PutSecretValue')).toEqual({ allowed: true })
    passes += 2
  })
})
