/**
 * Runs in the page. Returns what is wrong with the summary on it, as `[kind, what]`. `hostile`: the summary shows text
 * that looks like Markdown and HTML on purpose, so that only its shape is judged.
 */
globalThis.measure = ({ hostile, knownHosts }) => {
  const article = document.querySelector('article')
  for (const details of article.querySelectorAll('details')) details.open = true
  const findings = []
  const find = (kind, what) => findings.push([kind, what.replace(/\s+/g, ' ').trim().slice(0, 160)])

  const limit = article.getBoundingClientRect().right
  // Half a pixel is rounding.
  const isWide = (element) =>
    element.getBoundingClientRect().right > limit + 0.5 ||
    (element.tagName !== 'PRE' && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1)
  for (const element of [article, ...article.querySelectorAll('*')]) {
    if (element.closest('pre') && element.tagName !== 'PRE') continue
    const { right } = element.getBoundingClientRect()
    if (isWide(element)) {
      find(
        'too wide',
        `${Math.round(Math.max(right, element.scrollWidth))} px: <${element.tagName.toLowerCase()}> ${element.textContent}`,
      )
    }
  }
  if (document.scrollingElement.scrollWidth > innerWidth)
    find('too wide', `the page: ${document.scrollingElement.scrollWidth} px`)

  const expected = new Set('A B BR CODE DETAILS H3 H4 LI P PRE SUMMARY TABLE TBODY TD TH TR UL WBR'.split(' '))
  for (const { tagName } of article.querySelectorAll('*')) {
    if (!expected.has(tagName)) find('an element that no summary of ours has', tagName)
  }
  for (const { href, textContent } of article.querySelectorAll('a')) {
    const { protocol, hostname } = new URL(href)
    const known = knownHosts.some((host) => hostname === host || hostname.endsWith(`.${host}`))
    if (!known || !/^https?:$/.test(protocol)) find('a link that is not ours', `${href} ${textContent}`)
  }

  // GitHub looks for mentions in each text node by itself.
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.parentElement.closest('pre, code, a') && /(?:^|[^\w])@[a-z\d]/i.test(node.data))
      find('a mention', node.data)
  }

  const claims = [...article.querySelectorAll('details')].filter(({ firstElementChild }) =>
    /claims/i.test(firstElementChild?.textContent ?? ''),
  )
  if (claims.length > 1) find('the claims appear more than once', `${claims.length} times`)
  const names = [...(claims[0]?.querySelectorAll('tr') ?? [])].map((row) => row.cells[0]?.textContent)
  const outside = article.cloneNode(true)
  for (const details of outside.querySelectorAll('details')) details.remove()
  // A message may name the one or two claims that it is about.
  const listed = names.filter((name) => outside.textContent.includes(`${name} = `))
  if (listed.length > 3) find('the claims appear more than once', listed.join(', '))

  if (hostile) return findings
  const blocks = 'P, LI, TD, TH, H3, H4, SUMMARY'
  for (const element of article.querySelectorAll(blocks)) {
    const own = element.cloneNode(true)
    for (const inner of own.querySelectorAll(`pre, ul, table, details, ${blocks}`)) inner.remove()
    for (const code of own.querySelectorAll('code')) code.replaceWith('CODE')
    const text = own.textContent
    for (const anchor of own.querySelectorAll('a')) anchor.replaceWith('LINK')
    // What stands in quotation marks was seen somewhere, and is shown as it was.
    const prose = own.textContent.replace(/"[^"]*"/g, '""')
    if (/https?:\/\//.test(prose)) find('a link that cannot be clicked', text)
    if (prose.includes('`')) find('a literal backtick', text)
    if (/<\/?[a-z][^>]*>/i.test(prose)) find('a literal tag', text)
    if (/(?<!\*)\*\*(?!\*)|__\w|\]\(|^\s*#{1,6}\s|^\s*[-*]\s/.test(prose)) find('literal Markdown', text)
    if (/\\u\{[\da-f]+\}/.test(prose)) find('a line break in a sentence', text)
  }
  if (/&(?:#\d+|#x[\da-f]+|amp|lt|gt|quot|nbsp);/i.test(article.textContent))
    find('an escaped character', article.textContent)
  return findings
}
