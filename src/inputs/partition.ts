/** Whether role, region and secret can work together: nothing is valid in more than one partition of AWS. */
import { partitionOf } from '../aws/partition.ts'
import type { Role } from '../aws/request.ts'
import { code, prose } from '../text/message.ts'
import type { Problems } from './problems.ts'

/** STS is called in this region, and knows the roles of its own partition only. `name`: the input that names the role. */
export function checkPartition(
  name: string,
  { account, partition }: Pick<Role, 'account' | 'partition'>,
  region: string,
  problems: Problems,
): void {
  // A malformed role or region is a problem of its own.
  if (account === '' || !/^[a-z]+(?:-[a-z0-9]+)+$/.test(region) || partitionOf(region) === partition) return
  problems.add(
    name,
    prose`is in the partition ${code(partition)}, but the region ${code(region)} is in ${code(partitionOf(region))}, which has accounts and roles of its own: set ${code('aws-region')} to a region of ${code(partition)}, or use a role of an account in ${code(partitionOf(region))}`,
  )
}

/** A secret's ARN names both, and must be right about both. */
export function checkSecretPartition(
  name: string,
  { partition, region }: { partition: string; region: string },
  problems: Problems,
): void {
  if (partitionOf(region) === partition) return
  problems.add(
    name,
    prose`names the partition ${code(partition)} and the region ${code(region)}, which is in ${code(partitionOf(region))}: copy the ARN from AWS`,
  )
}
