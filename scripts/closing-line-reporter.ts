/** A Jest reporter for the last line: how many tests passed, in a form that any CI can read. */
import type { AggregatedResult } from '@jest/test-result'

export default class ClosingLineReporter {
  onRunComplete(_contexts: unknown, results: AggregatedResult): void {
    const { numPassedTests, numFailedTests, numPendingTests, numTotalTests, numRuntimeErrorTestSuites } = results
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : ''
    const failed = numFailedTests + numRuntimeErrorTestSuites
    if (numTotalTests + failed === 0) return
    // Jest's own summary comes after every other reporter.
    process.once('exit', () => process.stderr.write(`\n${numPassedTests} passed, ${failed} failed${skipped}\n`))
  }
}
