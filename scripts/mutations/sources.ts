/** Guards of `src/sources/`. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of source code.
import type { Mutation } from './mutation.ts'

const SOURCES_TEST = 'sources/sources.test'
const ORPHANS = 'sources/orphans.test'

export const SOURCES: readonly Mutation[] = [
  {
    file: 'sources/orphans.ts',
    without: 'the token of this run is spared',
    find: 'const isInUse = (name: string) => name === own || (',
    replace: 'const isInUse = (name: string) => (',
    tests: ORPHANS,
  },
  {
    file: 'sources/orphans.ts',
    without: 'the token of an earlier use in the same job is spared',
    find: '(job.ownVariables.size > 0 && isSameRun(name, own))',
    replace: 'false',
    tests: ORPHANS,
  },
  {
    file: 'sources/orphans.ts',
    without: 'an orphan is old by its name',
    find: 'made <= limit && (',
    replace: '(',
    tests: ORPHANS,
  },
  {
    file: 'sources/orphans.ts',
    without: 'an orphan is old by the Hub’s own record',
    find: ' && (createdAt === undefined || createdAt <= limit)',
    replace: '',
    tests: ORPHANS,
  },
  {
    file: 'sources/orphans.ts',
    without: 'one run removes a few orphans at most',
    find: '.slice(0, MAX_ORPHANS)',
    replace: '',
    tests: ORPHANS,
  },
  {
    file: 'sources/orphans.ts',
    without: 'trouble with orphans does not fail the job',
    find: 'const sweeping = sweep().catch(warn)',
    replace: 'const sweeping = sweep()',
    tests: SOURCES_TEST,
  },
  {
    file: 'sources/orphans.ts',
    without: 'a short age gets a warning',
    find: 'if (ageSeconds >= SHORT_AGE) return',
    replace: 'return',
    tests: ORPHANS,
  },
  {
    file: 'sources/token-name.ts',
    without: 'only whole names of ours are ours',
    find: 'Z [0-9a-f]{8}$/',
    replace: 'Z [0-9a-f]{8}/',
    tests: ORPHANS,
  },
  {
    file: 'sources/token-name.ts',
    without: 'nothing stands before a name of ours',
    find: 'const OURS = /^hf-oidc-action',
    replace: 'const OURS = /hf-oidc-action',
    tests: ORPHANS,
  },
  {
    file: 'sources/token-name.ts',
    without: 'a long repository does not make the name longer than the Hub takes',
    find: 'clean === repository && clean.length <= max',
    replace: 'clean === repository',
    tests: ORPHANS,
  },
  {
    file: 'sources/token-name.ts',
    without: 'names of two long repositories differ',
    find: 'return `${hash}-${clean',
    replace: 'return `${clean',
    tests: ORPHANS,
  },
  {
    file: 'sources/token-name.ts',
    without: 'what the runner says is cleaned before it becomes a name',
    find: "repository.replace(/[^\\w./-]+/g, '-')",
    replace: 'repository',
    tests: ORPHANS,
  },
  {
    file: 'sources/service-account.ts',
    without: 'the minted token is masked',
    find: '        mask(value)\n',
    replace: '',
    tests: SOURCES_TEST,
  },
  {
    file: 'sources/service-account.ts',
    without: 'the minted token is in the ledger',
    find: 'ledger.made({ value, endpoint: request.hubEndpoint, expiresAt: undefined, entry })',
    replace: '',
    tests: SOURCES_TEST,
  },
  {
    file: 'sources/service-account.ts',
    without: 'the mask comes before the ledger',
    find: '        mask(value)\n        const entry',
    replace:
      '        ledger.made({ value, endpoint: request.hubEndpoint, expiresAt: undefined })\n        mask(value)\n',
    tests: SOURCES_TEST,
  },
  {
    file: 'sources/service-account.ts',
    without: 'the ledger knows before a token may exist',
    find: '  ledger.begin(where)\n',
    replace: '',
    tests: SOURCES_TEST,
  },
  {
    file: 'sources/service-account.ts',
    without: 'a refusal means no token only when no answer was lost',
    find: 'if (!isInDoubt && error instanceof',
    replace: 'if (error instanceof',
    tests: SOURCES_TEST,
  },
  {
    file: 'sources/service-account.ts',
    without: 'the admin secret holds a token',
    find: "const admin = checkTokenShape(stored.values[0] ?? '', `The secret ${stored.label}`, fix)",
    replace: "const admin = stored.values[0] ?? ''; void fix; void checkTokenShape",
    tests: SOURCES_TEST,
  },
  {
    file: 'sources/token-exchange.ts',
    without: 'a client secret that is too short is refused',
    find: 'if (clientSecret.trim().length < SHORTEST) throw',
    replace: 'if (clientSecret.trim().length < 1) throw',
    tests: SOURCES_TEST,
  },
  {
    file: 'sources/trusted-publisher.ts',
    without: 'the answer of the exchange is shaped like a token',
    find: "value: checkIssuedToken(granted.token, 'The response from /oauth/token'),",
    replace: 'value: granted.token,',
    tests: SOURCES_TEST,
  },
  {
    file: 'sources/secrets-manager.ts',
    without: 'a command is printed only for a secret that holds a badly stored token',
    find: 'const fix = resemblesToken(value)\n',
    replace: 'const fix = value\n',
    tests: SOURCES_TEST,
  },
]
