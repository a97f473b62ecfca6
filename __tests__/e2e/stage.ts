/** A stage for one end-to-end test: the sandbox, a runner, the committed `dist/`, and the search for leaks at the end. */
import type { ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { afterAll, expect } from '@jest/globals'
import type { JobOptions as GitHubJobOptions, Job } from '../../sandbox/github.ts'
import { roleArn, Sandbox } from '../../sandbox/index.ts'
import { findLeaks } from '../../sandbox/leaks.ts'
import { projectRoot } from '../../sandbox/root.ts'
import { type ActionOptions, RunnerJob, type StepOptions, type StepResult } from '../../sandbox/runner.ts'
import type { Call } from '../../sandbox/service.ts'
import { blocksOf, problemOf } from '../../sandbox/snippets.ts'

export interface Play {
  /** What kind of job it is. */
  job?: GitHubJobOptions
  /** Inputs beside `hf-org: acme`, the role of the scope, and `scope: write`. */
  with?: Record<string, string>
  /** Variables of the job; undefined removes one. */
  env?: Record<string, string | undefined>
  step?: Omit<ActionOptions, 'path' | 'with'>
  /** The folder of the action. Default: this project. */
  path?: string
}

/** Stages that were set and not cleared. */
const open = new Set<Stage>()

// A test that fails half-way must not keep Jest waiting for servers that nobody closes.
afterAll(async () => {
  for (const stage of open) await stage.close()
})

export class Stage {
  readonly sandbox: Sandbox
  /** Secrets beyond those that the stage knows, for the search. */
  readonly secrets: { name: string; value: string }[] = []
  readonly #jobs: { runner: RunnerJob; job: Job }[] = []
  /** Whether the test is about reports of minted tokens: `revoke: true`, or a Hub that does not tell their IDs. */
  #reportsMinted = false
  /** Whether the test is about tokens that a person created, and that a rotation reports after their grace. */
  #reportsByHand = false

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox
    open.add(this)
  }

  static async set(): Promise<Stage> {
    return new Stage(await Sandbox.start())
  }

  /** A runner with a job on it; nothing has run yet. */
  async runner({ job: options, env = {} }: Play = {}): Promise<RunnerJob> {
    const { job, env: jobEnv } = this.sandbox.startJob(options)
    const merged = Object.entries({ ...jobEnv, ...env }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    )
    const runner = await RunnerJob.start({ env: Object.fromEntries(merged), event: job.event })
    this.#jobs.push({ runner, job })
    return runner
  }

  /** Where the last job asks for its ID token. */
  get lastRequestUrl(): string | undefined {
    return this.#jobs.at(-1)?.job.idTokenRequestUrl
  }

  /** For a test in which a rotation reports tokens that a person created: they have no ID by which to delete them. */
  reportsTokensByHand(): void {
    this.#reportsByHand = true
  }

  /** For a test in which the Hub does not tell the ID of a minted token. */
  reportsTokensWithoutId(): void {
    this.#reportsMinted = true
  }

  /** Runs main of the action in a job. */
  async main(play: Play = {}, runner?: RunnerJob): Promise<{ runner: RunnerJob; main: StepResult }> {
    if (play.with?.revoke === 'true') this.#reportsMinted = true
    const on = runner ?? (await this.runner(play))
    const main = await on.action({
      path: play.path ?? projectRoot,
      with: { 'hf-org': 'acme', 'role-to-assume': roleArn('{scope}'), scope: 'write', ...play.with },
      ...play.step,
    })
    return { runner: on, main }
  }

  /** Runs the sub-action `rotate`, as the workflow in the docs has it: two secrets, one service. */
  async rotate(play: Play = {}, runner?: RunnerJob): Promise<{ runner: RunnerJob; main: StepResult }> {
    const on = runner ?? (await this.runner(play))
    const main = await on.action({
      path: play.path ?? join(projectRoot, 'rotate'),
      with: {
        'hf-org': 'acme',
        'role-to-assume': roleArn('rotate'),
        'admin-secret-id': 'huggingface/acme/service-accounts',
        'service-account': 'ci',
        secrets: 'huggingface/acme/read scope=read\nhuggingface/acme/write scope=write',
        'max-age': '7d',
        ...play.with,
      },
      ...play.step,
    })
    return { runner: on, main }
  }

  /** Runs main and post. */
  async play(play: Play = {}): Promise<{ runner: RunnerJob; main: StepResult; posts: StepResult[] }> {
    const { runner, main } = await this.main(play)
    return { runner, main, posts: await runner.finish() }
  }

  /** For a step that is killed by the first call that `isIt` picks: what it asks for is done, the answer never leaves. */
  killAt(isIt: (call: Call) => boolean, signal: NodeJS.Signals = 'SIGKILL'): StepOptions {
    let child: ChildProcess | undefined
    this.sandbox.afterWork = (call) => {
      if (!isIt(call)) return undefined
      this.sandbox.afterWork = undefined
      child?.kill(signal)
      return 'hang'
    }
    const onStart = (started: ChildProcess) => {
      child = started
    }
    return { onStart }
  }

  /** Replaces the secret that `scope: write` reads. */
  store(value: string): void {
    this.sandbox.aws.putVersion('huggingface/acme/write', { value })
  }

  /**
   * Ends the test: runs what post steps are left, and searches every byte that left a process, and every file left
   * behind, for every secret in play. Throws when one is found where it must not be.
   */
  async clear(): Promise<void> {
    const leaks: string[] = []
    try {
      for (const { runner, job } of this.#jobs) {
        await runner.finish()
        await keepSummaries(runner)
        this.#checkBlocks(runner)
        leaks.push(...(await this.#leaks(runner, job)))
      }
      this.#refuseReports()
    } finally {
      await this.close()
    }
    if (leaks.length > 0) throw new Error(`Secrets leaked:\n${leaks.join('\n')}`)
  }

  /** Stops the services and removes the folders, without any search. */
  async close(): Promise<void> {
    open.delete(this)
    for (const { runner } of this.#jobs) await runner.cleanup()
    await this.sandbox.close()
  }

  /** What a summary offers to copy must parse, whatever the test was about. */
  #checkBlocks({ steps }: RunnerJob): void {
    const wrong = steps.flatMap(({ name, summary }) => blocksOf(name, summary)).flatMap((one) => problemOf(one) ?? [])
    if (wrong.length > 0) throw new Error(`Blocks of a summary cannot be used:\n${wrong.join('\n')}`)
  }

  /** Each report e-mails the owner: only what must be reported may be. */
  #refuseReports(): void {
    const { hub } = this.sandbox
    const minted = new Set(hub.minted)
    const loud = hub.reported.filter((value) => !(minted.has(value) ? this.#reportsMinted : this.#reportsByHand))
    if (loud.length === 0) return
    const own = loud.filter((value) => minted.has(value)).length
    throw new Error(`${own} minted tokens and ${loud.length - own} others were reported as leaked`)
  }

  async #leaks(runner: RunnerJob, job: Job): Promise<string[]> {
    const { aws, hub, minting, tokens } = this.sandbox
    const delivered = new Set(runner.steps.flatMap(({ outputs }) => outputs['hf-token'] ?? []))
    const secrets = [
      ...Object.entries(tokens).map(([scope, value]) => ({ name: `the Hub token ${scope}`, value })),
      ...hub.minted.map((value) => ({ name: 'a minted token', value })),
      { name: 'the client secret', value: minting.clientSecret },
      { name: 'the admin token', value: minting.adminToken },
      ...[...delivered].map((value) => ({ name: 'the delivered Hub token', value })),
      ...job.issued.map((value) => ({ name: 'the ID token', value })),
      // The signature alone is as good a sign of a leak as the whole.
      ...job.issued.flatMap((value) => {
        const signature = value.split('.')[2]
        return signature ? [{ name: 'the signature of the ID token', value: signature }] : []
      }),
      ...aws.issuedCredentials.flatMap(({ secretAccessKey, sessionToken }) => [
        { name: 'the AWS secret key', value: secretAccessKey },
        { name: 'the AWS session token', value: sessionToken },
      ]),
      ...(job.idTokenRequestToken ? [{ name: 'the request token', value: job.idTokenRequestToken }] : []),
      ...runner.steps.flatMap(({ masks }) => masks.map((value) => ({ name: 'a masked value', value: value.trim() }))),
      ...this.secrets,
    ].filter(({ value }) => value.length >= 8)
    // Post revokes a minted token with nothing but the token.
    const minted = new Set(runner.steps.flatMap(({ state }) => mintedIn(state.minted)))
    const bytes = (await runner.everyByte()).filter(({ kind }) => kind !== 'add-mask')
    // What is delivered stands in the runner's own files for it, and nowhere else.
    const isDelivery = (kind: string) => kind === 'env' || kind === 'output'
    return [
      ...findLeaks(
        bytes.filter(({ kind }) => isDelivery(kind)),
        secrets.filter(({ value }) => !delivered.has(value)),
      ),
      ...findLeaks(
        bytes.filter(({ kind }) => kind === 'state'),
        secrets.filter(({ value }) => !minted.has(value)),
      ),
      ...findLeaks(
        bytes.filter(({ kind }) => !isDelivery(kind) && kind !== 'state'),
        secrets,
      ),
    ].map(({ name, where, form, offset }) => `${name} (${form}) in ${where} at ${offset}`)
  }
}

/** Where `npm run test:page` finds the summaries, if anybody wants them. */
const SUMMARIES = process.env.SUMMARIES_FOLDER

let kept = 0

/** Writes the summaries of the job's steps, each into a file that says which test it comes from. */
async function keepSummaries({ steps }: RunnerJob): Promise<void> {
  if (SUMMARIES === undefined) return
  const { testPath = '', currentTestName = '' } = expect.getState()
  const name = currentTestName
    .replace(/[^\w-]+/g, ' ')
    .trim()
    .slice(-110)
  for (const { summary } of steps) {
    if (summary === '') continue
    kept += 1
    const file = `${basename(testPath, '.test.js')} ${String(kept).padStart(3, '0')} ${name}.md`
    await writeFile(join(SUMMARIES, file), summary)
  }
}

/** The value that main saved for post; none, if post does not need it. */
function mintedIn(state: string | undefined): string[] {
  return state === undefined ? [] : [(JSON.parse(state) as { value: string }).value]
}

/** The text of the one error annotation. */
export function errorOf(step: StepResult): { title: string; message: string } {
  const errors = step.annotations.filter(({ level }) => level === 'error')
  if (errors.length !== 1 || !errors[0])
    throw new Error(`expected one error annotation, got ${errors.length}\n${step.log}`)
  return { title: errors[0].title ?? '', message: errors[0].message }
}

/** The texts of the warnings. */
export function warningsOf(step: StepResult): string[] {
  return step.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)
}
