import { describe, expect, test } from '@jest/globals'
import { CURES, type Cure, cureOf, type Fault } from '../../src/net/cures.ts'

const network = (phase: Fault['phase'], detail: string): Fault => ({
  from: 'network',
  ...(phase ? { phase } : {}),
  detail,
})

describe('a failure is cured', () => {
  test.each<[Cure, Fault]>([
    ['never', network('policy', 'http: is only accepted for loopback addresses')],
    ['never', network('TLS', 'DEPTH_ZERO_SELF_SIGNED_CERT')],
    ['never', network('TLS', 'ERR_TLS_CERT_ALTNAME_INVALID')],
    ['retry', network('TLS', 'ECONNRESET')],
    ['never', network('proxy', 'the proxy answered CONNECT with 403')],
    ['never', network('proxy', 'the proxy answered CONNECT with 407')],
    ['retry', network('proxy', 'the proxy answered CONNECT with 429')],
    ['retry', network('proxy', 'the proxy answered CONNECT with 503')],
    ['retry', network('proxy', 'ECONNREFUSED')],
    ['never', network('answer', 'answer larger than 2097152 bytes')],
    ['retry', network('answer', 'ECONNRESET')],
    ['retry', network('DNS', 'ENOTFOUND')],
    ['retry', network('timeout', 'no complete answer within 5 s')],
    ['retry', { from: 'GitHub', status: 200, isUnusable: true }],
    ['retry', { from: 'GitHub', status: 403, text: "Can't issue ID_TOKEN for job in 'Pending' state" }],
    ['retry', { from: 'GitHub', status: 403, text: '{"message":"Can’t issue ID_TOKEN for job in Pending state"}' }],
    ['never', { from: 'GitHub', status: 403, text: 'not allowed' }],
    ['never', { from: 'Hub', status: 403, text: "Can't issue ID_TOKEN for job in 'Pending' state" }],
    ['retry', { from: 'issuer', status: 503 }],
    ['never', { from: 'issuer', status: 404 }],
    ['retry', { from: 'AWS', status: 400, name: 'ThrottlingException' }],
    ['retry', { from: 'STS', status: 403, name: 'RequestLimitExceeded' }],
    ['retry', { from: 'AWS', status: 400, name: 'InternalServiceErrorException' }],
    ['retry', { from: 'STS', status: 400, name: 'IDPCommunicationError' }],
    ['never', { from: 'AWS', status: 400, name: 'IDPCommunicationError' }],
    ['once', { from: 'STS', status: 403, name: 'AccessDenied' }],
    ['never', { from: 'AWS', status: 400, name: 'AccessDeniedException' }],
    [
      'never',
      { from: 'STS', status: 403, name: 'AccessDenied', text: 'with an explicit deny in a resource control policy' },
    ],
    ['once', { from: 'AWS', status: 400, name: 'UnrecognizedClientException', moment: 'first-use' }],
    ['once', { from: 'STS', status: 403, name: 'InvalidClientTokenId', moment: 'first-use' }],
    ['never', { from: 'AWS', status: 400, name: 'UnrecognizedClientException' }],
    ['once', { from: 'AWS', status: 400, name: 'ResourceNotFoundException', moment: 'written' }],
    ['never', { from: 'AWS', status: 400, name: 'ResourceNotFoundException' }],
    ['never', { from: 'AWS', status: 400, name: 'LimitExceededException' }],
    ['never', { from: 'Hub', status: 401 }],
    ['retry', { from: 'Hub', status: 429 }],
  ])('%s: %j', (cure, fault) => expect(cureOf(fault)).toBe(cure))
})

test('each kind is described once, for the documentation', () => {
  const described = CURES.map(({ what }) => what)
  expect(new Set(described).size).toBe(CURES.length)
})
