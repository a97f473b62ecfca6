/** What the workflow asks for, fully validated. Only `inputs/parse.ts` makes one. */
import type { AwsRequest } from '../aws/request.ts'
import type { Requirement } from '../hub/requirement.ts'
import type { ProofRequest } from '../identity/request.ts'
import type { ObtainRequest } from '../sources/request.ts'

/** Which minted tokens post revokes: those that outlive the next hour, all, or none. */
export const REVOKE_MODES = ['auto', 'true', 'false'] as const
export type RevokeMode = (typeof REVOKE_MODES)[number]

/** Whether the token is written to a file: under RUNNER_TEMP, and, with the last one, in the home folder too. */
export const FILE_MODES = ['false', 'true', 'hf-home'] as const

export interface Request extends ProofRequest, ObtainRequest, Requirement {
  /** Undefined for a source without AWS. */
  aws: AwsRequest | undefined
  /** Whether post revokes the minted token. */
  revoke: RevokeMode
  exportEnv: readonly string[]
  exportFile: boolean
  /** Whether the token also goes to a file where clients look that know no variable. */
  exportHome: boolean
  gitCredentials: boolean
  /** A mirror to which later steps may send the token; undefined for none. Without a slash at the end. */
  clientEndpoint: string | undefined
  /** Custom endpoints, in words for the log: whoever set them is trusted with the token. */
  endpointOverrides: readonly string[]
  timeoutMs: number
  maxAttempts: number | undefined
}

/** Names of the variables that a run with this request sets for the later steps. */
export function exportedVariables({ exportEnv, exportFile }: Request): string[] {
  return [...exportEnv, ...(exportFile ? ['HF_TOKEN_PATH'] : [])]
}
