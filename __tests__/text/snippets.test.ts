/** Everything that messages, documents and examples offer to copy: it parses, and each condition means what it should. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { runs } from '../../sandbox/github/condition.ts'
import { GitHub, type JobOptions } from '../../sandbox/github.ts'
import { projectRoot } from '../../sandbox/root.ts'
import { conditionIn, conditionsIn, type Found, languageOf, problemOf, snippetsOf } from '../../sandbox/snippets.ts'
import { SNIPPETS, type Snippet } from '../../src/text/snippets.ts'
import { GET_ONE, OF_DEPENDABOT, OF_FORKS } from '../identity/jobs-of-events.ts'

let github: GitHub
beforeAll(async () => {
  github = await GitHub.start()
})
afterAll(() => github.close())

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8')
const files = (...patterns: string[]) => globSync(patterns, { cwd: projectRoot }).sort()

const LISTED: Found[] = Object.entries<Snippet>(SNIPPETS).map(([name, { language, text }]) => ({
  language,
  text,
  where: `SNIPPETS ${name}`,
}))
const IN_DOCUMENTS = files('*.md', 'docs/*.md', '__tests__/README.md').flatMap((path) => snippetsOf(path, read(path)))
const WORKFLOWS: Found[] = files('examples/*.yml', '.github/workflows/*.yml', '{.,rotate}/action.yml').map((path) => ({
  language: 'yaml',
  text: read(path),
  where: path,
}))
const ALL = [...LISTED, ...IN_DOCUMENTS, ...WORKFLOWS]

/** Every condition, and where it was found. */
const CONDITIONS = ALL.filter(({ where }) => !where.startsWith('.github')).flatMap((found) => {
  const { language, text, where } = found
  if (language === 'if' && problemOf(found)) return []
  if (language === 'if') return [[where, conditionIn(text)] as const]
  return language === 'yaml' ? conditionsIn(text).map((condition) => [where, condition] as const) : []
})

const EVENTS: [string, JobOptions][] = [
  ...GET_ONE,
  ...OF_FORKS,
  ...OF_DEPENDABOT,
  ['a fork’s pull request on the base branch', { forkPullRequest: true, eventName: 'pull_request_target' }],
]
const FORKS = OF_FORKS.map(([name]) => name)
const DEPENDABOTS = OF_DEPENDABOT.map(([name]) => name)

/** The jobs for which a condition must be false, by what is in it. */
function skipped(condition: string): readonly string[] {
  if (condition.includes('dependabot')) return DEPENDABOTS
  if (condition.includes('pull_request == null')) return [...FORKS, 'a fork’s pull request on the base branch']
  return condition.includes('head.repo') ? FORKS : []
}

const count = (language: string) => ALL.filter((one) => one.language === language).length

test(`${ALL.length} snippets parse: ${count('yaml')} in YAML, ${count('json')} in JSON, ${count('sh')} for a shell, ${count('if')} conditions`, () => {
  expect(ALL.flatMap((one) => problemOf(one) ?? [])).toEqual([])
})

test(`${CONDITIONS.length} conditions skip exactly what they should, for ${EVENTS.length} kinds of runs`, () => {
  expect(CONDITIONS.length).toBeGreaterThan(8)
  for (const [where, condition] of CONDITIONS) {
    const falseFor = EVENTS.filter(([, options]) => !runs(condition, github.startJob(options))).map(([name]) => name)
    expect([where, falseFor]).toEqual([where, skipped(condition)])
  }
})

test('a condition about forks begins with the events that have no pull request', () => {
  const comparing = CONDITIONS.filter(([, condition]) => condition.includes('head.repo'))
  expect(comparing.length).toBeGreaterThan(2)
  for (const [, condition] of comparing) {
    expect(condition).toMatch(/^github\.event(?:_name != 'pull_request'|\.pull_request == null) \|\| /)
  }
})

describe('what depends on the circumstances', () => {
  const condition = (name: keyof typeof SNIPPETS) => conditionIn(SNIPPETS[name].text)

  test('a step that act skips runs on GitHub', () => {
    const outcomes = [{}, { env: { ACT: 'true' } }].map((one) => runs(condition('skip-act'), github.startJob(), one))
    expect(outcomes).toEqual([true, false])
  })

  test('a deployment follows only a rotation that has replaced a token', () => {
    const condition = CONDITIONS.find(([, text]) => text.includes('outputs.rotated'))?.[1] ?? ''
    const isDeployed = (rotated: string) => runs(condition, github.startJob(), { outputs: { rotate: { rotated } } })
    expect([isDeployed('1'), isDeployed('0')]).toEqual([true, false])
  })

  test('a step that reads a failed rotation’s report runs, unless the job is cancelled', () => {
    const outcomes = (['success', 'failure', 'cancelled'] as const).map((status) =>
      runs(condition('even-after-failure'), github.startJob(), { status }),
    )
    expect(outcomes).toEqual([true, true, false])
  })
})

describe('the checks notice', () => {
  const found = (language: Found['language'], text: string): Found => ({ language, text, where: 'planted' })

  test.each([
    ['a condition that is no expression', found('if', 'if: github.event_name = push')],
    ['a condition with an unknown function', found('if', 'if: canceled()')],
    ['a condition that YAML takes for a tag', found('if', 'if: !env.ACT')],
    ['JSON with a comma too many', found('json', '{"a": 1,}')],
    ['YAML that is indented wrongly', found('yaml', 'a:\n  b: 1\n c: 2')],
    ['an expression inside YAML', found('yaml', `env:\n  A: \${{ github. }}`)],
    ['an input that does not exist', found('yaml', 'uses: org/hf-oidc-action@v1\nwith:\n  hf-ogr: acme')],
    ['an input of a sub-action', found('yaml', 'uses: org/hf-oidc-action/rotate@v1\nwith:\n  scope: write')],
    ['a quote that is not closed', found('sh', "aws sts get-caller-identity --profile 'x")],
    ['a placeholder that a shell takes for a redirection', found('sh', 'aws x --secret-id <name> --query ARN')],
    ['such a placeholder after a sign', found('sh', 'aws x --profile Name=<name>')],
  ])('%s', (_what, one) => expect(problemOf(one)).toMatch(/^planted: /))

  test.each([
    ['{"a": 1}', 'json'],
    ['aws sts get-caller-identity', 'sh'],
    ['(\n  file=$(mktemp)\n)', 'sh'],
    ['if: success()', 'if'],
    ['permissions:\n  id-token: write', 'yaml'],
    ['ref=refs/heads/main', undefined],
    ['hf-endpoint: https://huggingface.co', 'yaml'],
    ['provider: other, with the issuer x\nname: (leave empty: unused)', undefined],
    ['huggingface/acme/write scope=write', undefined],
  ])('the language of %j', (text, language) => expect(languageOf(text)).toBe(language))
})
