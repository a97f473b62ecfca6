/** What the audit event says about the way to a role. */
import { expect, test } from '@jest/globals'
import { auditedWay } from '../../src/audit/audited-way.ts'
import type { RoleHop } from '../../src/aws/request.ts'

const hop = (name: string): RoleHop => ({ arn: `arn:${name}`, partition: 'aws', account: '1', externalId: 'acme:42' })

test('names every role, and where the runner’s own identity comes from, but no external ID', () => {
  const runner = { kind: 'container', url: 'http://169.254.170.2/v2/x', tokenFile: '/x' } as const
  expect(auditedWay(undefined)).toEqual({})
  expect(auditedWay({ runner: undefined, hops: [hop('a'), hop('b')], tags: true })).toEqual({
    roleChain: ['arn:a', 'arn:b'],
  })
  expect(auditedWay({ runner, hops: [], tags: true })).toEqual({ awsIdentity: 'container', roleChain: [] })
})
