/** The inputs that every source on AWS needs. */
import { sessionPolicy } from '../../aws/policies/session-policy.ts'
import type { AwsRequest, SecretReference } from '../../aws/request.ts'
import { sessionName } from '../../aws/session-name.ts'
import type { Job } from '../../identity/job.ts'
import {
  MAX_POLICY,
  parseKey,
  parseRegion,
  parseSecretId,
  parseSessionPolicy,
  parseStage,
  parseVersionId,
  ROLE_DURATION,
} from '../../inputs/aws.ts'
import { parseAwsEndpoints } from '../../inputs/aws-endpoints.ts'
import { parseWay } from '../../inputs/aws-way.ts'
import { wholeNumber } from '../../inputs/fields.ts'
import { checkPartition } from '../../inputs/partition.ts'
import { Problems } from '../../inputs/problems.ts'
import type { RawInputs } from '../../inputs/raw.ts'
import { code, prose } from '../../text/message.ts'
import { checkTemplate, doesNotFit, isTemplate, repositoryOf, withNames } from './claim-placeholders.ts'
import { INPUTS, type InputName } from './definitions.ts'

/** The inputs that may name the job's repository. */
const TEMPLATES = ['role-to-assume', 'role-chain', 'secret-id'] as const
type Templates = Record<(typeof TEMPLATES)[number], string>

/**
 * What is requested from AWS; `filled` fills in the placeholders of an input, except those for claims: with them, the
 * request is validated with stand-ins, and `fill` completes it once the claims are verified.
 */
export function parseAws(
  raw: RawInputs<InputName>,
  job: Job,
  filled: (name: InputName) => string,
  problems: Problems,
): AwsRequest {
  const templates: Templates = {
    'role-to-assume': filled('role-to-assume'),
    'role-chain': filled('role-chain'),
    'secret-id': filled('secret-id'),
  }
  for (const name of TEMPLATES) checkTemplate(name, templates[name], problems)
  const parsed = parseWith(inputsOf(templates, withNames), { raw, job }, problems)
  if (!TEMPLATES.some((name) => isTemplate(templates[name]))) return parsed
  return {
    // As it was written: nothing may take a stand-in for a name.
    ...parseWith(templates, { raw, job }, new Problems()),
    fill(identity) {
      const names = repositoryOf(identity)
      const found = new Problems()
      const complete = parseWith(
        inputsOf(templates, (text) => withNames(text, names)),
        { raw, job },
        found,
      )
      checkRoleNames(complete, found)
      checkSecretArn(templates['secret-id'], complete.secret.id, found)
      if (found.found.length > 0) throw doesNotFit(names, found)
      return complete
    },
  }
}

function inputsOf(templates: Templates, change: (text: string) => string): Templates {
  const entries = TEMPLATES.map((name) => [name, change(templates[name])] as const)
  return Object.fromEntries(entries) as Templates
}

interface Given {
  raw: RawInputs<InputName>
  job: Job
}

function parseWith(texts: Templates, { raw, job }: Given, problems: Problems): AwsRequest {
  const { values } = raw
  const { role, way } = parseWay({ ...values, ...texts }, raw.awsVariables, problems)
  const region = parseRegion(values['aws-region'] || raw.awsRegion, problems)
  checkPartition('role-to-assume', role, region, problems)
  const id = texts['secret-id']
  const versionId = parseVersionId(values['secret-version-id'], problems)
  const secret: SecretReference = {
    id,
    key: parseKey('secret-key', values['secret-key'], problems),
    stage: parseStage(values['secret-version-stage'], problems),
    ...(versionId === undefined ? {} : { versionId }),
    region: parseSecretId('secret-id', id, { region, role }, problems),
  }
  if (versionId !== undefined && secret.stage !== INPUTS['secret-version-stage']) {
    problems.add(
      'secret-version-stage',
      prose`cannot be combined with ${code('secret-version-id')}, which names one version whatever its labels; remove one of them`,
    )
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
    ...(way === undefined ? {} : { way }),
    region,
    roleSessionName: sessionName(values['role-session-name'], job),
    roleDurationSeconds: wholeNumber('role-duration-seconds', values, ROLE_DURATION, problems),
    sessionPolicy: policy,
    awsEndpoints: parseAwsEndpoints(raw.awsVariables, ['STS', 'SECRETS_MANAGER'], problems),
    secret,
  }
}

/** Source: IAM API reference, CreateRole, `RoleName`. */
export const MAX_ROLE_NAME = 64

/** What is filled in can make a name too long, and STS would only say "access denied". */
function checkRoleNames({ role, way }: AwsRequest, problems: Problems): void {
  for (const { arn } of way?.hops ?? [role]) {
    const { length } = arn.split('/').at(-1) ?? ''
    if (length <= MAX_ROLE_NAME) continue
    problems.addLine(prose`${code(arn)} has a role name of ${length} characters; IAM allows ${MAX_ROLE_NAME}`)
  }
}

/** A complete ARN ends in a hyphen and six characters. */
const SUFFIX = /-[A-Za-z0-9]{6}$/

/**
 * AWS takes the end of an ARN for the characters that it appended, if it looks like them: with `…:secret:hf/{repo}`, the
 * secret of `model` would also be that of a repository named `model-AbCdEf`.
 */
function checkSecretArn(template: string, id: string, problems: Problems): void {
  if (!id.startsWith('arn:') || SUFFIX.test(template) || !SUFFIX.test(id)) return
  problems.addLine(
    prose`${code(id)} looks like the complete ARN of another secret, because its end looks like the six characters that AWS appends; use the name of the secret in ${code('secret-id')} instead of its ARN`,
  )
}
