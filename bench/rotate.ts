/**
 * `npm run bench:rotate`: how long `rotate` takes for 1, 10, 50 and 200 secrets, which calls it makes, and how much memory
 * its process needs, in the sandbox: 40 ms are added to every call, and whoami-v2 answers 10 calls a minute. The secrets hold
 * tokens that an earlier run minted, and all of them are due. It runs the built `dist/`, and records its table in
 * docs/performance.md, unless `ROTATE_ONLY` names one number of secrets. `ROTATE_RUNS`: how often each is run.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { roleArn, Sandbox } from '../sandbox/index.ts'
import { projectRoot } from '../sandbox/root.ts'
import { median, record } from './record.ts'

const COUNTS = [1, 10, 50, 200]
const LATENCY_MS = 40
const DAY_MS = 86_400_000
const RUNS = Number(process.env.ROTATE_RUNS ?? 3)
const ONLY = process.env.ROTATE_ONLY ?? ''

const nameOf = (index: number): string => `huggingface/acme/team-${String(index).padStart(3, '0')}`

interface Measured {
  seconds: number
  /** The most memory that the process had, in MB. */
  peakMb: number
  /** How often each operation was called, by service. */
  calls: Record<string, Record<string, number>>
}

/** Starts `rotate` once. Its first line on file descriptor 3 says how much memory it needed. */
async function rotate(sandbox: Sandbox, secrets: number, more = ''): Promise<{ seconds: number; peakMb: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'hf-oidc-rotate-'))
  const inputs = {
    'hf-org': 'acme',
    'role-to-assume': roleArn('rotate'),
    'admin-secret-id': 'huggingface/acme/service-accounts',
    'service-account': 'ci',
    secrets: Array.from(
      { length: secrets },
      (_, index) => `${nameOf(index)} scope=write repositories=acme/model${more}`,
    ).join('\n'),
    'max-age': '7d',
  }
  const files = ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'].map((name) => {
    const file = join(folder, name)
    writeFileSync(file, '')
    return [name, file]
  })
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  const startedAt = performance.now()
  const preloaded = join(projectRoot, 'bench', 'peak-memory.mjs')
  const child = spawn(process.execPath, ['--import', preloaded, join(projectRoot, 'dist', 'rotate', 'index.js')], {
    env: {
      ...sandbox.startJob().env,
      ...Object.fromEntries([...files, ...given]),
      RUNNER_TEMP: folder,
      PATH: process.env.PATH ?? '',
    },
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  })
  const texts = { log: '', peak: '' }
  child.stdout?.on('data', (chunk) => {
    texts.log += chunk
  })
  ;(child.stdio[3] as NodeJS.ReadableStream).on('data', (chunk) => {
    texts.peak += chunk
  })
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const seconds = (performance.now() - startedAt) / 1000
  const outputs = readFileSync(join(folder, 'GITHUB_OUTPUT'), 'utf8')
  rmSync(folder, { recursive: true, force: true })
  if (exitCode !== 0 || !outputs.includes(`\n${secrets}\n`)) {
    throw new Error(`not all of ${secrets} secrets were rotated:\n${texts.log.slice(-4_000)}`)
  }
  return { seconds, peakMb: Number(texts.peak) / 1_048_576 }
}

async function measure(secrets: number): Promise<Measured> {
  const sandbox = await Sandbox.start()
  const services = [sandbox.github, sandbox.aws, sandbox.hub].map(({ service }) => service)
  try {
    for (let index = 0; index < secrets; index += 1) {
      const token = sandbox.hub.addOrgToken('acme', ['repo.content.read', 'repo.write'], {
        displayName: `by hand ${index}`,
      })
      sandbox.aws.addSecret({ name: nameOf(index), value: JSON.stringify({ token }) })
    }
    // The tokens that the measured run replaces and revokes are minted ones, as in every week but the first three: those
    // made by hand are replaced, then revoked, then confirmed to be revoked.
    for (const more of [' narrow=true', '', '']) {
      sandbox.advance(8 * DAY_MS)
      await rotate(sandbox, secrets, more)
    }
    sandbox.advance(8 * DAY_MS)
    for (const service of services) service.calls.length = 0
    sandbox.hub.limited = true
    sandbox.latencyMs = LATENCY_MS
    const { seconds, peakMb } = await rotate(sandbox, secrets)
    const calls: Measured['calls'] = {}
    for (const service of services) {
      const counts: Record<string, number> = {}
      for (const { operation } of service.calls) counts[operation] = (counts[operation] ?? 0) + 1
      calls[service.name] = counts
    }
    return { seconds, peakMb, calls }
  } finally {
    await sandbox.close()
  }
}

const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, one) => sum + one, 0)
const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
const NAMES: Record<string, string> = { github: 'GitHub', aws: 'AWS', hub: 'the Hub' }

const rows = [
  '| secrets | seconds | sessions | calls of AWS | calls of the Hub | of these, whoami-v2 | peak memory |',
  '| ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
]
const details: string[] = []
for (const count of COUNTS.filter((one) => ONLY === '' || String(one) === ONLY)) {
  const runs: Measured[] = []
  for (let run = 0; run < RUNS; run += 1) runs.push(await measure(count))
  const [{ calls } = { calls: {} as Measured['calls'] }] = runs
  const { aws = {}, hub = {} } = calls
  const seconds = median(runs.map((run) => run.seconds))
  const peak = median(runs.map((run) => run.peakMb))
  const cells = [total(aws), total(hub), hub['whoami-v2'] ?? 0]
  rows.push(row([count, seconds.toFixed(1), aws.AssumeRoleWithWebIdentity ?? 0, ...cells, `${peak.toFixed(0)} MB`]))
  const each = Object.entries(calls).map(([service, counts]) => {
    const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a)
    return `${NAMES[service]}: ${sorted.map(([operation, number]) => `\`${operation}\` ${number}`).join(', ')}`
  })
  details.push(`- ${count}: ${each.join('; ')}.`)
}
const machine = `Node ${process.version}, ${cpus().length} cores, ${process.platform}; ${RUNS === 1 ? 'one run' : `the median of ${RUNS} runs`}.`
const table = [...rows, '', 'The calls:', '', ...details, '', machine].join('\n')
console.log(table)
if (ONLY === '') record('rotate', table)
