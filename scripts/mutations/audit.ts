/** Guards of `src/audit/`, and of the edge that sends its events. */
import type { Mutation } from './mutation.ts'

const line = { file: 'audit/audit-line.ts', tests: '__tests__/audit/audit-line.test' } as const
const record = { file: 'audit/audit-record.ts', tests: '__tests__/audit/audit-record.test' } as const
const edge = { file: 'runner/audited.ts', tests: '__tests__/runner/audited.test' } as const
const saved = { file: 'runner/saved-facts.ts', tests: '__tests__/runner/audited.test' } as const

export const AUDIT: readonly Mutation[] = [
  {
    ...line,
    without: 'every text in an event is made printable and free of secrets',
    find: 'undefined : verbatim(value, MAX_TEXT)\n',
    replace: 'undefined : value\n',
  },
  {
    ...line,
    without: 'a list in an event is cut',
    find: 'value.slice(0, MAX_ITEMS).map(',
    replace: 'value.map(',
  },
  {
    ...line,
    without: 'nesting in an event is cut',
    find: 'value === null || depth === 0',
    replace: 'value === null',
  },
  {
    ...line,
    without: 'an event holds only the claims that it names',
    find: 'undefined : auditedClaims(identity.claims)',
    replace: 'undefined : identity.claims',
  },
  {
    ...record,
    without: 'an event is sent once',
    find: 'if (this.#isSent) return\n',
    replace: '\n',
  },
  {
    ...record,
    without: 'a sink that fails does not keep the event from the others',
    find: 'for (const sink of sinks) attempt(() => sink(sent))',
    replace: 'for (const sink of sinks) sink(sent)',
  },
  {
    ...record,
    without: 'an event is sent although its facts cannot be told',
    find: 'return attempt(facts) ?? {}',
    replace: 'return facts()',
  },
  {
    ...record,
    without: 'a run of which nobody said how it ended is an internal error',
    find: "result: AuditResult = 'internal-error'",
    replace: "result: AuditResult = 'done'",
  },
  {
    ...edge,
    without: 'the event is sent after an error',
    find: '  } finally {\n',
    replace: '  } catch (error) {\n    throw error\n  }\n  {\n',
  },
  {
    ...edge,
    without: 'a cancelled run sends its event',
    find: '  for (const signal of SIGNALS) process.once(signal, cancel)\n',
    replace: '',
    tests: '__tests__/e2e/audit.test',
  },
  {
    ...edge,
    without: 'handlers of signals are removed',
    find: 'process.off(signal, cancel)',
    replace: 'void signal',
  },
  {
    ...saved,
    without: 'only texts are taken from the saved state',
    find: "typeof value === 'string' || typeof value === 'number' ? [[name, verbatim(String(value), MAX_TEXT)]] : []",
    replace: '[[name, value as string]]',
  },
  {
    ...saved,
    without: 'saved rights are cut',
    find: 'rights?.slice(0, MAX_RIGHTS).map((right) => verbatim(right, MAX_TEXT))',
    replace: 'rights',
  },
  {
    ...edge,
    without: 'a run that ends in the middle sends its event',
    find: "  process.once('exit', exit)\n",
    replace: '',
  },
  {
    file: 'entry/main.ts',
    without: 'a cancelled run saves for post what it knew',
    find: ', sinks: [saveFacts]',
    replace: '',
    tests: '__tests__/e2e/audit.test',
  },
]
