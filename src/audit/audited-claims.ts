/** The verified claims that an event names: who, from where, by which workflow; names and the ids that outlive them. */

export const AUDITED_CLAIMS = [
  'iss',
  'aud',
  'jti',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'repository_visibility',
  'enterprise_id',
  'environment',
  'event_name',
  'ref',
  'sha',
  'workflow_ref',
  'job_workflow_ref',
  'actor',
  'actor_id',
  'runner_environment',
  'run_id',
  'run_number',
  'run_attempt',
  'check_run_id',
  // GitLab, Okta
  'project_path',
  'project_id',
  'pipeline_id',
  'job_id',
  'cid',
] as const

/** Those of them that the token has. */
export function auditedClaims(claims: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    AUDITED_CLAIMS.filter((name) => Object.hasOwn(claims, name)).map((name) => [name, claims[name]]),
  )
}
