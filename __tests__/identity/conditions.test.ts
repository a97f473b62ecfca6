/** Every `if:` that a message offers: true where the job gets an ID token, false where it does not. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { runs } from '../../sandbox/github/condition.ts'
import { GitHub, type JobOptions } from '../../sandbox/github.ts'
import { missingIdToken, type PullRequest } from '../../src/identity/explain-missing-id-token.ts'
import { platformOf } from '../platform/platforms.ts'
import { DEPENDABOT, GET_ONE, OF_DEPENDABOT, OF_FORKS } from './jobs-of-events.ts'

let github: GitHub
beforeAll(async () => {
  github = await GitHub.start()
})
afterAll(() => github.close())

/** What the job would be told if it got no ID token. */
function told(options: JobOptions, env: Record<string, string> = {}) {
  const job = github.startJob(options)
  const { GITHUB_EVENT_NAME = '', GITHUB_ACTOR = '', GITHUB_REPOSITORY = '', GITHUB_SERVER_URL = '' } = job.environment
  const { pull_request: pull } = job.event as { pull_request?: PullRequest }
  const { code, message } = missingIdToken(
    {
      eventName: GITHUB_EVENT_NAME,
      actor: GITHUB_ACTOR,
      repository: GITHUB_REPOSITORY,
      serverUrl: env.GITHUB_SERVER_URL ?? GITHUB_SERVER_URL,
      platform: platformOf({ GITHUB_SERVER_URL: 'https://github.com', ...env }),
    },
    pull,
  )
  return { code, message, condition: /^ *if: (.+)$/m.exec(message)?.[1] ?? '' }
}

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

  test.each(['pull_request_review', 'pull_request_review_comment'])('of a %s skips the step for forks', (eventName) => {
    const review = { forkPullRequest: true, eventName }
    const { code, condition } = told(review)
    expect(code).toBe('oidc-unavailable-for-fork')
    expect(runsIn(condition, GET_ONE)).toEqual(names(GET_ONE))
    expect(runsIn(condition, [...OF_FORKS, ['a review', review]])).toEqual([])
  })
})

describe('the condition that Dependabot’s job is told', () => {
  test('skips the step for Dependabot, and nowhere else', () => {
    for (const [, options] of OF_DEPENDABOT) {
      const { code, message, condition } = told(options)
      expect(code).toBe('oidc-unavailable-for-fork')
      // It could have one.
      expect(message).toContain('they do get an ID token if the workflow itself grants `id-token: write`')
      expect(message).toContain('permissions:\n    id-token: write')
      expect(runsIn(condition, GET_ONE)).toEqual(names(GET_ONE))
      expect(runsIn(condition, OF_DEPENDABOT)).toEqual([])
    }
  })
})

describe('who is told about the permission instead', () => {
  test.each<[string, JobOptions]>([
    ['a pull request within a repository that is itself a fork', { eventName: 'pull_request', repositoryIsFork: true }],
    ['a schedule of a workflow that Dependabot changed', { eventName: 'schedule', actor: DEPENDABOT }],
    ['a push', {}],
    ['a run for the merge queue', { eventName: 'merge_group' }],
    ['a fork’s run on pull_request_target', { eventName: 'pull_request_target', forkPullRequest: true }],
    ['the same for a fork that was deleted', { eventName: 'pull_request_target', deletedFork: true }],
  ])('%s', (_name, options) => {
    const { code, message } = told(options)
    expect(code).toBe('oidc-permission-missing')
    expect(message).not.toContain('because it runs for a fork')
  })

  test('a fork that was deleted is still a fork', () =>
    expect(told({ deletedFork: true }).message).toContain('because it runs for a fork (unknown)'))

  test('pull_request_target is warned of the pull request’s code, and no other event', () => {
    const warning = 'Grant the permission only if no step of the job checks out or runs the code of the pull request'
    expect(told({ eventName: 'pull_request_target', forkPullRequest: true }).message).toContain(warning)
    expect(told({}).message).not.toContain(warning)
  })

  test('a reusable workflow is told that its caller must grant the permission', () => {
    const { message } = told({})
    expect(message).toContain('the job that calls it must grant the permission too')
    expect(message).toMatch(/jobs:\n +call:\n +permissions:\n +id-token: write/)
    expect(message).toContain('the maintainers of the workflow that calls it')
  })
})

describe('where the forge is not GitHub', () => {
  const HELPS_NOWHERE = /\n +permissions:/

  test.each([
    ['act', { ACT: 'true' }, 'this job runs under `act`, which has no ID token endpoint'],
    ['Gitea', { GITEA_ACTIONS: 'true' }, 'Gitea does not issue ID tokens to its jobs'],
  ])('%s has no ID tokens, whatever the event is', (_name, env, says) => {
    for (const options of [{}, { forkPullRequest: true }, { actor: DEPENDABOT }] as JobOptions[]) {
      const { code, message } = told(options, env as Record<string, string>)
      expect(code).toBe('oidc-permission-missing')
      expect(message).toContain(says)
      expect(message).not.toMatch(HELPS_NOWHERE)
      expect(message).toContain('Who can do it: ')
    }
  })

  test('under act, the step can be skipped, and runs everywhere else', () => {
    const { condition } = told({}, { ACT: 'true' })
    const job = github.startJob()
    expect([runs(condition, job), runs(condition, job, { env: { ACT: 'true' } })]).toEqual([true, false])
  })

  test('Forgejo has a switch, and an issuer', () => {
    const env = { FORGEJO_ACTIONS: 'true', GITHUB_SERVER_URL: 'https://code.example.com/git/' }
    const { code, message } = told({}, env)
    expect(code).toBe('oidc-permission-missing')
    expect(message).toContain('\n  enable-openid-connect: true\n')
    expect(message).toContain('oidc-issuer: https://code.example.com/git/api/actions')
    expect(message).toContain('the administrators of `code.example.com`')
    expect(message).not.toMatch(HELPS_NOWHERE)
  })

  test('Forgejo gives forks none', () =>
    expect(told({ forkPullRequest: true }, { FORGEJO_ACTIONS: 'true' })).toMatchObject({
      code: 'oidc-unavailable-for-fork',
      message: expect.stringContaining('Forgejo does not issue an ID token to this job, because it runs for a fork'),
    }))
})
