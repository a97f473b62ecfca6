/** Role, region and secret must be in one partition of AWS. */
import { describe, expect, test } from '@jest/globals'
import { ownHosts, partitionOf } from '../../src/aws/partition.ts'
import { parseSecretId } from '../../src/inputs/aws.ts'
import { checkPartition } from '../../src/inputs/partition.ts'
import { Problems } from '../../src/inputs/problems.ts'

const REGIONS: readonly [region: string, partition: string, host: string][] = [
  ['us-east-1', 'aws', 'sts.us-east-1.amazonaws.com'],
  ['eu-central-2', 'aws', 'sts.eu-central-2.amazonaws.com'],
  ['mx-central-1', 'aws', 'sts.mx-central-1.amazonaws.com'],
  ['cn-north-1', 'aws-cn', 'sts.cn-north-1.amazonaws.com.cn'],
  ['us-gov-east-1', 'aws-us-gov', 'sts.us-gov-east-1.amazonaws.com'],
  ['eusc-de-east-1', 'aws-eusc', 'sts.eusc-de-east-1.amazonaws.eu'],
  ['us-iso-west-1', 'aws-iso', 'sts.us-iso-west-1.c2s.ic.gov'],
  ['us-isob-east-1', 'aws-iso-b', 'sts.us-isob-east-1.sc2s.sgov.gov'],
  ['eu-isoe-west-1', 'aws-iso-e', 'sts.eu-isoe-west-1.cloud.adc-e.uk'],
  ['us-isof-south-1', 'aws-iso-f', 'sts.us-isof-south-1.csp.hci.ic.gov'],
]

test.each(REGIONS)('%s is in %s', (region, partition, host) => {
  expect([partitionOf(region), ownHosts('sts', region)[0]]).toEqual([partition, host])
})

describe.each(REGIONS)('a role in the partition of %s', (_region, partition) => {
  test.each(REGIONS)('and the region %s', (region, other) => {
    const problems = new Problems()
    checkPartition('role-to-assume', { account: '123456789012', partition }, region, problems)
    expect(problems.lines).toEqual(
      partition === other
        ? []
        : [
            `\`role-to-assume\` is in the partition \`${partition}\`, but the region \`${region}\` is in \`${other}\`, which has accounts and roles of its own: set \`aws-region\` to a region of \`${partition}\`, or use a role of an account in \`${other}\``,
          ],
    )
  })

  test('and a secret of the same partition in another region’s name', () => {
    const problems = new Problems()
    const role = { arn: '', partition, account: '123456789012' }
    const region = partition === 'aws' ? 'cn-north-1' : 'us-east-1'
    const id = `arn:${partition}:secretsmanager:${region}:123456789012:secret:x-AbCdEf`
    parseSecretId('secret-id', id, { region, role }, problems)
    expect(problems.lines).toEqual([
      expect.stringMatching(/^`secret-id` names the partition `aws.* copy the ARN from AWS$/),
    ])
  })
})

test.each([
  ['', 'us-east-1'],
  ['123456789012', ''],
  ['123456789012', 'CN-NORTH-1'],
])('an account "%s" and a region "%s" that are malformed are a problem of their own', (account, region) => {
  const problems = new Problems()
  checkPartition('role-to-assume', { account, partition: 'aws-cn' }, region, problems)
  expect(problems.lines).toEqual([])
})
