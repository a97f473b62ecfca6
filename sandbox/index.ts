/** The whole sandbox: GitHub's OIDC issuer, AWS and the Hub on loopback, set up as a team would set up the real ones. */
import { Aws } from './aws.ts'
import { GitHub, type Job, type JobOptions } from './github.ts'
import { Hub } from './hub/index.ts'

export const ORG = 'acme'
export const ACCOUNT = '123456789012'
export const REGION = 'eu-west-1'
/** One role for every scope: `role-to-assume: arn:aws:iam::123456789012:role/hf-{org}-{scope}`. */
export const roleArn = (scope: string) => `arn:aws:iam::${ACCOUNT}:role/hf-${ORG}-${scope}`
export const secretName = (scope: string) => `huggingface/${ORG}/${scope}`

/** What the Hub lets the token of each scope do. */
export const PERMISSIONS = {
  read: ['repo.content.read'],
  write: ['repo.content.read', 'repo.write'],
  admin: ['repo.content.read', 'repo.write', 'org.read', 'org.write'],
} as const

export type SandboxScope = keyof typeof PERMISSIONS

export interface SandboxPorts {
  github?: number
  aws?: number
  hub?: number
}

export class Sandbox {
  readonly github: GitHub
  readonly aws: Aws
  readonly hub: Hub
  /** The stored token of each scope. */
  readonly tokens: Readonly<Record<SandboxScope, string>>

  private constructor(github: GitHub, aws: Aws, hub: Hub) {
    this.github = github
    this.aws = aws
    this.hub = hub
    this.#trustGitHub()
    this.tokens = this.#storeTokens()
    hub.addRepo({ type: 'model', name: `${ORG}/model`, private: true, files: { 'README.md': '# A model\n' } })
    hub.addRepo({
      type: 'dataset',
      name: `${ORG}/data`,
      private: true,
      files: { 'train.csv': 'text,label\nhello,1\n' },
    })
  }

  /** Starts the three services with the world of {@link ORG} in them. */
  static async start(ports: SandboxPorts = {}): Promise<Sandbox> {
    const port = (number: number | undefined) => (number === undefined ? {} : { port: number })
    const [github, aws, hub] = await Promise.all([
      GitHub.start(port(ports.github)),
      Aws.start({ ...port(ports.aws), account: ACCOUNT, region: REGION }),
      Hub.start(port(ports.hub)),
    ])
    return new Sandbox(github, aws, hub)
  }

  async close(): Promise<void> {
    await Promise.all([this.github.close(), this.aws.close(), this.hub.close()])
  }

  /** Adds this to every call, in milliseconds. */
  set latencyMs(value: number) {
    for (const { service } of [this.github, this.aws, this.hub]) service.latencyMs = value
  }

  /** How often each operation was called, all services together. */
  calls(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { service } of [this.github, this.aws, this.hub]) {
      for (const { operation } of service.calls) counts[operation] = (counts[operation] ?? 0) + 1
    }
    return counts
  }

  /** Variables that point the action, the AWS tools and the Hub's client at the sandbox. */
  environment(): Record<string, string> {
    return { AWS_ENDPOINT_URL: this.aws.url, AWS_REGION: REGION, HF_ENDPOINT: this.hub.url }
  }

  /** A job of octo-org/octo-repo, and the variables that its steps see. */
  startJob(options: JobOptions = {}): { job: Job; env: Record<string, string> } {
    const job = this.github.startJob(options)
    return { job, env: { ...this.environment(), ...job.environment } }
  }

  /** The provider for the audience `acme`, and for each scope a role that main of octo-org/octo-repo may assume. */
  #trustGitHub(): void {
    const { github, aws } = this
    const provider = aws.addOidcProvider({
      issuerUrl: github.issuer,
      clientIds: [ORG],
      keys: () => github.jwks(),
    })
    const issuer = github.issuer.replace(/^https?:\/\//, '')
    for (const scope of Object.keys(PERMISSIONS)) {
      aws.addRole({
        arn: roleArn(scope),
        trustPolicy: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Federated: provider },
              Action: 'sts:AssumeRoleWithWebIdentity',
              Condition: {
                StringEquals: {
                  [`${issuer}:aud`]: ORG,
                  [`${issuer}:sub`]: 'repo:octo-org/octo-repo:ref:refs/heads/main',
                },
              },
            },
          ],
        },
        policy: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: 'secretsmanager:GetSecretValue',
              Resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:huggingface/${ORG}/*`,
            },
          ],
        },
      })
    }
  }

  #storeTokens(): Record<SandboxScope, string> {
    const { aws, hub } = this
    const store = (scope: SandboxScope): string => {
      const token = hub.addOrgToken(ORG, [...PERMISSIONS[scope]], { displayName: `ci-${scope}` })
      aws.addSecret({ name: secretName(scope), value: JSON.stringify({ token }) })
      return token
    }
    hub.addUser({ name: `${ORG}-ci`, orgs: [{ name: ORG, roleInOrg: 'admin' }] })
    return { read: store('read'), write: store('write'), admin: store('admin') }
  }
}
