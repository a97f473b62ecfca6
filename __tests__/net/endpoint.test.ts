import { expect, test } from '@jest/globals'
import { isAllowedUrl, isCredentialUrl, isLoopback } from '../../src/net/endpoint.ts'

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
