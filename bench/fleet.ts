/**
 * A fleet of jobs that start as fast as this machine allows, with the Hub's limits on and STS at 10 calls a second.
 * `npm run bench:fleet` prints, for each way to a token, how many jobs were served and how often they called.
 *
 * Each job is a process of the built `main`, a few at a time. Jobs that wait for a rate limit would occupy the machine
 * for minutes, so the two rows without a proof are a model: the sandbox's window and the rule of
 * `src/net/retry.ts` (written again here), on a virtual clock, without processes.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { roleArn, Sandbox } from '../sandbox/index.ts'
import { projectRoot } from '../sandbox/root.ts'
import { FixedWindow } from '../sandbox/window.ts'

const JOBS = Number(process.env.FLEET_JOBS ?? 500)
const AT_ONCE = Number(process.env.FLEET_AT_ONCE ?? 4)
/** Text in a variant's name; the others are left out. */
const ONLY = process.env.FLEET_ONLY ?? ''

type Inputs = Record<string, string>

/** Starts a program of the action with these inputs. Resolves to whether it succeeded, and its time in milliseconds. */
function start(program: string, inputs: Inputs, sandbox: Sandbox): Promise<{ ok: boolean; ms: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'hf-oidc-fleet-'))
  const files: Record<string, string> = {}
  for (const name of ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY']) {
    files[name] = join(folder, name)
    writeFileSync(files[name], '')
  }
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  )
  const env = { ...sandbox.startJob().env, ...files, ...given, RUNNER_TEMP: folder, PATH: process.env.PATH ?? '' }
  const startedAt = performance.now()
  const script = join(projectRoot, 'dist', program, 'index.js')
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      rmSync(folder, { recursive: true, force: true })
      if (code !== 0) console.error(text.split('\n').find((line) => line.startsWith('::error')) ?? text)
      resolve({ ok: code === 0, ms: performance.now() - startedAt })
    })
  })
}

const COMMON = { 'hf-org': 'acme', scope: 'write', 'max-attempts': '10', timeout: '6m' }
const VARIANTS: Record<string, (sandbox: Sandbox) => Inputs> = {
  'stored, with a proof': () => ({ 'role-to-assume': roleArn('write'), repositories: 'acme/model' }),
  'trusted-publisher': () => ({ 'token-source': 'trusted-publisher', 'hf-resource': 'acme/model' }),
  'token-exchange': ({ minting }) => ({
    'token-source': 'token-exchange',
    'role-to-assume': roleArn('exchange'),
    'secret-id': 'huggingface/acme/oauth',
    member: minting.member,
  }),
  'service-account': () => ({
    'token-source': 'service-account',
    'role-to-assume': roleArn('accounts'),
    'secret-id': 'huggingface/acme/service-accounts',
    'service-account': 'ci',
  }),
}

async function run(name: string, inputs: (sandbox: Sandbox) => Inputs): Promise<string> {
  const sandbox = await Sandbox.start()
  try {
    if (name.includes('proof')) await rotate(sandbox)
    for (const { service } of [sandbox.github, sandbox.aws, sandbox.hub]) service.calls.length = 0
    sandbox.hub.limited = true
    sandbox.aws.stsPerSecond = 10
    const jobs: { ok: boolean; ms: number }[] = []
    let next = 0
    const worker = async () => {
      while (next < JOBS) {
        next += 1
        jobs.push(await start('main', { ...COMMON, ...inputs(sandbox) }, sandbox))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    const calls = sandbox.calls()
    const each = (operation: string) => ((calls[operation] ?? 0) / JOBS).toFixed(2)
    const hub = sandbox.hub.service.calls.length - (calls['whoami-v2'] ?? 0)
    const slowest = Math.max(...jobs.map(({ ms }) => ms)) / 1000
    const served = jobs.filter(({ ok }) => ok).length
    return `| ${name} | ${served} of ${JOBS} | ${each('AssumeRoleWithWebIdentity')} | ${each('GetSecretValue')} | ${each('whoami-v2')} | ${(hub / JOBS).toFixed(2)} | ${slowest.toFixed(1)} s |`
  } finally {
    await sandbox.close()
  }
}

/** Replaces the stored token, so that there is a proof. */
async function rotate(sandbox: Sandbox): Promise<void> {
  const { ok } = await start(
    'rotate',
    {
      'hf-org': 'acme',
      'role-to-assume': roleArn('rotate'),
      'admin-secret-id': 'huggingface/acme/service-accounts',
      'service-account': 'ci',
      secrets: 'huggingface/acme/write scope=write',
      force: 'true',
    },
    sandbox,
  )
  if (!ok) throw new Error('the rotation failed')
}

/** How many jobs whoami-v2 serves when they start within `startMs` and spread their waits over `timeoutMs`. */
function model(timeoutMs: number, startMs: number): string {
  const window = new FixedWindow(10, 60_000)
  let served = 0
  let calls = 0
  const first = Array.from({ length: JOBS }, (_, index) => (startMs * index) / JOBS)
  // The first calls come before nearly all of the second ones; the queue keeps them in order of time.
  const queue = first.map((at) => ({ at, isSecond: false }))
  while (queue.length > 0) {
    queue.sort((a, b) => b.at - a.at)
    const call = queue.pop()
    if (!call) break
    calls += 1
    const { allowed, resetMs } = window.take('all', call.at)
    if (allowed) served += 1
    const latestMs = timeoutMs - 2_000
    if (allowed || call.isSecond || resetMs > latestMs) continue
    queue.push({ at: call.at + resetMs + Math.random() * (latestMs - resetMs), isSecond: true })
  }
  return `| stored, no proof, \`timeout: ${timeoutMs / 1000}s\` (model) | ${served} of ${JOBS} | | | ${(calls / JOBS).toFixed(2)} | | |`
}

const rows = [
  '| source | served | STS calls per job | secret | whoami-v2 | other Hub calls | slowest job |',
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
]
for (const [name, inputs] of Object.entries(VARIANTS)) if (name.includes(ONLY)) rows.push(await run(name, inputs))
// Two values of `timeout`; the jobs start within ten seconds.
for (const timeoutMs of [60_000, 600_000]) rows.push(model(timeoutMs, 10_000))
console.log(`${rows.join('\n')}\n\n${JOBS} jobs, ${AT_ONCE} at a time, Node ${process.version}. Calls are means.`)
