/**
 * Measures the action against a bare script that makes the same calls, in the sandbox with 0 and with 40 ms of added
 * latency. `npm run bench` prints medians and ratios of one run and records them in docs/performance.md.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { roleArn, Sandbox } from '../sandbox/index.ts'
import { projectRoot } from '../sandbox/root.ts'
import { median, record } from './record.ts'

const LATENCIES_MS = [0, 40]
const RUNS = Number(process.env.BENCH_RUNS ?? 15)
const WARM_UPS = 2

interface Measure {
  wallMs: number
  cpuMs: number
}

/** Runs a script once with nothing but the given environment. */
function measure(script: string, env: Record<string, string>): Promise<Measure> {
  const usage = join(projectRoot, 'bench', 'usage.mjs')
  const started = performance.now()
  const child = spawn(process.execPath, ['--import', usage, script], {
    env,
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  })
  const texts = { out: '', usage: '' }
  child.stdout?.on('data', (chunk) => {
    texts.out += chunk
  })
  ;(child.stdio[3] as NodeJS.ReadableStream).on('data', (chunk) => {
    texts.usage += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', () => {
      const wallMs = performance.now() - started
      child.on('close', (code) => {
        if (code !== 0) reject(new Error(`${script} exited with ${code}:\n${texts.out}`))
        else resolve({ wallMs, cpuMs: (JSON.parse(texts.usage) as { cpu: number }).cpu / 1000 })
      })
    })
  })
}

async function compare(
  sandbox: Sandbox,
  latencyMs: number,
  folder: string,
): Promise<Record<'action' | 'bare', Measure>> {
  sandbox.latencyMs = latencyMs
  const results: Record<'action' | 'bare', Measure[]> = { action: [], bare: [] }
  for (let run = -WARM_UPS; run < RUNS; run += 1) {
    // In turn, so that changes in the machine's speed affect both.
    for (const kind of ['action', 'bare'] as const) {
      const result = await measure(kind === 'action' ? ACTION : BARE, environment(sandbox, folder))
      if (run >= 0) results[kind].push(result)
    }
  }
  const medians = (measures: Measure[]): Measure => ({
    wallMs: median(measures.map(({ wallMs }) => wallMs)),
    cpuMs: median(measures.map(({ cpuMs }) => cpuMs)),
  })
  return { action: medians(results.action), bare: medians(results.bare) }
}

const ACTION = join(projectRoot, 'dist', 'main', 'index.js')
const BARE = join(projectRoot, 'bench', 'bare.mjs')

function environment(sandbox: Sandbox, folder: string): Record<string, string> {
  const { env } = sandbox.startJob()
  const files: Record<string, string> = {}
  for (const name of ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY']) {
    files[name] = join(folder, name)
    writeFileSync(files[name], '')
  }
  const inputs = { 'INPUT_HF-ORG': 'acme', 'INPUT_ROLE-TO-ASSUME': roleArn('write'), INPUT_SCOPE: 'write' }
  return { ...env, ...files, ...inputs, RUNNER_TEMP: folder, ROLE: roleArn('write'), PATH: process.env.PATH ?? '' }
}

const sandbox = await Sandbox.start()
const folder = mkdtempSync(join(tmpdir(), 'hf-oidc-bench-'))
try {
  const rows = ['| latency | what | wall (median) | CPU (median) |', '| --- | --- | ---: | ---: |']
  for (const latencyMs of LATENCIES_MS) {
    const { action, bare } = await compare(sandbox, latencyMs, folder)
    const ms = (value: number) => `${value.toFixed(0)} ms`
    rows.push(
      `| ${latencyMs} ms | the action | ${ms(action.wallMs)} | ${ms(action.cpuMs)} |`,
      `| ${latencyMs} ms | the same calls with \`node:http\` | ${ms(bare.wallMs)} | ${ms(bare.cpuMs)} |`,
      `| ${latencyMs} ms | **ratio** | **${(action.wallMs / bare.wallMs).toFixed(2)}** | **${(action.cpuMs / bare.cpuMs).toFixed(2)}** |`,
    )
  }
  const machine = `Node ${process.version}, ${cpus().length} cores, ${process.platform}, ${RUNS} runs each, in turn.`
  const table = `${rows.join('\n')}\n\n${machine}`
  console.log(table)
  record('results', table)
} finally {
  rmSync(folder, { recursive: true, force: true })
  await sandbox.close()
}
