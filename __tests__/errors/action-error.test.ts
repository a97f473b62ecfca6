import { describe, expect, test } from '@jest/globals'
import { ActionError, ERROR_CODES, sections } from '../../src/errors/action-error.ts'
import { block, code, list, prose } from '../../src/text/message.ts'

const explanation = {
  failed: prose`The input ${code('scope')} is wrong.`,
  seen: list(['a', 'b']),
  fix: ['Add this:', block('permissions:\n\n  id-token: write')],
}

describe('an error', () => {
  test('begins with its code and what failed, and indents what takes several lines', () => {
    expect(new ActionError('input-invalid', { ...explanation, expected: 'one line' }).message).toBe(
      [
        '[input-invalid] The input `scope` is wrong.',
        'Seen:',
        '  - a',
        '  - b',
        'Expected: one line',
        'What to do:',
        '  Add this:',
        '  permissions:',
        '',
        '    id-token: write',
        'Who can do it: Anyone who can change the inputs and variables named above.',
      ].join('\n'),
    )
  })

  test('has a summary of one line', () => {
    expect(new ActionError('input-invalid', explanation).summary).toBe('The input `scope` is wrong.')
  })

  test('has its parts in the order in which they are read, and no empty ones', () => {
    const all = { forward: '6', fix: '4', cause: '3', expected: '2', seen: '1', failed: '0' }
    expect(sections(all).map(([, wording]) => wording)).toEqual(['1', '2', '3', '4', '6'])
    expect(sections({ failed: '0', fix: '4' }).map(([title]) => title)).toEqual(['What to do'])
  })

  test.each(ERROR_CODES)('with the code %s says who can fix it, unless the explanation knows better', (code) => {
    expect(new ActionError(code, explanation).message).toMatch(/\nWho can do it: .+\.$/)
    const { message } = new ActionError(code, { ...explanation, forward: 'Rosa' })
    expect(message).toMatch(/\nWho can do it: Rosa$/)
  })

  test('keeps what was caught, for the debug log', () => {
    const caught = new Error('x')
    expect(new ActionError('internal-error', explanation, caught).cause).toBe(caught)
    expect(Object.hasOwn(new ActionError('internal-error', explanation), 'cause')).toBe(false)
  })
})
