/**
 * The likely cause of a problem and what to do about it, by what is wrong with the token and by what kind of token it is:
 * one table without a default. A cause is only what the Hub reported, or all that its answer leaves open. Only tokens
 * that are stored are replaced by hand; for the other kinds, the secret on AWS holds what they were made with.
 */
import type { Explanation } from '../../errors/action-error.ts'
import {
  block,
  code,
  type Inline,
  link,
  type Part,
  type Prose,
  partsOf,
  prefixed,
  prose,
  type Wording,
} from '../../text/message.ts'
import { printable } from '../../text/printable.ts'
import { asksToWrite, needsInWords } from '../asked-rights.ts'
import { coveringScope } from '../covering-scope.ts'
import { tokenInWords } from '../facts/describe.ts'
import { createToken } from '../new-token.ts'
import { hubPages, STATUS_PAGE } from '../pages.ts'
import type { Requirement } from '../requirement.ts'
import { permissionsOf, READ, REPOSITORY_RIGHTS, USER_RIGHTS, WRITE } from '../scopes.ts'
import type { Evidence } from '../token.ts'

/** What can be wrong with a token. */
export const TROUBLES = [
  /** The Hub does not accept it, and does not say why. */
  'dead',
  'expired',
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
  /** It is a classic token, which cannot be given individual permissions. */
  'classic-read',
  /** The role of its account limits it. */
  'low-role',
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
  request: Pick<
    Requirement,
    'org' | 'scope' | 'scopes' | 'permissions' | 'allow' | 'hubEndpoint' | 'notation' | 'repositoriesOnly'
  >
  /** Where the token came from, in one phrase: `stored in huggingface/acme/write`. */
  label?: string | undefined
  /** What the Hub calls the token. */
  displayName?: string | undefined
  /** Whose token the Hub says it is. */
  owner?: string | undefined
  /** How the Hub spells the organization. */
  spelling?: string | undefined
  /** The Hub's word for the rule of the organization. */
  rule?: string | undefined
  /** What `allow` would have to list, for the surplus rights to be accepted. */
  allow?: readonly string[] | undefined
  /** The permissions or OAuth scopes that the token lacks: one of each entry. */
  missing?: readonly (readonly string[])[] | undefined
  /** Whether the Hub says that the token manages service accounts, which nobody asked for. */
  managesAccounts?: boolean | undefined
  /** That some of the `repositories` are not the organization’s, as a sentence. */
  outside?: string | undefined
}

/** A case of one kind of token. */
export interface About<E extends Evidence = Evidence> extends Case {
  evidence: E
}

type Of<Kind extends Evidence['kind']> = About<Extract<Evidence, { kind: Kind }>>

/** The kinds of token, each with what is known of one. */
interface Kinds {
  /** Read from a secret by a job. */
  stored: Of<'stored'>
  /** Created by a person for a rotation. */
  provided: Of<'stored'>
  /** Stored, and able to manage service accounts: the secret is probably the one with the admin token. */
  adminToken: Of<'stored'>
  /** Minted for one job. */
  minted: Of<'minted'>
  /** Minted by a rotation. */
  rotated: Of<'minted'>
  /** Bound to a repository. */
  publisher: Of<'resource'>
  /** Bound to a user. */
  userPublisher: Of<'resource'>
  /** An organization's token exchange. */
  exchange: Of<'oauth'>
}
export const TOKEN_KINDS = [
  'stored',
  'provided',
  'adminToken',
  'minted',
  'rotated',
  'publisher',
  'userPublisher',
  'exchange',
] as const satisfies readonly (keyof Kinds)[]

type Row = { [Kind in keyof Kinds]: (about: Kinds[Kind]) => Remedy }

const pagesOf = ({ request }: Case) => hubPages(request.hubEndpoint)

/** A setting as the reader writes it. */
const setting = ({ request }: Case, name: string, value: string) =>
  code(request.notation === 'line' ? `${name}=${value}` : `${name}: ${value}`)

const missingIn = (about: Case): Prose => needsInWords(about.missing ?? [])

/** The permission that a job needs on the repositories that it names. */
const toUse = ({ request }: Case) => code(asksToWrite(request) ? WRITE : READ)

const askAdmin = (about: Case): Prose =>
  prose`Ask an admin of ${about.request.org} (${link(pagesOf(about).orgTokens(about.request.org))})`

const resourceOf = ({ evidence }: Of<'resource'>): string => printable(evidence.resource, 120)

const publisherPage = (about: Of<'resource'>) => link(pagesOf(about).repositorySettings(resourceOf(about)))

const accessPage = (about: Of<'resource'>) => link(pagesOf(about).authentication)

const accountPage = (about: Case) => link(pagesOf(about).serviceAccounts(about.request.org))

/** How a person creates the token that takes the place of this one. */
const create = ({ request }: Case, start?: string): Part[] => createToken(request, start)

/** How the new token is created, then how it is stored. */
const replace = (about: Of<'stored'>): Part[] => [...create(about), ...partsOf(about.evidence.howToStore)]

/** The ways to accept surplus rights, where the job wants them: another scope, or one more line. */
function accepting(about: Case, scope: string | undefined): Part[] {
  const { allow = [], request } = about
  if (allow.length === 0) return []
  const isToWrite = scope?.split('+').includes('write') && !asksToWrite(request)
  const isLine = request.notation === 'line'
  const isOne = allow.length === 1
  const who = isLine ? 'a reader of the secret' : 'the job'
  const where = isLine ? 'add this to the line of the secret' : 'add this line to the step'
  const line = isLine
    ? `allow=${[...request.allow, ...allow].join(',')}`
    : `allow: ${[...request.allow, ...allow].join(' ')}`
  return [
    ...(scope === undefined
      ? []
      : [
          prose`If ${who} ${isToWrite ? 'needs to write' : isOne ? 'needs this right' : 'needs these rights'}, set ${setting(about, 'scope', scope)}. You can keep this token.`,
        ]),
    prose`To accept ${isOne ? 'this right' : 'these rights'}${scope === undefined ? ' instead' : ' without changing the scope'}, ${where}:`,
    block(line),
  ]
}

/**
 * `remedies` with the ways to accept the rights, first if a scope covers them: then it may just have been forgotten. `most`:
 * all that a token of this kind may do, where that is limited.
 */
function orAccept(about: Case, remedies: Wording, most?: readonly string[]): Part[] {
  const scope = coveringScope(about.request, about.allow ?? [], most)
  const accepted = accepting(about, scope)
  return scope === undefined ? [...partsOf(remedies), ...accepted] : [...accepted, ...otherwise(remedies)]
}

/** The message with its first sentence as the alternative to what goes before. */
function otherwise(wording: Wording): Part[] {
  return prefixed('Otherwise, ', wording).map((part, at) =>
    at === 0 && part.kind === 'prose' ? { ...part, inlines: part.inlines.map(lowerFirst) } : part,
  )
}

/** The second piece of a sentence, which was its beginning before it got a prefix. */
const lowerFirst = (inline: Inline, at: number): Inline =>
  at === 1 && typeof inline === 'string' ? `${inline.charAt(0).toLowerCase()}${inline.slice(1)}` : inline

/** An OAuth token has no list of repositories. */
const unlimited = ({ request }: Case): Part[] =>
  request.repositoriesOnly
    ? [
        prose`The Hub cannot limit a token of this kind to repositories: remove ${code('repositories-only')}, or choose another ${code('token-source')}.`,
      ]
    : []

/** The same remedy for every kind of token. */
const always = (remedy: (about: Case) => Remedy): Row => ({
  stored: remedy,
  provided: remedy,
  adminToken: remedy,
  minted: remedy,
  rotated: remedy,
  publisher: remedy,
  userPublisher: remedy,
  exchange: remedy,
})

const otherKind = (): Remedy => ({
  cause: 'Something other than the Hub responded, or the Hub changed what it issues.',
  fix: prose`Check that ${code('hf-endpoint')} points to the Hub.`,
})

const EXPIRED = 'The token was not replaced before its expiry date.'

const outlived = (): Remedy => ({
  cause: 'The token expired before it was used, or this machine’s clock is wrong.',
  fix: prose`Check the clock of this machine, then re-run the job. If the problem persists, check ${link(STATUS_PAGE)}.`,
})

const refused = (): Remedy => ({
  cause:
    'The Hub issued this token a moment ago but does not accept it. Either the Hub is having an incident, or somebody has already revoked the token.',
  fix: prose`Re-run the job. If the problem persists, check ${link(STATUS_PAGE)}.`,
})

/** An admin's decision about single tokens does not reach the tokens of later jobs. */
const cutOff =
  (whose: string, next: string) =>
  (about: Case): Remedy => ({
    cause: CUT_OFF,
    fix: prose`${askAdmin(about)} why, and whether the organization accepts new tokens of ${whose}. ${next}`,
  })

const CUT_OFF =
  'The Hub reports that the organization has revoked this token’s access (restriction "token-revoked"), but not why.'
const replaceCutOff = (about: Of<'stored'>): Part[] => [
  prose`${askAdmin(about)} why.`,
  ...create(about, 'If the organization accepts a new token from you, create it at '),
  ...partsOf(about.evidence.howToStore),
]

const NEXT_JOB = 'If it does, re-run the job, which gets a new token.'

const unapproved =
  (whose: string) =>
  (about: Case): Remedy => ({
    cause: `${policyOf(about)} Each job gets a new token, so approving this one would not help the next job.`,
    fix: prose`${askAdmin(about)} to accept tokens of ${whose} without approving each one, or use a stored token that an admin has approved.`,
  })

const approve =
  (next: string) =>
  (about: Case): Remedy => ({
    cause: policyOf(about),
    fix: prose`Ask an admin of ${about.request.org} to approve it at ${link(pagesOf(about).orgTokens(about.request.org))}, then ${next}.`,
  })

const OTHER_SOURCE = prose` Otherwise, choose another ${code('token-source')}.`

const policyOf = ({ request: { org } }: Case): string =>
  `The Hub reports that the token policy of ${org} does not accept this token (restriction "token-policy"): an admin must approve it.`

/** `otherwise`: a sentence; empty where no other kind of token can take this one’s place. */
const exempt =
  (whose: string, rule: string, otherwise: Prose | '' = OTHER_SOURCE) =>
  (about: Case): Remedy => ({
    cause: `The Hub applies the organization’s rule on ${rule} to tokens of ${whose}.`,
    fix: prose`${askAdmin(about)} whether tokens of ${whose} can be exempt from the rule.${otherwise}`,
  })

const turnOn =
  (account: (about: Case) => string) =>
  (about: Case): Remedy => ({
    cause: 'The organization requires two-factor authentication.',
    fix: `Turn on two-factor authentication for ${account(about)} (Settings, Authentication).`,
  })

const logIn =
  (account: (about: Case) => string, advice = '') =>
  (about: Case): Remedy => ({
    cause: 'The organization requires a login by SSO that is still valid.',
    fix: `Log in to the organization with SSO as ${account(about)}.${advice}`,
  })

const itsOwner = ({ owner }: Case): string => `${owner ?? 'the account'}, who owns the token`
const itsMember = (): string => 'the member that the token acts for'
const ADVISE_ACCOUNT = ' For unattended use, prefer a service account.'

const spelled =
  (usesAws: boolean) =>
  (about: Case): Remedy => ({
    cause: `The Hub spells the organization ${about.spelling ?? ''}. The name must match exactly (case-sensitive)${usesAws ? ', because AWS compares it with the audience of the ID token' : ''}.`,
    fix: prose`Set ${code(`hf-org: ${about.spelling ?? ''}`)}${usesAws ? ', and use the same spelling in the client IDs of the OIDC provider and in the trust policy' : ''}.`,
  })

const userAsOrg = ({ request: { org } }: Case): Remedy => ({
  cause: `${org} is a user, not an organization.`,
  fix: prose`Set ${code('hf-org')} to the slug of the organization.`,
})

const userSpelled = ({ request: { org } }: Case): Remedy => ({
  cause: `${org} is a user, whose name must match exactly (case-sensitive).`,
  fix: prose`Set ${code('hf-org')} to the organization, or to the name of the user as the Hub spells it.`,
})

const shortAccount = (about: Case): Prose =>
  prose`ask an admin of ${about.request.org} whether the organization limits the lifetime of tokens (${link(pagesOf(about).orgTokens(about.request.org))})`

const lowerLifetime = code('min-token-lifetime')

const higherRole = (about: Case): Remedy => ({
  fix: prose`Ask an admin of ${about.request.org} to give the service account a role that includes it (${accountPage(about)}), or request less with ${code('scope')}.`,
})

const noClassicRead = (about: Of<'stored'>): Remedy => ({
  cause: 'It is a classic token, which cannot be given individual permissions.',
  fix: replace(about),
})

const give = (about: Case, wanted: Prose, or: Prose | string): Prose =>
  prose`Add ${wanted} to ${tokenInWords(about)} at ${link(pagesOf(about).tokens)} ("Edit permissions"), or ${or}.`

const notReached = ({ outside }: Case): string[] => [...(outside === undefined ? [] : [outside]), NOT_TOLD]

const NOT_TOLD =
  'A repository listed above does not exist, the token does not cover it, or it is gated and the token’s account has not accepted its terms. The Hub does not always say which.'

/** Whatever is wrong with it as a token for a job: it is there for something else. */
const leaveAdminToken = (about: Of<'stored'>): Remedy => ({
  cause:
    'The Hub says that this token manages service accounts, so the secret is probably the one with the admin token.',
  fix:
    about.request.notation === 'line'
      ? prose`Check that the line names the secret that you mean, and that nobody stored the admin token in it by mistake.`
      : prose`Leave the secret as it is, and set ${code('secret-id')} to the one with the token for this job. To have the action mint a token with the admin token, set ${code('token-source: service-account')}.`,
})

export const REMEDIES: Record<Trouble, Row> = {
  dead: {
    stored: (about) => ({
      cause: 'The token was deleted or revoked on the Hub, it has expired, or a different value was stored by mistake.',
      fix: replace(about),
    }),
    provided: (about) => ({
      cause: 'The token was deleted or revoked on the Hub, it has expired, or a different value was stored by mistake.',
      fix: replace(about),
    }),
    adminToken: leaveAdminToken,
    minted: refused,
    rotated: () => ({
      cause: 'The Hub is having an incident, or somebody has revoked the token since it was minted.',
      fix: prose`Run the rotation again; it mints another token. If the problem persists, check ${link(STATUS_PAGE)}.`,
    }),
    publisher: refused,
    userPublisher: refused,
    exchange: refused,
  },
  expired: {
    stored: (about) => ({ cause: EXPIRED, fix: replace(about) }),
    provided: (about) => ({ cause: EXPIRED, fix: replace(about) }),
    adminToken: leaveAdminToken,
    minted: outlived,
    rotated: (about) => ({
      cause: 'The token expired before it became the current one, or this machine’s clock is wrong.',
      fix: prose`Check the clock of this machine, then run the rotation again. If the problem persists, ${shortAccount(about)}.`,
    }),
    publisher: outlived,
    userPublisher: outlived,
    exchange: outlived,
  },
  expiring: {
    stored: (about) => ({
      cause: 'The stored token has an expiry date, and nobody has replaced it yet.',
      fix: [...replace(about), prose`If this job is short, you can lower ${lowerLifetime} instead.`],
    }),
    provided: (about) => ({
      cause: 'The token was created with an expiry date that is too soon.',
      fix: replace(about),
    }),
    adminToken: leaveAdminToken,
    minted: (about) => ({
      cause: 'The Hub issues tokens for this service account with a shorter lifetime.',
      fix: prose`Lower ${lowerLifetime}, or ${shortAccount(about)}.`,
    }),
    rotated: (about) => ({
      cause: 'The Hub issues tokens for this service account with a lifetime that is too short to store them.',
      fix: prose`Such tokens expire too soon to be stored; ${shortAccount(about)}.`,
    }),
    publisher: () => ({
      cause: 'The token of a trusted publisher is valid for one hour.',
      fix: prose`Lower ${lowerLifetime}. If the job needs more time, use this action a second time in the job, or choose another ${code('token-source')}.`,
    }),
    userPublisher: () => ({
      cause: 'A token of a user’s CI/CD access is valid for one hour.',
      fix: prose`Lower ${lowerLifetime}. If the job needs more time, use this action a second time in the job, or choose another ${code('token-source')}.`,
    }),
    exchange: (about) => ({
      cause: 'The OAuth app issues tokens with a shorter lifetime.',
      fix: prose`Lower ${lowerLifetime}, or increase the token duration on the app’s page (under ${link(pagesOf(about).orgSettings(about.request.org))}).`,
    }),
  },
  'wrong-org': {
    stored: (about) => ({
      cause: `The token’s account is not, or no longer, a member of ${about.request.org}, or the action read the secret of another organization.`,
      fix: [
        prose`If the secret belongs to another organization, leave it as it is, and correct ${code('secret-id')} or ${code('hf-org')}.`,
        ...create(about, `Otherwise, create a fine-grained token as a member of ${about.request.org} at `),
        ...partsOf(about.evidence.howToStore),
      ],
    }),
    provided: (about) => ({
      cause: `The token’s account is not, or no longer, a member of ${about.request.org}, or the line names the secret of another organization.`,
      fix: [
        prose`If the secret belongs to another organization, leave it as it is, and correct its line in ${code('secrets')} or ${code('hf-org')}.`,
        ...create(about, `Otherwise, create a fine-grained token as a member of ${about.request.org} at `),
        ...partsOf(about.evidence.howToStore),
      ],
    }),
    adminToken: leaveAdminToken,
    minted: (about) => ({
      cause: prose`The Hub does not list the service account in ${about.request.org}, or ${code('hf-endpoint')} is not the Hub.`,
      fix: prose`Check ${code('hf-org')}, ${code('hf-endpoint')} and the service account (${accountPage(about)}). Leave the secret with the admin token as it is.`,
    }),
    rotated: (about) => ({
      cause: prose`The Hub does not list the service account in ${about.request.org}, or ${code('hf-endpoint')} is not the Hub.`,
      fix: prose`Check ${code('hf-org')}, ${code('hf-endpoint')} and the service account (${accountPage(about)}). Leave the secret with the admin token as it is.`,
    }),
    publisher: (about) => ({
      cause: 'The Hub endpoint returned a different token than the one requested.',
      fix: prose`Check that ${code('hf-endpoint')} points to the Hub, and check the trusted publishers of ${resourceOf(about)} (${publisherPage(about)}).`,
    }),
    userPublisher: (about) => ({
      cause: 'The Hub endpoint returned a different token than the one requested.',
      fix: prose`Check that ${code('hf-endpoint')} points to the Hub, and check the CI/CD access of ${resourceOf(about)} (${accessPage(about)}).`,
    }),
    exchange: (about) => ({
      cause: prose`The ${code('member')} is not, or no longer, a member of ${about.request.org}, or the OAuth app belongs to another organization.`,
      fix: prose`Check ${code('hf-org')} and ${code('member')} (${link(pagesOf(about).orgMembers(about.request.org))}), and check that the app was created in ${about.request.org}. Leave the secret with the app as it is.`,
    }),
  },
  'misspelled-org': {
    stored: spelled(true),
    provided: spelled(true),
    adminToken: leaveAdminToken,
    minted: spelled(true),
    rotated: spelled(true),
    publisher: spelled(false),
    userPublisher: spelled(false),
    exchange: spelled(true),
  },
  'user-as-org': {
    stored: userAsOrg,
    provided: userAsOrg,
    adminToken: leaveAdminToken,
    minted: userAsOrg,
    rotated: userAsOrg,
    publisher: userSpelled,
    userPublisher: userAsOrg,
    exchange: userAsOrg,
  },
  'cut-off': {
    stored: (about) => ({
      cause: CUT_OFF,
      fix: replaceCutOff(about),
    }),
    provided: (about) => ({
      cause: CUT_OFF,
      fix: replaceCutOff(about),
    }),
    adminToken: leaveAdminToken,
    minted: cutOff('this service account', NEXT_JOB),
    rotated: cutOff('this service account', 'If it does, run the rotation again, which mints a new token.'),
    publisher: cutOff('trusted publishers', NEXT_JOB),
    userPublisher: cutOff('this user’s CI/CD access', NEXT_JOB),
    exchange: cutOff('this OAuth app', NEXT_JOB),
  },
  unapproved: {
    stored: approve('re-run the job'),
    provided: approve('run the rotation again'),
    adminToken: leaveAdminToken,
    minted: unapproved('this service account'),
    rotated: approve('run the rotation again: the token is in the pending version'),
    publisher: unapproved('trusted publishers'),
    userPublisher: unapproved('this user’s CI/CD access'),
    exchange: unapproved('this OAuth app'),
  },
  classic: {
    stored: (about) => ({
      cause: `${about.request.org} accepts fine-grained tokens only, and this is a classic token.`,
      fix: replace(about),
    }),
    provided: (about) => ({
      cause: `${about.request.org} accepts fine-grained tokens only, and this is a classic token.`,
      fix: replace(about),
    }),
    adminToken: leaveAdminToken,
    minted: otherKind,
    rotated: otherKind,
    publisher: otherKind,
    userPublisher: otherKind,
    exchange: otherKind,
  },
  mfa: {
    stored: turnOn(itsOwner),
    provided: turnOn(itsOwner),
    adminToken: leaveAdminToken,
    minted: exempt('this service account', 'two-factor authentication'),
    rotated: exempt('this service account', 'two-factor authentication', ''),
    publisher: exempt('trusted publishers', 'two-factor authentication'),
    userPublisher: (about) => turnOn(() => `the user ${resourceOf(about)}`)(about),
    exchange: turnOn(itsMember),
  },
  sso: {
    stored: logIn(itsOwner, ADVISE_ACCOUNT),
    provided: logIn(itsOwner, ADVISE_ACCOUNT),
    adminToken: leaveAdminToken,
    minted: exempt('this service account', 'SSO'),
    rotated: exempt('this service account', 'SSO', ''),
    publisher: exempt('trusted publishers', 'SSO'),
    userPublisher: (about) => logIn(() => `the user ${resourceOf(about)}`)(about),
    exchange: logIn(itsMember),
  },
  ip: always(() => ({
    cause: 'The organization accepts only certain IP addresses, and this machine’s address is not one of them.',
    fix: 'Use a machine with a fixed address that the organization allows (for a job: a self-hosted runner, or a larger runner with static IPs).',
  })),
  'unknown-rule': always(({ request: { org }, rule = '' }) => ({
    cause: 'The organization has a rule that this version of the action does not know.',
    fix: prose`Ask an admin of ${org} what the rule ${code(rule)} requires of tokens.`,
  })),
  'too-narrow': {
    stored: (about) => ({
      fix: give(
        about,
        prose`${missingIn(about)} on ${about.request.org}`,
        prose`request less with ${code('scope')}. If this is not the secret you meant, correct ${code('secret-id')}`,
      ),
    }),
    provided: (about) => ({
      fix: give(
        about,
        prose`${missingIn(about)} on ${about.request.org}`,
        prose`request less with ${code('scope=')} in the line of the secret`,
      ),
    }),
    adminToken: leaveAdminToken,
    minted: (about) => ({
      cause: 'The Hub granted the token less than the action requested.',
      fix: prose`The token needs ${missingIn(about)}. Check the role of the service account (${accountPage(about)}), or request less with ${code('scope')} or ${code('permissions')}.`,
    }),
    rotated: (about) => ({
      cause: 'The Hub granted the token less than the action requested.',
      fix: prose`The token needs ${missingIn(about)}. Check the role of the service account (${accountPage(about)}), or request less with ${code('scope=')} or ${code('permissions=')} in the line of the secret.`,
    }),
    publisher: (about) => ({
      cause: `The Hub granted the trusted publisher of ${resourceOf(about)} less than the job requires.`,
      fix: prose`A publisher that is "Read-only" cannot write. Change it on the settings page (${publisherPage(about)}), or request less with ${code('scope')}.`,
    }),
    userPublisher: (about) => ({
      cause: `The Hub granted the CI/CD access of ${resourceOf(about)} less than the job requires.`,
      fix: prose`Add what is missing to this access (${accessPage(about)}), or request less with ${code('scope')}.`,
    }),
    exchange: () => ({
      cause: 'The Hub granted fewer scopes than the action requested.',
      fix: prose`Give the app these scopes on its page, check that the member has these rights, or request fewer with ${code('oauth-scopes')} or ${code('scope')}.`,
    }),
  },
  'classic-read': {
    stored: noClassicRead,
    provided: noClassicRead,
    adminToken: leaveAdminToken,
    minted: otherKind,
    rotated: otherKind,
    publisher: otherKind,
    userPublisher: otherKind,
    exchange: otherKind,
  },
  'low-role': {
    stored: (about) => ({
      fix: prose`Ask an admin of ${about.request.org} to give ${itsOwner(about)}, a higher role (${link(pagesOf(about).orgMembers(about.request.org))}), or request less with ${code('scope')}.`,
    }),
    provided: (about) => ({
      fix: prose`Ask an admin of ${about.request.org} to give ${itsOwner(about)}, a higher role (${link(pagesOf(about).orgMembers(about.request.org))}), or request less with ${code('scope=')} in the line of the secret.`,
    }),
    adminToken: leaveAdminToken,
    minted: higherRole,
    rotated: higherRole,
    publisher: otherKind,
    userPublisher: (about) => ({
      fix: prose`Ask an admin of ${about.request.org} to give the user ${resourceOf(about)} a higher role (${link(pagesOf(about).orgMembers(about.request.org))}), or request less with ${code('scope')}.`,
    }),
    exchange: (about) => ({
      fix: prose`Ask an admin of ${about.request.org} to give the ${code('member')} a higher role (${link(pagesOf(about).orgMembers(about.request.org))}), or request less with ${code('scope')}.`,
    }),
  },
  'too-wide': {
    stored: (about) => ({
      fix: orAccept(about, [
        ...create(about, 'Create a dedicated token at '),
        prose`Until then, ${code('verify: warn')} lets the job run.`,
        prose`If others need the rights of the current token, store the new one in a separate secret and set ${code('secret-id')} to that secret.`,
        ...prefixed('If nobody else needs them, replace the current token. ', about.evidence.howToStore),
      ]),
    }),
    provided: (about) => ({
      fix: orAccept(about, [...create(about, 'Create a dedicated token at '), ...partsOf(about.evidence.howToStore)]),
    }),
    adminToken: leaveAdminToken,
    minted: (about) => ({
      cause: 'The Hub gave the token more permissions than the action requested.',
      fix: orAccept(
        about,
        prose`Check the service account at ${accountPage(about)}. Leave the secret with the admin token as it is.`,
      ),
    }),
    rotated: (about) => ({
      cause: 'The Hub gave the token more permissions than the action requested.',
      fix: orAccept(
        about,
        prose`Check the service account at ${accountPage(about)}. Leave the secret with the admin token as it is.`,
      ),
    }),
    publisher: (about) => {
      const { request, allow } = about
      const isWriting = allow === undefined || allow.some((item) => permissionsOf(item)?.includes(WRITE))
      const page = publisherPage(about)
      return asksToWrite(request) || !isWriting
        ? {
            cause: `The Hub gave the trusted publisher of ${resourceOf(about)} more than the job requested.`,
            fix: orAccept(about, prose`Check the trusted publisher on the settings page (${page}).`, REPOSITORY_RIGHTS),
          }
        : {
            cause: 'The trusted publisher is not set to read-only, or the Hub does not say that it is.',
            fix: orAccept(
              about,
              prose`If the job only reads, select "Read-only" for the trusted publisher of ${resourceOf(about)} on the settings page (${page}).`,
              REPOSITORY_RIGHTS,
            ),
          }
    },
    userPublisher: (about) => ({
      cause: `The CI/CD access of ${resourceOf(about)} includes more than the job requested, or the Hub does not say what it includes.`,
      fix: orAccept(
        about,
        [
          prose`Remove what the job does not need from the CI/CD access of ${resourceOf(about)} (${accessPage(about)}). Calls to Inference Providers are billed to this user.`,
          ...unlimited(about),
        ],
        USER_RIGHTS,
      ),
    }),
    exchange: (about) => ({
      cause: 'The Hub granted more than the action requested.',
      fix: orAccept(about, [
        'Remove the surplus scopes from the OAuth app on its page, or use a separate app for this job.',
        ...unlimited(about),
      ]),
    }),
  },
  'wrong-member': {
    stored: otherKind,
    provided: otherKind,
    adminToken: leaveAdminToken,
    minted: otherKind,
    rotated: otherKind,
    publisher: otherKind,
    userPublisher: otherKind,
    exchange: (about) => ({
      cause: 'The Hub issued the token for a different account than the one with this email address.',
      fix: prose`Check ${code('member')} against ${link(pagesOf(about).orgMembers(about.request.org))}. Leave the secret with the app as it is.`,
    }),
  },
  'other-kind': always(otherKind),
  'out-of-reach': {
    stored: (about) => ({
      cause: notReached(about),
      fix: give(about, prose`${toUse(about)} on these repositories`, prose`correct ${code('repositories')}`),
    }),
    provided: (about) => ({
      cause: notReached(about),
      fix: give(
        about,
        prose`${toUse(about)} on these repositories`,
        prose`correct ${code('repositories=')} in the line of the secret`,
      ),
    }),
    adminToken: leaveAdminToken,
    minted: (about) => ({
      cause: notReached(about),
      fix: prose`If the list of repositories is correct, give the service account access to them through its role and resource groups (${accountPage(about)}), and make sure that ${code('permissions')}, if set, includes ${toUse(about)}. Otherwise, correct ${code('repositories')}.`,
    }),
    rotated: (about) => ({
      cause: notReached(about),
      fix: prose`If the list of repositories is correct, give the service account access to them through its role and resource groups (${accountPage(about)}), and make sure that ${code('permissions=')}, if set, includes ${toUse(about)}. Otherwise, correct ${code('repositories=')} in the line of the secret.`,
    }),
    publisher: (about) => ({
      cause: `The token of a trusted publisher reaches only the publisher’s own repository, ${resourceOf(about)}. If the publisher is read-only, the token cannot write there.`,
      fix: prose`If the job needs another repository, set ${code('hf-resource')} to it. Otherwise, correct ${code('repositories')}, or check the trusted publisher on the settings page (${publisherPage(about)}).`,
    }),
    userPublisher: (about) => ({
      cause: NOT_TOLD,
      fix: prose`Make sure that the user ${resourceOf(about)} may read these repositories and has accepted their terms, or correct ${code('repositories')}.`,
    }),
    exchange: (about) => ({
      cause: notReached(about),
      fix: prose`Make sure that ${code('member')} may use these repositories, request more with ${code('oauth-scopes')}, or correct ${code('repositories')}.`,
    }),
  },
}
