/** How the rights of the current token can be kept that its replacement would lack. */
import { storeCommand } from '../../aws/store-command.ts'
import { ownerOf } from '../../hub/facts/describe.ts'
import { lostRights, onWholeOrg, permissionsWithin } from '../../hub/facts/lost-rights.ts'
import { isClassic } from '../../hub/facts/rights.ts'
import type { Membership, WhoAmI } from '../../hub/facts/whoami.ts'
import { hubPages } from '../../hub/pages.ts'
import { includes, LEAST_PERMISSIONS, permits, SCOPES, type Scope, scopeOf } from '../../hub/scopes.ts'
import { isPermissionName } from '../../inputs/permissions.ts'
import { block, link, type Part, partsOf, prose } from '../../text/message.ts'
import type { SecretContext } from '../context.ts'
import { withSettings } from '../inputs/secret-lines.ts'
import type { RotatedSecret } from '../request.ts'
import { pendingPlace } from './place.ts'
import type { Replacement } from './replacement.ts'

/** A living token in the organization, and what would take its place. */
export interface Loss {
  who: WhoAmI
  org: Membership
  replacement: Replacement
  /** How many rights would be lost. */
  lost: number
}

export interface Remedy {
  /** Why rights would be lost. */
  cause: string
  /** How they are kept; empty when they cannot be. */
  keep: readonly Part[]
}

/** Why rights would be lost, and what keeps them. */
export function howToKeep(context: SecretContext, { who, org, replacement, lost }: Loss): Remedy {
  const { rotated } = context
  const losses = (permissions: readonly string[]) => lostRights(who, onWholeOrg(org, permissions), org).length
  const isMinted = replacement.kind === 'minted' || (replacement.kind === 'pending' && replacement.ours)
  if (isMinted && losses(rotated.permissions) < lost) return higherRole(who, org)
  const permissions = [...new Set([...rotated.permissions, ...permissionsWithin(who, org)])]
  const rest = losses(permissions)
  const settings = rest < lost ? settingsFor(rotated, permissions) : undefined
  if (!settings) return notPossible(who)
  const wider: WiderLine = {
    which: rest === 0 ? 'these rights' : `those of these rights that are within ${org.name}`,
    line: withSettings(rotated, { ...settings, ...(rest === 0 ? {} : { narrow: 'true' }) }),
    isNeeded: rest > 0 || !includes(rotated.scope, settings.scope),
  }
  const { cause, keep } = isMinted ? askForMore(wider) : createAnother(context, wider)
  return { cause: isClassic(who) ? CLASSIC : cause, keep }
}

/** A line with which a token may keep rights. */
interface WiderLine {
  /** The rights that it keeps. */
  which: string
  line: string
  /** False when the line as it is allows them too. */
  isNeeded: boolean
}

const CLASSIC =
  'The current token is a classic one, which reaches everything that its owner reaches. A fine-grained token cannot.'

function higherRole(who: WhoAmI, { name }: Membership): Remedy {
  return {
    cause: `The service account has fewer rights in ${name} than ${ownerOf(who)}, who owns the current token.`,
    keep: [
      prose`To keep these rights, give the service account a role in ${name} that includes them, then run the rotation again.`,
    ],
  }
}

function notPossible(who: WhoAmI): Remedy {
  const cause =
    'The current token was created for several purposes, or with permissions that the line for this secret cannot request.'
  return { cause: isClassic(who) ? CLASSIC : cause, keep: [] }
}

function askForMore({ which, line }: WiderLine): Remedy {
  return {
    cause: 'The line for this secret requests fewer rights than the current token has.',
    keep: [prose`To keep ${which}, change the line as follows:`, block(line)],
  }
}

/** How a person stores another token in the pending version; nothing else in the secret is lost by it. */
function createAnother({ rotated, request }: SecretContext, { which, line, isNeeded }: WiderLine): Remedy {
  const { newToken } = hubPages(request.hubEndpoint)
  return {
    cause: 'The pending token was created with fewer permissions, or for fewer repositories, than the current one.',
    keep: [
      prose`To keep ${which}, create a fine-grained token that has them (${link(newToken)}), and store it as the pending version in place of this one.`,
      ...partsOf(storeCommand(pendingPlace(rotated.secret))),
      ...(isNeeded ? [prose`The line must allow it:`, block(line)] : []),
    ],
  }
}

/** The settings of a line whose tokens have these permissions; undefined when no line can request them. */
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
