/** The Hugging Face Hub on loopback: accounts, tokens, whoami, permission checks, and repositories for `hf`, `git` and `git lfs`. */
import { type Handler, type SandboxRequest, type SandboxResponse, Service } from '../service.ts'
import { FixedWindow } from '../window.ts'
import { Accounts, type NewToken, type NewUser, type Org, type Plan, type Token, type User } from './accounts.ts'
import { authCheckRoutes } from './auth-check.ts'
import { Contract } from './contract.ts'
import { memberRoutes } from './members.ts'
import { type NewOAuthApp, OAuthApps } from './oauth-apps.ts'
import { oauthRoutes } from './oauth-token.ts'
import { bucketRoutes } from './repos/buckets.ts'
import { changeRoutes } from './repos/changes.ts'
import { contentRoutes } from './repos/content.ts'
import { existenceRoutes } from './repos/existence.ts'
import { challenged, gitRoutes } from './repos/git.ts'
import { GitBackend } from './repos/git-backend.ts'
import { lfsRoutes } from './repos/lfs.ts'
import { referenceRoutes } from './repos/references.ts'
import { createRepo, type NewRepo, type Repo, type Repos } from './repos/repos.ts'
import { xetRoutes } from './repos/xet.ts'
import { revokeRoutes } from './revoke.ts'
import { failure, type HubCall, type Route } from './routes.ts'
import { serviceAccountRoutes } from './service-account-api.ts'
import { type NewServiceAccount, type NewServiceAccountToken, ServiceAccounts } from './service-accounts.ts'
import { type NewTrustedPublisher, TrustedPublishers } from './trusted-publishers.ts'
import { whoamiRoutes } from './whoami.ts'

/** Calls per window and user: whoami-v2 as measured in a burst of jobs, the rest as documented for Team organizations. */
const LIMITS = { whoami: { calls: 10, seconds: 60 }, rest: { calls: 3_000, seconds: 300 } } as const

export class Hub implements Handler {
  readonly service: Service
  readonly accounts: Accounts
  /** What contradicts the Hub's own description, in answers of the sandbox and in requests of our code. */
  readonly contract = new Contract()
  /** See {@link Repos} for the keys. */
  readonly repos: Repos = new Map()
  /** The Hub's clock, in milliseconds since 1970; tokens expire by it. */
  now: () => number = Date.now
  /** Whether the Hub limits the calls of each user, and of all who bring no token: see {@link LIMITS}. */
  limited = false
  readonly #windows = {
    whoami: new FixedWindow(LIMITS.whoami.calls, LIMITS.whoami.seconds * 1000),
    rest: new FixedWindow(LIMITS.rest.calls, LIMITS.rest.seconds * 1000),
  }
  /** Uploads of large files are this large at most. */
  readonly maxBodyBytes = 64 * 1024 * 1024
  readonly #git = new GitBackend()
  readonly #publishers: TrustedPublishers
  readonly #apps = new OAuthApps()
  readonly #serviceAccounts: ServiceAccounts
  #publicUrl: string | undefined
  #answers = 0

  private constructor() {
    this.service = new Service('hub', this)
    this.accounts = new Accounts(() => this.now())
    this.#publishers = new TrustedPublishers(this.accounts, this.repos)
    this.#serviceAccounts = new ServiceAccounts(this.accounts, () => this.now())
  }

  static async start({ port = 0 }: { port?: number } = {}): Promise<Hub> {
    const hub = new Hub()
    await hub.service.listen(port)
    return hub
  }

  get url(): string {
    return this.service.url
  }

  /** The URL under which clients know the Hub, and the audience of ID tokens for it. Default: {@link url}. */
  get publicUrl(): string {
    return this.#publicUrl ?? this.url
  }

  set publicUrl(url: string) {
    this.#publicUrl = url
  }

  /** Stops the service. Throws when something contradicted the Hub's own description: see {@link contract}. */
  async close(): Promise<void> {
    await this.service.close()
    await this.#git.close()
    const { violations } = this.contract
    if (violations.length > 0) throw new Error(`The Hub's API description is contradicted:\n${violations.join('\n')}`)
  }

  addOrg(org: { name: string; plan?: Plan; fullname?: string }): Org {
    return this.accounts.addOrg(org)
  }

  /** Adds the user, and those of the user's organizations that do not exist yet. */
  addUser(user: NewUser): User {
    return this.accounts.addUser(user)
  }

  /** Returns the token's value. */
  addToken(token: NewToken): string {
    return this.accounts.addToken(token)
  }

  /**
   * The usual good token: fine-grained, limited to this organization, of a user `<org>-ci` who may write there.
   * Returns its value. Makes the organization and the user if they do not exist yet.
   */
  addOrgToken(
    org: string,
    permissions: string[] = ['repo.content.read', 'repo.write'],
    rest: Partial<NewToken> = {},
  ): string {
    const user = rest.user ?? `${org}-ci`
    if (!this.accounts.users.has(user)) this.addUser({ name: user, orgs: [{ name: org, roleInOrg: 'write' }] })
    return this.addToken({
      role: 'fineGrained',
      fineGrained: { scoped: [{ entity: { type: 'org', name: org }, permissions }] },
      ...rest,
      user,
    })
  }

  /** From now on the Hub answers 401 to this token. */
  revokeToken(value: string): void {
    this.accounts.revoke(value)
  }

  /** Whether the Hub still accepts this token. */
  isAlive(value: string): boolean {
    return this.accounts.alive(value) !== undefined
  }

  /** Who got an e-mail because a token of theirs was reported as leaked, in order. */
  get leakEmails(): readonly string[] {
    return this.accounts.leakEmails
  }

  /** The values that were reported as leaked, in order. */
  get reported(): readonly string[] {
    return this.accounts.reported
  }

  /** The values of all tokens that somebody was given over HTTP, dead or alive, in order. */
  get minted(): string[] {
    return [...this.accounts.tokens.values()].filter(({ minted }) => minted).map(({ value }) => value)
  }

  /** Makes the resource's namespace and a user in it if they do not exist yet; the repository may come later. */
  addTrustedPublisher(publisher: NewTrustedPublisher): void {
    this.#publishers.add(publisher)
  }

  /** An OAuth app that is bound to an organization. */
  addOAuthApp(app: NewOAuthApp): { clientId: string; clientSecret: string } {
    if (!this.accounts.orgs.has(app.org)) this.addOrg({ name: app.org })
    const { clientId, clientSecret } = this.#apps.add(app)
    return { clientId, clientSecret }
  }

  /** Makes the organization if it does not exist yet. */
  addServiceAccount(account: NewServiceAccount): { id: string; name: string } {
    const { id, name } = this.#serviceAccounts.add(account)
    return { id, name }
  }

  /** Plants a token of a service account, for example an old one. Returns its value. */
  addServiceAccountToken(token: NewServiceAccountToken): string {
    return this.#serviceAccounts.plant(token)
  }

  /** From now on the user is not in the organization any more; the tokens stay. */
  removeMember(org: string, name: string): void {
    const user = this.accounts.users.get(name)
    if (!user) throw new Error(`the sandbox's Hub has no user ${name}`)
    user.orgs = user.orgs.filter((membership) => membership.name !== org)
  }

  /** The living tokens of a service account, the oldest first. */
  serviceAccountTokens(org: string, name: string): Pick<Token, 'id' | 'displayName' | 'value' | 'createdAt'>[] {
    const user = this.#serviceAccounts.find(org, { name })
    if (!user) throw new Error(`the sandbox's Hub has no service account ${name} in ${org}`)
    return this.#serviceAccounts
      .tokens(user)
      .map(({ id, displayName, value, createdAt }) => ({ id, displayName, value, createdAt }))
  }

  addRepo(repo: NewRepo): Repo {
    return createRepo(this.repos, repo)
  }

  /**
   * Answers 429 to the next `times` calls of the operation; the other numbers are seconds. Clients that see a long window
   * spread their waits: it is as long as the wait unless `windowSeconds` says otherwise.
   */
  rateLimit(
    operation: string,
    limit: { times?: number; resetSeconds: number; retryAfter?: number; windowSeconds?: number },
  ): void {
    const windowSeconds = limit.windowSeconds ?? limit.retryAfter ?? limit.resetSeconds
    const headers = {
      RateLimit: `"api";r=0;t=${limit.resetSeconds}`,
      'RateLimit-Policy': `"fixed window";"api";q=10;w=${windowSeconds}`,
      ...(limit.retryAfter === undefined ? {} : { 'Retry-After': String(limit.retryAfter) }),
    }
    const answer = this.#dressed(failure(429, 'We had to rate limit you. Please try again later.', undefined, headers))
    this.service.inject(operation, { kind: 'answer', ...answer }, limit.times)
  }

  /** Fails the next `times` exchanges of ID tokens the way the Hub did in September 2026: in the form of a refusal. */
  abortExchanges(times: number): void {
    const body = { error: 'invalid_grant', error_description: 'This operation was aborted' }
    this.service.inject(
      'oauth-token (trusted publisher)',
      { kind: 'answer', ...this.#dressed({ status: 400, body }) },
      times,
    )
  }

  operation(request: SandboxRequest): string {
    this.contract.checkRequest(request)
    return match(request)?.route.operation ?? 'unknown'
  }

  async handle(_operation: string, request: SandboxRequest): Promise<SandboxResponse> {
    const matched = match(request)
    if (!matched) return this.#dressed(failure(404, 'Sorry, we cannot find the page you are looking for.'))
    const { route, params } = matched
    const { auth = 'bearer' } = route
    const token = auth === 'none' ? undefined : this.#authenticate(request, auth)
    if (token === 'invalid') {
      const refusal = failure(401, 'Invalid credentials in Authorization header')
      return this.#dressed(auth === 'bearer' ? refusal : challenged(refusal))
    }
    const refusal = this.limited ? this.#count(route.operation, token?.user.name) : undefined
    if (refusal) return this.#dressed(refusal)
    const { accounts, repos, url, publicUrl } = this
    const world = {
      accounts,
      repos,
      publishers: this.#publishers,
      apps: this.#apps,
      serviceAccounts: this.#serviceAccounts,
      git: this.#git,
      url,
      publicUrl,
      now: this.now(),
    }
    try {
      const answer = await route.answer({ request, params: decoded(params), token, ...world })
      this.contract.checkAnswer(request, answer)
      return this.#dressed(answer)
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof URIError) return this.#dressed(failure(400, 'Bad request'))
      throw error
    }
  }

  /** The request's token; `undefined` if it brings no credentials, `invalid` if no living token is in them. */
  #authenticate(request: SandboxRequest, scheme: 'bearer' | 'basic' | 'any'): Token | undefined | 'invalid' {
    const header = request.headers.authorization
    if (header === undefined) return undefined
    const [given = '', credentials = ''] = header.split(' ')
    const sent = given.toLowerCase()
    if (scheme === 'any' ? !['bearer', 'basic'].includes(sent) : sent !== scheme) return 'invalid'
    const value =
      sent === 'bearer'
        ? credentials
        : Buffer.from(credentials, 'base64')
            .toString()
            .replace(/^[^:]*:/, '')
    const token = this.accounts.alive(value)
    if (token) token.lastUsedAt = new Date(this.now())
    return token ?? 'invalid'
  }

  /** The refusal, if the user has no call left in the window. */
  #count(operation: string, user: string | undefined): SandboxResponse | undefined {
    const window = operation === 'whoami-v2' ? this.#windows.whoami : this.#windows.rest
    const { allowed, resetMs } = window.take(user ?? 'anonymous', this.now())
    if (allowed) return undefined
    return failure(429, 'We had to rate limit you. Please try again later.', undefined, {
      RateLimit: `"api";r=0;t=${Math.ceil(resetMs / 1000)}`,
      'RateLimit-Policy': `"fixed window";"api";q=${window.quota};w=${window.windowMs / 1000}`,
    })
  }

  /** Adds the headers that every answer of the Hub carries. */
  #dressed(response: SandboxResponse): SandboxResponse {
    this.#answers += 1
    return {
      ...response,
      headers: {
        'X-Request-Id': `Root=1-66d41a80-${this.#answers.toString(16).padStart(24, '0')}`,
        RateLimit: '"api";r=499;t=300',
        ...RATE_LIMIT_POLICY,
        ...response.headers,
      },
    }
  }
}

const RATE_LIMIT_POLICY = { 'RateLimit-Policy': '"fixed window";"api";q=500;w=300' }

const ROUTES: Route[] = [
  ...whoamiRoutes,
  ...authCheckRoutes,
  ...oauthRoutes,
  ...serviceAccountRoutes,
  ...memberRoutes,
  ...revokeRoutes,
  ...existenceRoutes,
  ...changeRoutes,
  ...contentRoutes,
  ...referenceRoutes,
  ...bucketRoutes,
  ...lfsRoutes,
  ...xetRoutes,
  ...gitRoutes,
]

function match(request: SandboxRequest): { route: Route; params: HubCall['params'] } | undefined {
  const { method, url } = request
  for (const route of ROUTES) {
    if (route.method !== method && !(method === 'HEAD' && route.method === 'GET')) continue
    const found = route.path.exec(url.pathname)
    if (found && route.matches?.(request) !== false) return { route, params: { ...found.groups } }
  }
  return undefined
}

function decoded(params: HubCall['params']): HubCall['params'] {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, value && decodeURIComponent(value)]))
}
