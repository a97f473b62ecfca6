/**
 * A fleet of jobs that start as fast as this machine allows, with the Hub's limits on and STS at 10 calls a second. Each
 * job is a process of the built `main`.
 *
 * `npm run bench:fleet` runs the jobs that need not wait for whoami-v2: one fleet for each kind of token.
 * `npm run bench:fleet -- waiting` runs those that must: stored tokens without a proof, with a timeout of one minute and
 * of ten, in real time, and models the same with the rule of `src/net/retry.ts` on a virtual clock.
 * Both record their table in docs/performance.md, unless `FLEET_ONLY` leaves out some of it.
 */
import { cpus } from 'node:os'
import { roleArn, Sandbox } from '../sandbox/index.ts'
import { VirtualClock } from '../sandbox/virtual-clock.ts'
import { FixedWindow } from '../sandbox/window.ts'
import { Deadline } from '../src/net/deadline.ts'
import { retry, TryAgain } from '../src/net/retry.ts'
import { type Finished, type Inputs, startJob } from './fleet-job.ts'
import { median, record } from './record.ts'

const JOBS = Number(process.env.FLEET_JOBS ?? 500)
/** The most processes at work at the same time. A job that has said that it waits does not count. */
const AT_WORK = Number(process.env.FLEET_AT_WORK ?? 4)
/** Text in a variant's name; the others are left out. */
const ONLY = process.env.FLEET_ONLY ?? ''

const COMMON = { 'hf-org': 'acme', scope: 'write', 'max-attempts': '10', timeout: '6m' }

interface Variant {
  inputs: (sandbox: Sandbox) => Inputs
  /** Whether a rotation records a proof first. */
  isProven?: boolean
}

const ISSUED: Record<string, Variant> = {
  'stored, with a proof': {
    inputs: () => ({ 'role-to-assume': roleArn('write'), repositories: 'acme/model' }),
    isProven: true,
  },
  'trusted-publisher': {
    inputs: () => ({ 'token-source': 'trusted-publisher', 'hf-resource': 'acme/model' }),
  },
  'token-exchange': {
    inputs: ({ minting }) => ({
      'token-source': 'token-exchange',
      'role-to-assume': roleArn('exchange'),
      'secret-id': 'huggingface/acme/oauth',
      member: minting.member,
    }),
  },
  'service-account': {
    inputs: () => ({
      'token-source': 'service-account',
      'role-to-assume': roleArn('accounts'),
      'secret-id': 'huggingface/acme/service-accounts',
      'service-account': 'ci',
    }),
  },
}

const WAITING: Record<string, Variant> = Object.fromEntries(
  ['1m', '10m'].map((timeout) => [
    `\`timeout: ${timeout}\``,
    { inputs: () => ({ 'role-to-assume': roleArn('write'), timeout }) },
  ]),
)

/** Starts all jobs, at most {@link AT_WORK} at work at once. Resolves when the last one has ended. */
async function startAll(inputs: Inputs, sandbox: Sandbox): Promise<Finished[]> {
  const jobs: Promise<Finished>[] = []
  const worker = async () => {
    while (jobs.length < JOBS) {
      const { ended, isBusy } = startJob('main', inputs, sandbox)
      jobs.push(ended)
      await isBusy
    }
  }
  await Promise.all(Array.from({ length: AT_WORK }, worker))
  return await Promise.all(jobs)
}

interface Fleet {
  jobs: Finished[]
  /** How often each operation was called, by all jobs. */
  calls: Readonly<Record<string, number>>
  hubCalls: number
}

async function run({ inputs, isProven = false }: Variant): Promise<Fleet> {
  const sandbox = await Sandbox.start()
  try {
    if (isProven) await rotate(sandbox)
    for (const { service } of [sandbox.github, sandbox.aws, sandbox.hub]) service.calls.length = 0
    sandbox.hub.limited = true
    sandbox.aws.stsPerSecond = 10
    const jobs = await startAll({ ...COMMON, ...inputs(sandbox) }, sandbox)
    return { jobs, calls: sandbox.calls(), hubCalls: sandbox.hub.service.calls.length }
  } finally {
    await sandbox.close()
  }
}

/** Replaces the stored token, so that there is a proof. */
async function rotate(sandbox: Sandbox): Promise<void> {
  const inputs = {
    'hf-org': 'acme',
    'role-to-assume': roleArn('rotate'),
    'admin-secret-id': 'huggingface/acme/service-accounts',
    'service-account': 'ci',
    secrets: 'huggingface/acme/write scope=write',
    force: 'true',
  }
  const { isServed } = await startJob('rotate', inputs, sandbox).ended
  if (!isServed) throw new Error('the rotation failed')
}

const ISSUED_HEAD = [
  '| source | served | STS | secret | other Hub calls | whoami-v2: mean | most by one job | longest wait | waited > 2 s | failed because of it | median job | slowest job |',
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
]

function issuedRow(name: string, { jobs, calls, hubCalls }: Fleet): string {
  const each = (count: number) => (count / JOBS).toFixed(2)
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  const whoami = calls['whoami-v2'] ?? 0
  const times = jobs.map(({ ms }) => ms)
  return row([
    name,
    `${count(jobs, ({ isServed }) => isServed)} of ${JOBS}`,
    each(calls.AssumeRoleWithWebIdentity ?? 0),
    each(calls.GetSecretValue ?? 0),
    each(hubCalls - whoami),
    each(whoami),
    Math.max(...jobs.map(({ whoami }) => whoami.calls)),
    `${Math.max(...jobs.map(({ whoami }) => whoami.waitMs)).toFixed(0)} ms`,
    count(jobs, ({ whoami }) => whoami.waitMs > 2_000),
    count(jobs, ({ failure }) => failure?.includes('whoami-v2') ?? false),
    seconds(median(times)),
    seconds(Math.max(...times)),
  ])
}

const WAITING_HEAD = [
  '| timeout | | served | within 60 s | whoami-v2: mean | most by one job | last job started after |',
  '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
]

function waitingRow(name: string, { jobs, calls }: Fleet): string {
  const start = Math.min(...jobs.map(({ startedAt }) => startedAt))
  const served = jobs.filter(({ isServed }) => isServed)
  return row([
    name,
    'measured',
    `${served.length} of ${JOBS}`,
    count(served, ({ startedAt, ms }) => startedAt + ms - start <= 60_000),
    ((calls['whoami-v2'] ?? 0) / JOBS).toFixed(2),
    Math.max(...jobs.map(({ whoami }) => whoami.calls)),
    `${((Math.max(...jobs.map(({ startedAt }) => startedAt)) - start) / 1000).toFixed(0)} s`,
  ])
}

/** The same with the rule of `src/net/retry.ts` on a virtual clock, for jobs that start within ten seconds. */
async function modelRow(name: string, timeoutMs: number): Promise<string> {
  const clock = new VirtualClock()
  const window = new FixedWindow(10, 60_000)
  const servedAt: number[] = []
  const calls: number[] = []
  const job = async (startMs: number) => {
    await clock.sleep(startMs)
    let made = 0
    const deadline = new Deadline(timeoutMs, clock)
    await retry({ what: 'whoami-v2' }, { maxAttempts: 10, deadline, spreads: true }, async () => {
      made += 1
      const { allowed, resetMs } = window.take('all', clock.now())
      if (!allowed) throw new TryAgain(new Error('429'), Math.ceil(resetMs / 1000) * 1000, true)
      servedAt.push(clock.now())
    }).catch(() => {})
    deadline.stop()
    calls.push(made)
  }
  await clock.run(Array.from({ length: JOBS }, (_, index) => job((10_000 * index) / JOBS)))
  const mean = calls.reduce((sum, made) => sum + made, 0) / JOBS
  return row([
    name,
    'model',
    `${servedAt.length} of ${JOBS}`,
    count(servedAt, (at) => at <= 60_000),
    mean.toFixed(2),
    Math.max(...calls),
    '10 s',
  ])
}

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
const count = <T>(items: readonly T[], matches: (item: T) => boolean): number => items.filter(matches).length
const chosen = (variants: Record<string, Variant>) => Object.entries(variants).filter(([name]) => name.includes(ONLY))

const machine = `${JOBS} jobs, at most ${AT_WORK} processes at work at once, Node ${process.version}, ${cpus().length} cores.`
const isWaiting = process.argv.includes('waiting')
const rows = isWaiting ? [...WAITING_HEAD] : [...ISSUED_HEAD]
if (isWaiting) {
  for (const [name, variant] of chosen(WAITING)) {
    rows.push(waitingRow(name, await run(variant)), await modelRow(name, name.includes('10m') ? 600_000 : 60_000))
  }
} else {
  for (const [name, variant] of chosen(ISSUED)) rows.push(issuedRow(name, await run(variant)))
}
const table = `${rows.join('\n')}\n\n${machine}`
console.log(table)
if (ONLY === '') record(isWaiting ? 'waiting' : 'fleet', table)
