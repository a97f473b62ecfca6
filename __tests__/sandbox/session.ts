/** Clients of the sandbox's AWS with a role's credentials, as a Lambda function makes them. */
import { ECSClient } from '@aws-sdk/client-ecs'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Aws } from '../../sandbox/aws.ts'

/** A statement of a policy. */
export const allow = (Action: string | string[], Resource = '*', Condition?: object): object => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
})

/** A role with this policy that nobody can assume. Returns its ARN. */
export function addRole(aws: Aws, ...statements: object[]): string {
  const Version = '2012-10-17'
  const nobody = { Effect: 'Deny', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }
  return aws.addRole({
    arn: `arn:aws:iam::${aws.account}:role/rotation`,
    trustPolicy: { Version, Statement: nobody },
    policy: { Version, Statement: statements },
  })
}

export function clients(aws: Aws, roleArn: string): { secrets: SecretsManagerClient; ecs: ECSClient } {
  const config = { region: aws.region, endpoint: aws.url, maxAttempts: 1, credentials: aws.openSession(roleArn) }
  return { secrets: new SecretsManagerClient(config), ecs: new ECSClient(config) }
}
