/** One error for two readers: as text in the log, as HTML in the job summary. */
import { expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import { claimsHtml, explanationHtml } from '../../src/errors/explanation-html.ts'
import { block, prose } from '../../src/text/message.ts'

const error = new ActionError('role-trust-rejected', {
  failed: 'AWS refused.',
  seen: 'HTTP 403',
  expected: 'a role',
  claims: [
    ['sub', 'repo:a/b'],
    ['ref', 'main'],
  ],
  cause: 'a typo',
  fix: [prose`Run:`, block('aws iam\n  get-role')],
  forward: 'an admin',
})

test('in the log, claims stand between what was seen and what was expected', () => {
  expect(error.message).toBe(
    [
      '[role-trust-rejected] AWS refused.',
      'Seen: HTTP 403',
      'Claims of this job:\n  sub = "repo:a/b"\n  ref = "main"',
      'Expected: a role',
      'Likely cause: a typo',
      'What to do:\n  Run:\n  aws iam\n    get-role',
      'Who can do it: an admin',
    ].join('\n'),
  )
})

test('a single claim has a line of its own too', () => {
  const { message } = new ActionError('role-trust-rejected', { failed: 'x', claims: [['sub', 'y']], fix: 'z' })
  expect(message).toBe(
    '[role-trust-rejected] x\nClaims of this job:\n  sub = "y"\nWhat to do: z\nWho can do it: The people who administer the AWS account of the role.',
  )
})

test('in a summary, only what to do has a heading, and the claims are folded', () => {
  const html = explanationHtml(error, 'https://github.com/o/r/blob/v1/docs/errors.md')
  expect(html.split('\n')).toEqual([
    '<p>AWS refused.</p>',
    '<p><b>Seen:</b> HTTP 403</p>',
    '<p><b>Expected:</b> a role</p>',
    '<p><b>Likely cause:</b> a typo</p>',
    '<h4>What to do</h4>',
    '<p>Run:</p>',
    '<pre><code>aws iam',
    '  get-role</code></pre>',
    '<p><b>Who can do it:</b> an admin</p>',
    '<p>More about this error: <a href="https://github.com/o/r/blob/v1/docs/errors.md&#35;role-trust-rejected">role-trust-rejected</a></p>',
  ])
  expect(claimsHtml(error.explanation.claims ?? [])).toMatch(
    /^<details>[\s\S]*<code>repo:a\/b<\/code>[\s\S]*<\/details>$/,
  )
})
