/** `moto_server` in the place of the sandbox's AWS: another implementation, spoken to by the real SDKs. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { REGION } from '../../sandbox/index.ts'
import { pythonTool } from '../../scripts/interop/paths.ts'

const START_MS = 60_000

export class Moto {
  /** The value of AWS_ENDPOINT_URL. Calls through it are kept in `calls`. */
  readonly url: string
  /** What was asked and answered, in order. */
  readonly calls: { operation: string; status: number; answer: string }[]
  /** For setting up: a client that has credentials of its own and is not recorded. */
  readonly client: SecretsManagerClient
  readonly #child: ChildProcess
  readonly #recorder: Server

  private constructor(child: ChildProcess, url: string, recorder: Server, calls: Moto['calls']) {
    this.#child = child
    this.#recorder = recorder
    this.calls = calls
    this.url = `http://127.0.0.1:${(recorder.address() as AddressInfo).port}`
    this.client = new SecretsManagerClient({
      endpoint: url,
      region: REGION,
      credentials: { accessKeyId: 'AKIASETUP', secretAccessKey: 'setup' },
    })
  }

  /** Listens on free loopback ports. */
  static async start(): Promise<Moto> {
    const { child, url } = await startServer()
    const calls: Moto['calls'] = []
    const recorder = record(url, calls)
    await new Promise<void>((resolve) => recorder.listen(0, '127.0.0.1', resolve))
    return new Moto(child, url, recorder, calls)
  }

  async close(): Promise<void> {
    this.client.destroy()
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
    env: { PATH: process.env.PATH, SYSTEMROOT: process.env.SYSTEMROOT, PYTHONUNBUFFERED: '1' },
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

/** A server that passes every request on as it came, and keeps what was answered. */
function record(target: string, calls: Moto['calls']): Server {
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
    calls.push({ operation, status: answer.status, answer: text })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' })
    response.end(text)
  })
}
