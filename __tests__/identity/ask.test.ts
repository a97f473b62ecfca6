import { describe, expect, test } from '@jest/globals'
import { type AskOptions, askForIdToken } from '../../src/identity/ask.ts'
import type { HttpRequest } from '../../src/net/http.ts'
import { fakeHttp, hurried } from './identity-for-tests.ts'

const URL_OF_RUNNER = 'https://pipelines.actions.githubusercontent.com/x/idtoken?api-version=2.0'
const ASKED = `${URL_OF_RUNNER}&audience=https%3A%2F%2Fhuggingface.co%2Facme`

function ask(answers: Parameters<typeof fakeHttp>[0], options: Partial<AskOptions> = {}) {
  const { http, asked } = fakeHttp(answers)
  const masked: string[] = []
  const answer = askForIdToken({
    request: { url: URL_OF_RUNNER, token: 'request-token' },
    audience: 'https://huggingface.co/acme',
    http,
    mask: (secret) => masked.push(secret),
    policy: hurried(),
    ...options,
  })
  return { answer, asked, masked }
}

describe('the ID token', () => {
  test('is requested for the audience, and masked before anybody gets it', async () => {
    const { answer, asked, masked } = ask({ [ASKED]: { body: { value: 'the.id.token' } } })
    expect(await answer).toBe('the.id.token')
    expect(asked).toEqual([ASKED])
    expect(masked).toEqual(['the.id.token'])
  })

  test('is requested with the request token', async () => {
    const sent: HttpRequest[] = []
    const send = async (request: HttpRequest) => {
      sent.push(request)
      return { status: 200, headers: {}, body: Buffer.from('{"value":"x"}') }
    }
    await ask({}, { http: { send } as never }).answer
    expect(sent[0]).toMatchObject({ method: 'GET', headers: { authorization: 'Bearer request-token' } })
  })

  test('is requested again when GitHub is in trouble', async () => {
    const { answer, asked } = ask({ [ASKED]: [{ status: 503 }, { body: { value: 'x' } }] })
    expect(await answer).toBe('x')
    expect(asked.length).toBe(2)
  })

  test.each([
    [{ body: '<html>busy</html>' }],
    [{ body: {} }],
    [{ status: 403, body: { message: "Can't issue ID_TOKEN for job in 'Pending' state" } }],
  ])('is requested again after an answer that says nothing about the request: %j', async (answered) => {
    const { answer, asked } = ask({ [ASKED]: [answered, { body: { value: 'x' } }] })
    expect(await answer).toBe('x')
    expect(asked.length).toBe(2)
  })
})

describe('a request that fails', () => {
  test('for good is sent once, and shows what GitHub said', async () => {
    const { answer, asked } = ask({ [ASKED]: { status: 403, body: 'not allowed' } })
    await expect(answer).rejects.toThrow(
      /^\[oidc-request-failed\].*\nSeen: HTTP 403: "not allowed", after one attempt\n/,
    )
    expect(asked.length).toBe(1)
  })

  test('although there is a token in the answer', async () => {
    const { answer } = ask({ [ASKED]: { status: 404, body: { value: 'x' } } })
    await expect(answer).rejects.toThrow(/Seen: HTTP 404/)
  })

  test('each time tells what to check', async () => {
    const { answer, asked } = ask({ [ASKED]: { status: 500 } })
    await expect(answer).rejects.toThrow(
      /Seen: HTTP 500, after 3 attempts in less than 1 s\n[\s\S]*check https:\/\/www\.githubstatus\.com\./,
    )
    expect(asked.length).toBe(3)
  })

  test.each([['<html>'], [{}], [{ value: 7 }], [{ value: '' }], [['x']]])('for want of a token in %j', async (body) => {
    await expect(ask({ [ASKED]: { body } }).answer).rejects.toThrow(/Seen: HTTP 200 without a token/)
  })

  test.each([
    { url: 'not a url', token: 'x' },
    { url: URL_OF_RUNNER, token: 'line-one\nline-two' },
    { url: URL_OF_RUNNER, token: '' },
  ])('because the runner’s variables cannot be used is not sent: %j', async (request) => {
    const { answer, asked } = ask({}, { request })
    await expect(answer).rejects.toThrow(/`ACTIONS_ID_TOKEN_REQUEST_URL` or `ACTIONS_ID_TOKEN_REQUEST_TOKEN`/)
    expect(asked).toEqual([])
  })
})
