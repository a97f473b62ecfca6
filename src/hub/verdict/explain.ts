/**
 * The likely cause of a problem and what to do about it, by what is wrong with the token and by what kind of token it is.
 * People replace only stored tokens by hand; for the other kinds, the secret on AWS holds what they were made with.
 */
import { ActionError, type ErrorCode, type Explanation } from '../../errors/action-error.ts'
import {
  block,
  type Code,
  code,
  joined,
  link,
  type Prose,
  partsOf,
  prefixed,
  prose,
  type Wording,
} from '../../text/message.ts'
import { printable } from '../../text/printable.ts'
import { asksToWrite, needsOf, settingOf } from '../asked-rights.ts'
import { type HubPages, hubPages, STATUS_PAGE } from '../pages.ts'
import type { Requirement } from '../requirement.ts'
import { READ, WRITE } from '../scopes.ts'
import type { Evidence } from '../token.ts'

/** What can be wrong with a token. */
export const TROUBLES = [
  /** The Hub does not accept it, or it has expired. */
  'dead',
  'expiring',
  'wrong-org',
  /** The organization is one of its owner's, and the Hub spells it differently. */
  'misspelled-org',
  /** What should be the organization is its owner. */
  'user-as-org',
  /** An admin has revoked its access to the organization. */
  'cut-off',
  'unapproved',
  /** The organization accepts fine-grained tokens only. */
  'classic',
  /** The organization requires two-factor authentication, a login by SSO, or certain IP addresses. */
  'mfa',
  'sso',
  'ip',
  /** The organization has a rule that the Hub did not have when this was written. */
  'unknown-rule',
  'too-narrow',
  'too-wide',
  /** It belongs to another member than the one who was named. */
  'wrong-member',
  /** It is a user access token, and another kind was requested. */
  'other-kind',
  /** It may not use one of the `repositories`. */
  'out-of-reach',
] as const
export type Trouble = (typeof TROUBLES)[number]

/** The likely cause, where it depends on the kind of token, and what to do. */
export type Remedy = Pick<Explanation, 'cause' | 'fix'>

/** What is known when a remedy is looked for. All text from outside must already be `printable`. */
export interface Case {
  request: Pick<Requirement, 'org' | 'scope' | 'scopes' | 'permissions' | 'allow' | 'hubEndpoint' | 'notation'>
  /** Where the token came from, in one phrase. */
  label?: string | undefined
  /** What the Hub calls the token. */
  displayName?: string | undefined
  /** How the Hub spells the organization. */
  spelling?: string | undefined
  /** The Hub's word for the rule of the organization. */
  rule?: string | undefined
  /** What `allow` would have to list, for the surplus rights to be accepted. */
  allow?: readonly string[] | undefined
}

interface Circumstances extends Case {
  org: string
  pages: HubPages
}

type Row = { [Kind in Evidence['kind']]: (known: Circumstances, evidence: Extract<Evidence, { kind: Kind }>) => Remedy }

/** The permission that a job needs on the repositories that it names. */
const toUse = ({ request }: Circumstances): Code => code(asksToWrite(request) ? WRITE : READ)

/** The permissions that a token for the job needs, as code. */
const needed = ({ request }: Circumstances): Prose =>
  joined(
    [...new Set([...(asksToWrite(request) ? [READ] : []), ...needsOf(request).flat()])].map((name) => code(name)),
    ' and ',
  )

/** The one line that accepts the surplus rights. */
const allowing = ({ allow, request }: Circumstances): Wording =>
  allow === undefined || allow.length === 0
    ? []
    : [
        prose`To accept ${allow.length === 1 ? 'this right' : 'these rights'} instead, ${request.notation === 'line' ? 'add this to the line of the secret' : 'add this line to the step'}:`,
        block(
          request.notation === 'line'
            ? `allow=${[...request.allow, ...allow].join(',')}`
            : `allow: ${[...request.allow, ...allow].join(' ')}`,
        ),
      ]

/** The setting that the job may have forgotten: with it, the right to write is no surplus. */
const writing = ({ allow = [], request }: Circumstances): Wording =>
  allow.includes(WRITE) && !asksToWrite(request) && request.permissions.length === 0
    ? [
        prose`If the job writes, request it: ${code(`scope${request.notation === 'line' ? '=' : ': '}write`)}. The token may stay as it is.`,
      ]
    : []

/** The same remedy for every kind of token. */
const always = (remedy: (known: Circumstances) => Remedy): Row => ({
  stored: remedy,
  minted: remedy,
  resource: remedy,
  oauth: remedy,
})

const create = ({ pages }: Circumstances): Wording => prose`Create a new fine-grained token at ${link(pages.newToken)}.`

/** Advice, then how the new token is created, then how it is stored. */
const replace = (before: readonly Wording[], known: Circumstances, howToStore: Wording): Wording =>
  [...before, create(known), howToStore].flatMap(partsOf)

const issued = ({ pages, org }: Circumstances): Remedy => ({
  cause: 'An admin revoked this token right after the Hub issued it.',
  fix: prose`Ask an admin of ${org} why (${link(pages.orgTokens(org))}), then re-run the job. It gets a new token.`,
})

const refused = (): Remedy => ({
  cause:
    'The Hub issued this token a moment ago but does not accept it. Either the Hub is having an incident, or somebody has already revoked the token.',
  fix: prose`Re-run the job. If the problem persists, check ${link(STATUS_PAGE)}.`,
})

const unapproved = ({ pages, org }: Circumstances): Remedy => ({
  cause: `An admin of ${org} must approve new tokens, and each job gets a new one.`,
  fix: prose`Ask an admin of ${org} (${link(pages.orgTokens(org))}) to accept tokens of this kind, or use a stored token that an admin has approved.`,
})

const otherKind = (): Remedy => ({
  cause: 'Something other than the Hub responded, or the Hub changed what it issues.',
  fix: prose`Check that ${code('hf-endpoint')} is the Hub.`,
})

const ownRepository = (): Remedy => ({
  cause: 'The publisher belongs to another repository.',
  fix: prose`The token of a trusted publisher reaches only its own repository. Set ${code('hf-resource')} to the repository that the job needs, or correct ${code('repositories')}.`,
})

const REMEDIES: Record<Trouble, Row> = {
  dead: {
    stored: (known, { howToStore }) => ({
      cause: 'The token was deleted or revoked on the Hub, it has expired, or a different value was stored by mistake.',
      fix: replace([], known, howToStore),
    }),
    minted: refused,
    resource: refused,
    oauth: refused,
  },
  expiring: {
    stored: (known, { howToStore }) => ({
      cause: 'The stored token is about to expire and has not been replaced.',
      fix: [
        ...partsOf(replace([], known, howToStore)),
        prose`If this job is short, you can lower ${code('min-token-lifetime')} instead.`,
      ],
    }),
    minted: ({ org, pages }) => ({
      cause: 'The Hub issues tokens for this service account with a shorter lifetime.',
      fix: prose`Lower ${code('min-token-lifetime')}, or ask an admin of ${org} whether the organization limits the lifetime of tokens (${link(pages.orgTokens(org))}).`,
    }),
    resource: () => ({
      cause: 'The token of a trusted publisher is valid for one hour.',
      fix: prose`Lower ${code('min-token-lifetime')}. If the job needs more time, use this action a second time in the job, or choose another ${code('token-source')}.`,
    }),
    oauth: ({ org, pages }) => ({
      cause: 'The OAuth app issues tokens with a shorter lifetime.',
      fix: prose`Lower ${code('min-token-lifetime')}, or increase the token duration on the app’s page (under ${link(pages.orgSettings(org))}).`,
    }),
  },
  'wrong-org': {
    stored: (known, { howToStore }) => ({
      cause: 'The secret holds a token of another organization, or the owner of the token has left.',
      fix: [
        prose`If the secret belongs to another organization, leave it as it is, and correct ${code('secret-id')} or ${code('hf-org')}.`,
        prose`Otherwise, create a fine-grained token as a member of ${known.org} at ${link(known.pages.newToken)}.`,
        ...partsOf(howToStore),
      ],
    }),
    minted: ({ org, pages }) => ({
      cause: prose`The Hub does not list the service account in ${org}, or ${code('hf-endpoint')} is not the Hub.`,
      fix: prose`Check ${code('hf-org')}, ${code('hf-endpoint')} and the service account (${link(pages.serviceAccounts(org))}). Leave the secret with the admin token as it is.`,
    }),
    resource: (_known, { resource }) => ({
      cause: 'The Hub endpoint returned a different token than the one requested.',
      fix: prose`Check that ${code('hf-endpoint')} is the Hub, and check the trusted publishers of ${printable(resource, 120)}.`,
    }),
    oauth: ({ org, pages }) => ({
      cause: prose`The ${code('member')} has left ${org}, or the OAuth app belongs to another organization.`,
      fix: prose`Check ${code('hf-org')} and ${code('member')} (${link(pages.orgMembers(org))}), and check that the app was created in ${org}. Leave the secret with the app as it is.`,
    }),
  },
  'misspelled-org': always(({ spelling = '' }) => ({
    cause: `The Hub spells the organization ${spelling}. The name must match exactly (case-sensitive), because AWS compares it with the audience of the ID token.`,
    fix: prose`Set ${code(`hf-org: ${spelling}`)}, and use the same spelling in the client IDs of the OIDC provider and in the trust policy.`,
  })),
  'user-as-org': always(({ org }) => ({
    cause: `${org} is a user, not an organization.`,
    fix: prose`Set ${code('hf-org')} to the slug of the organization.`,
  })),
  'cut-off': {
    stored: (known, { howToStore }) => ({
      cause: 'Admins usually do this when a token has leaked or its owner has left.',
      fix: replace(
        [prose`Ask an admin of ${known.org} why (${link(known.pages.orgTokens(known.org))}).`],
        known,
        howToStore,
      ),
    }),
    minted: issued,
    resource: issued,
    oauth: issued,
  },
  unapproved: {
    stored: ({ org, pages }) => ({
      cause: `In ${org}, an admin must approve new tokens, and this one has not been approved yet.`,
      fix: prose`Ask an admin of ${org} to approve it at ${link(pages.orgTokens(org))}, then re-run the job.`,
    }),
    minted: unapproved,
    resource: unapproved,
    oauth: unapproved,
  },
  classic: {
    stored: (known, { howToStore }) => ({
      cause: `${known.org} accepts fine-grained tokens only, and this is a classic token.`,
      fix: replace([], known, howToStore),
    }),
    minted: otherKind,
    resource: otherKind,
    oauth: otherKind,
  },
  mfa: always(() => ({
    cause: 'The organization requires two-factor authentication, and the account that owns the token does not use it.',
    fix: 'Turn on two-factor authentication for the account that owns the token (Settings, Authentication).',
  })),
  sso: always(() => ({
    cause:
      'The organization requires SSO login. The account that owns the token has not logged in with SSO, or its login has expired.',
    fix: 'Log in to the organization with SSO, as the account that owns the token. For unattended use, prefer a service account.',
  })),
  ip: always(() => ({
    cause: 'The organization accepts only certain IP addresses, and the runner’s address is not one of them.',
    fix: 'Run the job on a runner with a fixed address that the organization allows (self-hosted, or a larger runner with static IPs).',
  })),
  'unknown-rule': always(({ org, rule = '' }) => ({
    cause: 'The organization has a rule that this version of the action does not know.',
    fix: prose`Ask an admin of ${org} what the rule ${code(rule)} requires of tokens.`,
  })),
  'too-narrow': {
    stored: (known) => ({
      cause: 'The action read the secret of a different scope, or the token was created with too few permissions.',
      fix: prose`Give the token ${needed(known)} on ${known.org} (Settings, Access Tokens, Edit permissions), correct ${code('secret-id')}, or request less with ${code('scope')}.`,
    }),
    minted: (known) => ({
      cause: prose`${code('permissions')} does not include what ${settingOf(known.request)} requires, or the role of the service account in ${known.org} does not allow it.`,
      fix: prose`Add ${needed(known)} to ${code('permissions')} or leave ${code('permissions')} out, check the role of the service account (${link(known.pages.serviceAccounts(known.org))}), or request less with ${code('scope')}.`,
    }),
    resource: ownRepository,
    oauth: () => ({
      cause: 'The OAuth app or the member has fewer rights than the action requested.',
      fix: prose`Give the app these scopes on its page, or request fewer with ${code('oauth-scopes')} or ${code('scope')}.`,
    }),
  },
  'too-wide': {
    stored: (known, { howToStore }) => {
      const { org, pages } = known
      return {
        cause: 'The token was created for several purposes, or the action read the secret of a different scope.',
        fix: [
          ...partsOf(writing(known)),
          prose`Create a token for this purpose only at ${link(pages.newToken)}: under "Org permissions", choose ${org} and select only ${needed(known)}. Until then, ${code('verify: warn')} lets the job run.`,
          prose`If others need the rights of the current token, store the new one in a separate secret and set ${code('secret-id')} to that secret.`,
          ...prefixed('Otherwise, replace the current token. ', howToStore),
          ...partsOf(allowing(known)),
        ],
      }
    },
    minted: (known) => ({
      cause: 'The Hub gave the token more permissions than the action requested.',
      fix: [
        prose`Check the service account at ${link(known.pages.serviceAccounts(known.org))}. Leave the secret with the admin token as it is.`,
        ...partsOf(allowing(known)),
      ],
    }),
    resource: (known, { resource }) =>
      resource.includes('/')
        ? {
            cause: 'The trusted publisher is not set to read-only, or the Hub does not say that it is.',
            fix: [
              prose`Select "Read-only" for the trusted publisher on the settings page of ${printable(resource, 120)}, or set ${code('scope: write')} if the job needs to write.`,
              ...partsOf(allowing(known)),
            ],
          }
        : {
            cause: `The CI/CD access of ${printable(resource, 120)} includes more than reading, or the Hub does not say what it includes.`,
            fix: [
              prose`Remove what the job does not need from the CI/CD access of ${printable(resource, 120)} (${link(known.pages.authentication)}). Calls to Inference Providers are billed to this user.`,
              ...partsOf(allowing(known)),
            ],
          },
    oauth: (known) => ({
      cause: 'The Hub granted other scopes than the action requested.',
      fix: [
        'Remove the surplus scopes from the OAuth app on its page, or use a separate app for this job.',
        ...partsOf(allowing(known)),
      ],
    }),
  },
  'wrong-member': always(({ org, pages }) => ({
    cause: 'The Hub issued the token for a different account than the one with this email address.',
    fix: prose`Check ${code('member')} against ${link(pages.orgMembers(org))}. Leave the secret with the app as it is.`,
  })),
  'other-kind': always(() => ({
    cause: prose`Something other than the Hub responded at ${code('/oauth/token')}, or the Hub changed what it issues.`,
    fix: otherKind().fix,
  })),
  'out-of-reach': {
    stored: (known) => ({
      fix: prose`On the Hub (Settings, Access Tokens, Edit permissions), give ${known.displayName ? `the token "${known.displayName}"` : 'the token'} (stored in ${known.label || 'the secret'}) ${toUse(known)} on these repositories, or correct ${code('repositories')}.`,
    }),
    minted: (known) => ({
      fix: prose`Give the service account access to these repositories (through its role and resource groups in the organization), add ${toUse(known)} to ${code('permissions')}, or correct ${code('repositories')}.`,
    }),
    resource: () => ({ fix: ownRepository().fix }),
    oauth: () => ({
      fix: prose`Make sure that ${code('member')} may use these repositories, request more with ${code('oauth-scopes')}, or correct ${code('repositories')}.`,
    }),
  },
}

/** The likely cause and the remedy for a token of this kind. */
export function remedy(trouble: Trouble, evidence: Evidence, about: Case): Remedy {
  const { org, hubEndpoint } = about.request
  const known: Circumstances = { ...about, org, pages: hubPages(hubEndpoint) }
  const row = REMEDIES[trouble]
  switch (evidence.kind) {
    case 'stored':
      return row.stored(known, evidence)
    case 'minted':
      return row.minted(known, evidence)
    case 'resource':
      return row.resource(known, evidence)
    case 'oauth':
      return row.oauth(known, evidence)
  }
}

/** What is wrong with a token, next to what was expected. */
export interface Finding extends Pick<Explanation, 'failed' | 'seen' | 'expected' | 'cause'> {
  code: ErrorCode
  trouble: Trouble
}

/** A finding as an error that says what to do about a token of this kind. A cause of its own goes before the table's. */
export function explain(
  { code: errorCode, trouble, cause, ...observed }: Finding,
  evidence: Evidence,
  known: Case,
): ActionError {
  const found = remedy(trouble, evidence, known)
  return new ActionError(errorCode, { ...observed, ...found, ...(cause === undefined ? {} : { cause }) })
}
