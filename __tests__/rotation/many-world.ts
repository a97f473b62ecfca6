/** Several secrets with names so long that they need several sessions, rotated in this process while things go wrong. */
import { expect } from '@jest/globals'
import type { Secret } from '../../sandbox/aws.ts'
import { roleArn, Sandbox } from '../../sandbox/index.ts'
import type { Call, Fate } from '../../sandbox/service.ts'
import { CallCount } from '../../src/net/calls-made.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { Http, type HttpRequest } from '../../src/net/http.ts'
import { ROTATION_INPUTS } from '../../src/rotation/inputs/definitions.ts'
import { parseRotation } from '../../src/rotation/inputs/parse.ts'
import { type Rotation, rotateAll } from '../../src/rotation/run.ts'
import { readInputs, readJob } from '../../src/runner/inputs.ts'
import { Steps } from '../../src/text/steps.ts'

export const DAY = 86_400_000
export const HOUR = 3_600_000

const COUNT = 5
const NAMES = Array.from({ length: COUNT }, (_, index) => `huggingface/acme/${String(index).padStart(400, 'x')}`)
const TIMEOUT_MS = 600_000
/** Pauses between attempts take this part of their time. */
const SPEED = 50

/** Time for pauses only: how old something is, the rotation finds out by other clocks. */
const FAST = {
  now: () => performance.now() * SPEED,
  after: (ms: number, act: () => void) => {
    const timer = setTimeout(act, ms / SPEED)
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Moves `Date` for the sandbox and the rotation alike, which share this process. */
class Calendar {
  readonly #real = globalThis.Date
  #aheadMs = 0

  constructor() {
    const real = this.#real
    const now = () => real.now() + this.#aheadMs
    globalThis.Date = class extends real {
      constructor(...given: [] | [number]) {
        super(given.length === 0 ? now() : (given[0] as number))
      }

      static override now = now
    } as DateConstructor
  }

  advance(ms: number): void {
    this.#aheadMs += ms
  }

  restore(): void {
    globalThis.Date = this.#real
  }
}

export type OnCall = (call: Call, number: number) => Fate | 'kill' | Promise<Fate>

export interface Ran {
  /** Undefined when it was killed. */
  rotation: Rotation | undefined
  calls: number
  errors: string[]
}

export class ManyWorld {
  readonly sandbox: Sandbox
  /** Moments at which a reader would have got a token that the Hub refuses. */
  readonly outages: string[] = []
  /** The warnings of all runs. */
  readonly warnings: string[] = []
  readonly #calendar: Calendar
  readonly #networks: Http[] = []

  private constructor(sandbox: Sandbox, calendar: Calendar) {
    this.sandbox = sandbox
    this.#calendar = calendar
    for (const [index, name] of NAMES.entries()) {
      const token = sandbox.hub.addOrgToken('acme', ['repo.content.read', 'repo.write'], {
        displayName: `hand ${index}`,
      })
      sandbox.aws.addSecret({ name, value: JSON.stringify({ token }) })
    }
    sandbox.aws.nextDeployments('complete', 1)
    sandbox.afterWork = (call) => this.#look(call.operation)
  }

  static async start(): Promise<ManyWorld> {
    const calendar = new Calendar()
    return new ManyWorld(await Sandbox.start(), calendar)
  }

  advance(ms: number): void {
    this.#calendar.advance(ms)
  }

  async close(): Promise<void> {
    for (const http of this.#networks) http.close()
    await this.sandbox.close()
    this.#calendar.restore()
  }

  /** Runs the rotation; `onCall` may meddle with each of its calls, numbered from 1. */
  async rotate(onCall: OnCall = () => undefined, given: Record<string, string> = {}): Promise<Ran> {
    const { promise: killed, resolve: kill } = Promise.withResolvers<undefined>()
    let isKilled = false
    let calls = 0
    this.sandbox.afterWork = async (call) => {
      this.#look(call.operation)
      if (isKilled) return 'hang'
      calls += 1
      const fate = await onCall(call, calls)
      if (fate !== 'kill') return fate
      isKilled = true
      kill(undefined)
      return 'hang'
    }
    const deadline = new Deadline(TIMEOUT_MS, FAST)
    const real = new Deadline(TIMEOUT_MS)
    const http = new Http(real, async () => undefined)
    this.#networks.push(http)
    const never = new Promise<never>(() => {})
    const send = (request: HttpRequest) => (isKilled ? never : http.send(request))
    try {
      const work = this.#work({ send } as unknown as Http, deadline, given)
      const rotation = await Promise.race([work, killed])
      return { rotation, calls, errors: rotation ? errorsOf(rotation) : [] }
    } catch (error) {
      return { rotation: undefined, calls, errors: [String(error)] }
    } finally {
      if (!isKilled) deadline.stop()
      real.stop()
      this.sandbox.afterWork = (call) => this.#look(call.operation)
    }
  }

  async #work(http: Http, deadline: Deadline, more: Record<string, string>): Promise<Rotation> {
    const { env } = this.sandbox.startJob()
    const job = readJob(env)
    const raw = readInputs(env, ROTATION_INPUTS)
    const given = {
      'hf-org': 'acme',
      'role-to-assume': roleArn('rotate'),
      'admin-secret-id': 'huggingface/acme/service-accounts',
      'service-account': 'ci',
      secrets: NAMES.map((name) => `${name} scope=write`).join('\n'),
      'ecs-services': 'prod/inference',
      ...more,
    }
    const quiet = () => {}
    return await rotateAll({
      request: parseRotation({ ...raw, values: { ...raw.values, ...given } }, job),
      job,
      http,
      deadline,
      policy: { deadline, calls: new CallCount(), maxAttempts: 2, random: () => 0 },
      mask: quiet,
      log: { info: quiet, debug: quiet, warning: (text) => this.warnings.push(text) },
      steps: new Steps(),
      givenIdToken: () => '',
      onIdentity: quiet,
      onBegun: quiet,
      random: () => 0,
    })
  }

  get secrets(): Secret[] {
    return NAMES.map((name) => this.sandbox.aws.secret(name))
  }

  /** What must hold after a run that came to its end, whatever happened before it. */
  expectConverged({ rotation, errors }: Ran, where: string): void {
    const versions = this.secrets.flatMap((secret) => secret.versions)
    const held = new Set(versions.filter(({ stages }) => stages.length > 0).map(({ value }) => tokenIn(value)))
    const alive = this.sandbox.hub.serviceAccountTokens('acme', 'ci').map(({ value }) => value)
    const pending = versions.filter(({ stages }) => stages.includes('AWSPENDING') && !stages.includes('AWSCURRENT'))
    expect({
      where,
      isDone: rotation !== undefined,
      errors,
      outages: this.outages,
      order: rotation?.secrets.map(({ secret }) => secret),
      currents: versions.filter(({ stages }) => stages.includes('AWSCURRENT')).length,
      pending: pending.length,
      unheld: alive.filter((token) => !held.has(token)).length,
    }).toEqual({
      where,
      isDone: true,
      errors: [],
      outages: [],
      order: NAMES,
      currents: COUNT,
      pending: 0,
      unheld: 0,
    })
  }

  /** What a job gets that reads each secret now, and what one got that read it right before it was replaced. */
  #look(where: string): undefined {
    for (const [index, { versions }] of this.secrets.entries()) {
      const current = versions.find(({ stages }) => stages.includes('AWSCURRENT'))
      if (!this.sandbox.hub.isAlive(tokenIn(current?.value))) this.outages.push(`secret ${index}, after ${where}`)
    }
  }
}

function errorsOf({ secrets, services }: Rotation): string[] {
  return [...secrets.flatMap(({ errors }) => errors), ...services.flatMap(({ error }) => error ?? [])].map(String)
}

function tokenIn(text: unknown): string {
  return typeof text === 'string' ? (/hf_\w+/.exec(text)?.[0] ?? '') : ''
}
