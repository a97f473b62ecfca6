/** Judges a replacement before it is made: nothing that works gives way to something different or lesser unnoticed. */
import { storeCommand } from '../../aws/store-command.ts'
import { ActionError } from '../../errors/action-error.ts'
import { hubPages } from '../../hub/pages.ts'
import { includes, LEAST_PERMISSIONS, permits, SCOPES, type Scope, scopeOf } from '../../hub/scopes.ts'
import { judge } from '../../hub/verdict/judge.ts'
import {
  describeRights,
  describeToken,
  lostRights,
  onWholeOrg,
  permissionsWithin,
  type Successor,
} from '../../hub/verdict/lost-rights.ts'
import { isClassic, membershipIn } from '../../hub/verdict/rights.ts'
import type { Membership, WhoAmI } from '../../hub/whoami.ts'
import { formatDuration } from '../../text/duration.ts'
import { plain } from '../../text/message.ts'
import { printable } from '../../text/printable.ts'
import type { SecretContext } from '../context.ts'
import { isPermissionName, withSettings } from '../inputs/secret-lines.ts'
import type { Outcome } from '../outcome.ts'
import type { RotatedSecret } from '../request.ts'
import type { Standing } from './standing.ts'
import { pendingPlace, requirementOf } from './steps.ts'

/** What takes the current token's place. */
export type Replacement =
  /** A token that is yet to be minted. */
  | { kind: 'minted' }
  /** The token of the pending version, as the Hub describes it; `ours`: a rotation has minted it. */
  | { kind: 'pending'; who: WhoAmI; ours: boolean }
  /** The token of the pending version, before the Hub has confirmed it. */
  | { kind: 'unconfirmed' }
  /** Nothing: a person has not brought a token yet. */
  | { kind: 'missing' }

type JudgedWorld = SecretContext & { outcome: Outcome }

/** Why the current token must not be replaced, and what to warn of when the line says `narrow=true`. */
interface Objection {
  error: ActionError
  warning: string
}

/** How many lost rights a message lists. */
const MAX_LISTED = 20

/**
 * Notes in the outcome what the current token is and what takes its place. A token of another organization blocks the
 * secret from then on, whether its rotation is due or not.
 */
export function noteReplacement(context: JudgedWorld, standing: Standing, replacement: Replacement): void {
  const { outcome, rotated } = context
  outcome.before = describeStanding(standing)
  outcome.after = describeReplacement(context, replacement)
  outcome.isBlocked = !rotated.narrow && foreign(context, standing) !== undefined
}

/**
 * Lets a replacement pass whose current token is dead, or belongs to the organization and can do nothing that the new
 * one could not; any other one too, with a warning, when the line says `narrow=true`.
 *
 * @throws `ActionError` `rotation-blocked`.
 */
export function judgeReplacement(context: JudgedWorld, standing: Standing, replacement: Replacement): void {
  noteReplacement(context, standing, replacement)
  const objection = objectionTo(context, standing, replacement)
  if (!objection) return
  const { outcome, rotated, log } = context
  if (!rotated.narrow) {
    outcome.isBlocked = true
    throw objection.error
  }
  log.warning(objection.warning)
}

/** Warns of a rotation that is not due yet and would be blocked if it were. */
export function warnIfBlockedLater(context: JudgedWorld, standing: Standing, replacement: Replacement): void {
  const { rotated, log } = context
  const objection = rotated.narrow ? undefined : objectionTo(context, standing, replacement)
  if (!objection) return
  log.warning(
    `${rotated.secret.id}: its rotation is not due, and would be blocked if it were.\n${objection.error.message}`,
  )
}

function objectionTo(context: JudgedWorld, standing: Standing, replacement: Replacement): Objection | undefined {
  return foreign(context, standing) ?? lesser(context, standing, replacement)
}

/** A living token of another organization: it works for somebody, and not for whom this rotation is. */
function foreign(context: SecretContext, standing: Standing): Objection | undefined {
  if (standing.kind !== 'alive') return undefined
  const { rotated, request } = context
  const { id } = rotated.secret
  const { who } = standing
  const evidence = { kind: 'stored', howToStore: storeCommand(pendingPlace(rotated.secret)) } as const
  const problem = judge(who, requirementOf(context), { evidence }, Date.now()).find(
    ({ code }) => code === 'token-wrong-org',
  )
  if (!problem) return undefined
  return {
    error: new ActionError('rotation-blocked', {
      failed: `The current token in ${id} does not belong to the organization ${request.org}. It was not replaced.`,
      seen: describeToken(who),
      expected: `a token of a member or service account of ${request.org}, or \`narrow=true\` in the line of this secret`,
      ...(problem.explanation.cause === undefined ? {} : { cause: problem.explanation.cause }),
      fix: `Check that the line names the secret that you mean, and that ${request.org} is the right organization.\nIf a token of ${request.org} is to take the place of this one, write the line as follows. ${consequence(context)}\n${withSettings(rotated, { narrow: 'true' })}`,
    }),
    warning: `${id}: the current token does not belong to the organization ${request.org} (${describeToken(who)}). ${accepted(context)}`,
  }
}

/** A living token that can do something which the new one could not. */
function lesser(context: SecretContext, standing: Standing, replacement: Replacement): Objection | undefined {
  const { rotated, request } = context
  const { id } = rotated.secret
  const org = standing.kind === 'alive' ? membershipIn(standing.who, request.org) : undefined
  const next = successorOf(context, org, replacement)
  if (standing.kind !== 'alive' || !org || !next) return undefined
  const { who } = standing
  const lost = lostRights(who, next, org)
  if (lost.length === 0) return undefined
  const rights = lost.length === 1 ? 'a right' : `${lost.length} rights`
  const list = [
    ...lost.slice(0, MAX_LISTED).map((right) => `- ${right}`),
    ...(lost.length > MAX_LISTED ? [`- and ${lost.length - MAX_LISTED} more`] : []),
  ].join('\n')
  const { keep, cause } = remedy(context, who, org, replacement, lost.length)
  return {
    error: new ActionError('rotation-blocked', {
      failed: `The new token for ${id} would lack ${rights} of the current token. The current token was not replaced.`,
      seen: `the current token: ${describeToken(who)}\nthe new token: ${describeReplacement(context, replacement)}\nonly the current one has:\n${list}`,
      expected: 'a new token with every right of the current one, or `narrow=true` in the line of this secret',
      cause,
      fix: `${keep === undefined ? '' : `${keep}\n`}If nobody who reads this secret needs ${keep === undefined ? 'them' : 'any of them'}, write the line as follows. ${consequence(context)}\n${withSettings(rotated, { narrow: 'true' })}`,
    }),
    warning: `${id}: the new token lacks ${rights} of the current one:\n${list}\n${accepted(context)}`,
  }
}

/** Undefined as long as nobody knows what takes the place. */
function successorOf(
  { rotated }: SecretContext,
  org: Membership | undefined,
  replacement: Replacement,
): Successor | undefined {
  if (replacement.kind === 'pending') return replacement.who
  return replacement.kind === 'minted' && org ? onWholeOrg(org, rotated.permissions) : undefined
}

interface Remedy {
  cause: string
  /** How the rights are kept; undefined when they cannot be. */
  keep: string | undefined
}

/** Why rights would be lost, and what keeps them. `lost`: how many would be. */
function remedy(context: SecretContext, who: WhoAmI, org: Membership, replacement: Replacement, lost: number): Remedy {
  const { rotated } = context
  const losses = (permissions: readonly string[]) => lostRights(who, onWholeOrg(org, permissions), org).length
  const isMinted = replacement.kind === 'minted' || (replacement.kind === 'pending' && replacement.ours)
  if (isMinted && losses(rotated.permissions) < lost) {
    return {
      cause: `the service account may do less in ${org.name} than ${printable(who.name, 96)}, who owns the current token.`,
      keep: `To keep these rights, give the service account a role in ${org.name} that includes them, and run the rotation again.`,
    }
  }
  const permissions = [...new Set([...rotated.permissions, ...permissionsWithin(who, org)])]
  const rest = losses(permissions)
  const settings = rest < lost ? settingsFor(rotated, permissions) : undefined
  if (!settings) {
    return {
      cause: isClassic(who)
        ? CLASSIC
        : 'the current token was created for several uses, or with permissions that the line of this secret cannot ask for.',
      keep: undefined,
    }
  }
  const which = rest === 0 ? 'these rights' : `those of these rights that lie in ${org.name}`
  const line = withSettings(rotated, { ...settings, ...(rest === 0 ? {} : { narrow: 'true' }) })
  if (isMinted) {
    return {
      cause: isClassic(who) ? CLASSIC : 'the line of this secret asks for less than the current token can do.',
      keep: `To keep ${which}, write the line as:\n${line}`,
    }
  }
  const fits = rest === 0 && includes(rotated.scope, settings.scope)
  return {
    cause: isClassic(who)
      ? CLASSIC
      : 'the pending token was created with fewer permissions, or for fewer repositories, than the current one.',
    keep: `To keep ${which}, ${bringAnother(context)}${fits ? '' : ` The line must allow it:\n${line}`}`,
  }
}

const CLASSIC =
  'the current token is a classic one, which reaches whatever its owner reaches; a fine-grained token cannot.'

/** How a person puts another token into the pending version; nothing else of the secret is lost by it. */
function bringAnother({ rotated, request }: SecretContext): string {
  return `create a fine-grained token that has them (${hubPages(request.hubEndpoint).newToken}) and make it the pending version in place of this one. ${plain(storeCommand(pendingPlace(rotated.secret)))}`
}

/** The settings of a line whose tokens have these permissions; undefined when no line can say so. */
function settingsFor(
  { line }: RotatedSecret,
  permissions: readonly string[],
): { scope: Scope; permissions?: string } | undefined {
  const scope = SCOPES.filter((one) => permissions.some((permission) => scopeOf(permission) === one)).at(-1)
  if (!scope || !permissions.every(isPermissionName)) return undefined
  if (!permissions.some((permission) => permits(permission, scope))) return undefined
  const isLeast = permissions.every((permission) => LEAST_PERMISSIONS[scope].includes(permission))
  return isLeast && !line.includes('permissions=') ? { scope } : { scope, permissions: permissions.join(',') }
}

function consequence({ request }: SecretContext): string {
  return `The current token is then replaced, and revoked on the Hub once \`grace\` (${formatDuration(request.graceSeconds)}) is over, wherever else it is used:`
}

function accepted({ request, rotated }: SecretContext): string {
  return `The line says \`narrow=true\`: the current token is replaced all the same, and revoked on the Hub once \`grace\` (${formatDuration(request.graceSeconds)}) is over. Take \`narrow=true\` out of the line once ${rotated.secret.id} is rotated.`
}

function describeStanding(standing: Standing): string {
  if (standing.kind === 'none') return 'no token yet'
  if (standing.kind === 'dead') return 'a token that the Hub does not accept any more'
  return describeToken(standing.who)
}

function describeReplacement({ minter, rotated, request }: SecretContext, replacement: Replacement): string {
  if (replacement.kind === 'pending') return describeToken(replacement.who)
  if (replacement.kind === 'unconfirmed') return 'the pending token, which was not confirmed'
  if (replacement.kind === 'missing') return 'none is pending; a person brings it'
  const rights = describeRights(onWholeOrg({ id: '', name: request.org }, rotated.permissions))
  return `fine-grained token of the service account ${minter?.accountName ?? ''}: ${rights}`
}
