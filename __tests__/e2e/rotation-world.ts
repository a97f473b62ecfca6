/** A secret that is rotated week after week while things go wrong, and what must hold at every moment. */
import { expect } from '@jest/globals'
import type { Secret } from '../../sandbox/aws.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import type { Call, Fate } from '../../sandbox/service.ts'
import { retiredSince } from '../../src/rotation/names.ts'
import { type Play, Stage } from './stage.ts'
import { withoutProof } from './without-proof.ts'

export const DAY = 86_400_000
export const HOUR = 3_600_000
const NAME = 'huggingface/acme/write'

export class RotationWorld {
  readonly stage: Stage
  /** Moments at which the current token did not work. */
  readonly outages: string[] = []
  #onCall: (call: Call, number: number) => Fate | Promise<Fate> = () => undefined
  #calls = 0
  readonly #inputs = { secrets: `${NAME} scope=write`, 'ecs-services': 'prod/inference' }

  private constructor(stage: Stage) {
    this.stage = stage
    stage.sandbox.afterWork = (call) => {
      this.#calls += 1
      if (!this.currentWorks()) this.outages.push(`after call ${this.#calls}, ${call.operation}`)
      return this.#onCall(call, this.#calls)
    }
  }

  /** The secret holds other keys beside a token that a person made. */
  static async start(): Promise<RotationWorld> {
    const world = new RotationWorld(await Stage.set())
    // Its first tokens were created by hand.
    world.stage.reportsTokensByHand()
    const { aws, tokens } = world.stage.sandbox
    aws.putVersion(NAME, { value: value(tokens.write) })
    // Weeks pass between the runs: what was deployed is complete when somebody looks.
    aws.nextDeployments('complete', 1)
    return world
  }

  /** Runs the rotation; `onCall` may meddle with each call, numbered from 1. */
  async rotate(play: Play = {}, onCall: (call: Call, number: number) => Fate | Promise<Fate> = () => undefined) {
    this.#calls = 0
    this.#onCall = onCall
    const { main } = await this.rotateBeside(play)
    this.#onCall = () => undefined
    return { main, calls: this.#calls }
  }

  /** Runs it beside another run, without meddling. */
  async rotateBeside(play: Play = {}) {
    return await this.stage.rotate({ ...play, with: { ...this.#inputs, ...play.with } })
  }

  get secret(): Secret {
    return this.stage.sandbox.aws.secret(NAME)
  }

  /** The current version's token. */
  get current(): string {
    return tokenIn(this.secret.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.value)
  }

  currentWorks(): boolean {
    return this.stage.sandbox.hub.isAlive(this.current)
  }

  /** Tokens of the service account that work, by their values. */
  get alive(): string[] {
    return this.stage.sandbox.hub.serviceAccountTokens('acme', 'ci').map((token) => token.value)
  }

  /** What must hold after a run that came to its end, whatever happened before it. */
  expectConverged(main: StepResult, where: string): void {
    const { versions } = this.secret
    const labels = versions.flatMap(({ stages }) => stages)
    const staged = versions.filter(({ stages }) => stages.length > 0)
    const pending = versions.filter(({ stages }) => stages.includes('AWSPENDING') && !stages.includes('AWSCURRENT'))
    const held = new Set(staged.map((version) => tokenIn(version.value)))
    const service = this.stage.sandbox.aws.ecsService('prod', 'inference')
    const retired = (version: (typeof versions)[number]) =>
      version.stages.some((label) => label.startsWith('hf-oidc-retired-'))
    const replacedAt = Math.max(
      ...staged
        .filter(({ stages }) => stages.includes('AWSPREVIOUS'))
        .map(({ stages }) => retiredSince(stages) ?? Infinity),
    )
    expect({
      where,
      exitCode: main.exitCode,
      errors: main.annotations.filter(({ level }) => level === 'error').map(({ message }) => message),
      outages: this.outages,
      currents: labels.filter((label) => label === 'AWSCURRENT').length,
      pending: pending.length,
      others: versions.filter((version) => !sameRest(version.value)).length,
      unheld: this.alive.filter((token) => !held.has(token)).length,
      // Every replaced version says since when.
      previous: staged.filter((version) => version.stages.includes('AWSPREVIOUS') && !retired(version)).length,
      // Its tasks were started after the last replacement.
      service: (service.deployments[0]?.createdAt.getTime() ?? 0) >= replacedAt,
    }).toEqual({
      where,
      exitCode: 0,
      errors: [],
      outages: [],
      currents: 1,
      pending: 0,
      others: 0,
      unheld: 0,
      previous: 0,
      service: true,
    })
  }
}

/** The secret as others know it: what stands beside the token must survive, byte by byte. */
function value(token: string): string {
  return `{ "owner": "ml-platform", "token": ${JSON.stringify(token)}, "limit": 12345678901234567890 }`
}

function tokenIn(text: unknown): string {
  return typeof text === 'string' ? (/hf_\w+/.exec(text)?.[0] ?? '') : ''
}

function sameRest(text: unknown): boolean {
  if (typeof text !== 'string') return true
  const rest = withoutProof(text)
  return rest === value(tokenIn(text)) || rest === JSON.stringify({ token: tokenIn(text) })
}
