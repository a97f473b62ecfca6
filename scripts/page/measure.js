/**
 * Runs in the page. Returns what is wrong with the summary on it, as `[kind, what]`. `hostile`: the summary shows text
 * that looks like Markdown and HTML on purpose, so that only its shape is judged.
 */
globalThis.measure = ({ hostile, knownHosts }) => {
  const article = document.querySelector('article')
  for (const details of article.querySelectorAll('details')) details.open = true
  const findings = [
    ...tooWide(article),
    ...unknownElements(article),
    ...foreignLinks(article, knownHosts),
    ...mentions(article),
    ...repeatedClaims(article),
    ...(hostile ? [] : [...literalMarkup(article), ...escapedCharacters(article)]),
  ]
  return findings.map(([kind, what]) => [kind, what.replace(/\s+/g, ' ').trim().slice(0, 160)])
}

function tooWide(article) {
  const limit = article.getBoundingClientRect().right
  // Half a pixel is rounding.
  const isWide = (element) =>
    element.getBoundingClientRect().right > limit + 0.5 ||
    (element.tagName !== 'PRE' && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1)
  const wide = [article, ...article.querySelectorAll('*')].filter(
    (element) => (element.tagName === 'PRE' || !element.closest('pre')) && isWide(element),
  )
  const { scrollWidth } = document.scrollingElement
  return [
    ...wide.map((element) => {
      const width = Math.round(Math.max(element.getBoundingClientRect().right, element.scrollWidth))
      return ['too wide', `${width} px: <${element.tagName.toLowerCase()}> ${element.textContent}`]
    }),
    ...(scrollWidth > innerWidth ? [['too wide', `the page: ${scrollWidth} px`]] : []),
  ]
}

function unknownElements(article) {
  const expected = new Set('A B BR CODE DETAILS H3 H4 LI P PRE SUMMARY TABLE TBODY TD TH TR UL WBR'.split(' '))
  return [...article.querySelectorAll('*')]
    .filter(({ tagName }) => !expected.has(tagName))
    .map(({ tagName }) => ['an element that no summary of ours has', tagName])
}

function foreignLinks(article, knownHosts) {
  const isOurs = ({ href }) => {
    const { protocol, hostname } = new URL(href)
    return /^https?:$/.test(protocol) && knownHosts.some((host) => hostname === host || hostname.endsWith(`.${host}`))
  }
  return [...article.querySelectorAll('a')]
    .filter((anchor) => !isOurs(anchor))
    .map(({ href, textContent }) => ['a link that is not ours', `${href} ${textContent}`])
}

/** GitHub looks for mentions in each text node separately. */
function mentions(article) {
  const found = []
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const isRead = !node.parentElement.closest('pre, code, a')
    if (isRead && /(?:^|[^\w])@[a-z\d]/i.test(node.data)) found.push(['a mention', node.data])
  }
  return found
}

function repeatedClaims(article) {
  const claims = [...article.querySelectorAll('details')].filter(({ firstElementChild }) =>
    /claims/i.test(firstElementChild?.textContent ?? ''),
  )
  const names = [...(claims[0]?.querySelectorAll('tr') ?? [])].map((row) => row.cells[0]?.textContent)
  const outside = article.cloneNode(true)
  for (const details of outside.querySelectorAll('details')) details.remove()
  // A message may name the one or two claims that it is about.
  const listed = names.filter((name) => outside.textContent.includes(`${name} = `))
  const kind = 'the claims appear more than once'
  return [
    ...(claims.length > 1 ? [[kind, `${claims.length} times`]] : []),
    ...(listed.length > 3 ? [[kind, listed.join(', ')]] : []),
  ]
}

const LITERAL = [
  ['a link that cannot be clicked', /https?:\/\//],
  ['a literal backtick', /`/],
  ['a literal tag', /<\/?[a-z][^>]*>/i],
  ['literal Markdown', /(?<!\*)\*\*(?!\*)|__\w|\]\(|^\s*#{1,6}\s|^\s*[-*]\s/],
  ['a line break in a sentence', /\\u\{[\da-f]+\}/],
]

/** Markup that is shown as text. What is in quotation marks was seen somewhere, and is shown as it was. */
function literalMarkup(article) {
  const blocks = 'P, LI, TD, TH, H3, H4, SUMMARY'
  return [...article.querySelectorAll(blocks)].flatMap((element) => {
    const own = element.cloneNode(true)
    for (const inner of own.querySelectorAll(`pre, ul, table, details, ${blocks}`)) inner.remove()
    for (const code of own.querySelectorAll('code')) code.replaceWith('CODE')
    const text = own.textContent
    for (const anchor of own.querySelectorAll('a')) anchor.replaceWith('LINK')
    const prose = own.textContent.replace(/"[^"]*"/g, '""')
    return LITERAL.filter(([, pattern]) => pattern.test(prose)).map(([kind]) => [kind, text])
  })
}

function escapedCharacters({ textContent }) {
  const isEscaped = /&(?:#\d+|#x[\da-f]+|amp|lt|gt|quot|nbsp);/i.test(textContent)
  return isEscaped ? [['an escaped character', textContent]] : []
}
