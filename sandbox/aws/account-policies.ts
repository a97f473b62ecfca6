/** The policies that no role holds: those of KMS keys, of the organization, and of the VPC endpoint. */
import type { PolicySet } from '../../src/aws/policies/evaluate/authorize.ts'
import type { Policy } from '../../src/aws/policies/evaluate/policy.ts'
import { type PolicyDocument, readPolicy } from './read-policy.ts'

export class AccountPolicies {
  readonly #keys = new Map<string, Policy>()
  readonly #scps = new Map<string, Policy[][]>()
  readonly #rcps = new Map<string, Policy[]>()
  #endpoint: Policy | undefined

  /** The policy of a KMS key. Without one, the key leaves everything to the policies of its account, as by default. */
  setKeyPolicy(keyArn: string, document: PolicyDocument): void {
    this.#keys.set(keyArn, readPolicy(document, 'key'))
  }

  /** An account's service control policies: those of the organization's root first, then of each level below. */
  setServiceControlPolicies(account: string, levels: readonly (readonly PolicyDocument[])[]): void {
    const read = levels.map((level) => level.map((document) => readPolicy(document, 'scp')))
    this.#scps.set(account, read)
  }

  /** The resource control policies of an account, beside the one of AWS's that allows everything. */
  setResourceControlPolicies(account: string, documents: readonly PolicyDocument[]): void {
    const read = documents.map((document) => readPolicy(document, 'rcp'))
    this.#rcps.set(account, read)
  }

  /** From now on, every request comes through a VPC endpoint with this policy; `undefined` for none. */
  setEndpointPolicy(document: PolicyDocument | undefined): void {
    this.#endpoint = document === undefined ? undefined : readPolicy(document, 'endpoint')
  }

  /** True when requests come through a VPC endpoint. */
  get hasEndpoint(): boolean {
    return this.#endpoint !== undefined
  }

  keyPolicy(keyArn: string): Policy {
    return this.#keys.get(keyArn) ?? readPolicy(defaultKeyPolicy(keyArn), 'key')
  }

  /** What a request of one account on a resource of another, or the same, meets beside the two's own policies. */
  between(principalAccount: string, resourceAccount: string): Pick<PolicySet, 'scps' | 'rcps' | 'endpoint'> {
    return {
      scps: this.#scps.get(principalAccount) ?? [],
      rcps: this.#rcps.get(resourceAccount) ?? [],
      endpoint: this.#endpoint,
    }
  }
}

/** Source: AWS KMS developer guide, "Default key policy". */
function defaultKeyPolicy(keyArn: string): object {
  const [, partition, , , account] = keyArn.split(':')
  const Principal = { AWS: `arn:${partition}:iam::${account}:root` }
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' }] }
}
