/** Every `if:` that a message or a document offers: true where the job gets an ID token, false where it does not. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { runs } from '../../sandbox/github/condition.ts'
import { GitHub, type JobOptions } from '../../sandbox/github.ts'
import { projectRoot } from '../../sandbox/root.ts'
import { missingIdToken, type PullRequest } from '../../src/identity/explain-missing-id-token.ts'

let github: GitHub
beforeAll(async () => {
  github = await GitHub.start()
})
afterAll(() => github.close())

const DEPENDABOT = 'dependabot[bot]'

/** Jobs that get an ID token, if they may ask for one. */
const GET_ONE: [string, JobOptions][] = [
  ['a push', {}],
  ['a tag', { ref: 'refs/tags/v1' }],
  ['a pull request of the same repository', { eventName: 'pull_request' }],
  ['a review in the same repository', { eventName: 'pull_request_review' }],
  ['a schedule', { eventName: 'schedule' }],
  ['a schedule of a workflow that Dependabot changed', { eventName: 'schedule', actor: DEPENDABOT }],
  ['a run by hand', { eventName: 'workflow_dispatch' }],
  ['a release', { eventName: 'release' }],
  ['a merge queue', { eventName: 'merge_group' }],
  ['a workflow after another one', { eventName: 'workflow_run' }],
]
const OF_FORKS: [string, JobOptions][] = [
  ['a fork’s pull request', { forkPullRequest: true }],
  ['the pull request of a fork that was deleted', { deletedFork: true }],
]
const OF_DEPENDABOT: [string, JobOptions][] = [
  ['a pull request of Dependabot', { actor: DEPENDABOT, eventName: 'pull_request' }],
  ['a push of Dependabot', { actor: DEPENDABOT }],
]

/** What the job would be told if it got no ID token. */
function told(options: JobOptions): { code: string; message: string; condition: string } {
  const job = github.startJob(options)
  const { GITHUB_EVENT_NAME = '', GITHUB_ACTOR = '', GITHUB_REPOSITORY = '' } = job.environment
  const { pull_request: pull } = job.event as { pull_request?: PullRequest }
  const { code, message } = missingIdToken(
    { eventName: GITHUB_EVENT_NAME, actor: GITHUB_ACTOR, repository: GITHUB_REPOSITORY },
    pull,
  )
  return { code, message, condition: /^ *if: (.+)$/m.exec(message)?.[1] ?? '' }
}

/** Those in the documents and examples that are about forks or Dependabot: file and condition. */
const WRITTEN = globSync(['*.md', 'docs/*.md', 'examples/*.yml'], { cwd: projectRoot }).flatMap((file) =>
  [...readFileSync(join(projectRoot, file), 'utf8').matchAll(/\bif: ([^`\n]+)/g)]
    .map(([, condition = '']) => [file, condition] as const)
    .filter(([, condition]) => /pull_request|dependabot/.test(condition)),
)

const runsIn = (condition: string, jobs: [string, JobOptions][]) =>
  jobs.filter(([, options]) => runs(condition, github.startJob(options))).map(([name]) => name)
const names = (jobs: [string, JobOptions][]) => jobs.map(([name]) => name)

test('a comparison alone is false where there is no pull request', () => {
  const alone = 'github.event.pull_request.head.repo.full_name == github.repository'
  expect(runsIn(alone, GET_ONE)).toEqual(['a pull request of the same repository', 'a review in the same repository'])
})

describe('the condition that a fork’s job is told', () => {
  test('begins with the events that have no pull request', () => {
    const { code, condition } = told({ forkPullRequest: true })
    expect(code).toBe('oidc-unavailable-for-fork')
    expect(condition).toMatch(/^github\.event_name != 'pull_request' \|\| /)
  })

  test('skips the step for forks, and nowhere else', () => {
    const { condition } = told({ forkPullRequest: true })
    expect(runsIn(condition, GET_ONE)).toEqual(names(GET_ONE))
    expect(runsIn(condition, OF_FORKS)).toEqual([])
  })

  test('of a review skips the step for forks, and nowhere else', () => {
    const review = { forkPullRequest: true, eventName: 'pull_request_review' }
    const { condition } = told(review)
    expect(runsIn(condition, GET_ONE)).toEqual(names(GET_ONE))
    expect(runsIn(condition, [...OF_FORKS, ['a review', review]])).toEqual([])
  })
})

describe('the condition that Dependabot’s job is told', () => {
  test('skips the step for Dependabot, and nowhere else', () => {
    for (const [, options] of OF_DEPENDABOT) {
      const { code, condition } = told(options)
      expect(code).toBe('oidc-unavailable-for-fork')
      expect(runsIn(condition, GET_ONE)).toEqual(names(GET_ONE))
      expect(runsIn(condition, OF_DEPENDABOT)).toEqual([])
    }
  })
})

describe('the conditions in the documents', () => {
  test('are found', () =>
    expect(WRITTEN.map(([file]) => file).sort()).toEqual([
      'docs/errors.md',
      'docs/errors.md',
      'examples/download-dataset.yml',
    ]))

  test.each(WRITTEN)('%s: %s', (_file, condition) => {
    expect(runsIn(condition, GET_ONE)).toEqual(names(GET_ONE))
    expect(runsIn(condition, condition.includes('dependabot') ? OF_DEPENDABOT : OF_FORKS)).toEqual([])
    if (condition.includes('head.repo')) expect(condition).toMatch(/^github\.event_name != 'pull_request' \|\| /)
  })
})

describe('who is told about the permission instead', () => {
  test.each<[string, JobOptions]>([
    ['a pull request within a repository that is itself a fork', { eventName: 'pull_request', repositoryIsFork: true }],
    ['a schedule of a workflow that Dependabot changed', { eventName: 'schedule', actor: DEPENDABOT }],
    ['a push', {}],
  ])('%s', (_name, options) => expect(told(options).code).toBe('oidc-permission-missing'))

  test('a fork that was deleted is still a fork', () =>
    expect(told({ deletedFork: true }).message).toContain('because it runs for a fork (unknown)'))
})
