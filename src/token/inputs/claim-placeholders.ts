/**
 * `{owner}` and `{repo}`: filled in from the verified claims, so that one workflow serves many repositories. A value is
 * inserted unchanged or not at all: changing characters would map two repositories to one role or secret.
 */
import { ActionError } from '../../errors/action-error.ts'
import type { Identity } from '../../identity/identity.ts'
import type { Problems } from '../../inputs/problems.ts'
import { code, list, type Prose, prose } from '../../text/message.ts'
import { quoted } from '../../text/printable.ts'

const PLACEHOLDERS = /\{(owner|repo)\}/g

/** Left as they are while the other placeholders are filled in. */
export const CLAIM_PLACEHOLDERS = { owner: '{owner}', repo: '{repo}' } as const

/** Stand-ins with which an input is validated before any call. */
const SAMPLE = { owner: 'owner', repo: 'repo' } as const

export interface RepositoryName {
  owner: string
  repo: string
}

/** True for a text that only the claims complete. */
export function isTemplate(text: string): boolean {
  return text.search(PLACEHOLDERS) >= 0
}

/** The text with these in the places. */
export function withNames(text: string, names: RepositoryName = SAMPLE): string {
  return text.replace(PLACEHOLDERS, (_, name: keyof RepositoryName) => names[name])
}

/**
 * Two repositories must not become one name: `{owner}-{repo}` is the same text for `a-b/c` and `a/b-c`. What stands
 * between the two must contain a character that no owner has.
 */
export function checkTemplate(name: string, text: string, problems: Problems): void {
  const pieces = text.split(PLACEHOLDERS)
  // The pieces at odd places are the placeholders.
  const isAmbiguous = pieces.some((between, at) => {
    const [before, after] = [pieces[at - 1], pieces[at + 1]]
    const isBetween = at % 2 === 0 && before !== undefined && after !== undefined && before !== after
    return isBetween && /^[A-Za-z0-9_-]*$/.test(between)
  })
  if (!isAmbiguous) return
  problems.add(
    name,
    prose`must separate ${code('{owner}')} and ${code('{repo}')} with a character that owners’ names cannot contain, such as ${code('/')} or ${code('.')}: otherwise, two repositories can get the same name (got ${quoted(text, 200)})`,
  )
}

/** What GitHub allows: letters, digits, `-` and, for managed users, `_`; repositories may have dots too. */
const OWNER = /^[A-Za-z0-9_-]{1,100}$/
const REPO = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/

/**
 * Owner and name of the repository that the verified claims name.
 *
 * @throws `ActionError` `claim-rejected` when they name none, or one that cannot be inserted unchanged.
 */
export function repositoryOf({ claims }: Pick<Identity, 'claims'>): RepositoryName {
  const { repository, repository_owner: ownerClaim } = claims
  const text = typeof repository === 'string' ? repository : ''
  const [owner = '', repo = '', ...more] = text.split('/')
  const isWhole = more.length === 0 && OWNER.test(owner) && REPO.test(repo)
  if (isWhole && (ownerClaim === undefined || ownerClaim === owner)) return { owner, repo }
  throw rejected([
    typeof repository === 'string'
      ? prose`${code(`repository = ${quoted(repository, 200)}`)}`
      : prose`${code('repository')} is not in the token, or is not text`,
    ...(ownerClaim === undefined ? [] : [prose`${code(`repository_owner = ${quoted(ownerClaim, 200)}`)}`]),
  ])
}

function rejected(seen: readonly Prose[]): ActionError {
  return new ActionError('claim-rejected', {
    failed: prose`The claims of this job cannot be filled in for ${code('{owner}')} and ${code('{repo}')}, so nothing was sent to AWS or the Hub.`,
    seen: list(seen),
    expected: prose`a ${code('repository')} of the form owner/name with letters, digits, ${code('-')}, ${code('_')} and, in the name, ${code('.')}; and the same owner in ${code('repository_owner')}`,
    cause: 'The issuer of the ID token does not name repositories the way GitHub does.',
    fix: prose`Name the role and the secret without ${code('{owner}')} and ${code('{repo}')}.`,
  })
}

/** The error for names that are valid and do not fit into an input. */
export function doesNotFit(names: RepositoryName, problems: Problems): ActionError {
  return new ActionError('claim-rejected', {
    failed: prose`The name of this job’s repository does not fit into an input of this step, so nothing was sent to AWS or the Hub.`,
    seen: [
      prose`${code(`repository = ${quoted(`${names.owner}/${names.repo}`, 200)}`)}, which gives these inputs:`,
      list(problems.found),
    ],
    expected: prose`valid inputs once ${code('{owner}')} and ${code('{repo}')} are filled in, unchanged`,
    fix: 'Shorten the text around the placeholders, or name the role and the secret of this repository without placeholders.',
  })
}
