/** Guards of `src/token/` and `src/audit/`. */
import type { Mutation } from './mutation.ts'

const INPUTS = '__tests__/token/inputs.test'
const PARSE = { file: 'token/inputs/parse.ts', tests: INPUTS } as const
const VARIABLES = { file: 'token/inputs/parse-variables.ts', tests: INPUTS } as const
const CHECK_CLIENT = { file: 'token/inputs/check-client.ts', tests: '__tests__/token/next-client.test' } as const
const NEXT_CLIENT = { file: 'token/next-client.ts', tests: '__tests__/token/next-client.test' } as const
const SOURCE = { file: 'token/inputs/parse-source.ts', tests: INPUTS } as const
const RESOURCE = { file: 'token/inputs/parse-resource.ts', tests: INPUTS } as const
const AWS = { file: 'token/inputs/parse-aws.ts', tests: INPUTS } as const
const AUDIT = { file: 'audit/audit-event.ts', tests: '__tests__/audit/audit-event.test' } as const

export const TOKEN: readonly Mutation[] = [
  {
    file: 'token/warn-of-variables.ts',
    without: 'a static token in the job is noticed',
    find: 'if (others.length > 0 && !usesMirror) {',
    replace: 'if (others.length > 9) {',
    tests: '__tests__/token',
  },
  {
    file: 'token/warn-of-variables.ts',
    without: 'an overwritten token of the job is noticed',
    find: 'if (overwritten.length > 0) {',
    replace: 'if (overwritten.length > 9) {',
    tests: '__tests__/token',
  },
  {
    file: 'token/warn-of-variables.ts',
    without: 'the client’s own exchange is noticed',
    find: "if (client.via === 'HF_OIDC_RESOURCE') {",
    replace: "if (client.via === 'HF_TOKEN') {",
    tests: '__tests__/token',
  },
  { ...PARSE, without: 'problems stop the run', find: '  problems.throwIfAny()\n', replace: '' },
  {
    ...PARSE,
    without: 'unknown inputs are refused',
    find: '  addGeneralProblems(raw, INPUT_NAMES, problems)\n',
    replace: '',
  },
  {
    ...PARSE,
    without: 'the audience names the organization',
    find: '  if (usesAws) checkAudience(request)\n',
    replace: '',
  },
  {
    ...PARSE,
    without: 'a Trusted Publisher’s Hub has no path, which could name an organization',
    find: '  if (!usesAws) checkHubAudience(hubEndpoint, problems)\n',
    replace: '',
  },
  {
    ...PARSE,
    without: 'an ID token for a Trusted Publisher is for the Hub only',
    find: "usesAws ? filled('audience') : hubEndpoint",
    replace: "filled('audience')",
  },
  {
    file: 'token/inputs/parse-variables.ts',
    tests: '__tests__/token/inputs.test',
    without: 'an exported name is the name of a variable',
    find: 'if (!VARIABLE.test(name)) problems.add',
    replace: "if (name === '') problems.add",
  },
  {
    ...VARIABLES,
    without: 'reserved variables are not exported',
    find: 'else if (reserved)',
    replace: "else if (name === '')",
  },
  {
    ...VARIABLES,
    without: 'reserved variables are not exported in other letters',
    find: 'name.toUpperCase()',
    replace: 'name',
  },
  {
    ...VARIABLES,
    without: 'a name that is read as a secret may hold the token',
    find: 'HOLDS_SECRET.test(name)\n',
    replace: "name === ''\n",
  },
  {
    ...PARSE,
    without: 'the next client sends the token to the endpoint that was verified',
    find: '  checkClient(request, job, problems)\n',
    replace: '',
  },
  {
    ...CHECK_CLIENT,
    without: 'what no client finds is not refused',
    find: '  if (!isReadable) return\n',
    replace: '',
  },
  {
    ...CHECK_CLIENT,
    without: 'a different endpoint is refused',
    find: '!allowed.some((one) => isSameEndpoint(one, endpoint))',
    replace: 'allowed.length === 0',
  },
  {
    ...CHECK_CLIENT,
    without: 'a password in hf-endpoint is not shown',
    find: " && !hubEndpoint.includes('@')",
    replace: '',
  },
  {
    ...CHECK_CLIENT,
    without: 'a different resource is refused',
    find: ' && !isSameResource(theirs, source.resource)',
    replace: " && theirs === ''",
  },
  {
    ...NEXT_CLIENT,
    without: 'the client’s own exchange comes first',
    find: 'if (clientVariables.HF_OIDC_RESOURCE) return',
    replace: "if (clientVariables.HF_OIDC_RESOURCE === 'never') return",
  },
  {
    ...PARSE,
    without: 'files need a temporary folder',
    find: '  checkTempDirectory(request, job, problems)\n',
    replace: '',
  },
  {
    ...PARSE,
    without: 'the time limit has a maximum',
    find: "duration('timeout', values, { min: 1, max: 3600 }",
    replace: "duration('timeout', values, { min: 1, max: 9_000_000 }",
  },
  {
    ...PARSE,
    without: 'the time limit has a minimum',
    find: "duration('timeout', values, { min: 1, max: 3600 }",
    replace: "duration('timeout', values, { min: 0, max: 3600 }",
  },
  {
    ...PARSE,
    without: 'the number of attempts has a maximum',
    find: "wholeNumber('max-attempts', values, { min: 1, max: MOST_ATTEMPTS }",
    replace: "wholeNumber('max-attempts', values, { min: 1, max: 100 }",
  },
  {
    ...PARSE,
    without: 'the smallest lifetime has a maximum',
    find: "duration('min-token-lifetime', values, { min: 0, max: 30 * 86_400 }",
    replace: "duration('min-token-lifetime', values, { min: 0, max: 300 * 86_400 }",
  },
  {
    ...AWS,
    file: 'inputs/aws.ts',
    without: 'a session has a longest duration',
    find: '{ min: 900, max: 43_200 }',
    replace: '{ min: 900, max: 43_201 }',
  },
  {
    ...AWS,
    file: 'inputs/aws.ts',
    without: 'a session has a shortest duration',
    find: '{ min: 900, max: 43_200 }',
    replace: '{ min: 899, max: 43_200 }',
  },
  {
    ...AWS,
    file: 'inputs/aws.ts',
    without: 'a staging label has no spaces or colons',
    find: 'if (!/^[^\\s:]{1,256}$/.test(stage)) {',
    replace: "if (stage === '') {",
  },
  {
    ...SOURCE,
    without: 'inputs of other sources are refused',
    find: 'if (given && !kinds.includes(kind)) {',
    replace: 'if (given && kinds.length === 0) {',
  },
  {
    ...SOURCE,
    without: 'a typo in the source hides no other problem behind wrong ones',
    find: "  if (kind === values['token-source']) refuseOthers",
    replace: '  refuseOthers',
  },
  {
    ...SOURCE,
    without: 'the age of an orphan has a maximum',
    find: '{ min: 0, max: 30 * 86_400 }',
    replace: '{ min: 0, max: 31 * 86_400 }',
  },
  {
    ...SOURCE,
    without: 'a member is an email address',
    find: '} else if (!/^[^\\s@\\p{Cc}]{1,64}@[^\\s@\\p{Cc}]{1,255}$/u.test(text)) {',
    replace: "} else if (text === ' ') {",
  },
  {
    ...SOURCE,
    without: 'a word of JavaScript is not an OAuth scope',
    find: 'Object.hasOwn(OAUTH_SCOPES, name) ? OAUTH_SCOPES[name] : undefined',
    replace: 'OAUTH_SCOPES[name]',
  },
  {
    ...RESOURCE,
    without: 'a resource has the form of one',
    find: 'if (!parts.every((part) => REPOSITORY_PART.test(part)) || parts.length > 3) {',
    replace: 'if (parts.length > 3) {',
  },
  {
    ...RESOURCE,
    without: 'a resource is of a known kind',
    find: 'if (parts.length === 3 && !RESOURCE_KINDS.includes(kind)) {',
    replace: 'if (parts.length > 3) {',
  },
  {
    ...RESOURCE,
    without: 'a repository is in the organization’s namespace',
    find: 'if (parts.length > 1 && parts.at(-2) !== org) {',
    replace: 'if (parts.length > 3) {',
  },
  {
    file: 'token/run.ts',
    tests: '__tests__/token/run.test',
    without: 'custom endpoints are in the log',
    find: 'if (request.endpointOverrides.length > 0)',
    replace: 'if (request.endpointOverrides.length > 9)',
  },
  {
    file: 'token/ecs-secret.ts',
    tests: '__tests__/token/ecs-secret.test',
    without: 'a secret that does not hold the token is not named to ECS',
    find: "if (!aws?.holdsToken) return ''",
    replace: "if (!aws) return ''",
  },
  {
    file: 'errors/explanation-html.ts',
    tests: '__tests__/token/summary.test',
    without: 'claims in the summary are escaped',
    find: 'table(claims.map(([name, value]) => [name, codeHtml(value)] as const))',
    replace: 'table(claims.map(([name, value]) => [name, String(value)] as const))',
  },
  {
    file: 'token/summary.ts',
    tests: '__tests__/token/summary.test',
    without: 'the job’s subject in the summary is escaped',
    find: "['Job', codeHtml(identity.subject)]",
    replace: "['Job', identity.subject]",
  },
  {
    file: 'token/summary.ts',
    tests: '__tests__/token/summary.test',
    without: 'who the Hub says the token is is escaped',
    find: 'codeHtml(token.identity)',
    replace: 'token.identity',
  },
  {
    ...AUDIT,
    without: 'text from outside is on one line and holds no secret',
    find: 'return value ? verbatim(value, 400) : undefined',
    replace: 'return value || undefined',
  },
  {
    ...AUDIT,
    without: 'the organization in an audit event holds no secret',
    find: 'org: auditText(org),',
    replace: 'org,',
  },
  {
    ...AUDIT,
    without: 'the subject in an audit event is one line',
    find: 'subject: auditText(identity?.subject),',
    replace: 'subject: identity?.subject,',
  },
  {
    ...AUDIT,
    without: 'an audit event has no ID token',
    find: '    ...details,',
    replace: '    ...identity,\n    ...details,',
  },
]
