/** Lines that may name the same secret are never at work at the same time. */
import { expect, test } from '@jest/globals'
import { lanesOf } from '../../src/rotation/lanes.ts'
import type { RotatedSecret } from '../../src/rotation/request.ts'

const role = { arn: 'arn:aws:iam::123456789012:role/r', partition: 'aws', account: '123456789012' }
const arn = (rest: string, account = role.account, region = 'eu-west-1') =>
  `arn:aws:secretsmanager:${region}:${account}:secret:${rest}`

function lanes(...ids: string[]): string[][] {
  const secrets = ids.map((id) => {
    const region = id.startsWith('arn:') ? (id.split(':')[3] ?? '') : 'eu-west-1'
    return { secret: { id, region } } as RotatedSecret
  })
  return lanesOf({ secrets, role }).map((lane) =>
    lane.map(({ rotated, index }) => {
      expect(secrets[index]).toBe(rotated)
      return rotated.secret.id
    }),
  )
}

test('secrets that cannot be the same one are in lanes of their own', () => {
  const names = [
    'hub/a',
    'hub/a-backup',
    'hub/team-000001',
    'hub/team-000002',
    arn('hub/b-AbCdEf'),
    arn('hub/b-GhIjKl'),
  ]
  expect(lanes(...names)).toEqual(names.map((name) => [name]))
  const elsewhere = [arn('x-AbCdEf', '999999999999'), arn('x-AbCdEf', role.account, 'us-east-1'), 'x']
  expect(lanes(...elsewhere)).toEqual(elsewhere.map((name) => [name]))
})

test.each([
  [['hub/a', arn('hub/a-AbCdEf')]],
  [[arn('hub/a-AbCdEf'), 'hub/a']],
  [[arn('hub/a'), 'hub/a']],
  [[arn('hub/a'), arn('hub/a-AbCdEf'), 'hub/a']],
  [[arn('hub/a-backup-AbCdEf'), 'hub/a', arn('hub/a-backup')]],
])('lines that may name the same secret are one lane, in the order of the list: %j', (ids) => {
  expect(lanes('first', ...ids, 'last')).toEqual([['first'], ids, ['last']])
})
