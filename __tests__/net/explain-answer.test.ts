/** Answers that are not what was asked for: what a message says about them. */
import { describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import { adviceAboutBetween, describeAnswer, isFromBetween, withAnswer } from '../../src/net/explain-answer.ts'
import type { HttpResponse } from '../../src/net/http.ts'
import { isPage, titleOf } from '../../src/net/page.ts'
import { plain } from '../../src/text/message.ts'
import { platformOf } from '../platform/platforms.ts'

const url = new URL('https://service.example:8443/path/to?audience=acme&token=secret#part')

function answer(status: number, body = '', headers: HttpResponse['headers'] = {}, proxy?: string): HttpResponse {
  return { status, headers, body: Buffer.from(body), proxy }
}
const described = (one: HttpResponse, quote?: boolean) => plain(describeAnswer({ url, answer: one }, quote))

describe('the description of an answer', () => {
  test('names status, host, path, size and type, and never the query', () => {
    const text = described(answer(503, '{"a": 1}', { 'content-type': 'application/json; charset=utf-8' }))
    expect(text).toBe('HTTP 503, from `service.example:8443/path/to`, 8 bytes (application/json)')
  })

  test('names the title of a page, and how its sender names itself', () => {
    const page = '<!-- x -->\n<!DOCTYPE html><HTML><head><title>\n Access\n denied </title></head><body>…</body></HTML>'
    const headers = { 'content-type': 'text/html', server: 'squid/5.7', via: '1.1 proxy.corp (squid/5.7)' }
    expect(described(answer(403, page, headers, 'proxy.corp:3128'))).toBe(
      'HTTP 403, from `service.example:8443/path/to`, through the proxy proxy.corp:3128, 100 bytes (text/html), a page with the title "Access denied", with `server: squid/5.7` and `via: 1.1 proxy.corp (squid/5.7)`',
    )
  })

  test('names the host of a redirect, and neither its path nor its query', () => {
    const text = described(
      answer(302, '', { location: 'https://login.corp/auth?back=https://service.example/?token=x' }),
    )
    expect(text).toBe('HTTP 302, from `service.example:8443/path/to`, an empty body, a redirect to `login.corp`')
    expect(described(answer(301, '', { location: '/elsewhere?x' }))).toContain('a redirect to `a different path`')
  })

  test('quotes a short text only if it may, and a page never', () => {
    expect(described(answer(403, 'not allowed'), true)).toMatch(/^HTTP 403: "not allowed", from /)
    expect(described(answer(403, 'not allowed'))).not.toContain('not allowed')
    expect(described(answer(403, '<html>secret'), true)).not.toContain('secret')
  })

  test('is printable, whatever the sender writes', () => {
    const page = `<title>::error::x\n::set-output::${'t'.repeat(500)}</title>`
    const text = described(answer(200, page, { server: 'a\n::add-mask::b', via: 'x'.repeat(9000) }))
    expect(text).not.toMatch(/\n/)
    expect(text).not.toMatch(/^\s*::/)
    expect(text.length).toBeLessThan(600)
  })

  test.each(['<!--', '<!---->', '<?xml>', '<title', ' <!-- --> '])('takes little time for a megabyte of %j', (text) => {
    const long = answer(200, text.repeat(1_000_000 / text.length))
    expect([isPage(long), titleOf(long)]).toEqual([false, undefined])
  })
})

describe('a page', () => {
  test.each([
    '<html>',
    '<!DOCTYPE html>\n<html lang="en">',
    '\ufeff<!doctype html>',
    '  \n<HTML><BODY>',
    '<!-- block page --><head>',
    '<h1>Blocked</h1>',
    '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0">',
    '<script>location="/login"</script>',
  ])('is recognized: %j', (body) => expect(isPage(answer(200, body))).toBe(true))

  test.each([
    '',
    '{"html": "<html>"}',
    'text',
    '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error/></ErrorResponse>',
    '<?xml version="1.0"?><AssumeRoleWithWebIdentityResponse/>',
    '<headers/>',
  ])('is not %j', (body) => expect(isPage(answer(200, body))).toBe(false))

  test.each([
    ['<html><h1 class="x">Web page blocked</h1>', 'Web page blocked'],
    ['<html><title></title><h1>Web page blocked</h1>', undefined],
    ['<html><body>nothing', undefined],
  ])('has a title, or a heading: %j', (body, title) => expect(titleOf(answer(200, body))).toBe(title))
})

describe('what is said about the sender', () => {
  const advice = (one: HttpResponse, env: Record<string, string> = {}) => {
    const { cause, fix, forward } = adviceAboutBetween({ url, answer: one }, 'STS', platformOf(env))
    return { cause: plain(cause), fix: plain(fix), forward: plain(forward) }
  }

  test.each<[string, HttpResponse, string]>([
    ['a page', answer(200, '<html>'), 'a proxy, a firewall or the login page of a network answered instead of STS'],
    ['a refusal as a page', answer(403, '<html>'), 'a proxy, a firewall or the login page of a network answered'],
    ['a page with 502', answer(502, '<html>'), 'a load balancer in front of it during an incident'],
    ['407', answer(407), 'A proxy requires credentials'],
    ['a redirect', answer(302, '', { location: 'https://login.corp/' }), 'redirects the request'],
  ])('%s', (_name, one, cause) => {
    expect(isFromBetween({ url, answer: one })).toBe(true)
    expect(advice(one).cause).toContain(cause)
    expect(advice(one).fix).toContain('lets requests to `service.example:8443` through unchanged')
  })

  test.each([answer(500, 'x'), answer(403, '{}'), answer(200, ''), answer(304)])('nothing about others', (one) =>
    expect(isFromBetween({ url, answer: one })).toBe(false),
  )

  test('who can fix it depends on who operates the runner', () => {
    const page = answer(200, '<html>')
    const people = 'people who administer the network of this runner (proxy, firewall, DNS)'
    expect(advice(page, { RUNNER_ENVIRONMENT: 'self-hosted' }).forward).toMatch(`The ${people}`)
    expect(advice(page, { RUNNER_ENVIRONMENT: 'github-hosted' }).forward).toMatch(/^If the workflow sets a proxy, /)
  })

  test('an explanation keeps its code and its first sentence', () => {
    const failure = new ActionError('sts-failed', {
      failed: 'STS did not issue a session.',
      cause: 'load',
      fix: 'wait',
    })
    const { code, message } = withAnswer(failure, { url, answer: answer(403, '<html>') }, undefined)
    expect(code).toBe('sts-failed')
    expect(message).toMatch(/^\[sts-failed\] STS did not issue a session\.\nSeen: unreadable answer: HTTP 403, from /)
    expect(message).not.toContain('load\n')
    const other = withAnswer(failure, { url, answer: answer(200, 'no XML') }, undefined)
    expect(other.message).toContain('Likely cause: load\nWhat to do: wait')
  })
})
