import { describe, expect, test } from '@jest/globals'
import { addGeneralProblems, didYouMean, got, invalid, Problems } from '../../src/inputs/problems.ts'
import { messageHtml } from '../../src/text/html.ts'
import { code, plain, prose } from '../../src/text/message.ts'

function thrown(problems: Problems): string {
  try {
    problems.throwIfAny()
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing'
}

test('without a problem nothing is thrown', () => expect(thrown(new Problems())).toBe('nothing'))

test('one problem is a sentence', () => {
  const problems = new Problems()
  problems.add('scope', `must be one of read, write ${got('wirte')}`)
  expect(thrown(problems)).toBe(
    [
      '[input-invalid] There is a problem with the inputs, so nothing was sent to GitHub, AWS or the Hub.',
      'Seen: `scope` must be one of read, write (got "wirte")',
      'What to do: Correct the `with:` block of this step, or the environment variable named above. The README describes every input under "Inputs".',
      'Who can do it: Anyone who can change the inputs and variables named above.',
    ].join('\n'),
  )
})

test('several problems are a list', () => {
  const problems = new Problems()
  problems.add('scope', 'is wrong')
  problems.addLine('something else is wrong')
  expect(thrown(problems)).toContain(
    'There are 2 problems with the inputs, so nothing was sent to GitHub, AWS or the Hub.\nSeen:\n  - `scope` is wrong\n  - something else is wrong\n',
  )
})

test('names are code in a summary', () => {
  const problems = new Problems()
  problems.add('member', prose`has no effect with ${code('token-source: x')}`)
  const { explanation } = invalid(problems.found, 'Fix it.')
  expect(messageHtml(explanation.seen ?? '')).toBe(
    '<p><code>member</code> has no effect with <code>token-source: x</code></p>',
  )
})

describe('a name that is not an input', () => {
  const linesFor = (...unknown: string[]) => {
    const problems = new Problems()
    addGeneralProblems({ unknown, environmentProblems: ['`https_proxy` is wrong'] }, ['hf-org', 'scope'], problems)
    return problems.lines
  }

  test('is refused when it has a hyphen and is close to one', () => {
    expect(linesFor('hf-ogr', 'hf_org', 'scop', 'hf-banana', 'banana')).toEqual([
      '`hf-ogr` is not an input of this action; did you mean `hf-org`?',
      '`https_proxy` is wrong',
    ])
  })

  test('is shown as one line', () => {
    expect(linesFor('hf-org\n')[0]).toBe('`hf-org\\u{a}` is not an input of this action; did you mean `hf-org`?')
  })
})

test('what was given is one line without a token in it', () => {
  expect(got('a\nb')).toBe('(got "a\\u{a}b")')
  expect(got('hf_PastedPastedPastedPasted')).toBe('(got "hf_***")')
  expect(got('x'.repeat(100))).toBe(`(got "${'x'.repeat(60)}… (100 characters)")`)
})

test('a suggestion is made only when there is something to correct', () => {
  expect(plain(didYouMean('writ', ['read', 'write']))).toBe('; did you mean `write`?')
  expect(plain(didYouMean('write', ['read', 'write']))).toBe('')
  expect(plain(didYouMean('banana', ['read', 'write']))).toBe('')
})
