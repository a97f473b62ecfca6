/** Every input with its default: the same as in `action.yml` (a test compares the two). */

/** `undefined`: no default of its own (required, or taken from the environment or from other inputs). */
export const INPUTS = {
  'hf-org': undefined,
  'token-source': 'secrets-manager',
  'role-to-assume': undefined,
  'role-chain': undefined,
  'session-tags': 'true',
  'aws-identity': 'oidc',
  'aws-region': undefined,
  scope: 'read',
  permissions: undefined,
  allow: undefined,
  'secret-id': 'huggingface/{org}/{scope}',
  'secret-key': 'token',
  'secret-version-stage': 'AWSCURRENT',
  'secret-version-id': undefined,
  audience: '{org}',
  'oidc-issuer': undefined,
  'id-token-from': 'github',
  'required-claims': undefined,
  repositories: undefined,
  'repositories-only': 'false',
  verify: 'strict',
  'accept-proof': 'true',
  'proof-max-age': '8d',
  'min-token-lifetime': '10m',
  'export-env': 'HF_TOKEN',
  'export-file': 'false',
  'git-credentials': 'false',
  'role-session-name': undefined,
  'role-duration-seconds': '900',
  'session-policy': 'auto',
  'hf-endpoint': undefined,
  'client-endpoint': undefined,
  'hf-resource': undefined,
  member: undefined,
  'oauth-scopes': undefined,
  'service-account': undefined,
  revoke: 'auto',
  'orphan-age': '24h',
  timeout: '60s',
  'max-attempts': undefined,
} as const satisfies Record<string, string | undefined>

export type InputName = keyof typeof INPUTS

export const INPUT_NAMES = Object.keys(INPUTS) as InputName[]
