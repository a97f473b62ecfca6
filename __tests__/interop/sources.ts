/** Every token source, as the sandbox's world has it. */
import { ORG, roleArn, type Sandbox, secretName } from '../../sandbox/index.ts'

export interface Source {
  /** The inputs that it adds to the stage's, or changes. */
  inputs(sandbox: Sandbox): Record<string, string>
  /** The Hub's name for whoever the token is of. */
  identity: string
  /** The token is made for the job alone; otherwise it is a stored one, and outlives the job. */
  minted: boolean
  /** Post revokes it; a minted one that expires within the hour is left to. */
  revoked: boolean
}

export const SOURCES: Record<string, Source> = {
  'secrets-manager': {
    inputs: () => ({ 'token-source': 'secrets-manager' }),
    identity: `${ORG}-ci`,
    minted: false,
    revoked: false,
  },
  'trusted-publisher': {
    inputs: () => ({ 'token-source': 'trusted-publisher', 'role-to-assume': '', 'hf-resource': `${ORG}/model` }),
    // The repository was made by nobody: the token is of the organization's first member.
    identity: `${ORG}-ci`,
    minted: true,
    revoked: false,
  },
  'token-exchange': {
    inputs: ({ minting }) => ({
      'token-source': 'token-exchange',
      'role-to-assume': roleArn('exchange'),
      'secret-id': secretName('oauth'),
      member: minting.member,
      revoke: 'true',
    }),
    identity: 'ml-engineer',
    minted: true,
    revoked: true,
  },
  'service-account': {
    inputs: ({ minting }) => ({
      'token-source': 'service-account',
      'role-to-assume': roleArn('accounts'),
      'secret-id': secretName('service-accounts'),
      'service-account': minting.serviceAccount.name,
    }),
    identity: 'ci',
    minted: true,
    revoked: true,
  },
}
