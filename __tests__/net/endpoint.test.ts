import { describe, expect, test } from '@jest/globals'
import {
  isAllowedUrl,
  isCredentialUrl,
  isLoopback,
  isNormalOrigin,
  isPlainUrl,
  normalForm,
} from '../../src/net/endpoint.ts'

test.each([
  ['https://huggingface.co', true],
  ['http://127.0.0.1:1', true],
  ['http://127.9.9.9', true],
  ['http://localhost:3', true],
  ['http://[::1]:3', true],
  ['http://huggingface.co', false],
  ['http://127.0.0.1.evil.com', false],
  ['http://localhost.evil.com', false],
  ['http://0.0.0.0', false],
  ['ftp://127.0.0.1', false],
  ['file:///etc/passwd', false],
])('%s is allowed: %s', (url, allowed) => expect(isAllowedUrl(new URL(url))).toBe(allowed))

test.each([
  ['http://169.254.170.2/v2/credentials/x', true],
  ['http://169.254.170.23/v1/credentials', true],
  ['http://[fd00:ec2::23]/v1/credentials', true],
  ['http://169.254.169.254/latest', true],
  ['http://[fd00:ec2::254]/latest', true],
  ['http://[FD00:EC2:0::254]/latest', true],
  ['https://169.254.169.254/latest', false],
  ['ftp://169.254.169.254/latest', false],
  ['http://169.254.169.253/latest', false],
  ['http://169.254.169.254.evil.test/latest', false],
  ['http://evil.test/169.254.169.254', false],
  ['http://169.254.169.254@evil.test/', false],
  ['http://127.0.0.1/', false],
])('%s is for credentials: %s', (url, isForCredentials) => {
  expect([isCredentialUrl(new URL(url)), isAllowedUrl(new URL(url))]).toEqual([
    isForCredentials,
    /^https:|127/.test(url),
  ])
})

test.each([
  ['::1', true],
  ['localhost', true],
  ['x127.0.0.1', false],
  ['[::2]', false],
])('%s is loopback: %s', (host, loopback) => expect(isLoopback(host)).toBe(loopback))

describe('a plain URL', () => {
  test.each([
    'https://huggingface.co',
    'https://huggingface.co/',
    'https://huggingface.co//',
    'https://hub.example.com:8443/a/b-c_d~e/',
    'https://corp.example.com/artifactory/api/huggingfaceml/my%20repo',
    'https://token.actions.githubusercontent.com/My-Enterprise',
    'https://xn--hgging-3ya.example',
    'https://my_host',
    'http://localhost:3000',
    'http://127.0.0.1:1',
    'https://[::1]:8443/x',
  ])('may be %s', (text) => expect(isPlainUrl(text)).toBe(true))

  test.each([
    ['an absent slash', 'https:evil.test', 'https://evil.test'],
    ['one slash', 'https:/evil.test', 'https://evil.test'],
    ['three slashes', 'https:///evil.test', 'https://evil.test'],
    ['an escape in the host', 'https://huggingface.co%2eevil.test', 'https://huggingface.co.evil.test'],
    ['an escaped slash in the host', 'https://huggingface.co%2fevil.test', undefined],
    ['a backslash', 'https://evil.test\\huggingface.co', 'https://evil.test/huggingface.co'],
    ['two backslashes', 'https:\\\\evil.test', 'https://evil.test'],
    ['capitals in the host', 'https://HuggingFace.co', 'https://huggingface.co'],
    ['capitals in the scheme', 'HTTPS://huggingface.co', 'https://huggingface.co'],
    ['a dot at the end of the host', 'https://huggingface.co.', undefined],
    ['two dots at the end of the host', 'https://huggingface.co..', undefined],
    ['a dot in front of the host', 'https://.huggingface.co', undefined],
    ['an empty label', 'https://huggingface..co', undefined],
    ['a user', 'https://huggingface.co@evil.test', 'https://huggingface.co@evil.test'],
    ['an empty user', 'https://@evil.test', 'https://evil.test'],
    ['the default port', 'https://huggingface.co:443', 'https://huggingface.co'],
    ['the default port of http', 'http://localhost:80', 'http://localhost'],
    ['an empty port', 'https://huggingface.co:', 'https://huggingface.co'],
    ['zeros in front of the port', 'https://huggingface.co:08443', 'https://huggingface.co:8443'],
    ['a tab', 'https://hugging\tface.co', 'https://huggingface.co'],
    ['a line end', 'https://huggingface.co\n', 'https://huggingface.co'],
    ['a space in front', ' https://huggingface.co', 'https://huggingface.co'],
    ['a name in Unicode', 'https://hüggingface.co', 'https://xn--hggingface-9db.co'],
    ['full-width letters', 'https://ｈuggingface.co', 'https://huggingface.co'],
    ['an ideographic full stop', 'https://huggingface。co', 'https://huggingface.co'],
    ['a soft hyphen', 'https://hugging\u00adface.co', 'https://huggingface.co'],
    ['a short address', 'https://127.1', 'https://127.0.0.1'],
    ['an address in hexadecimal', 'https://0x7f.1', 'https://127.0.0.1'],
    ['an address in octal', 'https://0177.0.0.1', 'https://127.0.0.1'],
    ['an address as one number', 'https://2130706433', 'https://127.0.0.1'],
    ['a long IPv6 address', 'https://[0:0:0:0:0:0:0:1]', 'https://[::1]'],
    ['an IPv4 address in IPv6', 'https://[::ffff:127.0.0.1]', 'https://[::ffff:7f00:1]'],
    ['a step up', 'https://huggingface.co/a/../b', 'https://huggingface.co/b'],
    ['an escaped step up', 'https://huggingface.co/a/%2e%2E/b', 'https://huggingface.co/b'],
    ['a step to nowhere', 'https://huggingface.co/./a', 'https://huggingface.co/a'],
    ['two slashes in the path', 'https://huggingface.co//a', undefined],
    ['an escape that is not needed', 'https://huggingface.co/%61', undefined],
    ['an escape in small letters', 'https://huggingface.co/a%5bb', undefined],
    ['half an escape', 'https://huggingface.co/a%2', undefined],
    ['an escaped slash', 'https://huggingface.co/a%2Fb', undefined],
    ['an escaped backslash', 'https://huggingface.co/a%5Cb', undefined],
    ['a query', 'https://huggingface.co?a', 'https://huggingface.co/?a'],
    ['a fragment', 'https://huggingface.co#a', 'https://huggingface.co/#a'],
    ['nothing', '', undefined],
  ])('has no %s', (_what, text, normal) => {
    expect(isPlainUrl(text)).toBe(false)
    expect(normalForm(text)).toBe(normal)
  })
})

describe('a URL that the runner gives', () => {
  const path = '/66//idtoken/A%2fb/../x?api-version=2.0&x=//'

  test.each([
    `https://run-actions-1.actions.githubusercontent.com${path}`,
    `https://GHES.example.com${path}`,
    'https://ghes.example.com:8443?x',
    'http://127.0.0.1:1/x',
  ])('may be %s', (text) => expect(isNormalOrigin(text)).toBe(true))

  test.each([
    'https:evil.test/x?y',
    'https://github.com%2eevil.test/x',
    'https://github.com@evil.test/x',
    'https://evil.test\\github.com/x',
    'https://evil.test./x',
    'https://evil.test:443/x',
    'https://0x7f.1/x',
    'https://ev\til.test/x',
    ' https://evil.test/x',
    'https://evil.test/x#y',
    'not a URL',
  ])('cannot be %j', (text) => expect(isNormalOrigin(text)).toBe(false))
})
