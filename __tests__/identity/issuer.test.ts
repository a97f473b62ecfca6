import { expect, test } from '@jest/globals'
import { issuerOf } from '../../src/identity/issuer.ts'

test.each([
  ['https://github.com', 'https://token.actions.githubusercontent.com'],
  ['https://acme.ghe.com', 'https://token.actions.acme.ghe.com'],
  ['https://github.acme.example', 'https://github.acme.example/_services/token'],
  ['https://github.acme.example:8443/', 'https://github.acme.example:8443/_services/token'],
  ['https://github.com.evil.example', 'https://github.com.evil.example/_services/token'],
  ['https://evilghe.com', 'https://evilghe.com/_services/token'],
])('the jobs of %s have the issuer %s', (server, issuer) => expect(issuerOf(server)).toBe(issuer))

test.each([
  ['https://codeberg.org', 'https://codeberg.org/api/actions'],
  ['https://code.example.com:3000/git/', 'https://code.example.com:3000/git/api/actions'],
])('the jobs of Forgejo at %s have the issuer %s', (server, issuer) => expect(issuerOf(server, 'forgejo')).toBe(issuer))
