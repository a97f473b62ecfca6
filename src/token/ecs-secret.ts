/** The line that gives an ECS task definition the same secret. */
import type { Origin } from '../hub/token.ts'
import type { Request } from './request.ts'

/**
 * `NAME=valueFrom`, the form that `aws-actions/amazon-ecs-render-task-definition` takes in its input `secrets`.
 * Source: ECS developer guide, "Pass Secrets Manager secrets through Amazon ECS environment variables":
 * `<secret ARN>:<json key>:<version stage>:<version id>`, each part may be empty. Empty for a minted token.
 */
export function ecsSecret({ aws }: Origin, { exportEnv }: Request): string {
  // A minted token is stored nowhere.
  if (!aws?.holdsToken) return ''
  const { secretArn, secretKey, secretStage } = aws
  const name = exportEnv[0] ?? 'HF_TOKEN'
  const stage = secretStage === 'AWSCURRENT' ? '' : secretStage
  const parts = secretKey === undefined && stage === '' ? '' : `:${secretKey ?? ''}:${stage}:`
  return `${name}=${secretArn}${parts}`
}
