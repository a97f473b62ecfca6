/** The whole sandbox: GitHub's OIDC issuer, AWS and the Hub on loopback, set up as a team would set up the real ones. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { JSONWebKeySet } from 'jose'
import { GITHUB_CLAIMS } from '../src/aws/policies/evaluate/identity-providers.ts'
import { Aws } from './aws.ts'
import { GitHub, type Job, type JobOptions } from './github.ts'
import { Hub } from './hub/index.ts'
import { projectRoot } from './root.ts'
import type { AfterWork } from './service.ts'

export const ORG = 'acme'
export const ACCOUNT = '123456789012'
export const REGION = 'eu-west-1'
/** One role for every scope: `role-to-assume: arn:aws:iam::123456789012:role/hf-{org}-{scope}`. */
export const roleArn = (scope: string) => `arn:aws:iam::${ACCOUNT}:role/hf-${ORG}-${scope}`
export const secretName = (scope: string) => `huggingface/${ORG}/${scope}`

/** The ECS service whose tasks read the token of the scope `read`. */
export const SERVICE = { cluster: 'prod', service: 'inference' } as const

/** A trust policy that lets in whom the provider vouches for, under this condition. */
export const trustPolicy = (provider: string, condition: object) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: provider },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: condition,
    },
  ],
})

/** What the Hub lets the token of each scope do. */
export const PERMISSIONS = {
  read: ['repo.content.read'],
  write: ['repo.content.read', 'repo.write'],
  admin: ['repo.content.read', 'repo.write', 'org.read', 'org.write'],
} as const

/** What the OAuth app of {@link ORG} may have. */
export const OAUTH_SCOPES: readonly string[] =
  'openid profile email read-repos gated-repos contribute-repos write-repos manage-repos inference-api'.split(' ')

/** Lets the bearer of a role use the secrets of this pattern. */
const allowSecrets = (pattern: string, operations = ['GetSecretValue']) => ({
  Effect: 'Allow',
  Action: operations.map((operation) => `secretsmanager:${operation}`),
  Resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${pattern}`,
})

const ALLOW_DEPLOYMENTS = {
  Effect: 'Allow',
  Action: ['ecs:UpdateService', 'ecs:DescribeServices'],
  Resource: `arn:aws:ecs:${REGION}:${ACCOUNT}:service/${SERVICE.cluster}/${SERVICE.service}`,
}

const ALLOW_TASKS = {
  Effect: 'Allow',
  Action: ['ecs:ListTasks', 'ecs:DescribeTasks'],
  Resource: '*',
  Condition: { ArnEquals: { 'ecs:cluster': `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/${SERVICE.cluster}` } },
}

export type SandboxScope = keyof typeof PERMISSIONS

/** What the Hub mints tokens with, beside the trusted publisher of `acme/model`. */
export interface Minting {
  /** The OAuth app in the secret `huggingface/acme/oauth`, as `{client_id, client_secret}`. */
  clientId: string
  clientSecret: string
  /** The e-mail of the member whose token the app may have. */
  member: string
  /** May manage service accounts; in the secret `huggingface/acme/service-accounts`, as `{token}`. */
  adminToken: string
  serviceAccount: { id: string; name: string }
}

/** A repository elsewhere whose jobs are let in, with ID tokens of an issuer that is not the sandbox's. */
export interface TrustedRepository {
  /** `https://token.actions.githubusercontent.com` for jobs that really run at GitHub. */
  issuer: string
  /** `owner/name`. */
  repository: string
  keys: () => Promise<JSONWebKeySet>
}

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
  readonly minting: Readonly<Minting>
  /** How far the clock of the jobs' machine is ahead of everybody else's, in milliseconds; negative: behind. */
  runnerAheadMs = 0
  #offsetMs = 0
  /** By its name, who may assume each role, and what it may do. */
  readonly #roles = new Map<string, { own: ReturnType<typeof trustPolicy>; statements: readonly object[] }>()

  private constructor(github: GitHub, aws: Aws, hub: Hub) {
    this.github = github
    this.aws = aws
    this.hub = hub
    const provider = this.#trustGitHub()
    const now = () => Date.now() + this.#offsetMs
    for (const service of [github, aws, hub]) service.now = now
    const all = secretName('*')
    for (const scope of Object.keys(PERMISSIONS)) this.#addRole(scope, provider, [allowSecrets(all)])
    // What the Hub mints tokens with is behind roles of its own.
    this.#addRole('exchange', provider, [allowSecrets(`${secretName('oauth')}-??????`)])
    const serviceAccounts = allowSecrets(`${secretName('service-accounts')}-??????`)
    this.#addRole('accounts', provider, [serviceAccounts])
    const rotate = ['GetSecretValue', 'DescribeSecret', 'PutSecretValue', 'UpdateSecretVersionStage']
    const services = [ALLOW_DEPLOYMENTS, ALLOW_TASKS]
    this.#addRole('rotate', provider, [serviceAccounts, allowSecrets(all, rotate), ...services])
    this.tokens = this.#storeTokens()
    hub.addRepo({ type: 'model', name: `${ORG}/model`, private: true, files: { 'README.md': '# A model\n' } })
    hub.addRepo({
      type: 'dataset',
      name: `${ORG}/data`,
      private: true,
      files: { 'train.csv': 'text,label\nhello,1\n' },
    })
    this.minting = this.#setUpMinting()
    aws.addService({ ...SERVICE, secretName: secretName('read') })
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

  /** Lets time pass for the three services, and for the processes of jobs that start from now on. */
  advance(ms: number): void {
    this.#offsetMs += ms
  }

  /**
   * Lets every job of the repository, too, do what main of octo-org/octo-repo may: assume the roles, whichever of the two
   * forms its subject has, and exchange its ID token at the Hub.
   */
  trust({ issuer, repository, keys }: TrustedRepository): void {
    const provider = this.aws.addOidcProvider({ issuerUrl: issuer, clientIds: [ORG], keys })
    const host = issuer.replace(/^https?:\/\//, '')
    const [owner, name] = repository.split('/')
    const condition = {
      StringEquals: { [`${host}:aud`]: ORG },
      StringLike: { [`${host}:sub`]: [`repo:${repository}:*`, `repo:${owner}@*/${name}@*:*`] },
    }
    for (const [role, { own, statements }] of this.#roles) {
      const { Version, Statement } = trustPolicy(provider, condition)
      this.aws.addRole({
        arn: roleArn(role),
        trustPolicy: { Version, Statement: [...own.Statement, ...Statement] },
        policy: { Version, Statement: statements },
      })
    }
    this.hub.addTrustedPublisher({ resource: `${ORG}/model`, issuer, keys, claims: { repository } })
  }

  /** Adds this to every call, in milliseconds. */
  set latencyMs(value: number) {
    for (const { service } of [this.github, this.aws, this.hub]) service.latencyMs = value
  }

  /** Looks at every call of the three services whose work is done; see {@link AfterWork}. */
  set afterWork(value: AfterWork | undefined) {
    for (const { service } of [this.github, this.aws, this.hub]) service.afterWork = value
  }

  /** How often each operation was called, all services together. */
  calls(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { service } of [this.github, this.aws, this.hub]) {
      for (const { operation } of service.calls) counts[operation] = (counts[operation] ?? 0) + 1
    }
    return counts
  }

  /** Variables that point the action, the AWS tools and the Hub's client at the sandbox, and Node at its time. */
  environment(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: this.aws.url,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      HF_ENDPOINT: this.hub.url,
      ...this.#clock(),
    }
  }

  /** A job of octo-org/octo-repo, and the variables that its steps see. */
  startJob(options: JobOptions = {}): { job: Job; env: Record<string, string> } {
    const job = this.github.startJob(options)
    return { job, env: { ...this.environment(), ...job.environment } }
  }

  #clock(): Record<string, string> {
    const offsetMs = this.#offsetMs + this.runnerAheadMs
    if (offsetMs === 0) return {}
    const { href } = pathToFileURL(join(projectRoot, 'sandbox', 'runner', 'clock.mjs'))
    return { SANDBOX_CLOCK_OFFSET_MS: String(offsetMs), NODE_OPTIONS: `--import=${href}` }
  }

  /** The provider for the audience `acme`. Returns its ARN. */
  #trustGitHub(): string {
    const { github, aws } = this
    return aws.addOidcProvider({
      issuerUrl: github.issuer,
      clientIds: [ORG],
      keys: () => github.jwks(),
      trustClaims: GITHUB_CLAIMS,
      isGitHub: true,
    })
  }

  /** A role that main of octo-org/octo-repo may assume. */
  #addRole(name: string, provider: string, statements: readonly object[]): void {
    const issuer = this.github.issuer.replace(/^https?:\/\//, '')
    const own = trustPolicy(provider, {
      StringEquals: {
        [`${issuer}:aud`]: ORG,
        [`${issuer}:sub`]: 'repo:octo-org/octo-repo:ref:refs/heads/main',
      },
    })
    this.#roles.set(name, { own, statements })
    this.aws.addRole({
      arn: roleArn(name),
      trustPolicy: own,
      policy: { Version: '2012-10-17', Statement: statements },
    })
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

  #setUpMinting(): Minting {
    const { github, aws, hub } = this
    hub.addTrustedPublisher({
      resource: `${ORG}/model`,
      issuer: github.issuer,
      keys: () => github.jwks(),
      claims: { repository: 'octo-org/octo-repo' },
    })

    const member = 'ml@acme.example'
    hub.addUser({ name: 'ml-engineer', email: member, orgs: [{ name: ORG, roleInOrg: 'write' }] })
    const { clientId, clientSecret } = hub.addOAuthApp({ org: ORG, scopes: OAUTH_SCOPES })
    const app = { client_id: clientId, client_secret: clientSecret }
    aws.addSecret({ name: secretName('oauth'), value: JSON.stringify(app) })

    // An admin, so that its tokens can have what each scope needs.
    const serviceAccount = hub.addServiceAccount({ org: ORG, name: 'ci', roleInOrg: 'admin' })
    // It also sees the repositories that tokens are minted for.
    const permissions = ['org.serviceAccounts.read', 'org.serviceAccounts.write', 'repo.content.read']
    const adminToken = hub.addOrgToken(ORG, permissions, { displayName: 'service-accounts' })
    aws.addSecret({ name: secretName('service-accounts'), value: JSON.stringify({ token: adminToken }) })
    return { clientId, clientSecret, member, adminToken, serviceAccount }
  }
}
