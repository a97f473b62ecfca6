/** Tokens as the Hub and their sources describe them, with readable defaults. */
import { factsOf as gathered, type TokenFacts } from '../../src/hub/facts/facts.ts'
import type { Grant, Membership, WhoAmI } from '../../src/hub/facts/whoami.ts'
import type { Requirement } from '../../src/hub/requirement.ts'
import { SCOPES } from '../../src/hub/scopes.ts'
import type { Evidence, MintedEvidence } from '../../src/hub/token.ts'

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
  id: 'id-of-rosa',
  name: 'rosa',
  principal: 'user',
  email: undefined,
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
  unknown: [],
  ...rest,
})

/** A token from `/oauth/token`. */
export const issued = (rest: Partial<WhoAmI> = {}): WhoAmI =>
  who({ role: undefined, authType: 'oauth', displayName: undefined, grants: [], ...rest })

/** What a job requires: to write in acme. */
export const requirement = ({ scope = 'write', ...rest }: Partial<Requirement> = {}): Requirement => ({
  org: 'acme',
  scope,
  scopes: SCOPES.filter((one) => scope.split('+').includes(one)),
  permissions: [],
  allow: [],
  repositories: [],
  repositoriesOnly: false,
  proofMaxAgeSeconds: 0,
  notation: 'input',
  verify: 'strict',
  minLifetimeSeconds: 600,
  hubEndpoint: 'https://huggingface.co',
  ...rest,
})

export const STORED: Evidence = { kind: 'stored', howToStore: 'Store it.' }
/** A token of whose rights only whoami-v2 tells. */
export const MINTED: MintedEvidence = {
  kind: 'minted',
  asked: ['repo.content.read', 'repo.write'],
  granted: undefined,
  beyond: [],
  repositories: [],
}
export const BOUND: Evidence & { kind: 'resource' } = {
  kind: 'resource',
  resource: 'acme/model',
  scopes: undefined,
  expiresAt: undefined,
}
export const OAUTH: Evidence & { kind: 'oauth' } = {
  kind: 'oauth',
  member: 'rosa@acme.example',
  asked: ['write-repos'],
  granted: ['write-repos'],
  expiresAt: undefined,
}

/** A token's value, as the Hub forms one of its kind. */
export function tokenValue(evidence: Evidence): string {
  if (evidence.kind === 'oauth') return 'hf_oauth_for-tests'
  if (evidence.kind !== 'resource') return 'hf_for-tests'
  return evidence.resource.includes('/') ? 'hf_jwt_for-tests' : 'hf_oauth_for-tests'
}

/** What is known of a token without asking about repositories. */
export function factsOf(who: WhoAmI | undefined, evidence: Evidence, label = ''): TokenFacts {
  return gathered(who, { evidence, value: tokenValue(evidence), label })
}
