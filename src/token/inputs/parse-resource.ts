/** The input `hf-resource`: the repository or user that a Trusted Publisher's token is for. */
import { type AskedRights, asksToWrite, settingOf, unmetNeeds } from '../../hub/asked-rights.ts'
import { REPOSITORY_PART } from '../../hub/repository.ts'
import { REPOSITORY_RIGHTS, USER_RIGHTS } from '../../hub/scopes.ts'
import { didYouMean, got, type Problem, type Problems } from '../../inputs/problems.ts'
import { code, prose } from '../../text/message.ts'
import { listed, printable, quoted } from '../../text/printable.ts'

/** Prefixes of repositories. Source: huggingface.co/docs/hub/trusted-publishers. */
const RESOURCE_KINDS = ['models', 'datasets', 'spaces', 'kernels', 'buckets']
/** Kinds of which the Hub does not say whether a token may write to them: there is no `auth-check`. */
const UNCHECKED_KINDS = ['kernels', 'buckets']

interface Wanted {
  org: string
  asked: AskedRights
}

/** The resource as the Hub takes it: a repository of the organization, or a user's name. */
export function parseResource(text: string, wanted: Wanted, problems: Problems): string {
  const parts = text.split('/')
  const problem = formProblem(text, parts, wanted) ?? scopeProblem(text, parts, wanted.asked)
  if (problem !== undefined) problems.add('hf-resource', problem)
  // `models/` is how other inputs write it; the Hub wants the bare name.
  return parts[0] === 'models' && parts.length === 3 ? parts.slice(1).join('/') : text
}

function formProblem(text: string, parts: readonly string[], { org }: Wanted): Problem | undefined {
  const given = got(text, 120)
  const example = `${printable(org, 60) || 'acme'}/model`
  if (text === '') {
    return prose`is required with ${code('token-source: trusted-publisher')}: a repository such as ${example}, or the name of a user`
  }
  if (!parts.every((part) => REPOSITORY_PART.test(part)) || parts.length > 3) {
    return `must be a repository such as ${example}, or the name of a user ${given}`
  }
  const [kind = ''] = parts
  if (parts.length === 3 && !RESOURCE_KINDS.includes(kind)) {
    return prose`must begin with its namespace, or with ${listed(RESOURCE_KINDS)} ${given}${didYouMean(kind, RESOURCE_KINDS)}`
  }
  if (parts.length > 1 && parts.at(-2) !== org) {
    return prose`must be in the namespace of ${code('hf-org')}, ${quoted(org, 60)} ${given}`
  }
  return undefined
}

function scopeProblem(text: string, parts: readonly string[], asked: AskedRights): Problem | undefined {
  const [kind = ''] = parts
  if (!asksToWrite(asked) && parts.length === 3 && UNCHECKED_KINDS.includes(kind)) {
    return prose`cannot be used with ${settingOf(asked)}, because the Hub cannot say whether a token only reads a ${kind.slice(0, -1)} ${got(text, 120)}`
  }
  if (unmetNeeds(asked, parts.length === 1 ? USER_RIGHTS : REPOSITORY_RIGHTS).length > 0) {
    return prose`cannot provide ${settingOf(asked)}: a token for a repository can read or write it, and a token for a user can only read and call Inference Providers`
  }
  return undefined
}
