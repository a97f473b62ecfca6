/** Who mints: the admin token comes out of its secret, and the service account is found with it. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Aws } from '../../sandbox/aws.ts'
import { Hub } from '../../sandbox/hub/index.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { Http } from '../../src/net/http.ts'
import { openMinter } from '../../src/rotation/account/open-minter.ts'
import { addRole, allow } from '../sandbox/session.ts'
import { refusal } from './fakes.ts'

const ADMIN_SECRET = 'huggingface/acme/service-accounts'
const log = { info() {}, debug() {}, warning() {} }

let aws: Aws
let hub: Hub
let deadline: Deadline
let http: Http
let admin: string
const masked: string[] = []

beforeEach(async () => {
  aws = await Aws.start()
  hub = await Hub.start()
  hub.addOrg({ name: 'acme', plan: 'enterprise' })
  hub.addServiceAccount({ org: 'acme', name: 'ci' })
  admin = hub.addOrgToken('acme', ['org.serviceAccounts.read', 'org.serviceAccounts.write'])
  deadline = new Deadline(30_000)
  http = new Http(deadline, async () => undefined)
  masked.length = 0
})
afterEach(async () => {
  deadline.stop()
  http.close()
  await hub.close()
  await aws.close()
})

function open(account = 'ci') {
  const role = addRole(aws, allow('secretsmanager:*'))
  const policy = { maxAttempts: 1, deadline }
  return openMinter({
    admin: { id: ADMIN_SECRET, key: 'token', stage: 'AWSCURRENT', region: aws.region },
    account,
    org: 'acme',
    access: { endpoint: hub.url, http, policy },
    caller: {
      credentials: aws.openSession(role),
      name: role,
      role: { arn: role, partition: 'aws', account: aws.account },
      sessionPolicy: 'none',
      awsEndpoints: { urls: { AWS_ENDPOINT_URL: aws.url }, useFips: false, useDualstack: false },
    },
    mask: (value) => masked.push(value),
    log,
  })
}

test('the account and its tokens are found, and the admin token is masked', async () => {
  const arn = aws.addSecret({ name: ADMIN_SECRET, value: JSON.stringify({ token: admin }) })
  hub.addServiceAccountToken({ org: 'acme', account: 'ci', displayName: 'there already' })
  const { minter, adminToken, adminArn } = await open()
  expect(minter.accountName).toBe('ci')
  expect(minter.firstIds).toHaveLength(1)
  expect(adminToken).toBe(admin)
  expect(adminArn).toBe(arn)
  expect(masked).toContain(admin)
})

test('a secret that holds something else is refused before the Hub is asked', async () => {
  aws.addSecret({ name: ADMIN_SECRET, value: JSON.stringify({ token: 'correct horse battery staple' }) })
  expect((await refusal(open())).code).toBe('token-malformed')
  expect(hub.service.calls).toEqual([])
})

test('an account that does not exist is told', async () => {
  aws.addSecret({ name: ADMIN_SECRET, value: admin })
  expect((await refusal(open('cd'))).code).toBe('exchange-rejected')
})
