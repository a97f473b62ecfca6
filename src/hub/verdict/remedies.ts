/**
 * What to do about a token that does not pass, by what is wrong with it and by what kind of token it is. Only a stored
 * token is replaced by hand; of the other kinds, the secret on AWS holds what they were made with.
 */
import type { Explanation } from '../../errors/action-error.ts'
import { partsOf, prefixed } from '../../text/message.ts'
import { printable } from '../../text/printable.ts'
import { type HubPages, hubPages, STATUS_PAGE } from '../pages.ts'
import type { Requirement } from '../requirement.ts'
import type { Scope } from '../scopes.ts'
import { NEEDED } from '../scopes.ts'
import type { Evidence } from '../token.ts'

/** What can be wrong with a token. */
export const TROUBLES = [
  /** The Hub does not accept it, or it has expired. */
  'dead',
  'expiring',
  'wrong-org',
  /** An admin has revoked its access to the organization. */
  'cut-off',
  'unapproved',
  /** The organization accepts fine-grained tokens only. */
  'classic',
  'too-narrow',
  'too-wide',
  /** It may not use one of the `repositories`. */
  'out-of-reach',
] as const
export type Trouble = (typeof TROUBLES)[number]

/** The likely cause, where it depends on the kind of token, and what to do. */
export type Remedy = Pick<Explanation, 'cause' | 'fix'>

/** What is known when a remedy is looked for. */
export interface Case {
  request: Pick<Requirement, 'org' | 'scope' | 'hubEndpoint'>
  /** Where the token came from, in one phrase. */
  label?: string | undefined
  /** What the Hub calls the token. */
  displayName?: string | undefined
}

interface Facts extends Omit<Case, 'request'> {
  org: string
  scope: Scope
  pages: HubPages
}

/** The permission that a job with this scope needs on the repositories that it names. */
const toUse = (scope: Scope): string => (scope === 'read' ? NEEDED.read : NEEDED.write)

type Row = { [Kind in Evidence['kind']]: (facts: Facts, evidence: Extract<Evidence, { kind: Kind }>) => Remedy }

const issued = ({ pages, org }: Facts): Remedy => ({
  cause: 'an admin revoked this token right after the Hub had issued it.',
  fix: `Ask an admin of ${org} (${pages.orgTokens(org)}), then re-run the job: it gets a new token.`,
})

const refused = (): Remedy => ({
  cause:
    'the Hub issued this token a moment ago and does not accept it: the Hub has an incident, or somebody has revoked the token since.',
  fix: `Re-run the job. If the problem persists, look at ${STATUS_PAGE}.`,
})

const unapproved = ({ pages, org }: Facts): Remedy => ({
  cause: `an admin of ${org} has to approve new tokens, and each job gets a new one.`,
  fix: `Ask an admin of ${org} (${pages.orgTokens(org)}) to accept tokens of this kind, or use a stored token that an admin has approved.`,
})

const otherKind = (): Remedy => ({
  cause: 'something other than the Hub answered, or the Hub changed what it issues.',
  fix: 'Check that `hf-endpoint` is the Hub.',
})

const ownRepository = (): Remedy => ({
  cause: 'the publisher belongs to another repository.',
  fix: "A trusted publisher's token reaches its own repository alone: set `hf-resource` to the one that is needed, or correct `repositories`.",
})

const REMEDIES: Record<Trouble, Row> = {
  dead: {
    stored: ({ pages }, { howToStore }) => ({
      cause: 'the token was deleted or revoked on the Hub, it has expired, or another one was stored by mistake.',
      fix: [`Create a new fine-grained token: ${pages.newToken}`, ...partsOf(howToStore)],
    }),
    minted: refused,
    resource: refused,
    oauth: refused,
  },
  expiring: {
    stored: ({ pages }, { howToStore }) => ({
      cause: 'the stored token is about to expire and has not been replaced.',
      fix: [
        `Create a new fine-grained token: ${pages.newToken}`,
        ...partsOf(howToStore),
        `If this job is short, lower \`min-token-lifetime\` instead.`,
      ],
    }),
    minted: ({ org, pages }) => ({
      cause: 'the Hub issues tokens of this service account for a shorter time.',
      fix: `Lower \`min-token-lifetime\`, or ask an admin of ${org} whether the organization limits the lifetime of tokens (${pages.orgTokens(org)}).`,
    }),
    resource: () => ({
      cause: 'the token of a trusted publisher lives for one hour.',
      fix: 'Lower `min-token-lifetime`. A job that needs more time uses this action a second time, or another `token-source`.',
    }),
    oauth: ({ org, pages }) => ({
      cause: 'the OAuth app issues tokens for a shorter time.',
      fix: `Lower \`min-token-lifetime\`, or raise the token duration on the app’s page (under ${pages.orgSettings(org)}).`,
    }),
  },
  'wrong-org': {
    stored: ({ org, pages }, { howToStore }) => ({
      cause: 'the secret holds the token of another organization, or the owner of the token has left.',
      fix: [
        `If the secret belongs to another organization, leave it as it is, and correct \`secret-id\` or \`hf-org\`.`,
        `Otherwise create a fine-grained token as a member of ${org}: ${pages.newToken}`,
        ...partsOf(howToStore),
      ],
    }),
    minted: ({ org, pages }) => ({
      cause: `the Hub does not list the service account in ${org}, or \`hf-endpoint\` is not the Hub.`,
      fix: `Check \`hf-org\`, \`hf-endpoint\` and the service account (${pages.serviceAccounts(org)}). The secret with the admin token stays as it is.`,
    }),
    resource: (_facts, { resource }) => ({
      cause: 'the endpoint in use answered with another token than the one that was asked for.',
      fix: `Check that \`hf-endpoint\` is the Hub, and the trusted publishers of ${printable(resource, 120)}.`,
    }),
    oauth: ({ org, pages }) => ({
      cause: `the \`member\` has left ${org}, or the OAuth app belongs to another organization.`,
      fix: `Check \`hf-org\`, \`member\` (${pages.orgMembers(org)}), and that the app was created in ${org}. The secret with the app stays as it is.`,
    }),
  },
  'cut-off': {
    stored: ({ org, pages }, { howToStore }) => ({
      cause: 'an admin revoked the token, mostly because it leaked or because its owner left.',
      fix: [
        `Ask an admin of ${org} why (${pages.orgTokens(org)}). Then create a new fine-grained token: ${pages.newToken}`,
        ...partsOf(howToStore),
      ],
    }),
    minted: issued,
    resource: issued,
    oauth: issued,
  },
  unapproved: {
    stored: ({ org, pages }) => ({
      cause: `${org} wants new tokens to be approved by an admin, and this one was not yet.`,
      fix: `An admin approves it at ${pages.orgTokens(org)}; then re-run the job.`,
    }),
    minted: unapproved,
    resource: unapproved,
    oauth: unapproved,
  },
  classic: {
    stored: ({ org, pages }, { howToStore }) => ({
      cause: `${org} accepts fine-grained tokens only, and this is a classic token.`,
      fix: [`Create a fine-grained token: ${pages.newToken}`, ...partsOf(howToStore)],
    }),
    minted: otherKind,
    resource: otherKind,
    oauth: otherKind,
  },
  'too-narrow': {
    stored: ({ org, scope }) => ({
      cause: 'the secret of another scope was read, or the token was created with too few permissions.',
      fix: `Give the token \`${NEEDED[scope]}\` on ${org} (Settings, Access Tokens, Edit permissions), correct \`secret-id\`, or ask for less with \`scope\`.`,
    }),
    minted: ({ org, scope, pages }) => ({
      cause: `\`permissions\` leaves out what \`scope: ${scope}\` stands for, or the role of the service account in ${org} does not allow it.`,
      fix: `Add \`${NEEDED[scope]}\` to \`permissions\` or leave \`permissions\` out, check the role of the service account (${pages.serviceAccounts(org)}), or ask for less with \`scope\`.`,
    }),
    resource: ownRepository,
    oauth: () => ({
      cause: 'the OAuth app, or the member, has fewer rights than were asked for.',
      fix: 'Give the app these scopes on its page, or ask for fewer with `oauth-scopes` or `scope`.',
    }),
  },
  'too-wide': {
    stored: ({ org, scope, pages }, { howToStore }) => ({
      cause: 'the token was created for several uses at once, or the secret of another scope was read.',
      fix: [
        `Create a token for this use alone: ${pages.newToken}, choose ${org} under "Org permissions" and only \`${NEEDED[scope]}\`${scope === 'write' ? ' and `repo.content.read`' : ''}. Until then \`verify: warn\` lets the job run.`,
        `If others need the rights of the present token, store the new one in a secret of its own, and name that in \`secret-id\`.`,
        ...prefixed('Otherwise replace the present token. ', howToStore),
      ],
    }),
    minted: ({ org, pages }) => ({
      cause: 'the Hub gave the token more than was asked for.',
      fix: `If the job may have these rights, add them to \`permissions\`. Otherwise look at the service account (${pages.serviceAccounts(org)}). The secret with the admin token stays as it is.`,
    }),
    resource: (_facts, { resource }) => ({
      cause: 'the trusted publisher was not made read-only.',
      fix: `Tick "Read-only" at the trusted publisher on the settings page of ${printable(resource, 120)}, or set \`scope: write\` if the job writes.`,
    }),
    oauth: () => ({
      cause: 'the Hub gave the app’s own scopes instead of those that were asked for.',
      fix: 'Take the surplus scopes from the OAuth app on its page, or use an app of its own for this scope.',
    }),
  },
  'out-of-reach': {
    stored: ({ label, displayName, scope }) => ({
      fix: `On the Hub (Settings, Access Tokens, Edit permissions) let ${displayName ? `the token "${printable(displayName, 80)}"` : 'the token'} that is stored in ${label ?? 'the secret'} cover these repositories, with \`${toUse(scope)}\`, or correct \`repositories\`.`,
    }),
    minted: ({ scope }) => ({
      fix: `Let the service account use these repositories (its role and resource groups in the organization), add \`${toUse(scope)}\` to \`permissions\`, or correct \`repositories\`.`,
    }),
    resource: () => ({ fix: ownRepository().fix }),
    oauth: () => ({
      fix: 'Make sure that `member` may use these repositories, ask for more with `oauth-scopes`, or correct `repositories`.',
    }),
  },
}

/** The likely cause and the remedy for a token of this kind. */
export function remedy(trouble: Trouble, evidence: Evidence, { request, ...known }: Case): Remedy {
  const { org, scope, hubEndpoint } = request
  const facts: Facts = { org, scope, pages: hubPages(hubEndpoint), ...known }
  const row = REMEDIES[trouble]
  switch (evidence.kind) {
    case 'stored':
      return row.stored(facts, evidence)
    case 'minted':
      return row.minted(facts, evidence)
    case 'resource':
      return row.resource(facts, evidence)
    case 'oauth':
      return row.oauth(facts, evidence)
  }
}
