/** One call to a service, with a time limit, and what may be told about its answer. */
import { remember } from '../../src/text/redact.ts'
import { namesIn, shapeOf } from './shape.ts'

/** What one call came to. `status` is 0 if no answer came. */
export interface Observation {
  status: number
  /** The parsed body, to work with; never printed as it is. */
  json: unknown
  /** What may be posted in public. */
  lines: string[]
}

export interface Call {
  url: string
  method?: 'GET' | 'POST' | 'DELETE'
  /** The value of `Authorization`. */
  authorization?: string
  body?: string | URLSearchParams
  /** Whether the body of the answer is looked at. Default true. */
  readBody?: boolean
}

/** The name of the token that the probe mints: the one name that its output may show. */
export const MINTED_NAME = 'hf-oidc-action probe'

const LONGEST_BODY = 1024 * 1024
const ERROR_CODE = /^[A-Za-z]{1,40}$/

/** Makes calls, and keeps in mind which texts are personal. */
export class Caller {
  readonly personal: Set<string>
  readonly #limitMs: number

  constructor(limitMs: number, personal: Iterable<string>) {
    this.#limitMs = limitMs
    this.personal = new Set(personal)
  }

  /** Never throws: a service that does not answer is an observation too. Follows no redirect, so no token goes elsewhere. */
  async call({ url, method = 'GET', authorization, body, readBody = true }: Call): Promise<Observation> {
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'hf-oidc-action-probe' }
    if (authorization) headers.authorization = authorization
    if (typeof body === 'string') headers['content-type'] = 'application/json'
    const init: RequestInit = { method, headers, redirect: 'manual', signal: AbortSignal.timeout(this.#limitMs) }
    if (body !== undefined) init.body = body
    try {
      const response = await fetch(url, init)
      const names = [...response.headers.keys()].filter((name) => /^[a-z-]{1,60}$/.test(name)).sort()
      const code = response.headers.get('x-error-code') ?? ''
      const lines = [`status ${response.status}`, `headers: ${names.join(', ')}`]
      if (ERROR_CODE.test(code) && !this.personal.has(code)) lines.push(`X-Error-Code: ${code}`)
      if (!readBody) {
        await response.body?.cancel()
        return { status: response.status, json: undefined, lines }
      }
      const text = await response.text()
      const json = text.length > LONGEST_BODY ? undefined : parse(text)
      for (const name of namesIn(json).filter((one) => one !== MINTED_NAME)) {
        this.personal.add(name)
        remember(name)
      }
      if (json === undefined) lines.push(text === '' ? 'no body' : 'a body that is not JSON, or is too long')
      else lines.push(...shapeOf(json, this.personal).map((line) => `  ${line}`))
      return { status: response.status, json, lines }
    } catch (error) {
      return { status: 0, json: undefined, lines: [`no answer: ${this.#why(error)}`] }
    }
  }

  #why(error: unknown): string {
    if (error instanceof Error && error.name === 'TimeoutError') return `timed out after ${this.#limitMs / 1000} s`
    const cause = error instanceof Error ? error.cause : undefined
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : ''
    return /^[A-Z_]{1,40}$/.test(code) ? code : 'the connection failed'
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A member of a JSON object that is a string and not empty. */
export function stringIn(json: unknown, key: string): string | undefined {
  if (typeof json !== 'object' || json === null) return undefined
  const value: unknown = Object.entries(json).find(([name]) => name === key)?.[1]
  return typeof value === 'string' && value !== '' ? value : undefined
}
