/** Guards of `src/identity/`. */
import type { Mutation } from './mutation.ts'

const verify = { file: 'identity/verify.ts', tests: '__tests__/identity/verify.test' } as const
const expectation = { file: 'identity/expectation.ts', tests: '__tests__/identity/verify.test' } as const
const keys = { file: 'identity/keys.ts', tests: '__tests__/identity/keys.test' } as const
const claims = { file: 'identity/claims.ts', tests: '__tests__/identity/claims.test' } as const
const ask = { file: 'identity/ask.ts', tests: '__tests__/identity/ask.test' } as const
const prove = { file: 'identity/prove.ts', tests: '__tests__/identity/prove.test' } as const
const missing = { file: 'identity/explain-missing-id-token.ts', tests: '__tests__/identity/conditions.test' } as const
const issuer = { file: 'identity/issuer.ts', tests: '__tests__/identity/issuer.test' } as const

export const IDENTITY: readonly Mutation[] = [
  {
    ...expectation,
    without: 'GitHub’s tokens must be signed with RS256',
    find: "foreign ? ['RS256', 'ES256'] : ['RS256']",
    replace: "['RS256', 'ES256']",
  },
  {
    ...expectation,
    without: 'the clock tolerance is half a minute',
    find: 'CLOCK_TOLERANCE_SECONDS = 30',
    replace: 'CLOCK_TOLERANCE_SECONDS = 3600',
    tests: '__tests__/identity/verify.test',
    named: 'the tolerance is',
  },
  {
    ...expectation,
    without: '`sub` is one of the required claims',
    find: "['iss', 'aud', 'sub', 'exp', 'iat']",
    replace: "['iss', 'aud', 'exp', 'iat']",
    named: 'a required claim',
  },
  {
    ...expectation,
    without: '`exp` is one of the required claims',
    find: "['iss', 'aud', 'sub', 'exp', 'iat']",
    replace: "['iss', 'aud', 'sub', 'iat']",
    named: 'a required claim',
  },
  {
    ...expectation,
    without: '`iat` is one of the required claims',
    find: "['iss', 'aud', 'sub', 'exp', 'iat']",
    replace: "['iss', 'aud', 'sub', 'exp']",
    named: 'a required claim',
  },
  {
    ...verify,
    without: 'only certain algorithms are accepted',
    find: '    algorithms: acceptedAlgorithms(options),\n',
    replace: '',
  },
  {
    ...verify,
    without: 'a different issuer is refused before the keys are fetched',
    find: 'if (payload.iss === issuer) return',
    replace: 'return',
  },
  {
    ...verify,
    without: 'the signed `iss` is compared again',
    find: '    issuer: options.issuer,\n    audience',
    replace: '    audience',
    equivalent: 'the check before the keys has compared the same payload; the signature only proves it',
  },
  {
    ...verify,
    without: 'the audience is compared',
    find: '    audience: options.audience,\n    requiredClaims',
    replace: '    requiredClaims',
  },
  {
    ...verify,
    without: 'the clock of the caller counts',
    find: '...(options.now ? { currentDate: options.now } : {}),',
    replace: '',
  },
  {
    ...verify,
    without: '`sub` must be text',
    find: "typeof sub !== 'string' || sub === ''",
    replace: "sub === ''",
    named: 'a required claim',
  },
  {
    ...verify,
    without: '`sub` must not be empty',
    find: " || sub === ''",
    replace: '',
    named: 'a required claim',
  },
  {
    ...verify,
    without: '`exp` must be a time that a date can represent',
    find: ' || exp > LATEST',
    replace: '',
  },
  {
    ...verify,
    without: '`iat` must not be in the future',
    find: ' || iat > now + CLOCK_TOLERANCE_SECONDS',
    replace: '',
  },
  {
    ...verify,
    without: '`exp` and `nbf` have a tolerance',
    find: '    clockTolerance: CLOCK_TOLERANCE_SECONDS,\n',
    replace: '',
  },
  {
    ...verify,
    without: '`exp` and `nbf` have no more than that tolerance',
    find: 'clockTolerance: CLOCK_TOLERANCE_SECONDS',
    replace: 'clockTolerance: 10 * CLOCK_TOLERANCE_SECONDS',
  },
  {
    ...verify,
    without: 'a second audience from GitHub is refused',
    find: ' && aud.length !== 1',
    replace: ' && false',
  },
  {
    ...verify,
    without: 'another issuer may name several audiences',
    find: '!options.foreign && Array.isArray(aud)',
    replace: 'Array.isArray(aud)',
  },
  {
    ...verify,
    without: 'keys are fetched again after a rotation',
    find: 'if (!(error instanceof errors.JWKSNoMatchingKey)) throw explained(error)',
    replace: 'throw explained(error)',
  },
  {
    ...verify,
    without: 'keys are fetched again only after a rotation',
    find: 'if (!(error instanceof errors.JWKSNoMatchingKey)) throw explained(error)',
    replace: '',
  },
  {
    ...keys,
    without: 'a discovery document of a different issuer is refused',
    find: 'if (document.issuer !== issuer) {',
    replace: 'if (false) {',
  },
  {
    ...keys,
    without: 'keys are fetched over https only',
    find: 'if (!isAllowedUrl(new URL(uri))) {',
    replace: 'if (false) {',
  },
  {
    ...keys,
    without: '`jwks_uri` on loopback is refused for a remote issuer',
    find: 'if (isLoopback(new URL(uri).hostname) && !isLoopback(new URL(issuer).hostname)) {',
    replace: 'if (false) {',
  },
  {
    ...keys,
    without: 'an issuer on loopback may have its keys there',
    find: ' && !isLoopback(new URL(issuer).hostname)',
    replace: '',
  },
  {
    ...keys,
    without: 'the keys of another issuer are only where its discovery document says',
    find: 'if (!foreign) {',
    replace: 'if (true) {',
  },
  {
    ...keys,
    without: 'keys are taken from HTTP 200 only',
    find: 'status === 200 ? parseJson',
    replace: 'true ? parseJson',
  },
  {
    ...keys,
    without: 'a key set is a list of objects',
    find: ' && value.keys.every(isRecord)',
    replace: '',
  },
  {
    ...keys,
    without: 'an issuer in trouble is asked again',
    find: 'if (isTransient(status)) {',
    replace: 'if (false) {',
  },
  {
    ...claims,
    without: 'a rule is compared with the whole claim',
    find: 'return p === pattern.length',
    replace: 'return true',
  },
  {
    ...claims,
    without: 'a rule for a missing claim refuses the job',
    find: '!values(identity, claim).some((value) => matches(value, pattern))',
    replace: '!values(identity, claim).every((value) => matches(value, pattern))',
    named: 'missing',
  },
  {
    ...claims,
    without: 'the case of a claim counts',
    find: 'pattern[p] === text[at]',
    replace: 'pattern[p]?.toLowerCase() === text[at]?.toLowerCase()',
  },
  {
    ...claims,
    without: 'only claims of the token itself count',
    find: 'if (!Object.hasOwn(claims, name)) return []',
    replace: '',
  },
  {
    ...claims,
    without: 'an object is not the text of a claim',
    find: "['string', 'number', 'boolean'].includes(typeof item)",
    replace: 'true',
  },
  {
    ...claims,
    without: 'rules that do not match refuse the job',
    find: 'if (rejected.length > 0) throw',
    replace: 'if (false) throw',
  },
  { ...ask, without: 'the ID token is masked before it is used', find: '    mask(value)\n', replace: '' },
  {
    ...ask,
    without: 'the request token must be fit for a header',
    find: ' || !/^[\\x21-\\x7e]+$/.test(request.token)',
    replace: '',
  },
  {
    ...ask,
    without: 'a token must be text',
    find: "typeof value !== 'string' || value === ''",
    replace: "value === ''",
  },
  {
    ...ask,
    without: 'a token is taken from HTTP 200 only',
    find: 'if (status !== 200) {',
    replace: 'if (status >= 500) {',
  },
  {
    ...ask,
    without: 'only a failure that may pass is repeated',
    find: 'if (isTransient(status)) throw',
    replace: 'if (true) throw',
  },
  {
    ...ask,
    without: 'the audience of the organization is requested',
    find: "url.searchParams.append('audience', audience)",
    replace: '',
  },
  { ...prove, without: 'the claim rules are checked', find: '  checkClaims(identity, rules)\n', replace: '' },
  { ...prove, without: 'a second request for keys is a new one', find: '    first = undefined\n', replace: '' },
  {
    ...prove,
    without: 'GitHub’s tokens are not judged by the looser rules for other issuers',
    find: "foreign: idTokenFrom.kind !== 'github' })",
    replace: 'foreign: true })',
  },
  {
    ...prove,
    without: 'a job that gets no ID token makes no calls',
    find: 'if (!foreign && !job.idTokenRequest) return { keys: [] }',
    replace: '',
  },
  {
    ...missing,
    without: 'a fork whose repository is gone is still a fork',
    find: 'if (head === null) return true',
    replace: '',
  },
  {
    ...missing,
    without: 'the condition for forks is true on events without a pull request',
    find: "eventName === 'pull_request' ? \"github.event_name != 'pull_request'\" : 'github.event.pull_request == null'",
    replace: "'false'",
  },
  {
    ...missing,
    without: 'a schedule of a workflow that Dependabot changed is not Dependabot’s',
    find: ' && DEPENDABOT_EVENTS.includes(eventName)',
    replace: '',
  },
  {
    ...issuer,
    without: 'only a subdomain of ghe.com has an issuer there',
    find: "host.endsWith('.ghe.com')",
    replace: "host.endsWith('ghe.com')",
  },
  {
    ...issuer,
    without: 'only github.com has GitHub’s public issuer',
    find: "host === 'github.com'",
    replace: "host.startsWith('github.com')",
  },
]
