/** A stage whose AWS is moto: the secrets of the documents, made by the real SDK, and the sandbox's issuer and Hub. */
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs'
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager'
import { expect } from '@jest/globals'
import { type Sandbox, secretName } from '../../sandbox/index.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { type Play, Stage } from '../e2e/stage.ts'
import { withoutProof } from '../e2e/without-proof.ts'
import type { Moto } from './moto.ts'

export const SECRET = secretName('write')
/** Operations that change something. */
const WRITES = /^(?:Create|Put|Update|Delete|Tag|Register)/

/** The value of a secret that holds more than a token. No parser may have had it in its hands. */
export const valueWith = (token: string) =>
  `{ "owner": "ml-platform", "token": ${JSON.stringify(token)}, "limit": 12345678901234567890 }`

/** One line of the output `report`. */
export interface SecretReport {
  action: string
  arn: string
  versionId: string
  previousVersionId: string | null
  previousEndsAt: string | null
  revoked: number
  errors: { code: string; message: string }[]
}

export interface Report {
  secrets: SecretReport[]
  services: { service: string; action: string; deploymentId: string | null; errors: { code: string }[] }[]
}

export class MotoStage {
  readonly stage: Stage
  readonly #moto: Moto

  private constructor(moto: Moto, stage: Stage) {
    this.#moto = moto
    this.stage = stage
  }

  /** An account with nothing in it but the admin secret. */
  static async set(moto: Moto): Promise<MotoStage> {
    await moto.reset()
    const world = new MotoStage(moto, await Stage.set())
    // Its secrets hold tokens that a person created.
    world.stage.reportsTokensByHand()
    await world.create(secretName('service-accounts'), JSON.stringify({ token: world.sandbox.minting.adminToken }))
    return world
  }

  /** Ends the test, with the search for leaks; the sandbox's own AWS has heard nothing. */
  async clear(): Promise<void> {
    const { service } = this.sandbox.aws
    this.stage.secrets.push(...this.#moto.issuedSecrets())
    await this.stage.clear()
    expect(service.calls).toEqual([])
  }

  get sandbox(): Sandbox {
    return this.stage.sandbox
  }

  /** Creates a secret, with or without a value. Returns its ARN and the id of the version. */
  async create(name: string, value?: string | Uint8Array): Promise<{ arn: string; versionId: string }> {
    const of = typeof value === 'string' ? { SecretString: value } : { SecretBinary: value }
    const made = await this.#moto.client.send(new CreateSecretCommand({ Name: name, ...(value && of) }))
    return { arn: made.ARN ?? '', versionId: made.VersionId ?? '' }
  }

  /** What a person does under `mode: promote`. Returns the id of the version. */
  async putPending(name: string, value: string): Promise<string> {
    const command = new PutSecretValueCommand({ SecretId: name, SecretString: value, VersionStages: ['AWSPENDING'] })
    return (await this.#moto.client.send(command)).VersionId ?? ''
  }

  /** The labels of every version, sorted; the time in ours left out. */
  async labels(name = SECRET): Promise<Record<string, string[]>> {
    const { VersionIdsToStages } = await this.#moto.client.send(new DescribeSecretCommand({ SecretId: name }))
    const plain = (label: string) => label.replace(/^(hf-oidc-retired)-\d{8}T[\d.]+Z$/, '$1')
    return Object.fromEntries(
      Object.entries(VersionIdsToStages ?? {}).map(([id, labels]) => [id, labels.map(plain).sort()]),
    )
  }

  /** The value of the version with the label, as text, but for a proof. */
  async valueAt(label: string, name = SECRET): Promise<string> {
    const command = new GetSecretValueCommand({ SecretId: name, VersionStage: label })
    const { SecretString, SecretBinary } = await this.#moto.client.send(command)
    return withoutProof(SecretString ?? Buffer.from(SecretBinary ?? []).toString())
  }

  /** Rotates one secret; `onStart` and the like go into `step`. */
  async rotate(inputs: Record<string, string> = {}, step: Play['step'] = {}): Promise<StepResult> {
    const env = { AWS_ENDPOINT_URL: this.#moto.url }
    const { main } = await this.stage.rotate({ env, step, with: { secrets: `${SECRET} scope=write`, ...inputs } })
    return main
  }

  /** What the action itself hands to a job that wants the secret's token. */
  async read(inputs: Record<string, string> = {}): Promise<string | undefined> {
    const { main } = await this.stage.play({ env: { AWS_ENDPOINT_URL: this.#moto.url }, with: inputs })
    return main.env.HF_TOKEN
  }

  /** The operations of AWS so far. */
  get operations(): string[] {
    return this.#moto.calls.map(({ operation }) => operation)
  }

  /** Those that change something. */
  get writes(): string[] {
    return this.operations.filter((operation) => WRITES.test(operation))
  }

  isAlive(token: string): boolean {
    return this.sandbox.hub.isAlive(token)
  }

  /** The newest token that the Hub has minted. */
  get minted(): string {
    return this.sandbox.hub.minted.at(-1) ?? ''
  }

  /** A service of so many tasks in the cluster `prod`, whose task definition reads the secret. */
  async createService(service: string, tasks: number, secretArn: string): Promise<void> {
    const { ecs } = this.#moto
    await ecs.send(new CreateClusterCommand({ clusterName: 'prod' }))
    const container = { name: 'app', image: 'app', memory: 128, secrets: [{ name: 'HF_TOKEN', valueFrom: secretArn }] }
    await ecs.send(new RegisterTaskDefinitionCommand({ family: service, containerDefinitions: [container] }))
    const command = { cluster: 'prod', serviceName: service, taskDefinition: service, desiredCount: tasks }
    await ecs.send(new CreateServiceCommand(command))
  }

  /** The service's one deployment. */
  async deployment(service: string): Promise<{ id: string; createdAt: number }> {
    const command = new DescribeServicesCommand({ cluster: 'prod', services: [service] })
    const [found] = (await this.#moto.ecs.send(command)).services?.[0]?.deployments ?? []
    return { id: found?.id ?? '', createdAt: found?.createdAt?.getTime() ?? 0 }
  }
}

/** The output `report`. */
export function reportOf({ outputs, log }: StepResult): Report {
  if (!outputs.report) throw new Error(`no report:\n${log}`)
  return JSON.parse(outputs.report) as Report
}

/** The report on the one secret. */
export function secretOf(step: StepResult): SecretReport {
  const [secret, ...more] = reportOf(step).secrets
  if (!secret || more.length > 0) throw new Error(`expected one secret:\n${step.log}`)
  return secret
}
