/** Every input of `rotate` with its default: the same as in `rotate/action.yml` (a test compares the two). */

/** `undefined`: no default of its own (required, or taken from the environment or from other inputs). */
export const ROTATION_INPUTS = {
  'hf-org': undefined,
  'role-to-assume': undefined,
  'role-chain': undefined,
  'session-tags': 'true',
  'aws-identity': 'oidc',
  'aws-region': undefined,
  mode: 'mint',
  'admin-secret-id': undefined,
  'admin-secret-key': 'token',
  'service-account': undefined,
  secrets: undefined,
  'secrets-file': undefined,
  'secret-key': 'token',
  'max-age': undefined,
  'warn-age': undefined,
  grace: '24h',
  proof: 'true',
  force: 'false',
  'dry-run': 'false',
  'fail-on': undefined,
  'unused-after': '30d',
  'ecs-services': undefined,
  'wait-for-services': 'false',
  audience: '{org}',
  'oidc-issuer': undefined,
  'id-token-from': 'github',
  'required-claims': undefined,
  'role-session-name': undefined,
  'role-duration-seconds': '900',
  'session-policy': 'auto',
  'hf-endpoint': undefined,
  timeout: '10m',
  'max-attempts': undefined,
} as const satisfies Record<string, string | undefined>

export type RotationInputName = keyof typeof ROTATION_INPUTS

export const ROTATION_INPUT_NAMES = Object.keys(ROTATION_INPUTS) as RotationInputName[]
