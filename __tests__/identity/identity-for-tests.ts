/** Answers of issuers without a network, and tokens at a fixed time. */
import type { JWTPayload } from 'jose'
import type { Deadline } from '../../src/net/deadline.ts'
import type { Http, HttpRequest } from '../../src/net/http.ts'
import type { RetryPolicy } from '../../src/net/retry.ts'

export const NOW = new Date('2026-11-22T12:00:00Z')
export const AUDIENCE = 'acme'
export const ISSUER = 'https://token.actions.githubusercontent.com'

/** The claims of a token that was issued at {@link NOW}; `undefined` removes one. */
export function claimsOfNow(overrides: Record<string, unknown> = {}): JWTPayload {
  const iat = NOW.getTime() / 1000
  const all = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'repo:octo-org/octo-repo:ref:refs/heads/main',
    iat,
    nbf: iat - 300,
    exp: iat + 300,
    ...overrides,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

interface Answer {
  status?: number
  headers?: Record<string, string>
  body?: unknown
}

/** Answers each URL with the next of its answers, the last one for ever; everything else with 404. */
export function fakeHttp(answers: Record<string, Answer | Answer[]>): { http: Http; asked: string[] } {
  const left = new Map(Object.entries(answers).map(([url, answer]) => [url, [answer].flat()]))
  const asked: string[] = []
  const send = async ({ url }: HttpRequest) => {
    asked.push(url.href)
    const queue = left.get(url.href) ?? []
    const { status = 200, headers = {}, body = '' } = (queue.length > 1 ? queue.shift() : queue[0]) ?? { status: 404 }
    return { status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }
  }
  return { http: { send } as unknown as Http, asked }
}

/** A policy whose waits take no time. */
export function hurried(maxAttempts = 3): RetryPolicy {
  const deadline = { limitMs: 60_000, remainingMs: () => 60_000, sleep: () => Promise.resolve() } as unknown as Deadline
  return { maxAttempts, deadline, random: () => 0 }
}
