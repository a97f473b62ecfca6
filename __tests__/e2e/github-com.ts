/** A stage on github.com: no endpoint overridden, the real host names over TLS, through a company's proxy. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ACCOUNT, REGION, trustPolicy } from '../../sandbox/index.ts'
import { GITHUB_ISSUER, ID_TOKEN_HOST, Internet, type InternetOptions } from '../../sandbox/internet.ts'
import type { RunnerJob, StepResult } from '../../sandbox/runner.ts'
import type { Play, Stage } from './stage.ts'

/** The role of the job's environment `publish`. */
const ROLE = `arn:aws:iam::${ACCOUNT}:role/hf-publish`

export class GitHubCom {
  internet: Internet | undefined
  readonly #stage: Stage
  readonly #folder = mkdtempSync(join(tmpdir(), 'ca-'))

  constructor(stage: Stage) {
    this.#stage = stage
  }

  /** A job on github.com whose only way out is the proxy. */
  async play(options: InternetOptions = {}, operations: readonly string[] = ['GetSecretValue']): Promise<Play> {
    const { github, aws } = this.#stage.sandbox
    this.internet = await Internet.start(this.#stage.sandbox, options)
    const ca = join(this.#folder, 'ca.pem')
    writeFileSync(ca, this.internet.certificate)
    const provider = aws.addOidcProvider({ issuerUrl: GITHUB_ISSUER, clientIds: ['acme'], keys: () => github.jwks() })
    const host = new URL(GITHUB_ISSUER).host
    aws.addRole({
      arn: ROLE,
      trustPolicy: trustPolicy(provider, {
        StringEquals: {
          [`${host}:aud`]: 'acme',
          [`${host}:sub`]: 'repo:octo-org@123456/octo-repo@456789:environment:publish',
        },
      }),
      policy: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: operations.map((operation) => `secretsmanager:${operation}`),
            Resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:huggingface/acme/*`,
          },
        ],
      },
    })
    return {
      job: { issuer: GITHUB_ISSUER, subjectFormat: 'immutable', environment: 'publish' },
      with: { 'role-to-assume': ROLE },
      env: {
        AWS_ENDPOINT_URL: undefined,
        HF_ENDPOINT: undefined,
        GITHUB_SERVER_URL: 'https://github.com',
        HTTPS_PROXY: this.internet.proxyUrl,
        NODE_EXTRA_CA_CERTS: ca,
      },
    }
  }

  /** Runs main with GitHub's own address for ID tokens. */
  run(play: Play): Promise<{ runner: RunnerJob; main: StepResult }> {
    return this.#run(play, (withAddress, runner) => this.#stage.main(withAddress, runner))
  }

  /** The same for the sub-action `rotate`. */
  rotate(play: Play): Promise<{ runner: RunnerJob; main: StepResult }> {
    return this.#run(play, (withAddress, runner) => this.#stage.rotate(withAddress, runner))
  }

  async close(): Promise<void> {
    await this.internet?.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #run<T>(play: Play, act: (play: Play, runner: RunnerJob) => Promise<T>): Promise<T> {
    const runner = await this.#stage.runner(play)
    const url = this.#stage.sandbox.github.service.url
    const idTokenUrl = (this.#stage.lastRequestUrl ?? '').replace(url, `https://${ID_TOKEN_HOST}`)
    return await act({ ...play, step: { env: { ACTIONS_ID_TOKEN_REQUEST_URL: idTokenUrl } } }, runner)
  }
}
