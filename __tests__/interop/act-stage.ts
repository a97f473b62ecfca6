/** A stage for one workflow under `act`: the sandbox with one job in it, and the search for leaks after the run. */
import { expect } from '@jest/globals'
import type { Job } from '../../sandbox/github.ts'
import { Sandbox } from '../../sandbox/index.ts'
import { findLeaks } from '../../sandbox/leaks.ts'
import { type ActOptions, type ActRun, push } from './act.ts'

export class ActStage {
  readonly sandbox: Sandbox
  /** Secrets beyond those that the stage knows, for the search. */
  readonly secrets: { name: string; value: string }[] = []
  readonly #job: Job

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox
    this.#job = sandbox.startJob().job
  }

  static async set(): Promise<ActStage> {
    return new ActStage(await Sandbox.start())
  }

  clear(): Promise<void> {
    return this.sandbox.close()
  }

  /** Pushes, and searches everything that `act` printed and left for every secret in play. */
  async play(workflow: string, actions: ActOptions['actions'] = {}): Promise<ActRun> {
    const { idTokenRequestUrl, idTokenRequestToken } = this.#job
    const env = {
      ...this.sandbox.environment(),
      ACTIONS_ID_TOKEN_REQUEST_URL: idTokenRequestUrl,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: idTokenRequestToken,
    }
    const run = await push({ workflow, env, actions })
    expect(findLeaks([{ where: "act's log", text: run.log }, ...run.left], this.#secretsInPlay())).toEqual([])
    return run
  }

  #secretsInPlay(): { name: string; value: string }[] {
    const { aws, hub, minting, tokens } = this.sandbox
    return [
      ...Object.entries(tokens).map(([scope, value]) => ({ name: `the Hub token ${scope}`, value })),
      ...hub.minted.map((value) => ({ name: 'a minted token', value })),
      { name: 'the client secret', value: minting.clientSecret },
      { name: 'the admin token', value: minting.adminToken },
      ...this.#job.issued.map((value) => ({ name: 'the ID token', value })),
      ...aws.issuedCredentials.flatMap(({ secretAccessKey, sessionToken }) => [
        { name: 'the AWS secret key', value: secretAccessKey },
        { name: 'the AWS session token', value: sessionToken },
      ]),
      { name: 'the request token', value: this.#job.idTokenRequestToken },
      ...this.secrets,
    ]
  }
}
