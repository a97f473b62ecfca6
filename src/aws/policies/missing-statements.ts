/** Statements for the policy of a role that lacks them: what refusals print. */
import { type EcsService, serviceArn } from '../ecs-service.ts'
import type { Role, SecretReference } from '../request.ts'
import { kmsViaService, secretArnPatterns } from './secret-resources.ts'

/** What deploying a service takes. Source: ECS API reference, DescribeServices and UpdateService. */
export const SERVICE_ACTIONS = ['ecs:DescribeServices', 'ecs:UpdateService'] as const

/** Allows these actions on this secret alone. */
export function secretStatement(role: Role, secret: SecretReference, actions: readonly string[]): object {
  return { Effect: 'Allow', Action: oneOrAll(actions), Resource: secretArnPatterns(role, secret).at(-1) }
}

/** Allows these actions on the secret's key, through Secrets Manager only; the key's id is left to the reader. */
export function keyStatement(role: Role, secret: SecretReference, actions: readonly string[]): object {
  const { partition, account } = role
  return {
    Effect: 'Allow',
    Action: oneOrAll(actions),
    Resource: `arn:${partition}:kms:${secret.region}:${account}:key/<the key of the secret>`,
    Condition: { StringEquals: { 'kms:ViaService': kmsViaService(partition, secret.region) } },
  }
}

/** Allows deployments of this service alone. */
export function serviceStatement({ partition, account }: Role, region: string, service: EcsService): object {
  return { Effect: 'Allow', Action: SERVICE_ACTIONS, Resource: serviceArn(partition, region, account, service) }
}

/** As people write policies: a list only where there are several. */
function oneOrAll(actions: readonly string[]): string | readonly string[] | undefined {
  return actions.length === 1 ? actions[0] : actions
}
