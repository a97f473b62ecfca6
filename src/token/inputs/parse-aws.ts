/** The inputs that every source on AWS needs. */
import { sessionPolicy } from '../../aws/policies/session-policy.ts'
import type { AwsRequest, SecretReference } from '../../aws/request.ts'
import { sessionName } from '../../aws/session-name.ts'
import type { Job } from '../../identity/job.ts'
import {
  MAX_POLICY,
  parseKey,
  parseRegion,
  parseRole,
  parseSecretId,
  parseSessionPolicy,
  parseStage,
  ROLE_DURATION,
} from '../../inputs/aws.ts'
import { parseAwsEndpoints } from '../../inputs/aws-endpoints.ts'
import { wholeNumber } from '../../inputs/fields.ts'
import { checkPartition } from '../../inputs/partition.ts'
import type { Problems } from '../../inputs/problems.ts'
import type { RawInputs } from '../../inputs/raw.ts'
import { code, prose } from '../../text/message.ts'
import type { InputName } from './definitions.ts'

/** What is requested from AWS; `filled` fills in the placeholders of an input. */
export function parseAws(
  raw: RawInputs<InputName>,
  job: Job,
  filled: (name: InputName) => string,
  problems: Problems,
): AwsRequest {
  const { values } = raw
  const role = parseRole(filled('role-to-assume'), problems)
  const region = parseRegion(values['aws-region'] || raw.awsRegion, problems)
  checkPartition('role-to-assume', role, region, problems)
  const id = filled('secret-id')
  const secret: SecretReference = {
    id,
    key: parseKey('secret-key', values['secret-key'], problems),
    stage: parseStage(values['secret-version-stage'], problems),
    region: parseSecretId('secret-id', id, { region, role }, problems),
  }
  const policy = parseSessionPolicy(values['session-policy'], problems)
  if (policy === 'auto' && (sessionPolicy(policy, role, secret)?.length ?? 0) > MAX_POLICY) {
    problems.add(
      'secret-id',
      prose`is too long for ${code('session-policy: auto')}, because STS accepts at most ${MAX_POLICY} characters; use the secret's name instead of its ARN, or write the policy yourself`,
    )
  }
  return {
    role,
    region,
    roleSessionName: sessionName(values['role-session-name'], job),
    roleDurationSeconds: wholeNumber('role-duration-seconds', values, ROLE_DURATION, problems),
    sessionPolicy: policy,
    awsEndpoints: parseAwsEndpoints(raw.awsVariables, ['STS', 'SECRETS_MANAGER'], problems),
    secret,
  }
}
