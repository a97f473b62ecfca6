/** Service accounts: members of an organization that are no person, with fine-grained tokens of their own. */
import type { Accounts, Membership, Scope, Token, User } from './accounts.ts'
import type { Repo } from './repos/repos.ts'

export interface NewServiceAccount {
  org: string
  name: string
  /** Default `write`. It limits what its tokens can do, as for any member. */
  roleInOrg?: Membership['roleInOrg']
}

/** A token to plant. `createdAt`, `permissions`: default now, and to read and write repositories. */
export interface NewServiceAccountToken {
  org: string
  account: string
  displayName: string
  createdAt?: Date
  permissions?: string[]
  /** The only repositories that the permissions are for. Default: the whole organization. */
  repos?: readonly Pick<Repo, 'type' | 'name'>[]
}

/** What a token is minted with. */
export interface MintedRights {
  permissions: string[]
  repos: readonly Pick<Repo, 'type' | 'name'>[]
  repoPermissions: string[]
}

export class ServiceAccounts {
  readonly #accounts: Accounts
  readonly #members: { org: string; user: User }[] = []
  readonly #now: () => number

  constructor(accounts: Accounts, now: () => number) {
    this.#accounts = accounts
    this.#now = now
  }

  add({ org, name, roleInOrg = 'write' }: NewServiceAccount): User {
    if (this.#accounts.users.has(name)) throw new Error(`the sandbox's Hub already has a user ${name}`)
    const user = this.#accounts.addUser({ name, orgs: [{ name: org, roleInOrg }] })
    this.#members.push({ org, user })
    return user
  }

  of(org: string): User[] {
    return this.#members.filter((member) => member.org === org).map(({ user }) => user)
  }

  /** By id, or by name. */
  find(org: string, by: { id: string } | { name: string }): User | undefined {
    return this.of(org).find((user) => ('id' in by ? user.id === by.id : user.name === by.name))
  }

  /** The account's living tokens, the oldest first. */
  tokens(user: User): Token[] {
    return [...this.#accounts.tokens.values()]
      .filter((token) => token.user === user && this.#accounts.alive(token.value) === token)
      .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
  }

  /** A fresh token with these permissions on the organization, and others on single repositories. */
  mint(org: string, user: User, displayName: string, { permissions, repos, repoPermissions }: MintedRights): Token {
    const onOrg: Scope[] = permissions.length > 0 ? [{ entity: { type: 'org', name: org }, permissions }] : []
    const onRepos = repos.map(({ type, name }): Scope => ({ entity: { type, name }, permissions: repoPermissions }))
    return this.#accounts.mint({
      user: user.name,
      role: 'fineGrained',
      fineGrained: { scoped: [...onOrg, ...onRepos] },
      displayName,
    })
  }

  /** Adds a token without a call. Returns its value. */
  plant({ org, account, displayName, createdAt, permissions, repos }: NewServiceAccountToken): string {
    const user = this.find(org, { name: account })
    if (!user) throw new Error(`the sandbox's Hub has no service account ${account} in ${org}`)
    return this.#accounts.addToken({
      user: user.name,
      role: 'fineGrained',
      fineGrained: {
        scoped: (repos ?? [{ type: 'org' as const, name: org }]).map(({ type, name }) => ({
          entity: { type, name },
          permissions: permissions ?? ['repo.content.read', 'repo.write'],
        })),
      },
      displayName,
      createdAt: createdAt ?? new Date(this.#now()),
    })
  }
}
