/** Environment of the rotation function → what its steps need, in the words of the inputs of `rotate`. */

import type { AwsEndpoints } from '../../aws/endpoints.ts'
import type { Role, SecretReference } from '../../aws/request.ts'
import { DEFAULT_HUB } from '../../hub/pages.ts'
import { parseKey, parseRegion, parseSecretId } from '../../inputs/aws.ts'
import { parseAwsEndpoints } from '../../inputs/aws-endpoints.ts'
import { duration, flag, givenNumber } from '../../inputs/fields.ts'
import { parseEndpoint, parseOrg } from '../../inputs/hub.ts'
import { Problems } from '../../inputs/problems.ts'
import { MOST_CALLS } from '../../net/backoff.ts'
import { MAX_GRACE_SECONDS, type StepsRequest } from '../request.ts'
import { ROTATION_INPUTS } from './definitions.ts'
import { parseSecretLines } from './secret-lines.ts'
import { parseServiceLines } from './service-lines.ts'

/** What the function is set up to do. */
export interface FunctionRequest extends StepsRequest {
  admin: SecretReference
  account: string
  region: string
  role: Role
  awsEndpoints: AwsEndpoints
}

/** Source: AWS Lambda developer guide, context object, `invokedFunctionArn`. */
const FUNCTION_ARN = /^arn:([\w-]+):lambda:([\w-]+):(\d{12}):function:/

/**
 * Reads `HF_ORG`, `ADMIN_SECRET_ID`, `ADMIN_SECRET_KEY`, `SERVICE_ACCOUNT`, `SECRETS`, `SECRET_KEY`, `GRACE`,
 * `ECS_SERVICES`, `PROOF`, `HF_ENDPOINT`, `MAX_ATTEMPTS` and Lambda's own `AWS_REGION`.
 *
 * @throws `ActionError` `input-invalid` listing every problem.
 */
export function parseFunction(env: NodeJS.ProcessEnv, functionArn: string): FunctionRequest {
  const problems = new VariableProblems()
  const given = (name: string, otherwise = '') => (env[name] ?? '').trim() || otherwise
  const [, partition = 'aws', , account = ''] = FUNCTION_ARN.exec(functionArn) ?? []
  const role: Role = { arn: 'of this function', partition, account }
  const region = parseRegion(given('AWS_REGION'), problems)
  const org = parseOrg(given('HF_ORG'), problems)
  const services = parseServiceLines(given('ECS_SERVICES'), problems)

  const adminId = given('ADMIN_SECRET_ID').replaceAll('{org}', org)
  const adminRegion = parseSecretId('ADMIN_SECRET_ID', adminId, { region, role }, problems)
  const serviceAccount = given('SERVICE_ACCOUNT')
  if (serviceAccount === '') problems.add('SERVICE_ACCOUNT', 'is required: the slug of the service account')
  const numbers = {
    GRACE: given('GRACE', ROTATION_INPUTS.grace),
    PROOF: given('PROOF', ROTATION_INPUTS.proof),
    MAX_ATTEMPTS: given('MAX_ATTEMPTS'),
  }
  const key = parseKey('SECRET_KEY', given('SECRET_KEY', ROTATION_INPUTS['secret-key']), problems)
  const request: FunctionRequest = {
    org,
    hubEndpoint: parseEndpoint('HF_ENDPOINT', given('HF_ENDPOINT', DEFAULT_HUB), problems),
    endpointOverrides: [],
    admin: {
      id: adminId,
      key: parseKey('ADMIN_SECRET_KEY', given('ADMIN_SECRET_KEY', ROTATION_INPUTS['admin-secret-key']), problems),
      stage: 'AWSCURRENT',
      region: adminRegion,
      input: 'ADMIN_SECRET_ID',
    },
    account: serviceAccount,
    secrets: parseSecretLines(given('SECRETS'), { org, region, role, key }, problems),
    graceSeconds: duration('GRACE', numbers, { min: 0, max: MAX_GRACE_SECONDS }, problems),
    services,
    dryRun: false,
    proof: flag('PROOF', numbers, problems),
    maxAttempts: givenNumber('MAX_ATTEMPTS', numbers, { min: 1, max: MOST_CALLS }, problems),
    region,
    role,
    awsEndpoints: parseAwsEndpoints(
      env,
      services.length > 0 ? ['SECRETS_MANAGER', 'ECS'] : ['SECRETS_MANAGER'],
      problems,
    ),
  }
  problems.throwIfAny('Correct the environment variables of the function. They are described in docs/rotation.md.')
  return request
}

/** What the function shares with `rotate` calls its inputs by their names: the variables are the same words in capitals. */
class VariableProblems extends Problems {
  override add(...[input, problem]: Parameters<Problems['add']>): undefined {
    return super.add(input.toUpperCase().replaceAll('-', '_'), problem)
  }
}
