import { expect, test } from '@jest/globals'
import { isAllowedUrl, isLoopback } from '../../src/net/endpoint.ts'

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
  ['::1', true],
  ['localhost', true],
  ['x127.0.0.1', false],
  ['[::2]', false],
])('%s is loopback: %s', (host, loopback) => expect(isLoopback(host)).toBe(loopback))
