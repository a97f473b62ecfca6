/** The line that gives an ECS task definition the same secret. */
import type { Origin } from '../hub/token.ts'
import type { Request } from './request.ts'

/**
 * `NAME=valueFrom`, the form that `aws-actions/amazon-ecs-render-task-definition` takes in its input `secrets`.
 * Source: ECS developer guide, "Pass Secrets Manager secrets through Amazon ECS environment variables":
 * `<secret ARN>:<json key>:<version stage>:<version id>`, each part may be empty. Empty for a minted token, and for one
 * that is deeper in the JSON: ECS finds only the keys of the outermost object.
 */
export function ecsSecret({ aws }: Origin, { exportEnv }: Request): string {
  // A minted token is stored nowhere.
  if (!aws?.holdsToken || aws.isNested) return ''
  const { secretArn, secretKey, secretStage, secretVersionId } = aws
  const name = exportEnv[0] ?? 'HF_TOKEN'
  const stage = secretStage === 'AWSCURRENT' ? '' : secretStage
  const version = secretStage === '' ? secretVersionId : ''
  const isWhole = secretKey === undefined && stage === '' && version === ''
  const parts = isWhole ? '' : `:${secretKey ?? ''}:${stage}:${version}`
  return `${name}=${secretArn}${parts}`
}
