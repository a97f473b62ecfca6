/** What to tell a user whom ECS refuses a deployment. Loaded only then. */
import { ActionError, type Explanation } from '../errors/action-error.ts'
import { block, type Code, code, codes, prose } from '../text/message.ts'
import { type AwsCaller, roleName } from './caller.ts'
import { word } from './commands.ts'
import type { EcsService } from './ecs-service.ts'
import { byPolicy, nameForCommand, type Refused, SHARED, type SharedDenied, statement, what } from './explain-denial.ts'
import { CHECK_SETTINGS, endpointVariables } from './explain-settings.ts'
import { SERVICE_ACTIONS, serviceStatement, TASK_ACTIONS, tasksStatement } from './policies/missing-statements.ts'
import { forwardTo } from './reasons/fixer.ts'
import { readReason } from './reasons/read.ts'
import type { EcsKind, Reason } from './reasons/reason.ts'
import { type ServiceError, said } from './service-error.ts'

/** What is known when a service cannot be redeployed. */
export interface ServiceRefusal {
  caller: Pick<AwsCaller, 'role' | 'sessionPolicy'>
  region: string
  service: EcsService
  /** Default: `deploy`. */
  use?: ServiceUse
}

/** What is done with a service: it is deployed, or its tasks are looked at. */
export type ServiceUse = 'deploy' | 'tasks'

interface Facts extends ServiceRefusal {
  use: ServiceUse
  reason: Reason<EcsKind>
}

type Advice = Pick<Explanation, 'cause' | 'fix'>
type Remedy = (facts: Facts) => Advice

/** One remedy for each reason. Source: ECS API reference, DescribeServices and UpdateService, "Errors". */
const REMEDIES: Record<Exclude<EcsKind, SharedDenied>, Remedy> = {
  'identity-silent': roleLacks,
  'identity-deny': roleDenies,
  'resource-silent': roleLacks,
  'resource-deny': roleDenies,
  'session-silent': sessionLacks,
  'session-deny': sessionLacks,
  'trust-silent': roleLacks,
  'trust-deny': roleDenies,
  denied: roleLacks,
  'cluster-missing': wrongCluster,
  'service-missing': wrongService,
  'service-inactive': inactive,
  controller,
  'task-definition': ({ service, region }) => ({
    cause: 'The task definition that the service uses was deregistered or deleted: ECS starts no new tasks with it.',
    fix: [
      'Register the task definition again, and update the service to it. This shows which one it uses:',
      describeServices(service, region),
    ],
  }),
  'account-blocked': ({ caller }) => ({
    cause: prose`AWS has blocked account ${caller.role.account}.`,
    fix: 'Contact AWS Support from this account.',
  }),
  clock: () => ({
    cause:
      'The runner’s clock is wrong by more than five minutes: AWS compares the time in the signature with its own.',
    fix: 'Synchronize the runner’s clock (NTP), and run the rotation again: it redeploys whatever is still missing.',
  }),
  'session-expired': () => ({
    cause: 'The session expired: the run took longer than the session is valid.',
    fix: prose`Increase ${code('role-duration-seconds')}, and run the rotation again: it redeploys whatever is still missing.`,
  }),
  'session-unknown': checkEndpoint,
  signature: checkEndpoint,
  'wrong-region': checkEndpoint,
  unsent: () => CHECK_SETTINGS,
  unreadable: () => ({
    cause: 'A proxy or another intermediary responded instead of ECS, or the endpoint is not ECS.',
    fix: prose`If ${endpointVariables('ECS')} is set, check where it points. Otherwise, check the proxy between the runner and AWS.`,
  }),
  transient: () => ({
    cause: 'ECS is having an incident, or it is throttling the account.',
    fix: 'Run the rotation again: it redeploys whatever is still missing.',
  }),
  other: ({ service, region }) => ({
    cause: 'ECS gave the reason that is quoted above. Another attempt will get the same answer.',
    fix: [
      'Change what its message names, and run the rotation again. This shows the service:',
      describeServices(service, region),
    ],
  }),
}

/** Maps a refusal of ECS to `deployment-failed`. */
export function explainService(error: ServiceError, refusal: ServiceRefusal): ActionError {
  const reason = readReason('ecs', error)
  return failure(said(error), { use: 'deploy', ...refusal, reason })
}

/** `deployment-failed` for what DescribeServices shows of a service. */
export function serviceUnfit(
  kind: 'service-missing' | 'service-inactive',
  seen: string,
  refusal: ServiceRefusal,
): ActionError {
  const nothing = { onKey: false, principal: undefined, action: undefined, resource: undefined, policyArn: undefined }
  return failure(seen, { use: 'deploy', ...refusal, reason: { kind, ...nothing } })
}

function failure(seen: string, facts: Facts): ActionError {
  const { caller, reason, region, use } = facts
  const { cluster, service } = facts.service
  const { kind } = reason
  const refused: Refused = {
    reason,
    role: caller.role,
    actions: USES[use].actions,
    region,
    endpoint: 'ecs',
    statement: USES[use].statement(caller.role, region, facts.service),
  }
  return new ActionError('deployment-failed', {
    ...USES[use].told(code(`${cluster}/${service}`)),
    seen,
    ...(isShared(kind) ? SHARED[kind](refused) : REMEDIES[kind](facts)),
    forward: forwardTo(reason, { role: caller.role }),
  })
}

/** What each use needs, and how its failure is told. */
const USES = {
  deploy: {
    actions: SERVICE_ACTIONS,
    statement: serviceStatement,
    told: (name: Code) => ({
      failed: prose`The service ${name} could not be redeployed; its tasks keep using the previous token until that token is revoked.`,
      expected: 'a new deployment of the service',
    }),
  },
  tasks: {
    actions: TASK_ACTIONS,
    statement: tasksStatement,
    told: (name: Code) => ({
      failed: prose`Could not read the tasks of the service ${name}, so it is unknown whether they still use a previous token.`,
      expected: 'the service’s tasks, and when each was created',
    }),
  },
} as const satisfies Record<ServiceUse, object>

function isShared(kind: EcsKind): kind is SharedDenied {
  return Object.hasOwn(SHARED, kind)
}

function roleLacks({ caller, region, service, use, reason: { action } }: Facts): Advice {
  const { role, sessionPolicy } = caller
  const { actions, statement: missing } = USES[use]
  // What ECS does for the caller, such as passing a role to the tasks, is another right than deploying.
  if (action !== undefined && !actions.some((known) => known.toLowerCase() === action.toLowerCase())) {
    return {
      cause: prose`The role’s policy does not allow ${code(action)}, which this service’s settings require.`,
      fix: prose`Allow ${code(action)} in the policy of the role ${roleName(role)}, for the resource that ECS names above.`,
    }
  }
  const own = sessionPolicy === 'auto' ? '' : prose` (and to ${code('session-policy')}, if you set a policy there)`
  return {
    cause:
      use === 'tasks'
        ? prose`The role’s policy does not allow ${codes(actions)} in the cluster of this service.`
        : 'The role’s policy does not name this service, or names it without its cluster.',
    fix: [
      prose`Add this statement to the policy of the role ${roleName(role)}${own}:`,
      statement(missing(role, region, service)),
    ],
  }
}

function roleDenies({ caller: { role }, reason, use }: Facts): Advice {
  return {
    cause: prose`A policy of the role ${roleName(role)} explicitly denies ${what({ reason, actions: USES[use].actions })}${byPolicy({ reason })}.`,
    fix: [
      'Narrow its Deny statement. An Allow in another policy does not help:',
      block(
        `aws iam list-attached-role-policies --role-name ${nameForCommand(role)}\naws iam list-role-policies --role-name ${nameForCommand(role)}`,
      ),
    ],
  }
}

function sessionLacks({ caller: { sessionPolicy }, use }: Facts): Advice {
  const own = sessionPolicy !== 'auto' && sessionPolicy !== 'none'
  return {
    cause:
      'The session policy of this session does not allow it; a session can do only what both that policy and the role allow.',
    fix: own
      ? prose`Allow ${codes(USES[use].actions)} on this service in ${code('session-policy')}, or set ${code('session-policy: auto')}.`
      : prose`${code('session-policy: auto')} allows only the services in ${code('ecs-services')}, in this account and region. Check their names.`,
  }
}

function wrongCluster({ region }: Facts): Advice {
  return {
    cause: 'There is no such cluster in this account and region: its name, the region or the account is wrong.',
    fix: [
      prose`List the clusters, and correct ${code('ecs-services')} (one line ${code('cluster/service')} for each):`,
      block(`aws ecs list-clusters --region ${word(region)}`),
    ],
  }
}

function wrongService({ region, service: { cluster } }: Facts): Advice {
  return {
    cause: 'The name, the cluster, the region or the account is wrong, or the service was deleted.',
    fix: [
      prose`List the services of the cluster, and correct ${code('ecs-services')} (one line ${code('cluster/service')} for each):`,
      block(`aws ecs list-services --region ${word(region)} --cluster ${word(cluster)}`),
    ],
  }
}

function inactive({ region, service: { cluster } }: Facts): Advice {
  return {
    cause: 'The service was deleted, or it is being deleted: ECS starts no new tasks for it.',
    fix: [
      prose`Remove it from ${code('ecs-services')}, or create it again. These services are in the cluster:`,
      block(`aws ecs list-services --region ${word(region)} --cluster ${word(cluster)}`),
    ],
  }
}

function controller({ service, region }: Facts): Advice {
  return {
    cause: prose`ECS can force a new deployment only of a service whose deployment controller is ${code('ECS')}. Another one (${code('CODE_DEPLOY')} or ${code('EXTERNAL')}) runs the deployments of this service.`,
    fix: [
      prose`Start a deployment of the service with CodeDeploy or the external controller after each rotation. As long as the service is listed in ${code('ecs-services')}, the previous token is kept until its tasks are replaced. This shows the controller:`,
      block(`${describeServices(service, region).text} --query 'services[].deploymentController'`),
    ],
  }
}

function checkEndpoint(): Advice {
  return {
    cause:
      'ECS did not accept the session: the endpoint in the environment belongs to another region or account, or a proxy changed the request.',
    fix: prose`Check ${code('aws-region')} and ${endpointVariables('ECS')}.`,
  }
}

function describeServices({ cluster, service }: EcsService, region: string) {
  return block(
    `aws ecs describe-services --region ${word(region)} --cluster ${word(cluster)} --services ${word(service)}`,
  )
}
