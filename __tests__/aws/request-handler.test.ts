/** How the SDK's requests go out. */
import { expect, test } from '@jest/globals'
import { awsRequestHandler } from '../../src/aws/request-handler.ts'
import type { Http, HttpRequest } from '../../src/net/http.ts'

async function send(request: object, headers: Record<string, string | string[] | undefined> = {}) {
  const sent: HttpRequest[] = []
  const http = {
    send: async (one: HttpRequest) => {
      sent.push(one)
      return { status: 201, headers, body: Buffer.from('the answer') }
    },
  } as unknown as Http
  const base = { method: 'POST', protocol: 'https:', hostname: 'sts.eu-west-1.amazonaws.com', path: '/', headers: {} }
  const { response } = await awsRequestHandler(http, 'a test').handle({ ...base, ...request })
  return { sent: sent[0], response }
}

test('a request keeps its port, its path and its query', async () => {
  const { sent } = await send({ port: 8443, path: '/a', query: { one: '1', many: ['2', '3'], none: null } })
  expect(sent?.url.href).toBe('https://sts.eu-west-1.amazonaws.com:8443/a?one=1&many=2&many=3&none=')
  expect(sent?.what).toBe('a test')
})

test.each<[unknown, unknown]>([
  ['text', 'text'],
  [new Uint8Array([1]), new Uint8Array([1])],
  [undefined, undefined],
  [{ a: 'stream' }, undefined],
])('a body of text or bytes is sent: %j', async (body, expected) => {
  expect((await send({ body })).sent?.body).toEqual(expected)
})

test('an answer comes back with its status, its headers and its body', async () => {
  const { response } = await send({}, { date: 'today', 'set-cookie': ['a', 'b'], gone: undefined })
  expect([response.statusCode, response.headers]).toEqual([201, { date: 'today', 'set-cookie': 'a, b' }])
  const chunks: Buffer[] = []
  for await (const chunk of response.body) chunks.push(chunk as Buffer)
  expect(Buffer.concat(chunks).toString()).toBe('the answer')
})
