/** What of an inventory fails the step: what could not be read, and the findings that `fail-on` lists. Pure. */
import { ActionError } from '../../errors/action-error.ts'
import { hubPages } from '../../hub/pages.ts'
import { formatDuration } from '../../text/duration.ts'
import { code, link, list, type Part, type Prose, prose } from '../../text/message.ts'
import { printable, verbatim } from '../../text/printable.ts'
import type { FailOn } from '../request.ts'
import type { Inventory, SecretRow, TokenRow } from './inventory.ts'
import { age, lastUseWords, ownerWords } from './words.ts'

/** By which inputs. */
export interface FailureRules {
  failOn: readonly FailOn[]
  hubEndpoint: string
  maxAgeSeconds: number
  unusedAfterSeconds: number
}

/** The most secrets and tokens that one message lists. */
const MOST = 20

/** One failure for each secret that could not be read, for each kind of finding, and for everything that is unknown. */
export function failuresOf(inventory: Inventory, rules: FailureRules): ActionError[] {
  const { secrets, account } = inventory
  return [
    ...secrets.flatMap(({ errors }) => errors),
    ...(account instanceof ActionError ? [account] : []),
    ...rules.failOn.flatMap((kind) => {
      const found = seenOf(kind, inventory)
      return found.length > 0 ? [FAILURES[kind](found, inventory, rules)] : []
    }),
    ...incomplete(inventory, rules),
  ]
}

/** One line for each secret and each token of the account with this finding. */
function seenOf(kind: FailOn, { secrets, account, takenAt }: Inventory): Prose[] {
  const tokens = account === undefined || account instanceof ActionError ? [] : account.tokens
  return [
    ...secrets.filter(({ findings }) => findings.includes(kind)).map((row) => secretLine(kind, row, takenAt)),
    ...tokens.filter(({ findings }) => findings.includes(kind)).map((row) => tokenLine(row, takenAt)),
  ]
}

function secretLine(kind: FailOn, row: SecretRow, now: number): Prose {
  const { token, secret } = row
  const name = code(verbatim(secret))
  if (token.state === 'none') return prose`${name}: it has no token`
  if (kind === 'leaver') return prose`${name}: the token of ${ownerWords(token)}`
  if (kind === 'unused') return prose`${name}: last used: ${lastUseWords(token.lastUse, now)}, ${oldness(token, now)}`
  if (token.state === 'refused') return prose`${name}: the Hub does not accept its token`
  return prose`${name}: ${oldness(token, now)}, due since ${day(token.dueAt ?? now)}`
}

function tokenLine(row: TokenRow, now: number): Prose {
  return prose`the token ${code(printable(row.name, 100))} of the service account: last used: ${lastUseWords(row.lastUse, now)}, ${oldness(row, now)}`
}

function oldness({ createdAt }: { createdAt: number | undefined }, now: number): string {
  return createdAt === undefined ? 'of unknown age' : `${age(createdAt, now)} old`
}

function day(at: number): string {
  return new Date(at).toISOString()
}

/** At least one line. */
function cutList(lines: readonly Prose[]): Part {
  const more = lines.length - MOST
  return list([...lines.slice(0, MOST), ...(more > 0 ? [`and ${more} more`] : [])])
}

function counted(count: number, one: string, many: string): string {
  return count === 1 ? one : `${count} ${many}`
}

type Explain = (found: readonly Prose[], inventory: Inventory, rules: FailureRules) => ActionError

const FAILURES: Record<FailOn, Explain> = {
  overdue: (found, _, { maxAgeSeconds }) =>
    new ActionError('rotation-overdue', {
      failed: counted(
        found.length,
        'The token in one secret is overdue for replacement.',
        'secrets have a token that is overdue for replacement.',
      ),
      seen: cutList(found),
      expected: `tokens that the Hub accepts and that were created less than ${formatDuration(maxAgeSeconds)} ago`,
      cause: 'The rotation of these secrets fails or does not run, or nobody has stored a new token.',
      fix: prose`Look at the last run of the rotation for these secrets. With ${code('mode: promote')}, a person must create each new token and store it as the pending version; the rotation’s own message has the commands.`,
      forward: 'The people who operate the rotation, and those who provide the new tokens of these secrets.',
    }),
  leaver: (found, { org }, { hubEndpoint }) =>
    new ActionError('inventory-finding', {
      failed: counted(
        found.length,
        'The token in one secret belongs to an account that is not a member of the organization.',
        'secrets have a token of an account that is not a member of the organization.',
      ),
      seen: cutList(found),
      expected: `tokens of members of ${org}, or of its service accounts`,
      cause: 'The owner has left the organization. If the token still works there, it will stop soon.',
      fix: [
        prose`Check the list of members: ${link(hubPages(hubEndpoint).orgMembers(org))}`,
        prose`Replace the token. With ${code('mode: mint')}, the new token belongs to a service account, which cannot leave. With ${code('mode: promote')}, use a token of a current member or of an account that the team shares. If the rotation is blocked because the token belongs to another organization, follow its message.`,
      ],
    }),
  unused: (found, { org }, { hubEndpoint, unusedAfterSeconds }) =>
    new ActionError('inventory-finding', {
      failed: counted(
        found.length,
        `One token has not been used for ${formatDuration(unusedAfterSeconds)}.`,
        `tokens have not been used for ${formatDuration(unusedAfterSeconds)}.`,
      ),
      seen: cutList(found),
      expected: `tokens that were used within ${formatDuration(unusedAfterSeconds)}`,
      cause: 'Whatever used these tokens was removed, or gets its token from somewhere else.',
      fix: prose`Find out who needs each token. If nobody does, delete it under ${link(hubPages(hubEndpoint).serviceAccounts(org))}, and remove its secret. If it is used rarely, increase ${code('unused-after')}.`,
    }),
}

/** What must be known for the findings that fail the step, and is not: it does not count as fine. */
function incomplete(inventory: Inventory, rules: FailureRules): ActionError[] {
  const reasons = new Map<string, Set<string>>()
  for (const { why, name } of rules.failOn.flatMap((kind) => unknownOf(kind, inventory))) {
    reasons.set(why, (reasons.get(why) ?? new Set()).add(name))
  }
  if (reasons.size === 0) return []
  return [
    new ActionError('inventory-incomplete', {
      failed: prose`The inventory could not check everything in ${code('fail-on')}.`,
      seen: cutList([...reasons].map(([why, names]) => prose`${why} (${namesOf([...names])})`)),
      expected: 'an answer for each secret and each token',
      cause: 'The Hub did not answer, or the tokens that this step has do not allow every check.',
      fix: remedies(inventory.org, rules),
    }),
  ]
}

interface Unknown {
  why: string
  /** Of the secret, the token or the account. */
  name: string
}

function unknownOf(kind: FailOn, { secrets, account }: Inventory): Unknown[] {
  // What could not be read at all has a failure of its own.
  const readable = secrets.filter(({ errors }) => errors.length === 0)
  const listed = account === undefined || account instanceof ActionError ? undefined : account
  const rows = [...readable.map((row) => ({ ...row, name: verbatim(row.secret) })), ...(listed?.tokens ?? [])]
  const isUnlisted = kind === 'unused' && listed !== undefined && listed.total === undefined
  return [
    ...rows.flatMap(({ unknown, name }) => {
      const why = unknown[kind]
      return why === undefined ? [] : [{ why: `${kind}: ${why}`, name }]
    }),
    ...(isUnlisted
      ? [{ why: 'unused: the Hub does not list the tokens of the service account', name: listed.name }]
      : []),
  ]
}

function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}

function remedies(org: string, { failOn }: FailureRules): Prose[] {
  return [
    ...(failOn.includes('leaver')
      ? [
          prose`For ${code('leaver')}: set ${code('admin-secret-id')} and ${code('service-account')}, and give the admin token ${code('org.members.read')} on ${org}, so that it can list the members.`,
        ]
      : []),
    ...(failOn.includes('unused')
      ? [
          prose`For ${code('unused')}: use only tokens of the service account (${code('mode: mint')}). For other tokens, the Hub does not say when they were last used.`,
        ]
      : []),
    prose`If the Hub was rate limited or did not answer, run this step again later. If you do not need the answer, remove the finding from ${code('fail-on')}.`,
  ]
}
