/** Guards of `src/inputs/`, except those about AWS. */
import type { Mutation } from './mutation.ts'

const FIELDS = { file: 'inputs/fields.ts', tests: '__tests__/inputs/fields.test' } as const
const HUB = { file: 'inputs/hub.ts', tests: '__tests__/inputs/hub.test' } as const
const PROOF = { file: 'inputs/proof.ts', tests: '__tests__/inputs/proof.test' } as const
const PROBLEMS = { file: 'inputs/problems.ts', tests: '__tests__/inputs/problems.test' } as const

const PARTITION = { file: 'inputs/partition.ts', tests: '__tests__/inputs/partition.test' } as const
const NEAR_MISSES = { file: 'inputs/near-misses.ts', tests: '__tests__/inputs/near-misses.test' } as const

export const INPUTS: readonly Mutation[] = [
  {
    ...PROBLEMS,
    without: 'a misspelled input is refused',
    find: 'misspelled(raw.unknown, names)',
    replace: 'misspelled([], names)',
  },
  {
    ...PARTITION,
    without: 'a role is in the partition of the region',
    find: ' || partitionOf(region) === partition) return\n  problems',
    replace: " || partitionOf(region) !== '') return\n  problems",
  },
  {
    ...PARTITION,
    without: 'a malformed role or region is a problem of its own',
    find: "account === '' || !/^[a-z]+(?:-[a-z0-9]+)+$/.test(region) || ",
    replace: '',
  },
  {
    ...PARTITION,
    without: 'the ARN of a secret is right about its partition',
    find: '  if (partitionOf(region) === partition) return\n',
    replace: '  return\n',
  },
  {
    file: 'token/inputs/parse-aws.ts',
    tests: '__tests__/token/inputs.test',
    without: 'a role is in the partition of the region',
    find: "  checkPartition('role-to-assume', role, region, problems)\n",
    replace: '',
  },
  {
    file: 'rotation/inputs/parse.ts',
    tests: '__tests__/rotation/parse.test',
    without: 'a role is in the partition of the region',
    find: "  checkPartition('role-to-assume', role, region, problems)\n",
    replace: '',
  },
  {
    ...NEAR_MISSES,
    without: 'a name that may be a variable of the job does not fail the step',
    find: "filter(({ name }) => name.includes('-'))",
    replace: 'filter(() => true)',
  },
  {
    ...NEAR_MISSES,
    without: 'a name that comes from `with:` is no mere warning',
    find: "filter(({ name }) => !name.includes('-'))",
    replace: 'filter(() => true)',
  },
  {
    ...NEAR_MISSES,
    without: 'a name that is far from every input is none of our business',
    find: 'return meant === undefined ? [] : [{ name, meant }]',
    replace: "return [{ name, meant: meant ?? '' }]",
  },
  {
    ...NEAR_MISSES,
    without: 'the name of a variable is made printable',
    find: 'printable(name.toUpperCase(), 80)',
    replace: 'name.toUpperCase()',
  },
  {
    file: 'runner/run-job.ts',
    tests: '__tests__/runner/run-job.test',
    without: 'a variable that looks like an input is a warning',
    find: 'runnerLog.warning(warning)',
    replace: '[].push(warning as never)',
  },
  {
    ...PROBLEMS,
    without: 'the name of an unknown input is made printable',
    find: 'problems.add(printable(name, 80),',
    replace: 'problems.add(name,',
  },
  {
    ...PROBLEMS,
    without: 'a problem with the environment counts',
    find: 'for (const problem of raw.environmentProblems) problems.addLine(problem)',
    replace: '',
  },
  {
    ...PROBLEMS,
    without: 'problems stop the run',
    find: 'if (this.found.length > 0) throw',
    replace: 'if (this.found.length > 1) throw',
  },
  {
    ...PROBLEMS,
    without: 'what was given is made printable',
    find: 'quoted(text, max)',
    replace: 'text',
  },
  {
    ...FIELDS,
    without: 'a word must be one of the choices',
    find: '  if (!found) {',
    replace: '  if (!found && text === "") {',
  },
  {
    ...FIELDS,
    without: 'a flag must be true or false',
    find: 'if (!/^(?:false|False|FALSE)$/.test(text))',
    replace: 'if (text === "")',
  },
  {
    ...FIELDS,
    without: 'a duration has a form',
    find: '  if (seconds === undefined) {\n    problems.add(',
    replace: '  if (seconds === undefined) {\n    void (',
  },
  {
    ...FIELDS,
    without: 'a duration has a minimum',
    find: 'seconds < min || seconds > max',
    replace: 'seconds > max',
  },
  {
    ...FIELDS,
    without: 'a duration has a maximum',
    find: 'seconds < min || seconds > max',
    replace: 'seconds < min',
  },
  {
    ...FIELDS,
    without: 'a number has a minimum',
    find: 'number >= min && number <= max',
    replace: 'number <= max',
  },
  {
    ...FIELDS,
    without: 'a number has a maximum',
    find: 'number >= min && number <= max',
    replace: 'number >= min',
  },
  {
    ...FIELDS,
    without: 'a number has digits only',
    find: '/^\\d{1,9}$/.test(values[name]) ? Number(values[name]) : Number.NaN',
    replace: 'values[name] === "" ? Number.NaN : Number(values[name])',
  },
  {
    ...FIELDS,
    without: 'a URL is absolute',
    find: '  if (!URL.canParse(text)) {',
    replace: '  if (!URL.canParse(text) && text !== "") {',
  },
  {
    ...FIELDS,
    without: 'a URL is https or on loopback',
    find: '} else if (!isAllowedUrl(new URL(text))) {',
    replace: '} else if (!isAllowedUrl(new URL(text)) && text === "") {',
  },
  {
    ...FIELDS,
    without: 'a URL has no credentials, query, fragment or special characters',
    find: '} else if (!isPlainUrl(text)) {',
    replace: '} else if (!isPlainUrl(text) && text === "") {',
  },
  {
    file: 'net/endpoint.ts',
    without: 'a URL has its two slashes',
    find: '/^https?:\\/\\/[',
    replace: '/^https?:[',
    tests: '__tests__/inputs/aws-endpoints.test',
  },
  {
    ...FIELDS,
    without: 'a password in a URL is not shown',
    find: "text.includes('@')",
    replace: "text.includes('@h/')",
  },
  {
    ...FIELDS,
    without: 'an unknown placeholder is refused',
    find: 'if (Object.hasOwn(values, key))',
    replace: 'if (key in values)',
  },
  {
    ...HUB,
    without: 'an organization is required',
    find: "if (text === '') problems.add('hf-org',",
    replace: "if (text === ' ') problems.add('hf-org',",
  },
  {
    ...HUB,
    without: 'an organization is a slug',
    find: 'else if (!ORG.test(text)) {',
    replace: "else if (text === ' ') {",
  },
  {
    ...HUB,
    without: 'the suggested organization is made printable',
    find: "const slug = printable(text.replace(/^https?:\\/\\/[^/]*\\//, '').split('/')[0])",
    replace: "const slug = text.replace(/^https?:\\/\\/[^/]*\\//, '').split('/')[0] ?? ''",
  },
  {
    ...HUB,
    without: 'a service account’s name has no control characters',
    find: '!/^[^\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]{1,96}$/u.test(text)',
    replace: "text === ' '",
  },
  {
    ...HUB,
    without: 'a repository has a namespace and a name',
    find: '    } else {\n      const id',
    replace: "    } else if (item === '') {\n      const id",
  },
  {
    ...PROOF,
    without: 'id-token-from has one of three forms',
    find: "problems.add('id-token-from',",
    replace: "void ('id-token-from',",
  },
  {
    ...PROOF,
    without: 'a variable’s name has no other characters',
    find: '/^env:([A-Za-z_]\\w*)$/',
    replace: '/^env:([^]+)$/',
  },
  {
    ...PROOF,
    without: 'a given issuer is an allowed URL',
    find: "    checkUrl('oidc-issuer', text, problems)\n",
    replace: '',
  },
  {
    ...PROOF,
    without: 'the issuer of an ID token that is not GitHub’s must be given',
    find: "if (from.kind !== 'github') {",
    replace: "if (from.kind === 'nothing') {",
  },
  {
    ...PROOF,
    without: 'the issuer follows from an allowed URL only',
    find: '!isPlainUrl(serverUrl) || !isAllowedUrl(new URL(serverUrl))',
    replace: '!URL.canParse(serverUrl)',
  },
  {
    ...PROOF,
    without: 'the audience names the organization',
    find: 'if (accepted.includes(audience)) return',
    replace: "if (audience !== '') return",
  },
  {
    ...PROOF,
    without: 'the audience matches exactly',
    find: 'if (accepted.includes(audience)) return',
    replace: 'if (accepted.includes(audience.toLowerCase())) return',
  },
  {
    ...PROOF,
    without: 'a claim rule has a pattern',
    find: " && pattern !== ''",
    replace: '',
  },
  {
    ...PROOF,
    without: 'a claim rule has a claim',
    find: 'if (at > 0 && /^[A-Za-z_][\\w.:/-]*$/.test(claim)',
    replace: 'if (at >= 0',
  },
  {
    file: 'inputs/hub.ts',
    without: 'a repository has one ID',
    find: 'before?.id && repository.id && before.id !== repository.id',
    replace: 'false',
    tests: 'inputs/hub.test',
  },
  {
    file: 'inputs/hub.ts',
    without: 'a token is not minted for the repositories of other organizations alone',
    find: 'repositories.length === 0 || repositories.some(',
    replace: 'repositories.length >= 0 || repositories.some(',
    tests: 'inputs/hub.test',
  },
]
