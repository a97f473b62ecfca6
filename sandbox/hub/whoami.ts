/** `GET /api/whoami-v2`: who the token's user is, and what the token may do. Its shape is `whoami-v2.schema.json`. */
import { type Accounts, type Membership, objectId, type Token } from './accounts.ts'
import { anonymous, type Route } from './routes.ts'

export const whoamiRoutes: Route[] = [
  {
    operation: 'whoami-v2',
    method: 'GET',
    path: /^\/api\/whoami-v2$/,
    answer: ({ token, accounts, url }) => (token ? { status: 200, body: whoami(token, accounts, url) } : anonymous()),
  },
]

function whoami(token: Token, accounts: Accounts, hubUrl: string): Record<string, unknown> {
  const { user } = token
  const avatarUrl = (name: string) => `${hubUrl}/avatars/${name}.svg`
  return {
    type: 'user',
    id: user.id,
    name: user.name,
    fullname: user.fullname,
    email: user.email,
    emailVerified: true,
    canPay: false,
    billingMode: 'prepaid',
    periodEnd: null,
    isPro: false,
    avatarUrl: avatarUrl(user.name),
    orgs: user.orgs.map((membership) => organization(membership, token, accounts, avatarUrl(membership.name))),
    auth: token.auth ?? (token.grant ? oauth(token) : auth(token, accounts)),
  }
}

function organization(
  membership: Membership,
  token: Token,
  accounts: Accounts,
  avatarUrl: string,
): Record<string, unknown> {
  const { name, roleInOrg, resourceGroups } = membership
  const cutOff = token.cutOffFrom.has(name)
  const securityRestrictions = cutOff
    ? [...(membership.securityRestrictions ?? []), 'token-revoked']
    : membership.securityRestrictions
  const org = accounts.orgs.get(name)
  return {
    type: 'org',
    id: org?.id ?? objectId('org', name),
    name,
    fullname: org?.fullname ?? name,
    email: null,
    canPay: false,
    billingMode: 'prepaid',
    periodEnd: null,
    avatarUrl,
    ...(org?.plan && { plan: org.plan }),
    roleInOrg,
    ...(securityRestrictions && { securityRestrictions }),
    ...(resourceGroups && {
      resourceGroups: resourceGroups.map((group) => ({ id: objectId('resource-group', group.name), ...group })),
    }),
  }
}

/** A token from `/oauth/token` has neither name nor role. */
function oauth({ authType, expiresAt, grant, user }: Token): Record<string, unknown> {
  const resource = grant?.kind === 'repo' ? grant.key : grant?.kind === 'gated' ? user.name : undefined
  return {
    type: authType,
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    ...(resource !== undefined && { resource: { sub: resource } }),
  }
}

function auth(token: Token, accounts: Accounts): Record<string, unknown> {
  return {
    type: token.authType,
    accessToken: {
      displayName: token.displayName,
      role: token.role,
      createdAt: token.createdAt.toISOString(),
      ...(token.fineGrained && {
        fineGrained: {
          global: [],
          canReadGatedRepos: false,
          ...token.fineGrained,
          scoped: token.fineGrained.scoped.map(({ entity, permissions }) => ({
            entity: { _id: entityId(entity.type, entity.name, accounts), type: entity.type, name: entity.name },
            permissions,
          })),
        },
      }),
    },
    ...(token.expiresAt && { expiresAt: token.expiresAt.toISOString() }),
  }
}

function entityId(type: string, name: string, accounts: Accounts): string {
  const account = type === 'org' ? accounts.orgs.get(name) : type === 'user' ? accounts.users.get(name) : undefined
  return account?.id ?? objectId(type, name)
}
