/** Pages and other unreadable answers where AWS's should be: each is named as what it is. */
import { describe, expect, test } from '@jest/globals'
import type { SandboxResponse } from '../../sandbox/service.ts'
import { openSession } from '../../src/aws/assume-role.ts'
import { readSecret } from '../../src/aws/read-secret.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { CALLER, FakeAws, failureOf, REGION, ROLE, SECRET } from './fake-aws.ts'

// It is well-formed XML too: the SDK would find an error without a name in it.
const PAGE = '<html><head><title>Web page blocked</title></head><body><p>Ask IT.</p></body></html>'
const html = (status: number): SandboxResponse => ({
  status,
  headers: { 'content-type': 'text/html', server: 'nginx' },
  body: PAGE,
})

const identity = { idToken: 'the.id.token', claims: {}, subject: 's', issuer: 'https://i', audience: 'acme' }
const quiet = { info() {}, debug() {}, warning() {} }

const CALLS: [string, string, string, (aws: FakeAws) => Promise<unknown>][] = [
  [
    'STS',
    'sts-failed',
    `sts.${REGION}.amazonaws.com/`,
    ({ http, policy }) =>
      openSession(
        identity as unknown as Identity,
        {
          role: ROLE,
          region: REGION,
          roleSessionName: 'run',
          roleDurationSeconds: 900,
          sessionPolicy: 'auto',
          awsEndpoints: CALLER.awsEndpoints,
        },
        undefined,
        { http, policy, mask() {}, log: quiet, renew: () => Promise.reject(new Error('renewed')) },
      ),
  ],
  [
    'Secrets Manager',
    'secret-failed',
    `secretsmanager.${REGION}.amazonaws.com/`,
    ({ http, policy }) => readSecret({ secret: SECRET, content: 'token', caller: CALLER, http, policy, mask() {} }),
  ],
]
const STATUSES = [200, 403, 404, 502, 503]
const ALL = CALLS.flatMap(([name, code, where, call]) =>
  STATUSES.map((status) => ({ name, status, code, where, call })),
)

describe('a page in place of an answer', () => {
  test.each(ALL)('of $name with HTTP $status is named', async ({ status, code, where, call }) => {
    const { message } = await failureOf(call(new FakeAws(html(status))))
    expect(message).toMatch(`[${code}] `)
    expect(message).toContain(
      `HTTP ${status}, from \`${where}\`, ${PAGE.length} bytes (text/html), a page with the title "Web page blocked", with \`server: nginx\``,
    )
    expect(message).toContain(status >= 500 ? 'during an incident' : 'the login page of a network answered instead')
    expect(message).toContain('\nWho can do it: ')
  })
})

test.each(CALLS)('another answer that %s never gives is described too', async (_name, code, where, call) => {
  const { message } = await failureOf(call(new FakeAws({ status: 200, body: 'hello' })))
  expect(message).toMatch(`[${code}] `)
  expect(message).toMatch(new RegExp(`from \`${where}\`, 5 bytes \\(no content type\\)|returned no credentials`))
})
