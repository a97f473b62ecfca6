/** Jest's order of the test files: those that take longest first, so that all workers end at about the same time. */
import { createRequire } from 'node:module'
import type { Test } from '@jest/test-result'

// Its types are those of the CommonJS module only.
const { default: Sequencer } = createRequire(import.meta.url)(
  '@jest/test-sequencer',
) as typeof import('@jest/test-sequencer')

/** By how long they take; their sizes, by which Jest goes in a fresh clone, do not tell. */
const LONG = [
  'rotation',
  'sources',
  'rotation-beside',
  'rotation-left-alone',
  'network',
  'rotation-attacks',
  'rotation-killed',
  'rotation-function',
  'errors',
].map((name) => `e2e/${name}.test.js`)

export default class LongFirst extends Sequencer {
  override async sort(tests: Test[]): Promise<Test[]> {
    const place = ({ path }: Test) => {
      const at = LONG.findIndex((name) => path.replaceAll('\\', '/').endsWith(name))
      return at < 0 ? LONG.length : at
    }
    return (await super.sort(tests)).sort((a, b) => place(a) - place(b))
  }
}
