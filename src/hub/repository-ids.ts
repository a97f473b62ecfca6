/** Which rights a token is minted with for single repositories: asks the Hub for their ids where nobody gave them. */
import { ActionError } from '../errors/action-error.ts'
import { isRecord, parseJson } from '../text/json.ts'
import { block, code, prose } from '../text/message.ts'
import { bearer, callHub, type HubAccess, hubFailed } from './call.ts'
import { type MintRights, onWholeOrganization, splitPermissions } from './mint-rights.ts'
import { type Refusal, refusalOf } from './refusal.ts'
import type { HubRepository } from './repository.ts'

/** Who asks for the ids, and for what. */
export interface MintFor {
  access: HubAccess
  org: string
  /** The admin token: a secret. */
  admin: string
  permissions: readonly string[]
  /** Empty: the token is for the whole organization. */
  repositories: readonly HubRepository[]
}

/** How many repositories are asked about at the same time. */
const CONCURRENCY = 4

/**
 * The rights of a token for exactly these repositories of the organization; without any listed, for the whole organization.
 * Permissions that repositories cannot limit hold on the whole organization either way.
 *
 * @throws `ActionError` `exchange-rejected` for a repository that the admin token cannot see, and what every call of the
 * Hub throws.
 */
export async function rightsToMint({ access, org, admin, permissions, repositories }: MintFor): Promise<MintRights> {
  if (repositories.length === 0) return onWholeOrganization(permissions)
  const { onRepositories, onOrg } = splitPermissions(permissions)
  const own = onRepositories.length === 0 ? [] : repositories.filter(({ namespace }) => namespace === org)
  const repoIds: string[] = []
  for (let at = 0; at < own.length; at += CONCURRENCY) {
    const ids = own.slice(at, at + CONCURRENCY).map(async (one) => one.id ?? (await askForId(access, admin, one)))
    repoIds.push(...(await Promise.all(ids)))
  }
  return { permissions: onOrg, repoIds, repoPermissions: repoIds.length === 0 ? [] : onRepositories }
}

/** Source: Hub API, GET /api/{models|datasets|spaces}/{namespace}/{name}: `_id`. */
async function askForId(access: HubAccess, admin: string, repository: HubRepository): Promise<string> {
  const { kind, namespace, name, label } = repository
  const path = `/api/${kind}/${namespace}/${name}`
  const what = `the ID of ${label}`
  const answer = await callHub(access, { method: 'GET', path, headers: bearer(admin), what, hasContent: true })
  if ([401, 403, 404].includes(answer.status)) {
    throw notSeen(await refusalOf(answer, admin, access), repository, access.endpoint + path)
  }
  const json = answer.status === 200 ? parseJson(answer.body.toString('utf8')) : undefined
  const id = isRecord(json) ? json._id : undefined
  if (typeof id !== 'string' || !/^[0-9a-f]{24}$/.test(id)) throw hubFailed(what, answer, access.endpoint)
  return id
}

function notSeen({ means, seen }: Refusal, { label }: HubRepository, url: string): ActionError {
  if (means === 'dead') {
    return new ActionError('exchange-rejected', {
      failed: `The Hub does not accept the admin token, so no token was minted for ${label}.`,
      seen,
      expected: `the Hub’s ID of ${label}, for which the token is minted`,
      cause: 'The admin token was revoked or has expired.',
      fix: 'Create a new admin token, and store it in the secret that holds the current one, in the same form.',
    })
  }
  const orDead =
    means === 'unclear'
      ? ' Or the admin token was revoked or has expired: whoami-v2 gave no answer that decides it.'
      : ''
  return new ActionError('exchange-rejected', {
    failed: `The admin token cannot see ${label}, so no token was minted for it.`,
    seen,
    expected: `the Hub’s ID of ${label}, for which the token is minted`,
    cause: prose`The repository does not exist, or the admin token lacks ${code('repo.content.read')} on it: the Hub may answer the same to both.${orDead}`,
    fix: [
      prose`Check the spelling of ${code(label)} in ${code('repositories')}. If it is right, either give the admin token ${code('repo.content.read')} on this repository, or write the repository’s ID after its name:`,
      block(`${label}#<24 hexadecimal digits>`),
      prose`A token that can read the repository shows the ID:`,
      block(`curl -s -H "Authorization: Bearer $HF_TOKEN" ${url} | jq -r ._id`),
      prose`If you remove ${code('repositories')}, the token is minted for the whole organization.`,
    ],
  })
}
