/** Policy documents as the sandbox's services take them: what the evaluator does not read is an answer of AWS. */
import { type Policy, type PolicyKind, parsePolicy } from '../../src/aws/policies/evaluate/policy.ts'
import { PolicyError } from '../../src/aws/policies/evaluate/policy-error.ts'
import { AwsError } from './error.ts'

/** @throws AwsError `MalformedPolicyDocument`, as IAM answers. */
export function readPolicy(document: string | object, kind: PolicyKind): Policy {
  try {
    return parsePolicy(document, kind)
  } catch (error) {
    if (error instanceof PolicyError) throw new AwsError(error.code, error.message)
    throw error
  }
}
