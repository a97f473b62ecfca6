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

  private constructor(github: GitHub, aws: Aws, hub: Hub) {
    this.github = github
    this.aws = aws
    this.hub = hub
    const provider = this.#trustGitHub()
    for (const scope of Object.keys(PERMISSIONS)) this.#addRole(scope, provider, `huggingface/${ORG}/*`)
    // What the Hub mints tokens with is behind roles of its own.
    this.#addRole('exchange', provider, `${secretName('oauth')}-??????`)
    this.#addRole('accounts', provider, `${secretName('service-accounts')}-??????`)
    this.tokens = this.#storeTokens()
    hub.addRepo({ type: 'model', name: `${ORG}/model`, private: true, files: { 'README.md': '# A model\n' } })
    hub.addRepo({
      type: 'dataset',
      name: `${ORG}/data`,
      private: true,
      files: { 'train.csv': 'text,label\nhello,1\n' },
    })
    this.minting = this.#setUpMinting()
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
    return { AWS_ENDPOINT_URL: this.aws.url, AWS_REGION: REGION, AWS_DEFAULT_REGION: REGION, HF_ENDPOINT: this.hub.url }
  }

  /** A job of octo-org/octo-repo, and the variables that its steps see. */
  startJob(options: JobOptions = {}): { job: Job; env: Record<string, string> } {
    const job = this.github.startJob(options)
    return { job, env: { ...this.environment(), ...job.environment } }
  }

  /** The provider for the audience `acme`. Returns its ARN. */
  #trustGitHub(): string {
    const { github, aws } = this
    return aws.addOidcProvider({ issuerUrl: github.issuer, clientIds: [ORG], keys: () => github.jwks() })
  }

  /** A role that main of octo-org/octo-repo may assume, and that may read the secrets of this pattern. */
  #addRole(name: string, provider: string, secrets: string): void {
    const issuer = this.github.issuer.replace(/^https?:\/\//, '')
    this.aws.addRole({
      arn: roleArn(name),
      trustPolicy: trustPolicy(provider, {
        StringEquals: {
          [`${issuer}:aud`]: ORG,
          [`${issuer}:sub`]: 'repo:octo-org/octo-repo:ref:refs/heads/main',
        },
      }),
      policy: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'secretsmanager:GetSecretValue',
            Resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${secrets}`,
          },
        ],
      },
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
    const permissions = ['org.serviceAccounts.read', 'org.serviceAccounts.write']
    const adminToken = hub.addOrgToken(ORG, permissions, { displayName: 'service-accounts' })
    aws.addSecret({ name: secretName('service-accounts'), value: JSON.stringify({ token: adminToken }) })
    return { clientId, clientSecret, member, adminToken, serviceAccount }
  }
}
