/**
 * `npm run test:page [-- --from <folder>] [--pictures <folder>]`: shows every job summary that the end-to-end tests
 * produced, and some made of hostile text, in Chromium as GitHub would, and measures them. Without `--from` it runs the
 * tests that show every error code, every source and the rotation first.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../sandbox/root.ts'
import { ERROR_CODES } from '../src/errors/action-error.ts'
import { Browser, type Finding } from './page/browser.ts'
import { hostileSummaries } from './page/hostile.ts'
import { PLANTED } from './page/planted.ts'
import { MissingTool } from './system.ts'

/** The tests whose summaries are looked at. */
/** Findings that are the value of an attack itself, shown as it was: a quote inside of quotes, a staging label. */
const SHOWN_ON_PURPOSE: readonly [title: RegExp, kind: string][] = [
  [/^attacks .*mean something to git is refused/, 'a line break in a sentence'],
  [/^rotation-left-alone .*the label the region or the name touch/, 'a literal backtick'],
]

const TESTS = 'e2e/(?:errors|sources|rotation|rotation-attacks|hostile)\\.test'

/** Names the folder into which `__tests__/e2e/stage.ts` writes each step's summary. */
const FOLDER = 'SUMMARIES_FOLDER'

/** What must be among the summaries: every code, a success of every kind of token, and a rotation. */
const REQUIRED: readonly [string, RegExp][] = [
  ...ERROR_CODES.map((code): [string, RegExp] => [code, new RegExp(`<h3>[^<]*<code>${code}</code>`)]),
  ['a stored token', /^<h3>Hugging Face token for[\s\S]*<code>acme-ci<\/code> \(fine-grained\)/],
  ['a token of a service account', /^<h3>Hugging Face token for[\s\S]*<code>ci<\/code> \(fine-grained\)/],
  ['a token of a trusted publisher', /^<h3>Hugging Face token for[\s\S]*\(trusted-publisher\)/],
  ['a token of a member', /^<h3>Hugging Face token for[\s\S]*\(oauth\)/],
  ['a rotation', /^<h3>Hugging Face token rotation for/],
]

interface Summary {
  title: string
  markdown: string
  /** Text that must be readable although it looks like markup. */
  text?: string
}

const { values: options } = parseArgs({ options: { from: { type: 'string' }, pictures: { type: 'string' } } })

try {
  const summaries: Summary[] = [...collected(options.from), ...hostileSummaries()]
  const missing = REQUIRED.filter(([, pattern]) => !summaries.some(({ markdown }) => pattern.test(markdown)))
  for (const [what] of missing) console.error(`No summary shows ${what}.`)
  const bad = await lookAt(summaries)
  console.log(`\n${summaries.length - bad} passed, ${bad + missing.length} failed`)
  if (bad + missing.length > 0) process.exitCode = 1
} catch (error) {
  console.error(error instanceof MissingTool ? error.message : error)
  process.exitCode = 1
}

/** Opens every summary and prints what is wrong. Returns how many summaries have something wrong. */
async function lookAt(summaries: readonly Summary[]): Promise<number> {
  if (options.pictures) mkdirSync(options.pictures, { recursive: true })
  const browser = await Browser.start()
  const all: Finding[][] = []
  try {
    await requireNoticed(browser)
    for (const summary of summaries) {
      const findings = await findingsIn(browser, summary)
      if (findings.length > 0) console.error(`\n${summary.title}`)
      for (const [kind, what] of findings) console.error(`  ${kind}: ${what}`)
      all.push(findings)
    }
  } finally {
    await browser.close()
  }
  printCounts(all.flat(), summaries.length)
  return all.filter((findings) => findings.length > 0).length
}

/** What is planted must be found: a check that notices nothing proves nothing. */
async function requireNoticed(browser: Browser): Promise<void> {
  for (const [kind, markdown] of PLANTED) {
    const found = (await browser.look(markdown, {})).map(([found]) => found)
    if (!found.includes(kind)) throw new Error(`The check does not notice ${kind}: ${markdown}`)
  }
}

async function findingsIn(browser: Browser, { title, markdown, text }: Summary): Promise<Finding[]> {
  const picture = options.pictures && join(options.pictures, `${title.replace(/[^\w.-]+/g, '-').slice(0, 150)}.png`)
  const seen = await browser.look(markdown, { hostile: text !== undefined, ...(picture ? { picture } : {}) })
  const findings = seen.filter(([kind]) => !SHOWN_ON_PURPOSE.some(([test, of]) => of === kind && test.test(title)))
  const isHidden = text !== undefined && !(await browser.shows(text))
  return isHidden ? [...findings, ['hostile text that is not shown as it is', text]] : findings
}

function printCounts(findings: readonly Finding[], summaries: number): void {
  const always = ['too wide', 'a link that cannot be clicked', 'a literal backtick']
  const kinds = new Set([...always, ...findings.map(([kind]) => kind)])
  console.log(`\n${summaries} summaries:`)
  for (const kind of kinds) console.log(`  ${findings.filter(([found]) => found === kind).length} × ${kind}`)
}

/** The summaries in the folder, or those of a run of the tests. */
function collected(from: string | undefined): Summary[] {
  if (from !== undefined) return readFolder(from)
  const folder = mkdtempSync(join(tmpdir(), 'summaries-'))
  try {
    const { status } = spawnSync(
      process.execPath,
      [join(projectRoot, 'scripts', 'jest.ts'), '--testPathPatterns', TESTS],
      {
        cwd: projectRoot,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, [FOLDER]: folder },
      },
    )
    if (status !== 0) throw new Error('The tests that produce the summaries failed.')
    return readFolder(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readFolder(folder: string): Summary[] {
  return readdirSync(folder)
    .sort()
    .map((name) => ({ title: name.replace(/\.md$/, ''), markdown: readFileSync(join(folder, name), 'utf8') }))
}
