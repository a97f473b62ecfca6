import { expect, test } from '@jest/globals'
import { copiesIn } from '../../scripts/chunks.ts'

test('a module in two files of one bundle is found, one in two bundles is not', () => {
  const shared = { path: 'net/http.js', size: 10 }
  const modules = new Map([
    ['shared/index.js', [{ path: 'text/json.js', size: 5 }]],
    ['shared/1.index.js', [shared]],
    ['shared/2.index.js', [shared]],
    ['lambda/index.js', [shared, { path: 'text/json.js', size: 5 }]],
  ])
  expect(copiesIn(modules)).toEqual([{ ...shared, files: ['shared/1.index.js', 'shared/2.index.js'] }])
})
