/** `moto_server` in the place of the sandbox's AWS: another implementation, spoken to by the real SDKs. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ECSClient } from '@aws-sdk/client-ecs'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { REGION } from '../../sandbox/index.ts'
import type { Fate } from '../../sandbox/service.ts'
import { pythonTool } from '../../scripts/interop/paths.ts'

const START_MS = 60_000
/** Of every ECS service as many tasks run, at once and for ever: larger services never come to rest. */
export const RUNNING_TASKS = 1

/** What was asked and answered. */
export interface MotoCall {
  operation: string
  status: number
  answer: string
}

export class Moto {
  /** In order. */
  readonly calls: MotoCall[] = []
  /** Looks at a call that moto has done and answered, and says what becomes of the answer. */
  afterWork: ((call: MotoCall) => Fate) | undefined
  /** For setting up: clients that have credentials of their own and are not recorded. */
  readonly client: SecretsManagerClient
  readonly ecs: ECSClient
  readonly #child: ChildProcess
  readonly #url: string
  readonly #recorder: Server

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.#url = url
    this.#recorder = record(url, (call) => {
      this.calls.push(call)
      return this.afterWork?.(call)
    })
    const options = {
      endpoint: url,
      region: REGION,
      credentials: { accessKeyId: 'AKIASETUP', secretAccessKey: 'setup' },
    }
    this.client = new SecretsManagerClient(options)
    this.ecs = new ECSClient(options)
  }

  /** Listens on free loopback ports. */
  static async start(): Promise<Moto> {
    const { child, url } = await startServer()
    const moto = new Moto(child, url)
    await new Promise<void>((resolve) => moto.#recorder.listen(0, '127.0.0.1', resolve))
    return moto
  }

  /** The value of AWS_ENDPOINT_URL. Calls through it are kept in `calls`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#recorder.address() as AddressInfo).port}`
  }

  /** Forgets all that it holds, and all calls. */
  async reset(): Promise<void> {
    const { status } = await fetch(`${this.#url}/moto-api/reset`, { method: 'POST' })
    if (status !== 200) throw new Error(`moto_server answered ${status} to a reset`)
    this.calls.length = 0
    this.afterWork = undefined
  }

  async close(): Promise<void> {
    this.client.destroy()
    this.ecs.destroy()
    this.#recorder.closeAllConnections()
    await new Promise((resolve) => this.#recorder.close(resolve))
    if (this.#child.exitCode !== null) return
    const ended = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.kill()
    await ended
  }

  /** The secret parts of the sessions that it gave out. */
  issuedSecrets(): { name: string; value: string }[] {
    return this.calls.flatMap(({ answer }) =>
      [...answer.matchAll(/<(SecretAccessKey|SessionToken)>([^<]+)</g)].map(([, name, value]) => ({
        name: `the session's ${name}`,
        value: value ?? '',
      })),
    )
  }
}

async function startServer(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(pythonTool('moto_server'), ['-H', '127.0.0.1', '-p', '0'], {
    env: {
      PATH: process.env.PATH,
      SYSTEMROOT: process.env.SYSTEMROOT,
      PYTHONUNBUFFERED: '1',
      MOTO_ECS_SERVICE_RUNNING: String(RUNNING_TASKS),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  const url = await new Promise<string>((resolve, reject) => {
    const give = (why: string) => {
      child.kill()
      reject(new Error(`moto_server ${why}:\n${log}`))
    }
    const timer = setTimeout(() => give('did not start in time'), START_MS)
    child.once('error', (error) => give(error.message))
    child.once('close', () => give('ended'))
    for (const stream of [child.stdout, child.stderr]) {
      // Read to the end: a full pipe would stop it.
      stream.setEncoding('utf8').on('data', (text: string) => {
        log += text
        const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(log)?.[1]
        if (found === undefined) return
        clearTimeout(timer)
        resolve(found)
      })
    }
  })
  return { child, url }
}

/** A server that passes every request on as it came, and the answer back if `onCall` lets it. */
function record(target: string, onCall: (call: MotoCall) => Fate): Server {
  return createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const { connection: _, 'content-length': __, 'transfer-encoding': ___, ...headers } = request.headers
    const answer = await fetch(target + request.url, {
      method: request.method ?? 'GET',
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]),
      ...(body.length > 0 && { body }),
    })
    const text = await answer.text()
    const operation =
      String(headers['x-amz-target'] ?? '')
        .split('.')
        .pop() ||
      (new URLSearchParams(body.toString()).get('Action') ?? '')
    const fate = onCall({ operation, status: answer.status, answer: text })
    if (fate === 'lose') request.socket.destroy()
    if (fate === 'lose' || fate === 'hang') return
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' })
    response.end(text)
  })
}
