/** Policy documents as the sandbox's services take them: what the evaluator does not read is an answer of AWS. */
import type { PolicyKind } from '../../src/aws/policies/evaluate/kinds.ts'
import { type Policy, parsePolicy } from '../../src/aws/policies/evaluate/policy.ts'
import { PolicyError } from '../../src/aws/policies/evaluate/policy-error.ts'
import { AwsError } from './error.ts'

export type PolicyDocument = string | object

/** @throws AwsError `MalformedPolicyDocument` or the code for one that is too large, as AWS answers. */
export function readPolicy(document: PolicyDocument, kind: PolicyKind): Policy {
  return answering(() => parsePolicy(document, kind))
}

/** Throws what the evaluator throws as an answer of AWS. */
export function answering<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof PolicyError) throw new AwsError(error.code, error.message)
    throw error
  }
}
