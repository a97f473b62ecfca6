/** One guard taken out of the sources, and the tests that must notice. */
export interface Mutation {
  /** Below `src/`. */
  file: string
  /** The guard that is gone, as a sentence: what the code no longer does. */
  without: string
  /** Text that occurs exactly once in the file, and what stands there instead. */
  find: string
  replace: string
  /** The test file (a pattern of its path below `__tests__/`), and optionally the names of the tests, as a pattern. */
  tests: string
  named?: string
  /** Why no test can notice: the mutated code does the same. Such a mutation must survive. */
  equivalent?: string
}
