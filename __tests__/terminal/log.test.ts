import { afterEach, expect, jest, test } from '@jest/globals'
import { consoleLog } from '../../src/terminal/log.ts'

afterEach(() => {
  jest.restoreAllMocks()
})

test('the console gets lines and warnings on one line each, and no debug lines', () => {
  const said: string[] = []
  jest.spyOn(console, 'log').mockImplementation((text) => void said.push(`log ${text}`))
  jest.spyOn(console, 'warn').mockImplementation((text) => void said.push(`warn ${text}`))
  consoleLog.info('a\nb')
  consoleLog.debug('c')
  consoleLog.warning('d\u2028e')
  expect(said).toEqual(['log a\\u{a}b', 'warn d\\u{2028}e'])
})
