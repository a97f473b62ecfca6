/**
 * Starts the sandbox for the rest of the job, trusting GitHub's real ID tokens of this repository, and tells the later
 * steps where it is. Under `act`, `PLATFORMS_ISSUER` names the issuer instead.
 */
import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { projectRoot } from '../../sandbox/root.ts'
import { variable, WORLD_FILE, writeWorld } from './world.ts'

/** How long the sandbox may take to start, in milliseconds. */
const LIMIT_MS = 60_000

interface Started {
  env: Record<string, string>
  role: string
  org: string
  tokens: Record<string, string>
}

const issuer = process.env.PLATFORMS_ISSUER ?? ''
const { started, pid } = await start()
const { AWS_ENDPOINT_URL = '', AWS_REGION = '', HF_ENDPOINT = '' } = started.env
writeWorld({ hub: HF_ENDPOINT, tokens: Object.values(started.tokens) })
tell('GITHUB_ENV', { AWS_ENDPOINT_URL, AWS_REGION, HF_ENDPOINT })
// Without `PLATFORMS_ISSUER`, the action's own default is put to the test.
tell('GITHUB_OUTPUT', { org: started.org, role: started.role, issuer })
console.log(`The sandbox is running (process ${pid}): AWS at ${AWS_ENDPOINT_URL}, the Hub at ${HF_ENDPOINT}`)

/** The first line that the sandbox prints says that it listens. */
async function start(): Promise<{ started: Started; pid: number }> {
  mkdirSync(dirname(WORLD_FILE), { recursive: true })
  const log = join(dirname(WORLD_FILE), 'platforms-sandbox.log')
  const output = openSync(log, 'w', 0o600)
  const trust = ['--trust', variable('GITHUB_REPOSITORY'), ...(issuer === '' ? [] : ['--issuer', issuer])]
  const child = spawn(
    process.execPath,
    [join(projectRoot, 'sandbox', 'serve.ts'), '--json', '--alone', ...trust],
    // Detached, with no pipe to this process: it must outlive the step. The runner ends it with the job.
    { detached: true, stdio: ['ignore', output, output], windowsHide: true },
  )
  child.unref()
  const until = performance.now() + LIMIT_MS
  while (performance.now() < until && child.exitCode === null) {
    const line = readFileSync(log, 'utf8')
      .split('\n')
      .slice(0, -1)
      .find((text) => text.startsWith('{'))
    if (line !== undefined) return { started: JSON.parse(line) as Started, pid: child.pid ?? 0 }
    await sleep(100)
  }
  throw new Error(`The sandbox did not start:\n${readFileSync(log, 'utf8')}`)
}

function tell(file: 'GITHUB_ENV' | 'GITHUB_OUTPUT', values: Record<string, string>): void {
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}\n`)
  appendFileSync(variable(file), lines.join(''))
}
