/** What the job must prove. */

/** `claim=pattern`; `*` in the pattern matches any run of characters. */
export interface ClaimRule {
  claim: string
  pattern: string
}

/** Where the ID token comes from. */
export type IdTokenFrom = { kind: 'github' } | { kind: 'env'; name: string } | { kind: 'file'; path: string }

/** What the job must prove. */
export interface ProofRequest {
  /** The audience to request; it names the organization. */
  audience: string
  /** The only issuer accepted. */
  issuer: string
  claimRules: readonly ClaimRule[]
  idTokenFrom: IdTokenFrom
}
