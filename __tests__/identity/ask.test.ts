import { describe, expect, test } from '@jest/globals'
import { type AskOptions, askForIdToken } from '../../src/identity/ask.ts'
import { ClockMeasurement } from '../../src/identity/clock.ts'
import type { HttpRequest } from '../../src/net/http.ts'
import { platformOf } from '../platform/platforms.ts'
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
    clock: new ClockMeasurement(),
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
  const HOST = 'pipelines.actions.githubusercontent.com'

  test('for good is sent once, and shows what GitHub said, and where', async () => {
    const { answer, asked } = ask({ [ASKED]: { status: 403, body: 'not allowed' } })
    await expect(answer).rejects.toThrow(
      `[oidc-request-failed] GitHub’s ID token endpoint did not return a token.\nSeen: HTTP 403: "not allowed", from \`${HOST}/x/idtoken\`, 11 bytes (no content type), after one attempt\n`,
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
      /Seen: HTTP 500, from .*, after 3 attempts in less than 1 s\n[\s\S]*check https:\/\/www\.githubstatus\.com\./,
    )
    expect(asked.length).toBe(3)
  })

  test('never shows the query, nor the request token', async () => {
    const { answer } = ask({ [ASKED]: { status: 404, body: '' } })
    await expect(answer).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/api-version|audience=|request-token/) }),
    )
  })

  test.each([['hello'], [{}], [{ value: 7 }], [{ value: '' }], [['x']]])('for want of a token in %j', async (body) => {
    const failure = ask({ [ASKED]: { body } }).answer
    await expect(failure).rejects.toThrow(
      /Seen: HTTP 200, from .*, without a token in it, after 3 attempts in less than 1 s\n/,
    )
    // It may hold one in another place.
    await expect(failure).rejects.toThrow(expect.objectContaining({ message: expect.not.stringContaining('hello') }))
  })

  test('because a page came names the page', async () => {
    const page = {
      status: 200,
      headers: { 'content-type': 'text/html', via: '1.1 proxy' },
      body: '<html><title>Sign in</title>',
    }
    await expect(ask({ [ASKED]: page }).answer).rejects.toThrow(
      /a page with the title "Sign in", with `via: 1.1 proxy`, without a token in it, after 3 attempts in less than 1 s\n.*\nLikely cause: The response is a web page/,
    )
  })

  test.each([
    [403, 'Can\'t issue ID_TOKEN for job in "Pending" state', 'has not yet recorded that this job is running'],
    [401, '{"message": "expired"}', 'did not accept the request token of this job'],
    [404, '', 'something changed the runner’s variables'],
    [407, '', 'A proxy requires credentials'],
    [429, '', 'limits how many ID tokens are requested at a time'],
    [500, '', 'is having an incident'],
    [408, '', 'is having an incident'],
    [400, 'bad audience', 'for the reason quoted above. Another attempt will get the same answer'],
    [422, '', 'did not accept the request'],
    [304, '', 'did not accept the request'],
  ])('with HTTP %i and %j has its own cause', async (status, body, cause) => {
    const { answer } = ask({ [ASKED]: { status, body } })
    await expect(answer).rejects.toThrow(cause)
    await expect(answer).rejects.toThrow('\nWho can do it: ')
  })

  test('names the forge, and who operates it', async () => {
    const platform = platformOf({ FORGEJO_ACTIONS: 'true', GITHUB_SERVER_URL: 'https://code.example.com' })
    const { answer } = ask({ [ASKED]: { status: 500 } }, { policy: { ...hurried(), platform } })
    await expect(answer).rejects.toThrow('Forgejo’s ID token endpoint did not return a token.')
    await expect(answer).rejects.toThrow(
      'Who can do it: The administrators of `code.example.com`. Send this message to them.',
    )
    await expect(answer).rejects.toThrow(expect.objectContaining({ message: expect.not.stringContaining('GitHub') }))
  })

  test.each([
    { url: 'not a url', token: 'x' },
    { url: 'https:evil.test/idtoken?api-version=2.0', token: 'x' },
    { url: 'https://github.com%2eevil.test/idtoken', token: 'x' },
    { url: URL_OF_RUNNER, token: 'line-one\nline-two' },
    { url: URL_OF_RUNNER, token: '' },
  ])('because the runner’s variables cannot be used is not sent: %j', async (request) => {
    const { answer, asked } = ask({}, { request })
    await expect(answer).rejects.toThrow(/`ACTIONS_ID_TOKEN_REQUEST_URL` or `ACTIONS_ID_TOKEN_REQUEST_TOKEN`/)
    expect(asked).toEqual([])
  })
})
