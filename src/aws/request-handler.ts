/** Lets the AWS SDK send through `net/http.ts`, like every other call. */
import { Readable } from 'node:stream'
import type { Received } from '../net/explain-answer.ts'
import type { Http } from '../net/http.ts'
import { isPage } from '../net/page.ts'

/** What the SDK hands to a request handler (`@smithy/types` HttpRequest), as far as it is used here. */
interface SdkRequest {
  method: string
  protocol: string
  hostname: string
  port?: number
  path: string
  query?: Record<string, string | string[] | null>
  headers: Record<string, string>
  body?: unknown
}

/** A page came in place of AWS's answer. The SDK would take one apart as XML, and find an error without a name. */
export class PageReceived extends Error {
  readonly received: Received

  constructor(received: Received) {
    super('a page')
    this.received = received
  }
}

/** How a call of an SDK client is sent. `what` names it in messages. */
export function awsRequestHandler(http: Pick<Http, 'send'>, what: string) {
  return {
    async handle(request: SdkRequest) {
      const { body, headers } = request
      const url = urlOf(request)
      const sent = await http.send({
        method: request.method,
        url,
        headers,
        ...(typeof body === 'string' || body instanceof Uint8Array ? { body } : {}),
        what,
      })
      const received = { url, answer: sent }
      if (isPage(sent)) throw new PageReceived(received)
      return {
        response: {
          // For messages: the SDK passes the response on with what it cannot read.
          received,
          statusCode: sent.status,
          headers: flat(sent.headers),
          body: Readable.from([sent.body]),
        },
      }
    },
  }
}

function urlOf({ protocol, hostname, port, path, query }: SdkRequest): URL {
  const url = new URL(`${protocol}//${hostname}${port ? `:${port}` : ''}${path}`)
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const item of Array.isArray(value) ? value : [value ?? '']) url.searchParams.append(name, item)
  }
  return url
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  )
}
