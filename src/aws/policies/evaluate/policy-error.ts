/** What IAM answers when it does not take a policy document. */

/** A document that AWS would not take. */
export class PolicyError extends Error {
  /** The code on the wire, e.g. `MalformedPolicyDocument`. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'PolicyError'
    this.code = code
  }
}

/** @returns the error for a document that is not in IAM's policy language. */
export function malformed(message: string): PolicyError {
  return new PolicyError('MalformedPolicyDocument', message)
}
