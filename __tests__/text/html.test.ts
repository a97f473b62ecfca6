import { describe, expect, test } from '@jest/globals'
import { codeHtml, escapeHtml, inlineHtml, messageHtml, table } from '../../src/text/html.ts'
import { block, code, link, list, prose } from '../../src/text/message.ts'
import { remember } from '../../src/text/redact.ts'

const HOSTILE = '<img src=x onerror=alert(1)> [l](http://evil) `c` @octocat #1 **b** "\'&'

describe('text from outside stays text', () => {
  test.each([
    ['escaped', escapeHtml(HOSTILE)],
    ['as code', codeHtml(HOSTILE)],
    ['in prose', messageHtml(prose`${HOSTILE}`)],
    ['in a block', messageHtml(block(HOSTILE))],
    ['in a cell', inlineHtml(prose`${code(HOSTILE)}`)],
  ])('%s', (_where, html) => {
    const text = html.replace(/<\/?(?:p|code|pre|wbr)>/g, '')
    expect(text).not.toMatch(/[<>`@*[\]"']/)
    expect(text).not.toMatch(/#(?!\d+;)/)
  })

  test('a secret of this run is not in it', () => {
    remember('correct-horse-battery')
    for (const html of [escapeHtml, codeHtml, messageHtml]) {
      expect(html('x correct-horse-battery y')).not.toContain('horse')
    }
  })
})

describe('a message as HTML', () => {
  test('has a paragraph, a list and a block', () => {
    const html = messageHtml([prose`Set ${code('a')}:`, list(['one', 'two']), block('x: 1\ny: 2')])
    expect(html).toContain('<p>Set <code>a</code>:</p>')
    expect(html).toContain('<li>one</li>\n<li>two</li>')
    expect(html).toContain('<pre><code>x: 1\ny: 2</code></pre>')
  })

  test('has no blank line, which would end the HTML', () => {
    expect(messageHtml(block('a\n\nb'))).not.toMatch(/\n\s*\n/)
  })

  test('opens our own pages only over https', () => {
    expect(messageHtml(prose`${link('https://example.com/a?b=c', 'page')}`)).toContain('<a href="https://example.com')
    for (const url of ['javascript:alert(1)', 'http://example.com', 'https://example.com/"onclick="x', 'https://a b']) {
      expect(messageHtml(prose`${link(url, 'page')}`)).toBe('<p>page</p>')
    }
  })

  test('fits into a cell of a table', () => {
    const cell = inlineHtml(['a', list(['b', 'c']), block('d')])
    expect(cell).toBe('a<br>b<br>c<br><code>d</code>')
    expect(table([['<n>', cell]])).toContain(`<b>&#60;n&#62;</b></td><td>${cell}</td>`)
  })
})
