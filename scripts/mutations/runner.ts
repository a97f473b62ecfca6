/** Guards of `src/runner/`. */
import type { Mutation } from './mutation.ts'

const CLEAN_UP = { file: 'runner/clean-up/clean-up.ts', tests: '__tests__/runner/clean-up.test' } as const
const REVOKE = { file: 'runner/clean-up/revoke-minted.ts', tests: '__tests__/runner/revoke.test' } as const
const COPIES = { file: 'runner/copies.ts', tests: '__tests__/runner/remove-copies.test' } as const
const COPY_TEXT = { file: 'runner/clean-up/copy-text.ts', tests: '__tests__/runner/remove-copies.test' } as const
const REMOVE_COPIES = {
  file: 'runner/clean-up/remove-copies.ts',
  tests: '__tests__/runner/remove-copies.test',
} as const
const SAVED_DELETION = {
  file: 'runner/clean-up/saved-deletion.ts',
  tests: '__tests__/runner/saved-state.test',
} as const
const SAVED_TOKEN = { file: 'runner/clean-up/saved-token.ts', tests: '__tests__/runner/saved-state.test' } as const
const DELETE = { file: 'runner/clean-up/delete-minted.ts', tests: '__tests__/e2e/post.test' } as const
const UNSAVED = { file: 'runner/clean-up/revoke-unsaved.ts', tests: '__tests__/runner/revoke.test' } as const
const LEDGER = { file: 'runner/ledger.ts', tests: '__tests__/runner/(revoke|ledger).test' } as const
const DELIVER = { file: 'runner/deliver/deliver.ts', tests: '__tests__/runner/deliver.test' } as const
const FILES = { file: 'runner/deliver/private-file.ts', tests: '__tests__/runner/deliver-files.test' } as const
const GIT = { file: 'runner/deliver/git.ts', tests: '__tests__/runner/deliver-files.test' } as const
const ID_TOKEN = { file: 'runner/id-token.ts', tests: '__tests__/runner/id-token.test' } as const
const SMALL_FILE = { file: 'runner/small-file.ts', tests: '__tests__/runner/id-token.test' } as const
const INPUTS = { file: 'runner/inputs.ts', tests: '__tests__/runner/inputs.test' } as const
const LOG = { file: 'runner/log.ts', tests: '__tests__/runner/report.test' } as const
const RUN_JOB = { file: 'runner/run-job.ts', tests: '__tests__/runner/run-job.test' } as const

export const RUNNER: readonly Mutation[] = [
  {
    ...COPIES,
    without: 'a token is saved as a hash only',
    find: '{ hash: hashOf(token), length',
    replace: '{ hash: token, length',
  },
  {
    ...COPIES,
    without: 'a file that held the token before is not a copy',
    find: 'files.filter(({ path }) => held(path, ours))',
    replace: 'files.filter(() => false)',
  },
  { ...COPIES, without: 'a link is not taken for a file', find: 'found.isSymbolicLink()', replace: 'false' },
  {
    ...COPIES,
    without: 'a token in a URL is recognized',
    find: '[text, decoded].some',
    replace: '[text].some',
  },
  {
    ...COPIES,
    without: 'copies are found where the job says, and at the defaults',
    find: "env.HF_HOME && join(env.HF_HOME, 'token'),",
    replace: '',
  },
  {
    ...COPY_TEXT,
    without: 'a file that would still hold the token is not changed',
    find: 'kept !== undefined && holds(kept, ours)',
    replace: 'kept === text',
  },
  {
    ...COPY_TEXT,
    without: 'a file of another form is not taken apart',
    find: 'else if (!FIELD.test(line) && !NEITHER.test(line)) return undefined\n',
    replace: '\n',
  },
  {
    ...COPY_TEXT,
    without: 'only our section is removed',
    find: 'sections?.filter((section) => !isOurs(section, ours))',
    replace: 'sections?.filter(() => false)',
  },
  {
    ...COPY_TEXT,
    without: 'only a line with our token as the password is removed',
    find: 'password !== undefined && isToken(decoded(password), ours)',
    replace: 'password !== undefined',
  },
  {
    ...COPY_TEXT,
    without: 'only a file with the token alone is removed',
    find: 'isToken(cleaned(text), ours) ? undefined : text',
    replace: 'undefined',
  },
  {
    ...REMOVE_COPIES,
    without: 'a file that held the token before this step is left alone',
    find: 'if (before.includes(path)) {',
    replace: 'if (false) {',
  },
  {
    ...REMOVE_COPIES,
    without: 'a link is left alone',
    find: "if (found.isLink) return left(path, 'the path is a symbolic link')\n",
    replace: '\n',
  },
  { ...REMOVE_COPIES, without: 'a file keeps its owner', find: '    chownSync(draft, uid, gid)\n', replace: '' },
  { ...REMOVE_COPIES, without: 'a file keeps its mode', find: '    chmodSync(draft, mode)\n', replace: '' },
  {
    ...REMOVE_COPIES,
    without: 'a saved hash is a hash',
    find: ' || !HASH.test(saved.hash)',
    replace: '',
    equivalent: 'nothing has such a hash',
  },
  {
    ...REMOVE_COPIES,
    without: 'saved paths are absolute',
    find: ' || !isAbsolute(value.path)',
    replace: '',
  },
  {
    ...REMOVE_COPIES,
    without: 'a draft that could not be put in place is removed',
    find: '    rmSync(draft, { force: true })\n',
    replace: '',
  },
  {
    ...DELIVER,
    without: 'post can recognize copies of the token',
    find: '    saveState(COPIES_STATE, savedCopies(token.value, process.env))\n',
    replace: '',
  },
  {
    file: 'runner/clean-up/delete-minted.ts',
    without: 'post makes no call when a variable has changed that decides where calls go',
    find: 'if (changed.length > 0) {',
    replace: 'if (changed.length > 99) {',
    tests: 'e2e/post.test',
  },
  {
    file: 'runner/deciding-variables.ts',
    without: 'every endpoint of AWS decides where calls go',
    find: " || upper.startsWith('AWS_ENDPOINT_URL')",
    replace: '',
    tests: 'runner/deciding-variables.test',
  },
  {
    file: 'runner/deciding-variables.ts',
    without: 'the letter case of a variable does not matter',
    find: 'NAMES.has(upper)',
    replace: 'NAMES.has(name)',
    tests: 'runner/deciding-variables.test',
  },
  {
    file: 'runner/deciding-variables.ts',
    without: 'a variable that was removed has changed',
    find: 'new Set([...Object.keys(before), ...Object.keys(after)])',
    replace: 'new Set(Object.keys(after))',
    tests: 'runner/deciding-variables.test',
  },
  {
    file: 'runner/ledger.ts',
    without: 'the value of a token that has an ID is not saved',
    find: "if (entry && revoke !== 'false') {",
    replace: 'if (false) {',
    tests: 'runner/revoke.test',
  },
  {
    file: 'runner/ledger.ts',
    without: 'a token is reported as leaked only when the workflow says so',
    find: "return revoke === 'true'",
    replace: "return revoke !== 'false'",
    tests: 'runner/ledger.test',
  },
  {
    ...SAVED_DELETION,
    without: 'what becomes part of a path is checked again',
    find: "typeof value === 'string' && ID.test(value)",
    replace: "typeof value === 'string'",
  },
  {
    ...SAVED_DELETION,
    without: 'a saved value agrees with what main would read',
    find: 'isDeepStrictEqual(read(problems), value) && problems.found.length === 0',
    replace: 'problems.found.length === 0',
  },
  {
    ...SAVED_DELETION,
    without: 'a saved value has no problem that main would report',
    find: 'isDeepStrictEqual(read(problems), value) && problems.found.length === 0',
    replace: 'isDeepStrictEqual(read(problems), value)',
  },
  {
    ...SAVED_DELETION,
    without: 'a saved audience names the organization',
    find: 'isText(value) && audiencesOf(saved).includes(value)',
    replace: 'isText(value)',
  },
  {
    ...SAVED_DELETION,
    without: 'a saved name is one of a token of ours',
    find: ' && madeAt(value) !== undefined',
    replace: '',
  },
  {
    ...SAVED_DELETION,
    without: 'a saved source is the one whose tokens have an ID',
    find: "(value) => value === 'service-account'",
    replace: '() => true',
  },
  {
    ...DELETE,
    without: 'state that main did not write is not used',
    find: 'if (!isDeletion(saved)) return',
    replace: 'if (false) return',
    tests: 'runner/revoke.test',
  },
  {
    ...SAVED_TOKEN,
    without: 'post sends the token to no address that is not allowed',
    find: ' && isPlainUrl(endpoint) && isAllowedUrl(new URL(endpoint))',
    replace: ' && isPlainUrl(endpoint)',
  },
  {
    ...SAVED_TOKEN,
    without: 'a saved address is nothing but an address',
    find: ' && isPlainUrl(endpoint) && isAllowedUrl(new URL(endpoint))',
    replace: ' && URL.canParse(endpoint) && isAllowedUrl(new URL(endpoint))',
  },
  {
    ...SAVED_TOKEN,
    without: 'a saved value can be a token',
    find: ' && VALUE.test(value)',
    replace: '',
  },
  {
    ...SAVED_TOKEN,
    without: 'saved variables are hashes by name',
    find: 'isDecidingVariables(variables)',
    replace: 'true',
  },
  {
    ...SAVED_TOKEN,
    without: 'a saved time can be shown',
    find: ' && Math.abs(value) <= 8.64e15',
    replace: '',
  },
  {
    file: 'runner/deciding-variables.ts',
    without: 'only deciding variables can have been saved',
    find: '(isDeciding(name) || name === ID_TOKENS) && ',
    replace: '',
    tests: 'runner/saved-state.test',
  },
  {
    file: 'runner/deciding-variables.ts',
    without: 'names of variables are printable',
    find: 'names.map((name) => printable(name, 80))',
    replace: 'names',
    tests: 'runner/deciding-variables.test',
  },
  {
    ...CLEAN_UP,
    without: 'post removes only directly under RUNNER_TEMP',
    find: ' && dirname(directory) === resolve(temp)',
    replace: '',
  },
  {
    ...CLEAN_UP,
    without: 'post removes nothing without RUNNER_TEMP',
    find: " && temp !== ''",
    replace: '',
  },
  {
    ...CLEAN_UP,
    without: 'post removes only folders with our prefix',
    find: 'basename(directory).startsWith(DIRECTORY_PREFIX) && ',
    replace: '',
  },
  {
    ...CLEAN_UP,
    without: 'post removes only folders, and follows no link',
    find: '!(isOurs && found.isDirectory())',
    replace: '!isOurs',
  },
  {
    ...CLEAN_UP,
    without: 'post empties only variables with valid names',
    find: "typeof name === 'string' && VARIABLE.test(name)",
    replace: "typeof name === 'string'",
  },
  {
    ...CLEAN_UP,
    without: 'post ignores names that are not text',
    find: "typeof name === 'string' && VARIABLE.test(name)",
    replace: 'VARIABLE.test(name)',
  },
  {
    ...CLEAN_UP,
    without: 'post lowers GIT_CONFIG_COUNT only when ours is on top',
    find: ' && env.GIT_CONFIG_COUNT === String(gitConfigCount + 1)',
    replace: '',
  },
  {
    ...CLEAN_UP,
    without: 'a saved count is a whole number',
    find: 'Number.isInteger(gitConfigCount) ? Number(gitConfigCount) : undefined',
    replace: 'gitConfigCount as number',
  },
  {
    ...CLEAN_UP,
    without: 'state that is not an object is ignored',
    find: 'if (!isRecord(saved)) return { directory: undefined, variables: [], gitConfigCount: undefined }',
    replace: 'if (saved === undefined) return { directory: undefined, variables: [], gitConfigCount: undefined }',
  },
  {
    ...CLEAN_UP,
    without: 'a saved list of variables is a list',
    find: 'Array.isArray(variables)\n      ?',
    replace: 'variables !== undefined\n      ?',
  },
  {
    ...CLEAN_UP,
    without: 'post does not fail when the environment file is gone',
    find: "    return 'left'\n  }\n}\n",
    replace: '    throw error\n  }\n}\n',
  },
  {
    ...CLEAN_UP,
    without: 'post prints no variable in an old workflow command',
    find: 'env.GITHUB_ENV ? variables.filter',
    replace: 'variables ? variables.filter',
  },
  {
    ...REVOKE,
    without: 'post masks the token and the proxy’s password',
    find: "  for (const secret of [saved.value, ...proxyPasswords(env)]) if (typeof secret === 'string' && secret) mask(secret)\n",
    replace: '',
  },
  {
    ...REVOKE,
    without: 'post does not report a token unless it is asked to',
    find: 'if (mustReport(saved)) await',
    replace: 'if (true) await',
  },
  {
    ...REVOKE,
    without: 'post reports a token only where main would have sent it',
    find: 'if (changed.length === 0) return await',
    replace: 'return await',
  },
  {
    ...REVOKE,
    without: 'state that is not an object is not used',
    find: '  if (!isRecord(saved)) return runnerLog.warning(tellMisfits([]))\n',
    replace: '',
  },
  {
    ...REVOKE,
    without: 'post warns of a token that may exist',
    find: 'else warnOfUnfinished(',
    replace: 'else ((_: string) => {})(',
  },
  {
    ...UNSAVED,
    without: 'main keeps a token that the workflow wants to keep',
    find: 'if (!mustReport(token)) return logLeft(token)\n',
    replace: '',
  },
  {
    ...UNSAVED,
    without: 'main warns of a token that it could not revoke',
    find: '    runnerLog.warning(',
    replace: '    String(',
  },
  {
    ...LEDGER,
    without: 'the value of a token that expires within the hour is not saved',
    find: 'if (mustReport(this.unsaved)) {',
    replace: 'if (this.unsaved) {',
  },
  {
    ...LEDGER,
    without: 'a token that could not be saved is remembered',
    find: '    this.unsaved = { ...token, revoke }\n    if (mustReport(this.unsaved)) {',
    replace: '    const unsaved = { ...token, revoke }\n    if (mustReport(unsaved)) {',
  },
  {
    ...LEDGER,
    without: 'no token is printed when there is no state file',
    find: "    if (!process.env.GITHUB_STATE) throw new Error('no file')\n",
    replace: '',
  },
  {
    ...LEDGER,
    without: 'a token without a known expiry counts as one that never expires',
    find: 'expiresAt !== undefined && expiresAt - now <= SOON_MS',
    replace: 'expiresAt === undefined || expiresAt - now <= SOON_MS',
  },
  {
    ...LEDGER,
    without: 'nothing is saved about a token before it is minted when post must not revoke it',
    find: "if (this.#request.revoke !== 'false') save(MINTING_STATE, what, ",
    replace: 'save(MINTING_STATE, what,',
  },
  {
    ...LEDGER,
    without: 'a refusal clears what was about to be minted',
    find: "if (this.#request.revoke !== 'false') save(MINTING_STATE, '', ",
    replace: "if (this.#request.revoke === undefined) save(MINTING_STATE, '', ",
  },
  {
    ...DELIVER,
    without: 'the token is masked',
    find: '  setSecret(token.value)\n',
    replace: '',
  },
  {
    ...DELIVER,
    without: 'the token is masked before it is exported',
    find: '  setSecret(token.value)\n  requireCommandFiles()',
    replace: '  queueMicrotask(() => setSecret(token.value))\n  requireCommandFiles()',
  },
  {
    ...DELIVER,
    without: 'the runner’s command files are required',
    find: '  requireCommandFiles()\n',
    replace: '',
  },
  {
    ...DELIVER,
    without: 'post can clean up',
    find: '    saveState(DELIVERED_STATE, plan.delivered)\n',
    replace: '',
  },
  {
    ...DELIVER,
    without: 'the state for post is saved before anything is written',
    find: '    saveState(DELIVERED_STATE, plan.delivered)\n    if (plan.delivered.directory) makePrivateDirectory(plan.delivered.directory)',
    replace:
      '    if (plan.delivered.directory) makePrivateDirectory(plan.delivered.directory)\n    saveState(DELIVERED_STATE, plan.delivered)',
  },
  {
    ...DELIVER,
    without: 'a failed write does not quote what was written',
    find: 'throw deliveryFailed(NOT_DELIVERED, writeFailed(error))',
    replace: 'throw deliveryFailed(NOT_DELIVERED, String(error))',
  },
  { ...FILES, without: 'a folder is private', find: '{ mode: 0o700 }', replace: '{ mode: 0o755 }' },
  { ...FILES, without: 'a file is private', find: 'mode: 0o600', replace: 'mode: 0o644' },
  {
    ...FILES,
    without: 'a file that is there is neither overwritten nor followed',
    find: "flag: 'wx'",
    replace: "flag: 'w'",
  },
  {
    ...FILES,
    without: 'a folder that is there is not used',
    find: 'mkdirSync(path, { mode: 0o700 })',
    replace: 'mkdirSync(path, { mode: 0o700, recursive: true })',
  },
  {
    ...FILES,
    without: 'a folder on Windows is private',
    find: "if (platform !== 'win32') return",
    replace: "if (platform !== 'nowhere') return",
  },
  {
    ...GIT,
    without: 'Git sends the token for repositories of the organization only',
    find: "path === '' ? base : ",
    replace: 'base || ',
  },
  {
    ...GIT,
    without: 'the machine’s own credential helpers do not get the token',
    find: "isOurs ? '\\thelper =\\n' : ''",
    replace: "''",
  },
  {
    ...GIT,
    without: 'a path with a quote stays one word for the shell',
    find: '.replaceAll("\'", "\'\\\\\'\'")',
    replace: '',
  },
  {
    ...SMALL_FILE,
    without: 'a file is not read through a link',
    find: 'O_RDONLY | O_NOFOLLOW | O_NONBLOCK',
    replace: 'O_RDONLY | O_NONBLOCK',
  },
  {
    ...SMALL_FILE,
    without: 'reading does not wait for a pipe',
    find: 'O_RDONLY | O_NOFOLLOW | O_NONBLOCK',
    replace: 'O_RDONLY | O_NOFOLLOW',
    named: 'waits for nobody',
  },
  {
    ...SMALL_FILE,
    without: 'only a regular file is read',
    find: "    if (!stats.isFile()) throw new Error('something that is not a regular file')\n",
    replace: '',
  },
  {
    ...SMALL_FILE,
    without: 'a large file is refused',
    find: 'if (length > max) throw',
    replace: 'if (length < 0) throw',
  },
  {
    ...ID_TOKEN,
    without: 'a large value is refused',
    find: 'idToken.length > MAX_ID_TOKEN || !JWT.test(idToken)',
    replace: '!JWT.test(idToken)',
  },
  {
    ...ID_TOKEN,
    without: 'only a JWT is masked and sent',
    find: 'idToken.length > MAX_ID_TOKEN || !JWT.test(idToken)',
    replace: 'idToken.length > MAX_ID_TOKEN',
  },
  {
    ...ID_TOKEN,
    without: 'a variable must be set, not inherited',
    find: "Object.hasOwn(env, from.name) ? (env[from.name] ?? '') : ''",
    replace: "String(env[from.name] ?? '')",
  },
  {
    ...SMALL_FILE,
    without: 'the opened file is closed',
    find: '    closeSync(file)\n',
    replace: '',
  },
  {
    ...INPUTS,
    without: 'undeclared inputs are listed',
    find: "key.startsWith('INPUT_') && !known.has(key)",
    replace: "key === 'INPUT_'",
  },
  {
    ...INPUTS,
    without: 'an ID token is requested only with a URL and a token',
    find: 'url && token ?',
    replace: 'url !== undefined ?',
  },
  {
    ...INPUTS,
    without: 'only variables about AWS’s endpoints are kept',
    find: 'Object.fromEntries(AWS_VARIABLES.flatMap(',
    replace: 'Object.fromEntries(Object.keys(env).flatMap(',
  },
  {
    ...LOG,
    without: 'a line of the log starts no command',
    find: 'info(verbatim(message, MAX))',
    replace: 'info(message)',
  },
  {
    ...LOG,
    without: 'a warning holds no secret and no command',
    find: '.map((line) => verbatim(line, MAX))\n',
    replace: '\n',
  },
  {
    ...LOG,
    without: 'the cause in the debug log holds no secret',
    find: 'redact(inspect(cause, { depth: 2, breakLength: 120 }))',
    replace: 'inspect(cause, { depth: 2, breakLength: 120 })',
  },
  {
    ...LOG,
    without: 'the cause is for the debug log only',
    find: 'error(lines(failure.message) + more,',
    replace: 'error(lines(failure.message) + more + String(failure.cause),',
  },
  {
    ...LOG,
    without: 'a failure fails the step',
    find: '  process.exitCode = 1\n',
    replace: '',
  },
  {
    ...LOG,
    without: 'secrets that are masked stay out of our own text too',
    find: '  remember(secret)\n',
    replace: '',
  },
  {
    ...LOG,
    without: 'only a repository on GitHub makes a link',
    find: 'return known ?',
    replace: 'return known || repository ?',
  },
  {
    ...RUN_JOB,
    without: 'the request token and the proxy’s password are masked before parsing',
    find: '  for (const secret of [job.idTokenRequest?.token, ...proxyPasswords(env)]) if (secret) mask(secret)\n  const request = parse(job)\n',
    replace:
      '  const request = parse(job)\n  for (const secret of [job.idTokenRequest?.token, ...proxyPasswords(env)]) if (secret) mask(secret)\n',
  },
  {
    ...RUN_JOB,
    without: 'a given ID token is masked',
    find: '    mask(idToken)\n',
    replace: '',
  },
  {
    file: 'runner/report-rotation.ts',
    without: 'every failure of a rotation is an annotation, and fails the step',
    find: '  for (const failure of failures) annotate(failure)\n',
    replace: '',
    tests: '__tests__/runner/report-rotation.test',
  },
  {
    file: 'runner/report-rotation.ts',
    without: 'the audit line has the first failure of a rotation',
    find: 'rotationAudit({ ...progress, rotation }, failures[0])',
    replace: 'rotationAudit({ ...progress, rotation })',
    tests: '__tests__/runner/report-rotation.test',
  },
]
