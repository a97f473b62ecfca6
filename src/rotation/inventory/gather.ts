/** Gathers what an inventory is about. Reads, and never writes: not in AWS, and not on the Hub. */
import type { AwsCaller } from '../../aws/caller.ts'
import { readSecret } from '../../aws/read-secret.ts'
import type { SecretReference } from '../../aws/request.ts'
import { wrongSecret } from '../../aws/secret-content.ts'
import { ActionError } from '../../errors/action-error.ts'
import type { HubAccess } from '../../hub/call.ts'
import { listMembers, type Members } from '../../hub/members.ts'
import { type ServiceAccount, ServiceAccounts } from '../../hub/service-accounts.ts'
import { checkTokenShape } from '../../hub/token-shape.ts'
import { inOneLine } from '../../net/calls-made.ts'
import type { Deadline } from '../../net/deadline.ts'
import type { Http } from '../../net/http.ts'
import { inPool } from '../../net/pool.ts'
import type { RetryPolicy } from '../../net/retry.ts'
import type { Log, Mask } from '../../text/log.ts'
import type { RotatedSecret } from '../request.ts'
import { askAbout } from './ask.ts'
import type { AccountFacts, Found, InventoryFacts, TokenOwner } from './facts.ts'
import { isMemberByToken } from './membership.ts'
import { type ReadSecret, readVersions } from './read-versions.ts'
import { identifier, resolveTokens, tokensToAsk } from './resolve-tokens.ts'

/** What an inventory is taken with. */
export interface GatherContext {
  org: string
  hubEndpoint: string
  secrets: readonly RotatedSecret[]
  listing: { admin: SecretReference; account: string } | undefined
  /** Who reads a secret, or the admin secret. */
  callerFor: (need: RotatedSecret | SecretReference) => Promise<AwsCaller>
  http: Http
  policy: RetryPolicy
  deadline: Deadline
  mask: Mask
  log: Log
}

/** How many secrets are read at a time. */
const AT_A_TIME = 4

/** All facts. Whatever fails is a fact of its own: nothing keeps the rest from being shown. Never rejects. */
export async function gather(context: GatherContext): Promise<InventoryFacts> {
  const { secrets, listing } = context
  const read: ReadSecret[] = []
  const [account] = await Promise.all([
    listing && openAccount(context, listing),
    inPool(secrets, AT_A_TIME, async (rotated, at) => {
      read[at] = await readVersions(context, rotated)
    }),
  ])
  const opened = account instanceof ActionError ? undefined : account
  const identify = identifier(opened?.facts)
  const asked = await askAbout(context, tokensToAsk(read, identify))
  const owners = [...asked.values()].flatMap((one) => ('is' in one && one.is ? [one.is] : []))
  return {
    ...resolveTokens(read, { identify, asked, account: opened?.facts }),
    account: account instanceof ActionError ? account : account?.facts,
    ...(await aboutOwners(context, owners, opened)),
  }
}

interface Opened {
  facts: AccountFacts
  service: ServiceAccounts
  /** The admin token: a secret. */
  admin: string
}

async function openAccount(
  context: GatherContext,
  listing: { admin: SecretReference; account: string },
): Promise<Opened | ActionError> {
  const { org, http, policy, callerFor, mask } = context
  const { admin: secret } = listing
  try {
    const caller = await callerFor(secret)
    const stored = await readSecret({ secret, content: 'admin-token', caller, http, policy, mask })
    const admin = checkTokenShape(
      stored.values[0] ?? '',
      `The admin secret ${secret.id}`,
      wrongSecret('admin-token', secret),
    )
    const service = new ServiceAccounts(accessOf(context), org, admin, { input: 'admin-secret-id', id: secret.id })
    const account = await service.find(listing.account)
    return { facts: { account, tokens: await service.tokens(account) }, service, admin }
  } catch (error) {
    if (error instanceof ActionError) return error
    throw error
  }
}

/** Who is a member, and which service accounts there are: asked only if a token does not answer that itself. */
async function aboutOwners(
  context: GatherContext,
  owners: readonly TokenOwner[],
  opened: Opened | undefined,
): Promise<Pick<InventoryFacts, 'members' | 'serviceAccounts'>> {
  const isOpen = owners.some(
    (who) => who.name !== opened?.facts.account.slug && isMemberByToken(who, context.org) !== true,
  )
  const reason = opened ? 'nobody asked' : 'without an admin token, the Hub does not list the members'
  if (!isOpen || !opened) return { members: { unknown: reason }, serviceAccounts: { unknown: reason } }
  return {
    members: await found(() => members(context, opened.admin)),
    serviceAccounts: await found(async () => ({ is: new Set((await opened.service.all()).flatMap(slugsOf)) })),
  }
}

function slugsOf({ slug }: ServiceAccount): string[] {
  return slug === undefined ? [] : [slug]
}

async function members(context: GatherContext, admin: string): Promise<Found<Members>> {
  const listed = await listMembers(accessOf(context), context.org, admin)
  if (!('refused' in listed)) return { is: listed }
  return { unknown: `the admin token needs org.members.read to list the members (${listed.refused})` }
}

async function found<T>(ask: () => Promise<Found<T>>): Promise<Found<T>> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ActionError) return { unknown: inOneLine(error) }
    throw error
  }
}

function accessOf({ hubEndpoint, http, policy }: GatherContext): HubAccess {
  return { endpoint: hubEndpoint, http, policy }
}
