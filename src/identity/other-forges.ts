/** ID tokens where the forge is not GitHub: there are none, or they have a switch of their own. Loaded only then. */
import { ActionError } from '../errors/action-error.ts'
import type { Platform } from '../platform/platform.ts'
import { block, code, type Part, type Prose, prose, type Wording } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import { snippetBlock } from '../text/snippets.ts'
import { issuerOf } from './issuer.ts'

interface ForeignJob {
  serverUrl: string
  platform: Platform
}

/** `oidc-permission-missing` for a job of that forge. */
export function idTokensOf(forge: 'act' | 'gitea' | 'forgejo', job: ForeignJob): ActionError {
  const { failed, cause, fix, forward } = EXPLANATIONS[forge](job)
  return new ActionError('oidc-permission-missing', {
    failed,
    seen: prose`${code(MARKS[forge])} and no ${code('ACTIONS_ID_TOKEN_REQUEST_URL')} in the environment of this step`,
    expected: 'an endpoint from which the job can request an ID token',
    cause,
    fix,
    forward,
  })
}

const MARKS = { act: 'ACT=true', gitea: 'GITEA_ACTIONS=true', forgejo: 'FORGEJO_ACTIONS=true' }

interface Advice {
  failed: Wording
  cause: Wording
  fix: readonly (string | Part)[]
  forward: Wording
}

const EXPLANATIONS: Record<'act' | 'gitea' | 'forgejo', (job: ForeignJob) => Advice> = {
  act: () => ({
    failed: prose`There is no ID token here: this job runs under ${code('act')}, which has no ID token endpoint.`,
    cause: prose`Only a forge can issue ID tokens for its jobs. A ${code('permissions:')} block makes no difference under ${code('act')}.`,
    fix: [
      prose`Skip this step when the workflow runs locally, and give the later steps a token of your own (${code('act -s HF_TOKEN')}):`,
      snippetBlock('skip-act'),
      ...otherIssuer(),
    ],
    forward: prose`You, because the workflow runs on your machine. Nothing has to change on GitHub.`,
  }),
  gitea: ({ platform }) => ({
    failed: 'There is no ID token here: Gitea does not issue ID tokens to its jobs.',
    cause: prose`The workflow was written for GitHub. A ${code('permissions:')} block makes no difference on Gitea.`,
    fix: ['Run this job on GitHub or on Forgejo 15 or later, which issue ID tokens.', ...otherIssuer()],
    forward: prose`Anyone who can change this workflow. If a later version of Gitea issues ID tokens, the administrators of ${hostOf(platform)} can install it.`,
  }),
  forgejo: ({ platform, serverUrl }) => ({
    failed: prose`There is no ID token here: this workflow does not enable Forgejo’s ID tokens.`,
    cause: prose`On Forgejo, ${code('permissions: id-token: write')} makes no difference, because Forgejo has its own switch. It issues ID tokens from version 15 on (with runner 12.5 or later), but not to pull requests from forks.`,
    fix: [
      'Add this to the job, or at the top of the workflow:',
      snippetBlock('forgejo-switch'),
      ...forgejoIssuer(serverUrl),
    ],
    forward: prose`Anyone who can change this workflow. If the switch is already set, Forgejo or its runner is too old: ask the administrators of ${hostOf(platform)}.`,
  }),
}

/** Which issuer AWS or the Hub must trust; it is the default of the input on Forgejo. */
function forgejoIssuer(serverUrl: string): (string | Part)[] {
  if (!URL.canParse(serverUrl)) return []
  return [
    'The tokens then have the following issuer. The OIDC provider in AWS, or the trusted publisher on the Hub, must name exactly this one. This step expects it by default:',
    block(`oidc-issuer: ${printable(issuerOf(serverUrl, 'forgejo'), 200)}`),
  ]
}

function otherIssuer(): (string | Part)[] {
  return [
    prose`Or provide an ID token from another issuer that you operate, with ${code('id-token-from')} and ${code('oidc-issuer')}.`,
  ]
}

function hostOf({ host }: Platform): Prose {
  return host === '' ? prose`this server` : prose`${code(printable(host, 120))}`
}
