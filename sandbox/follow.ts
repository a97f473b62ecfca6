/** Does to the letter what a message says: runs the command that it prints, in bash, against the sandbox's secrets. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Aws, Secret } from './aws.ts'
import { projectRoot } from './root.ts'

/** The person who reads the message. */
export interface Person {
  /** The new token: typed when the command asks for it, or put in the place of `replaces` in the editor. */
  token: string
  /** What stands in the secret instead. */
  replaces?: string
}

export interface Followed {
  exitCode: number | null
  output: string
  /** Files that the command has left. */
  left: string[]
}

/** The commands for bash in a message: from a line with `(` alone to the one with `)`. */
export function commandsIn(message: string): string[] {
  return [...message.matchAll(/^( *)\(\n([\s\S]*?)\n\1\)$/gm)].map(([command]) => command)
}

/** How long a command may take, in milliseconds. */
const PATIENCE_MS = 20_000

/** Runs the one command that the message prints. `aws` and the editor in it are the sandbox's. */
export async function follow(message: string, aws: Aws, { token, replaces = '' }: Person): Promise<Followed> {
  const commands = commandsIn(message)
  const [command = ''] = commands
  if (commands.length !== 1) throw new Error(`expected one command, got ${commands.length} in\n${message}`)
  const home = mkdtempSync(join(tmpdir(), 'follow-'))
  const [bin, temp] = [join(home, 'bin'), join(home, 'temp')]
  for (const folder of [bin, temp]) mkdirSync(folder)
  for (const [name, script] of [
    ['aws', 'cli.mjs'],
    ['editor', 'editor.mjs'],
  ] as const) {
    const path = join(projectRoot, 'sandbox', 'aws', script)
    writeFileSync(join(bin, name), `#!/bin/sh\nexec '${process.execPath}' '${path}' "$@"\n`, { mode: 0o700 })
  }
  const relay = createServer((request, response) => {
    const answer = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body))
    read(request)
      .then((body) => call(aws, body))
      .then(
        (result) => answer(200, result),
        (error: unknown) => answer(400, { message: String(error) }),
      )
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  try {
    const shell = spawn('bash', ['-c', command], {
      // A group of its own, so that what it has started ends with it.
      detached: true,
      cwd: temp,
      env: {
        PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
        TMPDIR: temp,
        EDITOR: join(bin, 'editor'),
        EDITOR_OLD: replaces,
        EDITOR_NEW: token,
        AWS_CLI_RELAY: `http://127.0.0.1:${(relay.address() as AddressInfo).port}`,
      },
    })
    shell.stdin.end(`${token}\n`)
    let output = ''
    for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()))
    const timer = setTimeout(() => shell.pid !== undefined && process.kill(-shell.pid, 'SIGKILL'), PATIENCE_MS)
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      shell.on('error', reject).on('close', resolve)
    }).finally(() => clearTimeout(timer))
    return { exitCode, output, left: readdirSync(temp) }
  } finally {
    relay.closeAllConnections()
    await new Promise((resolve) => relay.close(resolve))
    rmSync(home, { recursive: true, force: true })
  }
}

interface CliCall {
  operation: string
  id: string
  region: string
  stage?: string
  stages?: string[]
  string?: string
  binary?: string
}

async function read(request: IncomingMessage): Promise<CliCall> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as CliCall
}

function call(aws: Aws, { operation, id, region, stage = 'AWSCURRENT', stages, string, binary }: CliCall): object {
  const secret: Secret = aws.secret(id)
  if (secret.region !== region) throw new Error(`${id} is in ${secret.region}`)
  if (operation === 'get-secret-value') {
    const version = secret.versions.find((one) => one.stages.includes(stage))
    if (version?.value === undefined) throw new Error(`no value at ${stage}`)
    return typeof version.value === 'string'
      ? { SecretString: version.value }
      : { SecretBinary: Buffer.from(version.value).toString('base64') }
  }
  const value = string ?? (binary === undefined ? '' : Buffer.from(binary, 'base64'))
  if (value.length === 0) throw new Error('Invalid length for parameter SecretString, value: 0, valid min length: 1')
  const { versionId } = aws.putVersion(id, { value, ...(stages ? { stages } : {}) })
  return { VersionId: versionId }
}
