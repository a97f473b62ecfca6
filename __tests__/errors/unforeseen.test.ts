import { describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import { toActionError } from '../../src/errors/unforeseen.ts'

describe('an unexpected error', () => {
  test('is shown by its class and its place, and never by its text', () => {
    const error = new TypeError('hf_secretsecretsecret.js:1:1')
    error.stack = `${error.name}: ${error.message}\n    at run (/x/dist/main/index.js:12:34)`
    const { code, message, cause } = toActionError(error)
    expect([code, cause]).toEqual(['internal-error', error])
    expect(message).toContain('Seen: TypeError at `index.js:12:34`')
    expect(message).not.toContain('hf_secret')
  })

  test('names the first place in its stack', () => {
    const error = new RangeError('x')
    error.stack = 'RangeError: x\n    at run (/x/dist/main/index.js:12:34)\n    at y (/x/other.js:1:1)'
    expect(toActionError(error).message).toContain('Seen: RangeError at `index.js:12:34`')
  })

  test('of Node is shown by its code too, and by its place in Node when it is in no file of ours', () => {
    const error = Object.assign(new Error('x'), { code: 'ERR_MODULE_NOT_FOUND' })
    error.stack = 'Error: x\n    at finalizeResolution (node:internal/modules/esm/resolve:283:11)'
    expect(toActionError(error).message).toContain(
      'Seen: Error (ERR_MODULE_NOT_FOUND) at `node:internal/modules/esm/resolve:283:11`',
    )
    expect(toActionError(Object.assign(new Error('x'), { code: 'hf_secretsecret' })).message).not.toContain('hf_secret')
  })

  test('is no bug if Node’s permission model denied something', () => {
    const denied = Object.assign(new Error('x'), { code: 'ERR_ACCESS_DENIED', resource: '/x' })
    const { code, message } = toActionError(denied)
    expect(code).toBe('delivery-failed')
    expect(message).toContain('Seen: Error (ERR_ACCESS_DENIED) at ')
    expect(message).toContain('This is not a bug of the action.')
  })

  test('may be no error at all', () => {
    expect(toActionError('hf_secretsecretsecret').message).toContain('Seen: string\n')
    const bare = new Error('x')
    bare.stack = undefined as never
    expect(toActionError(bare).message).toContain('Seen: Error\n')
  })
})

test('an error for the user stays what it is', () => {
  const error = new ActionError('hub-failed', { failed: 'x', fix: 'y' })
  expect(toActionError(error)).toBe(error)
})
