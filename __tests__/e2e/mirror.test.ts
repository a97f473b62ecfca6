/** A mirror that offers files of the Hub, but not its API: what is said about it, and that what is said helps. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { recordMessage } from './recorded-messages.ts'
import { errorOf, type Play, Stage, warningsOf } from './stage.ts'

interface Answer {
  status: number
  type?: string
  body: string
}

const PAGE: Answer = { status: 200, type: 'text/html;charset=UTF-8', body: '<!DOCTYPE html><title>Sign in</title>' }
const ANSWERS: [string, Answer][] = [
  ['a page', PAGE],
  ['a page without a type', { status: 200, body: '\n<html>' }],
  ['404 with a page', { ...PAGE, status: 404 }],
  // The page of a mirror that wants its own token says nothing about this one.
  ['401 with a page', { ...PAGE, status: 401 }],
  ['403 with a page', { ...PAGE, status: 403 }],
  [
    '404 with JSON',
    { status: 404, type: 'application/json', body: '{"errors":[{"status":404,"message":"Not found"}]}' },
  ],
  [
    '401 of Artifactory',
    { status: 401, type: 'application/json', body: '{"errors":[{"status":401,"message":"Bad credentials"}]}' },
  ],
  ['404 with nothing', { status: 404, body: '' }],
  ['a redirection', { status: 302, body: '' }],
  ['text', { status: 200, type: 'text/plain', body: 'OK' }],
]

const PUBLISHER: Play = {
  with: { 'role-to-assume': '', 'token-source': 'trusted-publisher', 'hf-resource': 'acme/model' },
}

let stage: Stage
let mirror: Server
let answer: Answer
let requests: IncomingMessage[]
beforeEach(async () => {
  stage = await Stage.set()
  answer = PAGE
  requests = []
  mirror = createServer((request, response) => {
    requests.push(request)
    const type = answer.type === undefined ? {} : { 'content-type': answer.type }
    response.writeHead(answer.status, type).end(answer.body)
  })
  await new Promise<void>((resolve) => mirror.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await stage.clear()
  await new Promise((resolve) => mirror.close(resolve))
})

const url = () => `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`
/** As the documents quote it. */
const record = (name: string, message: string) =>
  recordMessage(
    name,
    message.replaceAll(url(), 'https://mirror.example.com').replaceAll(new URL(url()).host, 'mirror.example.com'),
    stage.sandbox,
  )

describe('a stored token that a mirror is asked about', () => {
  const HF_ENDPOINT = () => `${url()}/api/huggingfaceml/hub`

  test.each(ANSWERS)('is neither accepted nor called bad: %s', async (_name, given) => {
    answer = given
    const { title, message } = errorOf(
      (await stage.main({ env: { HF_ENDPOINT: HF_ENDPOINT() }, with: { 'max-attempts': '1' } })).main,
    )
    expect(title).toBe('hub-failed')
    expect(message).toContain(`The response from \`${HF_ENDPOINT()}\` did not come from the Hub’s API.`)
    expect(message).toContain(`hf-endpoint: https://huggingface.co\n  client-endpoint: ${HF_ENDPOINT()}`)
    expect(requests).toHaveLength(1)
    if (given === PAGE) record('hub-failed/page', message)
  })

  test('is delivered with the printed lines', async () => {
    const { main } = await stage.main({
      env: { HF_ENDPOINT: HF_ENDPOINT() },
      with: { 'hf-endpoint': stage.sandbox.hub.url, 'client-endpoint': HF_ENDPOINT() },
    })
    expect(main.exitCode).toBe(0)
    expect(warningsOf(main)).toEqual([])
    expect(requests).toEqual([])
  })
})

test.each(ANSWERS)('an exchange with a mirror is not a refusal: %s', async (_name, given) => {
  answer = given
  const { main } = await stage.main({ ...PUBLISHER, env: { HF_ENDPOINT: url() } })
  const { title, message } = errorOf(main)
  expect(title).toBe('hub-failed')
  if (given.status >= 300 || given.body.includes('<'))
    expect(message).toContain(`from \`${url()}\` did not come from the Hub’s API`)
  if (given.status === 404 && given.body.includes('<')) record('hub-failed/exchange-page', message)
  expect(requests).toHaveLength(1)
})

test.each(ANSWERS)('what only corroborates stays silent: %s', async (_name, given) => {
  stage.sandbox.hub.service.inject('whoami-v2', {
    kind: 'answer',
    status: given.status,
    headers: given.type === undefined ? {} : { 'content-type': given.type },
    body: given.body,
  })
  const { main } = await stage.main(PUBLISHER)
  expect(main.exitCode).toBe(0)
  expect(main.annotations).toEqual([])
})
