/** Tokens as the Hub and their sources describe them, with readable defaults. */
import type { Grant, Membership, WhoAmI } from '../../src/hub/facts/whoami.ts'
import type { Requirement } from '../../src/hub/requirement.ts'
import type { Evidence } from '../../src/hub/token.ts'

export const NOW = Date.parse('2026-11-22T12:00:00Z')

export const acme = (rest: Partial<Membership> = {}): Membership => ({
  id: 'id-of-acme',
  name: 'acme',
  roleInOrg: 'write',
  securityRestrictions: [],
  resourceGroups: [],
  ...rest,
})

export const on = (type: string, name: string, ...permissions: string[]): Grant => ({
  entity: { type, name, id: `id-of-${name}` },
  permissions,
})

/** A fine-grained token of a member of acme that may write there. */
export const who = (rest: Partial<WhoAmI> = {}): WhoAmI => ({
  principal: 'user',
  name: 'rosa',
  role: 'fineGrained',
  authType: 'access_token',
  displayName: 'ci',
  createdAt: undefined,
  grants: [on('org', 'acme', 'repo.content.read', 'repo.write')],
  global: [],
  canReadGatedRepos: false,
  expiresAt: undefined,
  appScope: undefined,
  resource: undefined,
  orgs: [acme()],
  orgsAreListed: true,
  unreadable: [],
  ...rest,
})

/** A token from `/oauth/token`. */
export const issued = (rest: Partial<WhoAmI> = {}): WhoAmI =>
  who({ role: undefined, authType: 'oauth', displayName: undefined, grants: [], ...rest })

/** What a job requires: to write in acme. */
export const requirement = (rest: Partial<Requirement> = {}): Requirement => ({
  org: 'acme',
  scope: 'write',
  repositories: [],
  verify: 'strict',
  minLifetimeSeconds: 600,
  hubEndpoint: 'https://huggingface.co',
  ...rest,
})

export const STORED: Evidence = { kind: 'stored', howToStore: 'Store it.' }
export const MINTED: Evidence = { kind: 'minted', asked: ['repo.content.read', 'repo.write'] }
export const BOUND: Evidence & { kind: 'resource' } = {
  kind: 'resource',
  resource: 'acme/model',
  expiresAt: undefined,
}
export const OAUTH: Evidence & { kind: 'oauth' } = {
  kind: 'oauth',
  asked: ['write-repos'],
  granted: ['write-repos'],
  expiresAt: undefined,
}
