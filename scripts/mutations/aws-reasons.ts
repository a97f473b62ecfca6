/** Why AWS refuses, and what to do about it: the guards of `src/aws/reasons/` and of the explanations. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: text of sources.
import type { Mutation } from './mutation.ts'

const READER: readonly Mutation[] = [
  {
    file: 'aws/reasons/denial.ts',
    without: 'typographic hyphens are read like plain ones',
    find: "    .replace(/[\\u2010-\\u2015\\u2212]/g, '-')\n",
    replace: '',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/denial.ts',
    without: 'an action in quotes is read',
    find: 'authorized to perform:? ?["\']?([a-z',
    replace: 'authorized to perform:? ?([a-z',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/denial.ts',
    without: 'a denial in the passive voice names its policy',
    find: '|explicitly denied (?:by|in) (?:an? |the )?(${ALL})',
    replace: '',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/denial.ts',
    without: 'a denial in the active voice names its policy',
    find: '|because (?:an? |the )?(${ALL}) explicitly den',
    replace: '',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/caller.ts',
    without: 'a role whose name looks like a token is named',
    find: 'code(verbatim(arn))',
    replace: "code(verbatim(arn).replace(/hf_.*/, 'hf_***'))",
    tests: 'aws/explain-reasons.test',
  },
  {
    file: 'aws/reasons/denial.ts',
    without: 'a message of any length is read in a bounded number of steps',
    find: '    .slice(0, LONGEST)\n',
    replace: '',
    tests: 'aws/reasons.test',
    equivalent: 'the patterns are bounded too: it only takes longer',
  },
  {
    file: 'aws/reasons/denial.ts',
    without: 'words on several lines are read like words on one',
    find: "    .replace(/[\\s\\u00a0]+/g, ' ')",
    replace: '',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/denial.ts',
    without: 'curly quotes are read like straight ones',
    find: '    .replace(/[‘’ʼ´`]/g, "\'")\n',
    replace: '',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/denial.ts',
    without: 'a silent policy is told apart from a missing permission',
    find: 'if (silent !== undefined) return',
    replace: 'if (silent === "") return',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/denial.ts',
    without: 'an explicit Deny names its policy',
    find: 'if (deny !== undefined) return',
    replace: 'if (deny === "") return',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/denial.ts',
    without: 'a sentence ends after an ARN',
    find: "return arn?.replace(/[.,:]+$/, '')",
    replace: 'return arn',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/denial.ts',
    without: 'KMS names the key without "on resource"',
    find: ' ?? KEY.exec(words)?.[1]',
    replace: '',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/read.ts',
    without: 'session tags that a trust policy does not allow have a reason of their own',
    find: "(denied === 'denied' || denied === 'trust-silent')",
    replace: 'false',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/read.ts',
    without: 'a key that refuses without a reason is not the secret',
    find: "denied === 'denied' && isOnKey(action) ? 'key-denied' : denied",
    replace: 'denied',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/read.ts',
    without: 'an unreadable answer is no reason of AWS',
    find: "if (error.kind !== 'refusal') return error.kind",
    replace: "if (error.kind === 'unsent') return error.kind",
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/read.ts',
    without: 'only what another attempt can cure is called transient',
    find: "isTransientRefusal(error) ? 'transient' : 'other'",
    replace: "'transient'",
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/rules.ts',
    without: 'the clock is told apart from a changed request',
    find: 'words: /signature (?:expired|not yet current)|is (?:now earlier|still later) than|time too skewed/i',
    replace: 'words: /never/',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/rules.ts',
    without: 'a session that AWS does not know is told as such',
    find: '^UnrecognizedClient|',
    replace: '',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/rules.ts',
    without: 'the default key is told as such',
    find: "  { kind: 'default-key', words: /different aws account",
    replace: "  { kind: 'default-key', words: /never aws account",
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/rules.ts',
    without: 'one hour is the limit of a chain, whatever the role allows',
    find: 'session limit for roles assumed by role chaining',
    replace: 'never',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/rules.ts',
    without: 'a replica is told as such',
    find: 'not permitted on a replica secret',
    replace: 'never',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/rules.ts',
    without: 'a service that CodeDeploy deploys is told as such',
    find: "'(?:code_?deploy|external)'",
    replace: "'(?:never)'",
    tests: 'aws/reasons.test',
  },
]

const FIXERS: readonly Mutation[] = [
  {
    file: 'aws/reasons/fixer.ts',
    without: 'the policy of a key is not the policy of the secret',
    find: "  if (fixer === 'secret' && onKey) return 'key'\n",
    replace: '',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/fixer.ts',
    without: 'the account of another account’s secret is named',
    find: 'owner === undefined || owner === role.account',
    replace: 'owner === undefined || true',
    tests: 'aws/reasons.test',
  },
  {
    file: 'aws/reasons/fixer.ts',
    without: 'an account has twelve digits',
    find: '&& /^\\d{12}$/.test(account)',
    replace: '',
    tests: 'aws/explain-reasons.test',
  },
]

const REMEDIES: readonly Mutation[] = [
  {
    file: 'aws/explain-denial.ts',
    without: 'the printed policy of a VPC endpoint is for one role',
    find: "Principal: '*', ...onlyForRole(refused)",
    replace: "Principal: '*'",
    tests: 'aws/printed-by-reason.test',
  },
  {
    file: 'aws/explain-denial.ts',
    without: 'a policy never names "of this function"',
    find: "return role.arn.startsWith('arn:') ? role : { ...role, arn: '<the ARN of the role>' }",
    replace: 'return role',
    tests: 'aws/explain-reasons.test',
  },
  {
    file: 'aws/explain-secret.ts',
    without: 'a policy that refuses the key is not told as one that refuses the secret',
    find: 'facts.reason.onKey ? ofKey(facts) : ofSecret(facts)',
    replace: 'ofSecret(facts)',
    tests: 'aws/printed-by-reason.test',
  },
  {
    file: 'aws/explain-secret-denied.ts',
    without: 'another account’s secret gets three things when its own policy is silent',
    find: `  const { caller, secret, use } = facts
  const { role } = caller
  if (isCrossAccount(role, secret)) return threeThings(facts)
`,
    replace: `  const { caller, secret, use } = facts
  const { role } = caller
`,
    tests: 'aws/(?:explain|printed-by)-reasons?.test',
  },
  {
    file: 'aws/explain-secret-denied.ts',
    without: 'each account is told its own steps',
    find: 'For steps 1 and 2, whoever',
    replace: 'For all steps, whoever',
    tests: 'aws/explain-reasons.test',
  },
  {
    file: 'aws/explain-secret-key.ts',
    without: 'a shell does not take a placeholder for a redirection',
    find: "? 'KEY_ARN'",
    replace: "? '<key>'",
    tests: 'aws/explain-reasons.test',
  },
  {
    file: 'aws/explain-denial.ts',
    without: 'a shell does not take the role of a function for a redirection',
    find: "'ROLE_NAME'",
    replace: "'<role>'",
    tests: 'aws/explain-reasons.test',
  },
  {
    file: 'aws/explain-secret-key.ts',
    without: 'an alias or an odd ARN is not printed as a key',
    find: "&& /:key\\/[\\w-]+$/.test(resource ?? '')",
    replace: '',
    tests: 'aws/explain-reasons.test',
  },
  {
    file: 'aws/explain-secret-key.ts',
    without: 'the statement names the key that AWS named',
    find: 'use.kmsActions, keyArn(reason.resource))',
    replace: 'use.kmsActions)',
    tests: 'aws/explain-reasons.test',
  },
  {
    file: 'aws/explain-sts.ts',
    without: 'a policy that lets in every pull request comes with a warning',
    find: "subject.endsWith(':pull_request')",
    replace: 'false',
    tests: 'aws/explain-sts.test',
  },
  {
    file: 'aws/explain-sts.ts',
    without: 'the claims of a token are made printable',
    find: '[name, verbatim(value, 300)] as const',
    replace: '[name, String(value)] as const',
    tests: 'aws/explain-sts.test',
  },
  {
    file: 'aws/ecs.ts',
    without: 'a service that something other than ECS deploys is not deployed',
    find: "if (controller !== 'ECS') {",
    replace: "if (controller === '') {",
    tests: 'aws/ecs.test',
  },
  {
    file: 'aws/ecs.ts',
    without: 'a service that is being deleted is not deployed',
    find: "found.status === 'DRAINING'",
    replace: "found.status === ''",
    tests: 'aws/ecs.test',
  },
]

/** All of them. */
export const AWS_REASONS: readonly Mutation[] = [...READER, ...FIXERS, ...REMEDIES]
