/** The session policies of a rotation: exactly the listed secrets and services, whatever the role may do. */
import { type EcsService, serviceArn } from '../aws/ecs-service.ts'
import { ROTATION_ACTIONS } from '../aws/policies/secret-actions.ts'
import { kmsViaService, secretArnPatterns } from '../aws/policies/secret-resources.ts'
import type { SecretReference } from '../aws/request.ts'
import { adminOf, type RotatedSecret, type RotationRequest } from './request.ts'

/** What one session is for. */
export interface SessionPart {
  /** The admin secret; undefined when another session reads it, or nobody. */
  admin: SecretReference | undefined
  secrets: readonly RotatedSecret[]
  services: readonly EcsService[]
}

/** One session for all of it. */
export function wholeOf({ mode, secrets, services }: RotationRequest): SessionPart {
  return { admin: adminOf(mode), secrets, services }
}

/**
 * What STS gets as `Policy`: for `auto`, to read the admin secret; to describe, read, put and label the secrets of this part
 * (with `dry-run` only to describe and read them), under customer keys too; to describe and update its services. JSON;
 * undefined for `none`.
 */
export function rotationPolicy(request: RotationRequest, part: SessionPart = wholeOf(request)): string | undefined {
  const { sessionPolicy, role, region, dryRun } = request
  if (sessionPolicy === 'none') return undefined
  if (sessionPolicy !== 'auto') return sessionPolicy
  const { secrets, services } = part
  const admin = part.admin ? [part.admin] : []
  const regions = [...new Set([...admin, ...secrets.map(({ secret }) => secret)].map((secret) => secret.region))]
  const allow = (Action: string | string[], Resource: string | string[]) => ({ Effect: 'Allow', Action, Resource })
  const reading = ROTATION_ACTIONS.filter((action) => /Describe|Get/.test(action))
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      ...admin.map((secret) => allow('secretsmanager:GetSecretValue', secretArnPatterns(role, secret))),
      ...(secrets.length === 0
        ? []
        : [
            allow(
              dryRun ? reading : [...ROTATION_ACTIONS],
              secrets.flatMap(({ secret }) => secretArnPatterns(role, secret)),
            ),
          ]),
      ...(regions.length === 0
        ? []
        : [
            {
              ...allow(dryRun || secrets.length === 0 ? ['kms:Decrypt'] : ['kms:Decrypt', 'kms:GenerateDataKey'], '*'),
              Condition: {
                StringEquals: { 'kms:ViaService': regions.map((one) => kmsViaService(role.partition, one)) },
              },
            },
          ]),
      ...(services.length === 0
        ? []
        : [
            allow(
              dryRun ? ['ecs:DescribeServices'] : ['ecs:DescribeServices', 'ecs:UpdateService'],
              services.map((service) => serviceArn(role.partition, region, role.account, service)),
            ),
          ]),
    ],
  })
}
