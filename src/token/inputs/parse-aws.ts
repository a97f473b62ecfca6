/** The inputs that every source on AWS needs. */
import { sessionPolicy } from '../../aws/policies/session-policy.ts'
import type { AwsRequest, Role, SecretReference } from '../../aws/request.ts'
import { sessionName } from '../../aws/session-name.ts'
import type { Job } from '../../identity/job.ts'
import {
  MAX_POLICY,
  parseKey,
  parseRegion,
  parseRole,
  parseSecretId,
  parseSessionPolicy,
  ROLE_DURATION,
} from '../../inputs/aws.ts'
import { parseAwsEndpoints } from '../../inputs/aws-endpoints.ts'
import { wholeNumber } from '../../inputs/fields.ts'
import type { Problems } from '../../inputs/problems.ts'
import type { RawInputs } from '../../inputs/raw.ts'
import { quoted } from '../../text/printable.ts'
import type { InputName } from './definitions.ts'

/** What is asked of AWS; problems are added to `problems`. */
export function parseAws(
  values: Record<InputName, string>,
  raw: RawInputs<InputName>,
  job: Job,
  filled: (name: InputName) => string,
  problems: Problems,
): AwsRequest {
  const role = parseRole(filled('role-to-assume'), problems)
  const region = parseRegion(values['aws-region'] || raw.awsRegion, problems)
  const secret = parseSecret(filled('secret-id'), values, region, role, problems)
  const policy = parseSessionPolicy(values['session-policy'], problems)
  if (policy === 'auto' && (sessionPolicy(policy, role, secret)?.length ?? 0) > MAX_POLICY) {
    problems.add(
      'secret-id',
      `is too long for \`session-policy: auto\` (STS takes ${MAX_POLICY} characters); give the name instead of the ARN, or a policy`,
    )
  }
  return {
    role,
    region,
    roleSessionName: sessionName(values['role-session-name'], job),
    roleDurationSeconds: wholeNumber('role-duration-seconds', values, ROLE_DURATION.min, ROLE_DURATION.max, problems),
    sessionPolicy: policy,
    awsEndpoints: parseAwsEndpoints(raw.awsVariables, ['STS', 'SECRETS_MANAGER'], problems),
    secret,
  }
}

function parseSecret(
  id: string,
  values: Record<InputName, string>,
  region: string,
  role: Role,
  problems: Problems,
): SecretReference {
  const secretRegion = parseSecretId('secret-id', id, { region, role }, problems)
  const stage = values['secret-version-stage']
  if (!/^[^\s:]{1,256}$/.test(stage))
    problems.add('secret-version-stage', `is ${quoted(stage, 60)}, not a staging label`)
  return { id, key: parseKey('secret-key', values['secret-key'], problems), stage, region: secretRegion }
}
