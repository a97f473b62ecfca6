/** Who can usually do what a message asks for, by its code. An explanation that knows better says so itself. */

const AUTHORS = 'Anyone who can change this workflow.'
const TOKEN =
  'The people who manage the token: its owner on the Hub and, for a stored one, those who can write its secret. For a token that is minted for each job, the admins of the organization or the repository.'
const ORGANIZATION = 'The admins of the organization on the Hub.'
const ROLE_ACCOUNT = 'The people who administer the AWS account of the role.'
const SECRET_ACCOUNT = 'The people who administer the AWS account of the secret.'

/** By code. `action-error.ts` makes sure that each has an entry. */
export const WHO = {
  'input-invalid': 'Anyone who can change the inputs and variables named above.',
  'oidc-permission-missing': AUTHORS,
  'oidc-unavailable-for-fork': AUTHORS,
  'oidc-request-failed': 'The people who operate the server that runs this workflow.',
  'id-token-invalid':
    'Anyone who can change this workflow. If a proxy or firewall is the cause, the people who operate this runner.',
  'audience-mismatch': AUTHORS,
  'claim-rejected': 'Anyone who can change this workflow. Before you widen a rule, ask the people who wrote it.',
  'role-trust-rejected': ROLE_ACCOUNT,
  'aws-identity-unavailable': 'Anyone who can change this workflow, or the people who operate this machine.',
  'oidc-provider-missing': ROLE_ACCOUNT,
  'audience-not-registered': ROLE_ACCOUNT,
  'sts-failed': 'Anyone who can change this workflow. For settings of the AWS account, the people who administer it.',
  'secret-not-found': SECRET_ACCOUNT,
  'secret-access-denied': SECRET_ACCOUNT,
  'secret-kms-denied': SECRET_ACCOUNT,
  'secret-malformed': 'The people who can write the secret.',
  'secret-failed': SECRET_ACCOUNT,
  'token-malformed': TOKEN,
  'token-rejected': TOKEN,
  'token-expired': TOKEN,
  'token-expiring': TOKEN,
  'token-wrong-org': TOKEN,
  'token-over-scoped': TOKEN,
  'token-under-scoped': TOKEN,
  'token-pending-approval': ORGANIZATION,
  'token-revoked-by-org': ORGANIZATION,
  'org-restricted': ORGANIZATION,
  'exchange-rejected': 'The admins of the organization or the repository on the Hub.',
  'hub-rate-limited': 'Anyone who can change how or when these jobs run.',
  'hub-failed': 'Hugging Face, if it has an incident. Otherwise, the people who operate the server that responded.',
  'network-unreachable': 'The people who administer the network of this machine.',
  'deadline-exceeded':
    'The people who administer the network of this machine. Anyone who can change this workflow can raise the limit.',
  'delivery-failed': 'The people who operate this runner.',
  'rotation-blocked': 'Anyone who can change this rotation, and the people who can write the secret.',
  'rotation-overdue': 'The people who provide the new tokens of this secret.',
  'inventory-finding': 'The people who manage these tokens, and the admins of the organization on the Hub.',
  'inventory-incomplete': 'Anyone who can change this workflow, and the admins of the organization on the Hub.',
  'deployment-failed': 'The people who operate the service, and those who administer its AWS account.',
  'internal-error': 'The maintainers of this action.',
} as const
