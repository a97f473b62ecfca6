/** Summaries with one fault each: a check that does not see it says nothing about the others either. */

const claims = '<details>\n<summary>Verified claims of this job</summary>\nx\n</details>'

/** Each with the kind of finding that it must lead to. */
export const PLANTED: readonly (readonly [kind: string, markdown: string])[] = [
  ['too wide', `<table><tr><td><code>${'x'.repeat(300)}</code></td></tr></table>`],
  [
    'too wide',
    `<h3>${'漢字'.repeat(5)}<code>${'x'.repeat(300)}</code></h3><table><tr><td>${'x'.repeat(200)}</td></tr></table>`,
  ],
  ['a link that cannot be clicked', '<p>See https://huggingface.co/docs.</p>'],
  ['a literal backtick', '<p>Set `scope`.</p>'],
  ['a literal tag', '<p>&lt;code&gt;scope</p>'],
  ['literal Markdown', '<p>**Seen**</p>'],
  ['a line break in a sentence', '<p>one\\u{a}two</p>'],
  ['an escaped character', '<p>https&amp;#58;//huggingface.co</p>'],
  ['a mention', '<p>by @octocat</p>'],
  ['a link that is not ours', '<p><a href="https://evil.example">x</a></p>'],
  ['a link that is not ours', 'https://evil.example'],
  ['an element that no summary of ours has', '<h1>x</h1>'],
  ['a request to the network', '<img src="https://evil.example/x.png">'],
  ['the claims appear more than once', `${claims}\n${claims}`],
]
