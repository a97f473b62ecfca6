/** One job of a fleet: a process of the built action, which says how often it called whoami-v2 and how long it waited. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sandbox } from '../sandbox/index.ts'
import { projectRoot } from '../sandbox/root.ts'

export type Inputs = Record<string, string>

export interface Finished {
  isServed: boolean
  /** The annotation of a job that failed. */
  failure: string | undefined
  /** `performance.now()` when the process was started. */
  startedAt: number
  ms: number
  /** As `whoami-wait.mjs` measured it in the process. */
  whoami: { calls: number; waitMs: number }
}

export interface Started {
  /** Resolves when the job has ended, or has said that it waits for its turn. */
  isBusy: Promise<void>
  ended: Promise<Finished>
}

/** What a job prints before a wait that may take minutes. */
const WAITS = 'Rate limited while waiting'

/** Starts a program of the action with these inputs. */
export function startJob(program: 'main' | 'rotate', inputs: Inputs, sandbox: Sandbox): Started {
  const folder = mkdtempSync(join(tmpdir(), 'hf-oidc-fleet-'))
  const startedAt = performance.now()
  const child = spawn(process.execPath, ['--import', PRELOADED, join(projectRoot, 'dist', program, 'index.js')], {
    env: environment(inputs, sandbox, folder),
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  })
  const texts = { log: '', whoami: '' }
  const { promise: isBusy, resolve: release } = Promise.withResolvers<void>()
  child.stdout?.on('data', (chunk) => {
    texts.log += chunk
    if (texts.log.includes(WAITS)) release()
  })
  ;(child.stdio[3] as NodeJS.ReadableStream).on('data', (chunk) => {
    texts.whoami += chunk
  })
  const ended = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      rmSync(folder, { recursive: true, force: true })
      release()
      resolve({
        isServed: code === 0,
        failure: code === 0 ? undefined : failureIn(texts.log),
        startedAt,
        ms: performance.now() - startedAt,
        whoami: JSON.parse(texts.whoami),
      })
    })
  })
  return { isBusy, ended }
}

const PRELOADED = join(projectRoot, 'bench', 'whoami-wait.mjs')

function failureIn(log: string): string {
  return log.split('\n').find((line) => line.startsWith('::error')) ?? log
}

function environment(inputs: Inputs, sandbox: Sandbox, folder: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (const name of ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY']) {
    files[name] = join(folder, name)
    writeFileSync(files[name], '')
  }
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  )
  return { ...sandbox.startJob().env, ...files, ...given, RUNNER_TEMP: folder, PATH: process.env.PATH ?? '' }
}
