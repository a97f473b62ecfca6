/** Pieces of a job summary. How they look on a page, `npm run test:page` measures. */
import { describe, expect, test } from '@jest/globals'
import { codeHtml, messageHtml, textHtml } from '../../src/text/html.ts'
import { block, code, link, list, prose } from '../../src/text/message.ts'

describe('a message as HTML', () => {
  test('sentences, lists and blocks stay what they are', () => {
    const message = [prose`Set ${code('scope')}.`, list(['one', prose`two ${code('2')}`]), block('a: 1\n\n  b: <2>')]
    expect(messageHtml(message)).toBe(
      [
        '<p>Set <code>scope</code>.</p>',
        '<ul>\n<li>one</li>\n<li>two <code>2</code></li>\n</ul>',
        // A blank line would end the HTML.
        '<pre><code>a: 1\n&#8203;\n  b: &#60;2&#62;</code></pre>',
      ].join('\n'),
    )
  })

  test('a label begins the first sentence, or stands alone before a block', () => {
    expect(messageHtml('HTTP 403', 'Seen')).toBe('<p><b>Seen:</b> HTTP 403</p>')
    expect(messageHtml(block('x'), 'Seen')).toBe('<p><b>Seen:</b></p>\n<pre><code>x</code></pre>')
  })

  test.each([
    'https://huggingface.co/acme/model/settings',
    'https://docs.github.com/en/actions?a=b&c=d#e',
    'http://127.0.0.1:4000/acme',
  ])('%s can be opened', (url) => {
    expect(messageHtml(prose`See ${link(url, 'this page')}.`)).toBe(
      `<p>See <a href="${url.replaceAll('&', '&#38;').replaceAll('#e', '&#35;e')}">this page</a>.</p>`,
    )
  })

  test.each([
    'javascript:alert(1)',
    'http://evil.example',
    'https://x"onclick="y',
    'https://a b',
    'http://127.0.0.1.evil',
  ])('%s is shown as text', (url) => {
    expect(messageHtml(prose`${link(url, 'x')}`)).toBe('<p>x</p>')
  })
})

describe('text from outside', () => {
  test('a long word may wrap, at its punctuation if it has any', () => {
    expect(codeHtml('x'.repeat(50))).toBe(`<code>${'x'.repeat(24)}<wbr>${'x'.repeat(24)}<wbr>xx</code>`)
    expect(textHtml('arn:aws:iam::123456789012:role/hf')).toBe(
      'arn:<wbr>aws:<wbr>iam::<wbr>123456789012:<wbr>role/<wbr>hf',
    )
  })

  test('is no link, no mention and no issue', () => {
    expect(textHtml('http://x')).toBe('http:<wbr>//x')
    expect(textHtml('@octocat #12')).toBe('&#64;<wbr>octocat &#35;<wbr>12')
  })
})
