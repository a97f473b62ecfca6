/** Statements for the policy of a role that lacks them: what refusals print. */
import { clusterArn, type EcsService, serviceArn } from '../ecs-service.ts'
import type { Role, SecretReference } from '../request.ts'
import { kmsViaService, secretAccount, secretResource } from './secret-resources.ts'

/** A statement of a policy document, to print. */
export interface Statement {
  Effect: 'Allow'
  [element: string]: unknown
}

/** What deploying a service takes. Source: ECS API reference, DescribeServices and UpdateService. */
export const SERVICE_ACTIONS = ['ecs:DescribeServices', 'ecs:UpdateService'] as const

/** What knowing the age of a service's tasks takes. Source: ECS API reference, ListTasks and DescribeTasks. */
export const TASK_ACTIONS = ['ecs:ListTasks', 'ecs:DescribeTasks'] as const

/** What stands for the id of a key that only the reader can look up. */
export const KEY_PLACEHOLDER = '<the key of the secret>'

/**
 * Allows these actions on this secret alone.
 *
 * @param known The secret's ARN, if AWS named it.
 */
export function secretStatement(
  role: Role,
  secret: SecretReference,
  actions: readonly string[],
  known?: string,
): Statement {
  return { Effect: 'Allow', Action: oneOrAll(actions), Resource: secretResource(role, secret, known) }
}

/**
 * Allows these actions on the secret's key, through Secrets Manager only.
 *
 * @param known The key's ARN, if AWS named it; else its id is left to the reader.
 */
export function keyStatement(
  role: Role,
  secret: SecretReference,
  actions: readonly string[],
  known?: string,
): Statement {
  const { partition } = role
  return {
    Effect: 'Allow',
    Action: oneOrAll(actions),
    Resource: known ?? `arn:${partition}:kms:${secret.region}:${secretAccount(role, secret)}:key/${KEY_PLACEHOLDER}`,
    Condition: viaSecretsManager(role, secret),
  }
}

/** Allows deployments of this service alone. */
export function serviceStatement({ partition, account }: Role, region: string, service: EcsService): Statement {
  return { Effect: 'Allow', Action: SERVICE_ACTIONS, Resource: serviceArn(partition, region, account, service) }
}

/** Allows to look at the tasks of the service's cluster alone. */
export function tasksStatement(role: Role, region: string, { cluster }: EcsService): Statement {
  return { Effect: 'Allow', ...tasksIn(role, region, [cluster]) }
}

/**
 * What a statement says that allows to look at the tasks of these clusters. ListTasks has no resource of its own.
 * Source: Service Authorization Reference, "Amazon Elastic Container Service".
 */
export function tasksIn({ partition, account }: Role, region: string, clusters: readonly string[]) {
  const arns = [...new Set(clusters)].map((cluster) => clusterArn(partition, region, account, cluster))
  return { Action: TASK_ACTIONS, Resource: '*', Condition: { ArnEquals: { 'ecs:cluster': oneOrAll(arns) } } }
}

/** The condition that a key is used through Secrets Manager, in the secret's region. */
export function viaSecretsManager({ partition }: Role, { region }: SecretReference): object {
  return { StringEquals: { 'kms:ViaService': kmsViaService(partition, region) } }
}

/** As people write policies: a list only where there are several. */
export function oneOrAll(actions: readonly string[]): string | readonly string[] | undefined {
  return actions.length === 1 ? actions[0] : actions
}
