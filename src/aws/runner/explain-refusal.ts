/** What to tell a user whose runner STS refuses. Loaded only then. */
import { ActionError, type Explanation } from '../../errors/action-error.ts'
import type { Identity } from '../../identity/identity.ts'
import { code, prose } from '../../text/message.ts'
import { printable } from '../../text/printable.ts'
import { SHARED, type SharedDenied } from '../explain-denial.ts'
import { endpointVariables } from '../explain-settings.ts'
import { STS_FAILED, type StsFailedKind } from '../explain-sts-failed.ts'
import { forwardTo } from '../reasons/fixer.ts'
import { readReason, readSigned } from '../reasons/read.ts'
import type { Reason, StsKind } from '../reasons/reason.ts'
import type { Role, RunnerIdentity, SessionRequest } from '../request.ts'
import { type ServiceError, said } from '../service-error.ts'
import { unavailable } from './explain.ts'

/** What is known when STS refuses. */
export interface RunnerRefusal {
  error: ServiceError
  /** The job's: it has nothing to do with the refusal. */
  identity: Identity
  request: SessionRequest
}

type WebIdentity = RunnerIdentity & { kind: 'web-identity' }

/** STS does not open a session for the token of a pod. */
export function podRefused(refusal: RunnerRefusal, { tokenFile, role }: WebIdentity): ActionError {
  const { error, request } = refusal
  const reason = readReason('sts', error)
  const { kind } = reason
  const failed = prose`STS did not issue a session for this runner’s own role ${code(printable(role.arn))}.`
  const forward = forwardTo(reason, { role })
  if (Object.hasOwn(SHARED, kind)) {
    const action = 'sts:AssumeRoleWithWebIdentity'
    const statement = { Effect: 'Allow', Action: action, Resource: role.arn } as const
    const refused = { reason, role, actions: [action], region: request.region, endpoint: 'sts', statement }
    return unavailable({ seen: said(error), ...SHARED[kind as SharedDenied](refused), forward })
  }
  const own = POD[kind]
  if (own === undefined && Object.hasOwn(STS_FAILED, kind)) return stsFailed(refusal, { failed, reason, role })
  return unavailable({
    seen: said(error),
    expected: prose`a session of the role ${code(printable(role.arn))}, which ${code('AWS_ROLE_ARN')} names, by the token in ${code(printable(tokenFile, 200))}`,
    cause:
      own?.cause ??
      'The trust policy of the role does not allow this service account, or the role does not exist. AWS’s own message is above.',
    fix: [
      own?.fix ?? prose`Check the role and its trust policy (EKS user guide, "IAM roles for service accounts").`,
      prose`If this runner has another identity, unset ${code('AWS_WEB_IDENTITY_TOKEN_FILE')}.`,
    ],
    forward,
  })
}

const PROVIDER =
  'Compare the OIDC provider of the account with the issuer and the audience of the cluster (EKS user guide, "IAM roles for service accounts").'

/** What is about the pod's token, and not about the job's. */
const POD: { readonly [Kind in StsKind]?: { cause: string; fix: string } } = {
  'provider-missing': {
    cause: 'The account of the role has no OIDC provider for the cluster.',
    fix: 'Create the OIDC provider of the cluster in that account.',
  },
  'audience-not-registered': {
    cause: 'The OIDC provider of the cluster does not list the audience of the pod’s token.',
    fix: PROVIDER,
  },
  'token-rejected': {
    cause: 'AWS does not accept the pod’s token, for the reason that is quoted above.',
    fix: PROVIDER,
  },
  'token-expired': {
    cause: 'The pod’s token has expired: Kubernetes did not replace it, or the file is left from another pod.',
    fix: 'Restart the pod, so that it gets a new token.',
  },
  'role-not-in-token': { cause: 'The issuer limits the pod’s token to other roles.', fix: PROVIDER },
  thumbprint: {
    cause: 'The OIDC provider of the cluster lists the thumbprints of a previous certificate of the issuer.',
    fix: PROVIDER,
  },
  'issuer-unreachable': {
    cause: 'AWS could not fetch the keys of the cluster’s issuer.',
    fix: 'Re-run the job. If the problem persists, check that AWS can reach the issuer of the cluster.',
  },
}

/** STS does not say who the runner is. Source: STS API reference, GetCallerIdentity: nobody needs a permission for it. */
export function callerRefused(refusal: RunnerRefusal): ActionError {
  const { error, request } = refusal
  const reason = readSigned(error)
  const { kind } = reason
  if (isNotAccepted(kind)) return notAccepted(error)
  if (Object.hasOwn(STS_FAILED, kind)) {
    const failed = 'STS did not say who this runner is.'
    return stsFailed(refusal, { failed, reason, role: request.role })
  }
  return unavailable({
    seen: said(error),
    expected: prose`an answer to ${code('sts:GetCallerIdentity')}, for which nobody needs a permission`,
    cause: 'The policy of a VPC endpoint or of the AWS organization denies even this. AWS’s own message is above.',
    fix: prose`Allow ${code('sts:GetCallerIdentity')} there.`,
    forward: 'The team that manages the VPC endpoints in the network of this runner. Send this message to them.',
  })
}

/** Whether STS does not know the credentials with which the call was signed. */
export function isNotAccepted(kind: StsKind): boolean {
  return kind === 'session-expired' || kind === 'session-unknown'
}

/** For credentials of the runner that STS does not know. */
export function notAccepted(error: ServiceError): ActionError {
  return unavailable({
    seen: said(error),
    expected: 'credentials that STS accepts',
    cause:
      'The credentials that this runner was given have expired, or they belong to a different partition than the region.',
    fix: prose`Restart the task, the pod or the agent, so that it gets new credentials, and check ${code('aws-region')}. If ${endpointVariables('STS')} is set, check where it points.`,
    forward: 'The people who maintain the runner. Send this message to them.',
  })
}

interface Failure extends Pick<Explanation, 'failed'> {
  reason: Reason<StsKind>
  role: Role
}

/** A failure that has nothing to do with who the runner is. */
function stsFailed({ error, identity, request }: RunnerRefusal, { failed, reason, role }: Failure): ActionError {
  return new ActionError('sts-failed', {
    failed,
    seen: said(error),
    forward: forwardTo(reason, { role }),
    ...STS_FAILED[reason.kind as StsFailedKind]({ error, identity, request: { ...request, role }, reason }),
  })
}
