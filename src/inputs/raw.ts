/** What a program is given, before anything is validated. */
import type { Problem } from './problems.ts'

/** The inputs as text, and the defaults that the environment gives. */
export interface RawInputs<Name extends string> {
  /** Trimmed; the default where an input was not given. `export-env` may be empty on purpose. */
  values: Record<Name, string>
  /** Names in `INPUT_*` variables that are not inputs, in lower case. */
  unknown: readonly string[]
  /** `AWS_REGION`, then `AWS_DEFAULT_REGION`. */
  awsRegion: string
  /** `HF_ENDPOINT`. */
  hfEndpoint: string
  /** What is wrong with the environment: lines that name the variable themselves. */
  environmentProblems: readonly Problem[]
  /** The variables about AWS's endpoints that are set, by name. */
  awsVariables: Readonly<Record<string, string>>
}
