/** What a program is handed, before anything is judged. */

/** The inputs as text, and the defaults that the environment gives. */
export interface RawInputs<Name extends string> {
  /** Trimmed; the default where an input was not given. `export-env` may be empty on purpose. */
  values: Record<Name, string>
  /** Names of inputs that were given and do not exist, in the runner's spelling (lower case). */
  unknown: readonly string[]
  /** `AWS_REGION`, then `AWS_DEFAULT_REGION`. */
  awsRegion: string
  /** `HF_ENDPOINT`. */
  hfEndpoint: string
  /** What is wrong with the environment, in whole sentences' ends as `parse.ts` lists them. */
  environmentProblems: readonly string[]
  /** The variables about AWS's endpoints that are set. */
  awsVariables: Readonly<Record<string, string>>
}
