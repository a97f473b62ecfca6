/** Guards of `src/net/`. */
import type { Mutation } from './mutation.ts'

const http = { file: 'net/http.ts', tests: '__tests__/net/http.test' } as const
const endpoint = { file: 'net/endpoint.ts', tests: '__tests__/net/endpoint.test' } as const
const proxy = { file: 'net/proxy.ts', tests: '__tests__/net/proxy.test' } as const
const retry = { file: 'net/retry.ts', tests: '__tests__/net/retry.test' } as const
const retryAfter = { file: 'net/retry-after.ts', tests: '__tests__/net/retry-after.test' } as const
const deadline = { file: 'net/deadline.ts', tests: '__tests__/net/deadline.test' } as const
const network = { file: 'net/network.ts', tests: '__tests__/net/network.test' } as const

export const NET: readonly Mutation[] = [
  {
    ...http,
    without: 'only a call for credentials may go to the addresses for them',
    find: '(isForCredentials && isCredentialUrl(url))',
    replace: 'isCredentialUrl(url)',
    named: 'credentials',
  },
  {
    ...http,
    without: 'a call may have a limit of its own',
    find: "() => fail('timeout', `no answer within",
    replace: "() => [].push('timeout', `no answer within",
    named: 'limit of its own',
  },
  {
    ...http,
    without: 'plain http is refused except on loopback',
    find: 'if (!isAllowedUrl(url) && ',
    replace: 'if (false && ',
    named: 'refuses plain http',
  },
  {
    ...http,
    without: 'redirects are not followed',
    find: "      req.on('response', (response) => {",
    replace: `      req.on('response', (response) => {
        const { location } = response.headers
        if (location) {
          response.resume()
          settle(() => this.send({ method, url: new URL(location, url), headers, what }).then(resolve, reject))
          return
        }`,
  },
  {
    ...http,
    without: 'certificates are checked whatever the environment says',
    find: '...(way.secure ? { rejectUnauthorized: true } : {}),',
    replace: '',
    named: 'a certificate',
  },
  {
    ...http,
    without: 'an answer has a largest size',
    find: 'if (size > maxBytes) throw',
    replace: 'if (false) throw',
  },
  {
    ...http,
    without: 'a connection must come about in time',
    find: "() => fail('timeout', `no connection",
    replace: "() => [].push('timeout', `no connection",
    named: 'never answers',
  },
  {
    ...http,
    without: 'a silent answer is given up',
    find: "fail('timeout', `nothing",
    replace: "[].push('timeout', `nothing",
    named: 'does not arrive',
  },
  {
    ...http,
    without: 'the deadline ends a call in progress',
    find: "this.#deadline.signal.addEventListener('abort', onDeadline, { once: true })",
    replace: '',
    named: 'the deadline',
  },
  {
    ...http,
    without: 'no call starts after the deadline',
    find: 'if (this.#deadline.signal.aborted) throw this.#deadline.error(what)',
    replace: '',
    named: 'the deadline',
  },
  {
    ...http,
    without: 'a refusal of the proxy is the proxy’s',
    find: "if (statusCode !== 200) fail('proxy'",
    replace: "if (false) fail('proxy'",
  },
  {
    ...http,
    without: 'a refused certificate is a failure of TLS',
    find: "if (isCertificateError(error.code ?? '')) return 'TLS'\n",
    replace: '',
  },
  {
    ...endpoint,
    without: 'plain http is for loopback only',
    find: "url.protocol === 'http:' && isLoopback(url.hostname)",
    replace: "url.protocol === 'http:'",
  },
  {
    ...endpoint,
    without: 'a loopback address is a whole host name',
    find: '(?:\\.\\d{1,3}){3}$/',
    replace: '(?:\\.\\d{1,3}){3}/',
  },
  {
    ...proxy,
    without: 'the password of a proxy is masked',
    find: 'return password ? [password, safeDecode(password) ?? password] : []',
    replace: 'return []',
  },
  {
    ...proxy,
    without: 'the decoded password of a proxy is masked',
    find: '[password, safeDecode(password) ?? password]',
    replace: '[password]',
  },
  {
    ...proxy,
    without: 'the address of a proxy is shown without its credentials',
    find: 'proxy: proxy.host }',
    replace: 'proxy: proxy.href }',
  },
  {
    ...proxy,
    without: 'NO_PROXY is honored',
    find: 'if (exceptions.some((exception) => isExempt(url, exception))) return',
    replace: 'if (false) return',
  },
  {
    ...proxy,
    without: 'an exception covers whole labels of a host only',
    find: 'host === bare || ',
    replace: 'host.endsWith(bare) || ',
  },
  {
    ...proxy,
    without: 'an exception with a port is for that port only',
    find: "if (only !== undefined && only !== (url.port || '443')) return false",
    replace: '',
  },
  {
    ...proxy,
    without: 'a star exempts every host',
    find: "exception === '*' || ",
    replace: '',
  },
  {
    ...proxy,
    without: 'an exception may begin with a star or a dot',
    find: ".replace(/^\\*?\\./, '')",
    replace: '',
  },
  {
    ...proxy,
    without: 'the case of an exception does not count',
    find: '    .toLowerCase()\n    .split',
    replace: '    .split',
  },
  {
    ...proxy,
    without: 'IPv6 addresses can be exempt',
    find: "const bare = name.replace(/^\\[|\\]$/g, '')",
    replace: 'const bare = name',
  },
  {
    ...proxy,
    without: 'the small spelling of NO_PROXY wins',
    find: 'env.no_proxy || env.NO_PROXY',
    replace: 'env.NO_PROXY || env.no_proxy',
  },
  {
    ...proxy,
    without: 'a proxy is http or https',
    find: "['http:', 'https:'].includes(proxy.protocol) && ",
    replace: '',
  },
  { ...proxy, without: 'a proxy’s credentials can be decoded', find: " !== '' && decodes ?", replace: " !== '' ?" },
  {
    ...retry,
    without: 'only transient answers are repeated',
    find: 'return status === 408 || status === 429 || status >= 500',
    replace: 'return status >= 400',
  },
  {
    ...retry,
    without: 'only failures that another attempt can cure are repeated',
    find: 'return error instanceof NetworkError ? new TryAgain(error) : undefined',
    replace: 'return new TryAgain(error as Error)',
  },
  {
    ...retry,
    without: 'the number of attempts is limited',
    find: ' || made >= policy.maxAttempts',
    replace: ' || made >= 50',
  },
  {
    ...retry,
    without: 'a service gets the time that it asks for',
    find: 'if (afterMs !== undefined) return afterMs + random() * Math.max(500, afterMs / 5)',
    replace: '',
  },
  {
    ...retry,
    without: 'a fleet does not come back all at once',
    find: 'return afterMs + random() * Math.max(500, afterMs / 5)',
    replace: 'return afterMs',
  },
  {
    ...retry,
    without: 'a wait has jitter',
    find: 'return BASE_MS / 2 + random() * ',
    replace: 'return BASE_MS / 2 + ',
  },
  { ...retry, without: 'waits grow', find: 'BASE_MS * 2 ** made', replace: 'BASE_MS' },
  {
    ...retry,
    without: 'waits have a longest one',
    find: 'Math.min(CAP_MS, BASE_MS * 2 ** made)',
    replace: '(BASE_MS * 2 ** made)',
  },
  {
    ...retry,
    without: 'a wait must fit into the deadline',
    find: 'fits(waitMs, policy) ? {',
    replace: 'fits(0, policy) ? {',
  },
  {
    ...retry,
    without: 'time is kept for later calls',
    find: 'waitMs + reserveMs <',
    replace: 'waitMs <',
  },
  {
    ...retry,
    without: 'a limit that is shared is asked about twice at most',
    find: 'refusals < MOST_REFUSALS ?',
    replace: 'refusals >= 0 ?',
    named: 'asks once more',
  },
  {
    ...retry,
    without: 'only refusals count against a call that spreads its waits',
    find: 'if (isRefusal(again, policy)) refusals += 1',
    replace: 'refusals += 1',
    named: 'failure of another kind',
  },
  {
    ...retry,
    without: 'a long wait is announced',
    find: 'if (!isSpread) return',
    replace: 'if (isSpread || !isSpread) return',
    named: 'says how long it waits',
  },
  {
    ...retry,
    without: 'jobs do not all come back with the next window',
    find: 'earliestMs + random() * (latestMs - earliestMs)',
    replace: 'earliestMs',
    named: 'asks once more',
  },
  {
    ...retry,
    without: 'a spread wait leaves time for the call',
    find: ' - reserveMs - SPREAD_MARGIN_MS',
    replace: ' - reserveMs',
    named: 'asks once more',
  },
  {
    ...retry,
    without: 'a window that does not fit is not waited for',
    find: 'latestMs < earliestMs ? Number.POSITIVE_INFINITY : ',
    replace: '',
    named: 'does not fit',
  },
  {
    ...retry,
    without: 'only calls that ask for it spread their waits',
    find: 'isWindow && spreads',
    replace: 'isWindow',
    named: 'the only one',
  },
  {
    ...retryAfter,
    without: 'only long windows are spread over',
    find: '* 1000 >= LONG_WINDOW_MS',
    replace: '>= 0',
    named: 'long window',
  },
  {
    ...retry,
    without: 'a refused certificate is not asked about again',
    find: "(failure.phase === 'TLS' && isCertificateError(failure.detail))",
    replace: 'false',
  },
  {
    ...retry,
    without: 'an address that is not allowed is not asked again',
    find: "failure.phase === 'policy' || ",
    replace: '',
  },
  {
    ...retryAfter,
    without: '`Retry-After` in seconds is obeyed',
    find: 'return Number(after) * 1000',
    replace: 'return 0',
  },
  {
    ...retryAfter,
    without: '`Retry-After` as a date is obeyed',
    find: 'if (after && HTTP_DATE.test(after)) return Math.max(0, Date.parse(after) - now)',
    replace: '',
  },
  {
    ...retryAfter,
    without: 'a limit with something left asks for no wait',
    find: ' && Number(left ?? 0) === 0 ?',
    replace: ' ?',
  },
  {
    ...retryAfter,
    without: 'the longest of several limits counts',
    find: 'Math.max(...waits)',
    replace: 'Math.min(...waits)',
  },
  {
    ...deadline,
    without: 'the deadline passes',
    find: 'setTimeout(() => this.#controller.abort(), limitMs)',
    replace: 'setTimeout(() => {}, limitMs)',
    named: 'is passed',
  },
  {
    ...deadline,
    without: 'a wait ends with the deadline',
    find: "this.signal.addEventListener('abort', onAbort, { once: true })",
    replace: '',
    named: 'is passed',
  },
  {
    ...deadline,
    without: 'no wait starts after the deadline',
    find: 'if (this.signal.aborted) {',
    replace: 'if (false) {',
    named: 'no wait start',
  },
  {
    ...deadline,
    without: 'nothing is left once it has been stopped',
    find: 'this.#stopped ? 0 : Math.max(0, this.#endsAt - performance.now())',
    replace: 'Math.max(0, this.#endsAt - performance.now())',
  },
  {
    ...network,
    without: 'calls in progress end with the work',
    find: '    deadline.stop()\n',
    replace: '',
    named: 'is closed',
  },
]
