/** What Marketplace demands of each `action.yml`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { projectRoot } from '../../sandbox/root.ts'

test.each(['action.yml', 'rotate/action.yml'])('the description of %s has fewer than 125 characters', (path) => {
  const description = /^description: (.+)$/m.exec(readFileSync(join(projectRoot, path), 'utf8'))?.[1] ?? ''
  expect(description.length).toBeGreaterThan(20)
  expect(description.length).toBeLessThan(125)
})
