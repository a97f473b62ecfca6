/** How large a policy may be. */
import type { PolicyKind } from './kinds.ts'
import { malformed, PolicyError } from './policy-error.ts'

interface Limit {
  characters: number
  /** IAM does not count white space; the other services count what they get. */
  whiteSpaceCounts: boolean
  code: string
  message: string
}

const iam = (characters: number, what: string): Limit => ({
  characters,
  whiteSpaceCounts: false,
  code: 'LimitExceeded',
  message: `Cannot exceed quota for ${what}: ${characters}`,
})
const asSent = (characters: number, code: string, message: string): Limit => ({
  characters,
  whiteSpaceCounts: true,
  code,
  message,
})
const organizations = asSent(5120, 'ConstraintViolationException', 'You have exceeded the maximum policy size.')

/**
 * In characters. Sources: IAM user guide, "IAM and AWS STS quotas" (a trust policy may get 4,096 on request; all inline
 * policies of a role together have 10,240, and a managed policy 6,144); STS API reference, `Policy`; Secrets Manager user
 * guide, "Quotas"; AWS KMS developer guide, "Quotas"; AWS PrivateLink guide, "Quotas"; AWS Organizations user guide,
 * "Quotas".
 */
export const POLICY_LIMITS: Readonly<Record<PolicyKind, Limit>> = {
  trust: iam(2048, 'ACLSizePerRole'),
  identity: iam(10_240, 'InlinePolicySizePerRole'),
  boundary: iam(6144, 'PolicySize'),
  session: asSent(2048, 'PackedPolicyTooLarge', 'Packed policy consumes more than 100% of allotted space'),
  resource: asSent(20_480, 'LimitExceededException', 'The resource policy exceeds the maximum size.'),
  key: asSent(32_768, 'LimitExceededException', 'The key policy exceeds the maximum size.'),
  endpoint: asSent(20_480, 'InvalidPolicyDocument', 'The endpoint policy exceeds the maximum size.'),
  scp: organizations,
  rcp: organizations,
}

/** How many characters of a document count. White space in texts of the document always does. */
export function policySize(document: string, kind: PolicyKind): number {
  if (POLICY_LIMITS[kind].whiteSpaceCounts) return document.length
  return JSON.stringify(JSON.parse(document)).length
}

/**
 * @throws PolicyError for a document that is too large, or has characters that IAM does not take.
 * Source: IAM user guide, "IAM name requirements".
 */
export function checkSize(document: string, kind: PolicyKind): void {
  const { characters, code, message } = POLICY_LIMITS[kind]
  const size = policySize(document, kind)
  if (size > characters) throw new PolicyError(code, message)
  if (/[^\t\n\r\u0020-\u00ff]/.test(document)) {
    throw malformed('A policy document can only contain tabs, line breaks, and the characters U+0020 to U+00FF')
  }
}
