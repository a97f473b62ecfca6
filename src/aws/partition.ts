/** Partitions of AWS: each has its own regions, accounts and host names. */

interface Partition {
  name: string
  /** What the names of its regions begin with; the rest of the world is `aws`. */
  region: RegExp
  suffix: string
  dualstackSuffix: string
}

/** Source: AWS SDKs, `partitions.json`. */
const PARTITIONS: readonly Partition[] = [
  partition('aws-cn', /^cn-/, 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'),
  partition('aws-us-gov', /^us-gov-/, 'amazonaws.com', 'api.aws'),
  partition('aws-eusc', /^eusc-/, 'amazonaws.eu', 'api.amazonwebservices.eu'),
  partition('aws-iso', /^us-iso-/, 'c2s.ic.gov', 'api.aws.ic.gov'),
  partition('aws-iso-b', /^us-isob-/, 'sc2s.sgov.gov', 'api.aws.scloud'),
  partition('aws-iso-e', /^eu-isoe-/, 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'),
  partition('aws-iso-f', /^us-isof-/, 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'),
  partition('aws', /^/, 'amazonaws.com', 'api.aws'),
]

/** The partition of a region, as ARNs write it: `aws` for a region that nobody knows. */
export function partitionOf(region: string): string {
  return find(region).name
}

/** The hosts of a service's own endpoints in a region, with FIPS and dual-stack among them. */
export function ownHosts(service: string, region: string): string[] {
  const { suffix, dualstackSuffix } = find(region)
  return [service, `${service}-fips`].flatMap((name) => [
    `${name}.${region}.${suffix}`,
    `${name}.${region}.${dualstackSuffix}`,
  ])
}

function find(region: string): Partition {
  return PARTITIONS.find((one) => one.region.test(region)) as Partition
}

function partition(name: string, region: RegExp, suffix: string, dualstackSuffix: string): Partition {
  return { name, region, suffix, dualstackSuffix }
}
