/** Jobs of every kind of event, by whether they get an ID token. */
import type { JobOptions } from '../../sandbox/github.ts'

export const DEPENDABOT = 'dependabot[bot]'

/** Jobs that get an ID token, if they may ask for one. */
export const GET_ONE: [string, JobOptions][] = [
  ['a push', {}],
  ['a tag', { ref: 'refs/tags/v1' }],
  ['a pull request of the same repository', { eventName: 'pull_request' }],
  ['a review in the same repository', { eventName: 'pull_request_review' }],
  ['a schedule', { eventName: 'schedule' }],
  ['a schedule of a workflow that Dependabot changed', { eventName: 'schedule', actor: DEPENDABOT }],
  ['a run by hand', { eventName: 'workflow_dispatch' }],
  ['a run by another program', { eventName: 'repository_dispatch' }],
  ['a release', { eventName: 'release' }],
  ['a merge queue', { eventName: 'merge_group' }],
  ['a workflow after another one', { eventName: 'workflow_run' }],
  // A called workflow sees its caller's event.
  ['a workflow that a push calls', { eventName: 'push', workflowFile: 'caller.yml' }],
  ['a comment', { eventName: 'issue_comment' }],
]

/** Jobs that get none, and no permission changes that. */
export const OF_FORKS: [string, JobOptions][] = [
  ['a fork’s pull request', { forkPullRequest: true }],
  ['the pull request of a fork that was deleted', { deletedFork: true }],
]

/** Jobs that get none, unless the workflow grants the permission. */
export const OF_DEPENDABOT: [string, JobOptions][] = [
  ['a pull request of Dependabot', { actor: DEPENDABOT, eventName: 'pull_request' }],
  ['a push of Dependabot', { actor: DEPENDABOT }],
]
