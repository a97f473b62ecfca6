/** The session policy of a rotation: exactly the listed secrets and services, whatever the role may do. */
import { serviceArn } from '../aws/ecs-service.ts'
import { tasksIn } from '../aws/policies/missing-statements.ts'
import { ROTATION_ACTIONS } from '../aws/policies/secret-actions.ts'
import { kmsViaService, secretArnPatterns } from '../aws/policies/secret-resources.ts'
import { adminOf, type RotationRequest } from './request.ts'

/**
 * What STS gets as `Policy`: for `auto`, to read the admin secret; to describe, read, put and label the listed secrets
 * (with `dry-run` only to describe and read them), under customer keys too; to describe and update the listed services, and
 * to look at the tasks of their clusters.
 * JSON; undefined for `none`. The caller makes sure that it fits into 2,048 characters.
 */
export function rotationPolicy(request: RotationRequest): string | undefined {
  const { sessionPolicy, role, region, mode, secrets, services, dryRun } = request
  if (sessionPolicy === 'none') return undefined
  if (sessionPolicy !== 'auto') return sessionPolicy
  const reference = adminOf(mode)
  const admin = reference ? [reference] : []
  const regions = [...new Set([...admin, ...secrets.map(({ secret }) => secret)].map((secret) => secret.region))]
  const allow = (Action: string | string[], Resource: string | string[]) => ({ Effect: 'Allow', Action, Resource })
  const reading = ROTATION_ACTIONS.filter((action) => /Describe|Get/.test(action))
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      ...admin.map((secret) => allow('secretsmanager:GetSecretValue', secretArnPatterns(role, secret))),
      allow(
        dryRun ? reading : [...ROTATION_ACTIONS],
        secrets.flatMap(({ secret }) => secretArnPatterns(role, secret)),
      ),
      {
        ...allow(dryRun ? ['kms:Decrypt'] : ['kms:Decrypt', 'kms:GenerateDataKey'], '*'),
        Condition: { StringEquals: { 'kms:ViaService': regions.map((one) => kmsViaService(role.partition, one)) } },
      },
      ...(services.length === 0
        ? []
        : [
            allow(
              dryRun ? ['ecs:DescribeServices'] : ['ecs:DescribeServices', 'ecs:UpdateService'],
              services.map((service) => serviceArn(role.partition, region, role.account, service)),
            ),
            {
              Effect: 'Allow',
              ...tasksIn(
                role,
                region,
                services.map(({ cluster }) => cluster),
              ),
            },
          ]),
    ],
  })
}
