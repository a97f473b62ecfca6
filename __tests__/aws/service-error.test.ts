/** What the SDK throws, sorted. */
import { describe, expect, test } from '@jest/globals'
import { isTransientRefusal, type ServiceError, said, serviceError } from '../../src/aws/service-error.ts'
import { ActionError } from '../../src/errors/action-error.ts'
import { NetworkError } from '../../src/net/http.ts'

const thrown = (fields: object, message = 'the message') => Object.assign(new Error(message), fields)
const error = (given: Partial<ServiceError>): ServiceError => ({
  kind: 'refusal',
  name: 'AccessDenied',
  message: '',
  status: 403,
  requestId: undefined,
  afterMs: undefined,
  ...given,
})

describe('what the SDK throws', () => {
  test('is a refusal when AWS answered with an error', () => {
    const $response = { statusCode: 400, headers: { 'retry-after': '3' } }
    const $metadata = { httpStatusCode: 429, requestId: 'request-1' }
    expect(serviceError(thrown({ name: 'Throttling', $fault: 'client', $metadata, $response }))).toEqual({
      kind: 'refusal',
      name: 'Throttling',
      message: 'the message',
      status: 429,
      requestId: 'request-1',
      afterMs: 3000,
    })
  })

  test('is an unreadable answer, of which nothing is quoted, when the format is not AWS’s', () => {
    const $response = { statusCode: 200, headers: {} }
    expect(
      serviceError(thrown({ name: 'SyntaxError', $response }, 'Unexpected token in {"SecretString":')),
    ).toMatchObject({
      kind: 'unreadable',
      name: 'unreadable answer',
      message: '',
      status: 200,
    })
  })

  test('is unsent when the SDK could not work with what it was given', () => {
    expect(serviceError(new TypeError('Invalid URL'))).toMatchObject({
      kind: 'unsent',
      name: 'TypeError',
      message: 'Invalid URL',
      status: 0,
    })
  })

  test.each<[string, unknown]>([
    ['a network failure', new NetworkError({ what: 'STS', host: 'sts', phase: 'connect', detail: 'ECONNREFUSED' })],
    ['an error of ours', new ActionError('deadline-exceeded', { failed: 'x', fix: 'x' })],
    ['what is not an error', 'a string'],
  ])('is passed on when it is %s', (_what, value) => {
    let passedOn: unknown
    try {
      serviceError(value)
    } catch (error) {
      passedOn = error
    }
    expect(passedOn).toBe(value)
  })
})

describe('another attempt', () => {
  test.each<Partial<ServiceError>>([
    { status: 500 },
    { status: 503 },
    { status: 429 },
    { status: 408 },
    { name: 'Throttling' },
    { name: 'ThrottlingException' },
    { name: 'TooManyRequestsException' },
    { name: 'RequestLimitExceeded' },
    { name: 'InternalServiceError', status: 400 },
    { name: 'ServerException', status: 400 },
    { name: 'IDPCommunicationErrorException', status: 400 },
    { name: 'InvalidIdentityToken', message: 'Couldn’t retrieve verification key', status: 400 },
  ])('can cure %j', (given) => expect(isTransientRefusal(error(given))).toBe(true))

  test.each<Partial<ServiceError>>([
    {},
    { name: 'InvalidIdentityToken', status: 400 },
    { name: 'ExpiredTokenException', status: 400 },
    { name: 'ResourceNotFoundException', status: 400 },
    { name: 'unreadable answer', kind: 'unreadable', status: 200 },
    { name: 'TypeError', kind: 'unsent', status: 0 },
  ])('cannot cure %j', (given) => expect(isTransientRefusal(error(given))).toBe(false))
})

describe('what AWS said', () => {
  test.each<[Partial<ServiceError>, string]>([
    [{ message: 'No.', requestId: 'request-1' }, 'AccessDenied (HTTP 403): "No.", request request-1'],
    [{}, 'AccessDenied (HTTP 403)'],
    [{ status: 0 }, 'AccessDenied (HTTP ?)'],
    [{ name: 'TypeError', kind: 'unsent', status: 0, message: 'x' }, 'TypeError, before anything was sent: "x"'],
    [{ name: 'a\nb', message: 'c\n::error::d' }, 'a\\u{a}b (HTTP 403): "c\\u{a}::error::d"'],
    [{ message: 'token hf_AbCdEfGhIjKl' }, 'AccessDenied (HTTP 403): "token hf_***"'],
  ])('%j is one printable line', (given, line) => expect(said(error(given))).toBe(line))
})
