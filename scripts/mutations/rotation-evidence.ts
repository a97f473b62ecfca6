/** Guards of the evidence by which a rotation judges tokens. */
import type { Mutation } from './mutation.ts'

const EVIDENCE = 'rotation/evidence.test'
const MINTER = 'rotation/minter.test'
const LOST = 'hub/lost-rights.test'
const OWN = 'hub/own-repositories.test'

export const ROTATION_EVIDENCE: readonly Mutation[] = [
  {
    file: 'rotation/account/known-token.ts',
    without: 'a token that was minted for fewer repositories than requested is refused',
    find: 'return rights.repoPermissions.filter((name) => !held.includes(name))',
    replace: 'return rights.repoPermissions.filter((name) => !name && !held.includes(name))',
    tests: EVIDENCE,
    named: 'fewer repositories',
  },
  {
    file: 'rotation/account/known-token.ts',
    without: 'a token that was minted for some endpoints only is refused',
    find: 'return limits.length === 0 ? lost',
    replace: 'return limits.length >= 0 ? lost',
    tests: EVIDENCE,
    named: 'some endpoints',
  },
  {
    file: 'rotation/account/minter.ts',
    without: 'an entry of the list that has expired says nothing of a current token',
    find: 'entry.expiresAt <= now ? undefined : entry',
    replace: 'entry.expiresAt <= now ? entry : entry',
    tests: EVIDENCE,
    named: 'has expired',
  },
  {
    file: 'rotation/account/minter.ts',
    without: 'a second secret does not ask for the account’s place again',
    find: '    if (this.#place) return\n',
    replace: '',
    tests: MINTER,
    named: 'place in the organization',
  },
  {
    file: 'rotation/account/minter.ts',
    without: 'a failed look for a repository’s ID is not remembered',
    find: 'asked.catch(() => this.#rights.delete(key))',
    replace: 'asked.catch(() => {})',
    tests: MINTER,
    named: 'again after a failure',
  },
  {
    file: 'rotation/secret/confirm.ts',
    without: 'whoami-v2 confirms a token of an account of which nothing is known yet',
    find: 'if (!minter || followsItsOwn) return',
    replace: 'if (!minter || statement) return',
    tests: EVIDENCE,
    named: 'nothing is known yet',
  },
  {
    file: 'rotation/secret/judge-replacement.ts',
    without: 'a current token with the contributor permission blocks its secret',
    find: '[losesItsOwn(context, standing, replacement), ',
    replace: "[losesItsOwn(context, { kind: 'none' }, replacement), ",
    tests: EVIDENCE,
    named: 'contributor permission',
  },
  {
    file: 'rotation/secret/contributor.ts',
    without: 'a new token that writes everywhere may take the place of one with the contributor permission',
    find: ' || writesEverywhere(next, org)) return undefined',
    replace: ') return undefined',
    tests: EVIDENCE,
    named: 'does not matter',
  },
  {
    file: 'hub/facts/own-repositories.ts',
    without: 'a right to write everywhere covers the contributor permission',
    find: 'if (contributes.length === 0 || writesEverywhere(who, org)) return false',
    replace: 'if (contributes.length === 0) return false',
    tests: OWN,
  },
  {
    file: 'hub/facts/stated-token.ts',
    without: 'the rights of a token that is not fine-grained are not read from the list',
    find: " || (role !== undefined && role !== 'fineGrained')",
    replace: '',
    tests: EVIDENCE,
    named: 'another kind',
  },
  {
    file: 'hub/facts/facts.ts',
    without: 'whoami-v2 decides when auth-check refuses a token whose rights are known',
    find: 'return isRefused ? undefined : {',
    replace: 'return isRefused && !token ? undefined : {',
    tests: EVIDENCE,
    named: 'auth-check refuses',
  },
  {
    file: 'hub/client.ts',
    without: 'the Hub’s own 401 from auth-check is told from silence',
    find: 'const isRefused = status === 401 && isHubsRefusal(answer)',
    replace: 'const isRefused = status === 400 && isHubsRefusal(answer)',
    tests: EVIDENCE,
    named: 'auth-check refuses',
  },
  {
    file: 'hub/facts/lost-rights.ts',
    without: 'a right for fewer endpoints is a lost right',
    find: 'if (covering.every((one) => isLimited(one, grant)))',
    replace: 'if (covering.every((one) => isLimited(one, grant) && !grant))',
    tests: LOST,
    named: 'some endpoints',
  },
  {
    file: 'hub/facts/lost-rights.ts',
    without: 'the role of an account that its list does not say is that of its other tokens',
    find: "  if (role === undefined && current.name !== '' && next.name === current.name) return undefined\n",
    replace: '',
    tests: LOST,
    named: 'list does not say',
  },
]
