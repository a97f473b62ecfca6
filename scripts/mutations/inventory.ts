// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of source text.
/** Guards of the inventory: `src/rotation/inventory/`, its inputs, and the list of members. */
import type { Mutation } from './mutation.ts'

const JUDGE = 'rotation/inventory-judge.test'
const GATHER = 'rotation/inventory-gather.test'
const SHOWN = 'rotation/inventory-shown.test'
const PARSE = 'rotation/parse.test'
const MEMBERS = 'hub/members.test'
const E2E = 'e2e/inventory.test'

export const INVENTORY: readonly Mutation[] = [
  // What is asked for.
  {
    file: 'rotation/inputs/parse.ts',
    without: 'an inventory asks for a session that can only read',
    find: " || kind === 'report'",
    replace: '',
    tests: PARSE,
  },
  {
    file: 'rotation/inputs/parse.ts',
    without: 'unused tokens are found only with a service account',
    find: "if (failOn.includes('unused') && !isListed) {",
    replace: 'if (false) {',
    tests: PARSE,
  },
  {
    file: 'rotation/inputs/parse.ts',
    without: 'an inventory refuses inputs that only a rotation uses',
    find: 'if (owners.includes(kind) || !isGiven) continue',
    replace: "if (owners.includes(kind) || kind === 'report' || !isGiven) continue",
    tests: PARSE,
  },
  // Who is a member.
  {
    file: 'hub/members.ts',
    without: 'a list of ten pages with a link to the next one is not complete',
    find: 'return new Members(accounts, `it has more than ${MAX_PAGES} pages`)',
    replace: 'return new Members(accounts)',
    tests: MEMBERS,
  },
  {
    file: 'hub/members.ts',
    without: 'a list that goes round in a circle is not read for ever',
    find: 'cursors.has(next)',
    replace: 'false',
    tests: MEMBERS,
  },
  {
    file: 'hub/members.ts',
    without: 'a list with an odd entry is not complete',
    find: 'if (members.length < items.length)',
    replace: 'if (false)',
    tests: MEMBERS,
  },
  {
    file: 'hub/members.ts',
    without: 'a full page without a link may be one of several',
    find: 'next === undefined && items.length >= PAGE',
    replace: 'false',
    tests: MEMBERS,
  },
  {
    file: 'hub/members.ts',
    without: 'an id decides where both sides have one',
    find: 'id === undefined ? this.#names.has(name) : this.#ids.has(id) || this.#withoutId.has(name)',
    replace: 'this.#names.has(name) || (id !== undefined && this.#ids.has(id))',
    tests: MEMBERS,
  },
  {
    file: 'rotation/inventory/membership.ts',
    without: 'only a complete list shows that somebody has left',
    find: 'members.is.missing === undefined && ',
    replace: '',
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/membership.ts',
    without: 'somebody who may be a service account has not left',
    find: " && 'is' in serviceAccounts) return { is: false }",
    replace: ') return { is: false }',
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/membership.ts',
    without: 'another service account does not leave',
    find: 'who.name === slug || accounts.has(who.name)',
    replace: 'who.name === slug',
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/membership.ts',
    without: 'an empty list of organizations says nothing',
    find: 'if (!orgsAreListed || orgs.length === 0) return undefined',
    replace: '',
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/membership.ts',
    without: 'another spelling of the organization makes nobody a leaver',
    find: 'name.toLowerCase() === org.toLowerCase()',
    replace: 'name === org',
    tests: JUDGE,
  },
  // What is unknown is never fine.
  {
    file: 'rotation/inventory/judge.ts',
    without: 'the age of a token that nobody could ask about is unknown',
    find: "if (stored?.kind === 'unknown') return stored.why\n  return dueAt",
    replace: 'return dueAt',
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/judge.ts',
    without: 'nothing is known of a secret that could not be read',
    find: 'unknown: { overdue: why, leaver: why, unused: why }',
    replace: 'unknown: {}',
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/judge.ts',
    without: 'the owner of a refused token is unknown',
    find: "return { kind: 'unknown', why: 'the Hub does not accept the token' }",
    replace: "return { kind: 'service account', name: '' }",
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/judge.ts',
    without: 'a token that the Hub does not accept is overdue',
    find: "stored.kind === 'refused' ? context.now : dueAt(",
    replace: 'dueAt(',
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/judge.ts',
    without: 'a secret that is marked for deletion is not taken for an empty one',
    find: ' && description.deletedAt === undefined',
    replace: '',
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/judge.ts',
    without: 'a token from the future is as old as its version',
    find: 'times.createdAt < context.now + MAX_AHEAD_MS',
    replace: 'true',
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/judge.ts',
    without: 'a token is due before it expires',
    find: 'expiresAt - rules.graceSeconds * 1000',
    replace: 'expiresAt',
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/judge-account.ts',
    without: 'a token that a version may hold is no orphan',
    find: "if (possiblyHeld.has(id)) return 'possibly held'",
    replace: '',
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/judge-account.ts',
    without: 'a token whose version nobody could read is no orphan',
    find: "if (named && isUnsure(named)) return 'possibly held'",
    replace: '',
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/judge-account.ts',
    without: 'a token that a run may be about to store is no orphan',
    find: "createdAt !== undefined && now - createdAt < ABANDONED_MS ? 'fresh' : 'not held'",
    replace: "'not held'",
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/failures.ts',
    without: 'what is unknown fails the step',
    find: 'if (reasons.size === 0) return []',
    replace: 'if (reasons.size >= 0) return []',
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/failures.ts',
    without: 'tokens that the Hub does not list are not taken for used ones',
    find: "kind === 'unused' && listed !== undefined && listed.total === undefined",
    replace: 'false',
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/failures.ts',
    without: 'an account that cannot be listed fails the step',
    find: '...(account instanceof ActionError ? [account] : []),',
    replace: '',
    tests: JUDGE,
  },
  // What is asked, and how often.
  {
    file: 'rotation/inventory/resolve-tokens.ts',
    without: 'whoami-v2 is not asked about a token that the list identifies',
    find: ' && !identify(description?.arn, version) ? [version.token]',
    replace: ' ? [version.token]',
    tests: GATHER,
  },
  {
    file: 'rotation/inventory/resolve-tokens.ts',
    without: 'whoami-v2 is asked about current tokens only',
    find: 'version.isCurrent && ',
    replace: '',
    tests: GATHER,
  },
  {
    file: 'rotation/inventory/resolve-tokens.ts',
    without: 'nothing personal is kept of what whoami-v2 says',
    find: "{ kind: 'other', who: shown(owner.is) }",
    replace: "{ kind: 'other', who: owner.is }",
    tests: GATHER,
  },
  {
    file: 'rotation/inventory/ask.ts',
    without: 'a Hub that does not answer is not asked again',
    find: 'if (failures >= MOST_FAILURES) {',
    replace: 'if (false) {',
    tests: GATHER,
  },
  {
    file: 'rotation/inventory/read-versions.ts',
    without: 'AWS is not asked for the value of a secret that is to be deleted',
    find: ' || description.deletedAt !== undefined) continue',
    replace: ') continue',
    tests: E2E,
    named: 'marked for deletion',
  },
  {
    file: 'rotation/inventory/read-versions.ts',
    without: 'the token of each version is masked',
    find: 'context.mask(token)',
    replace: '',
    tests: E2E,
    named: 'shows each secret',
  },
  // What is shown.
  {
    file: 'rotation/inventory/judge-account.ts',
    without: 'a name of a megabyte or of several lines is cut and made printable',
    find: 'printable(displayName, 100)',
    replace: 'displayName',
    tests: JUDGE,
  },
  {
    file: 'rotation/inventory/json.ts',
    without: 'the output stays within what GitHub accepts',
    find: 'secrets: fittingSecrets, tokens: fitting(tokens, Math.max(TOKEN_BYTES, left))',
    replace: 'secrets: secrets.length, tokens: tokens.length',
    tests: SHOWN,
  },
  {
    file: 'rotation/inventory/summary.ts',
    without: 'the secrets in a summary stay within what GitHub shows',
    find: '    MAX_BYTES.table,\n',
    replace: '    Number.POSITIVE_INFINITY,\n',
    tests: SHOWN,
  },
  {
    file: 'rotation/inventory/summary.ts',
    without: 'the failures in a summary stay within what GitHub shows',
    find: '...explained(failures, page, OUTPUT)',
    replace: '...failures.flatMap((failure) => explained([failure], page, OUTPUT))',
    tests: SHOWN,
  },
  {
    file: 'rotation/inventory/words.ts',
    without: 'what needs attention comes first',
    find: 'rows.toSorted((a, b) => order(b) - order(a))',
    replace: '[...rows]',
    tests: SHOWN,
  },
]
