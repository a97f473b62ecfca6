/** The claims that tell which job this is, and that trust policies can use. */

/** In the order in which they are shown. Tokens of issuers other than GitHub have only some of them. */
const ORDER = [
  'iss',
  'aud',
  'sub',
  'repository',
  'repository_id',
  'repository_owner_id',
  'ref',
  'environment',
  'workflow_ref',
  'job_workflow_ref',
  'event_name',
  'actor',
  'runner_environment',
  'run_id',
  // GitLab, Okta
  'project_path',
  'ref_protected',
  'cid',
  'scp',
]

/** Name and value of each telling claim that the token has. */
export function tellingClaims(claims: Readonly<Record<string, unknown>>): [string, unknown][] {
  return ORDER.filter((name) => Object.hasOwn(claims, name)).map((name) => [name, claims[name]])
}
