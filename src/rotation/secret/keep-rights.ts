/** How the rights of the current token can be kept that its replacement would lack. */
import { storeCommand } from '../../aws/store-command.ts'
import { goesBeyond, mayHave } from '../../hub/asked-rights.ts'
import { ownerOf } from '../../hub/facts/describe.ts'
import { asMinted, lostRights, permissionsWithin } from '../../hub/facts/lost-rights.ts'
import { isClassic, isWithin } from '../../hub/facts/rights.ts'
import type { Grant, Membership, WhoAmI } from '../../hub/facts/whoami.ts'
import { GRANTABLE } from '../../hub/mint-rights.ts'
import { createToken } from '../../hub/new-token.ts'
import { type HubRepository, parseRepository } from '../../hub/repository.ts'
import { LEAST_PERMISSIONS, RIGHT_SETS, SCOPES } from '../../hub/scopes.ts'
import { isPermissionName } from '../../inputs/rights.ts'
import { block, type Part, partsOf, prose } from '../../text/message.ts'
import type { Wanted } from '../account/minter.ts'
import type { SecretContext } from '../context.ts'
import { withSettings } from '../inputs/secret-lines.ts'
import type { RotatedSecret } from '../request.ts'
import { pendingPlace } from './place.ts'
import type { Replacement } from './replacement.ts'
import { askedOf } from './requirement.ts'

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
  keep: readonly (string | Part)[]
}

/** Why rights would be lost, and what keeps them. */
export function howToKeep(context: SecretContext, { who, org, replacement, lost }: Loss): Remedy {
  const { rotated } = context
  const isMinted = replacement.kind === 'minted' || (replacement.kind === 'pending' && replacement.ours)
  // A token that a person creates is not limited to the line's repositories.
  const repositories = isMinted ? rotated.repositories : []
  const losses = (wanted: Wanted) => lostRights(who, asMinted(org, wanted), org).length
  if (isMinted && losses(rotated) < lost) return higherRole(who, org)
  const held = permissionsWithin(who, org).filter((name) => !isMinted || GRANTABLE.includes(name))
  const permissions = [...new Set([...rotated.permissions, ...held])]
  const rest = losses({ permissions, repositories: [] })
  const settings = rest < lost ? settingsFor(rotated, permissions) : undefined
  if (!settings) return notPossible(who)
  // As few repositories as keep as much as the whole organization would.
  const reaches = reachesOf(who, org, repositories)
  const reach = reaches.find((one) => losses({ permissions, repositories: one }) === rest) ?? []
  const changes = { ...settings, ...(rest === 0 ? {} : { narrow: 'true' }) }
  const wider: WiderLine = {
    which: rest === 0 ? 'these rights' : `those of these rights that are within ${org.name}`,
    line: withReach(rotated, changes, reach, repositories),
    isNeeded: rest > 0 || !permissions.every((permission) => mayHave(askedOf(rotated), permission)),
  }
  const { cause, keep } = isMinted ? askForMore(wider) : createAnother(context, wider, permissions)
  return { cause: isClassic(who) ? CLASSIC : cause, keep }
}

/** Lists of repositories that a line may have: its own, and then also those that the current token is for. */
function reachesOf(who: WhoAmI, org: Membership, own: readonly HubRepository[]): HubRepository[][] {
  if (own.length === 0) return []
  const labels = new Set(own.map(({ label }) => label))
  const held = who.grants
    .filter(({ entity }) => isWithin(entity, org))
    .flatMap(({ entity }) => repositoryOf(entity) ?? [])
    .filter(({ label }) => !labels.has(label))
  return [[...own], [...own, ...held]]
}

/** The repository that an entity is; undefined for any other entity. */
function repositoryOf({ type, name }: Grant['entity']): HubRepository | undefined {
  return ['model', 'dataset', 'space'].includes(type) ? parseRepository(`${type}s/${name ?? ''}`) : undefined
}

/** The line with these settings, for these repositories; `own`: those that it limits minting to now. */
function withReach(
  rotated: RotatedSecret,
  changes: Parameters<typeof withSettings>[1],
  reach: readonly HubRepository[],
  own: readonly HubRepository[],
): string {
  if (own.length > 0 && reach.length === 0) return withSettings(rotated, changes, 'repositories')
  const listed = reach.length > own.length ? { repositories: reach.map(asWritten).join(',') } : {}
  return withSettings(rotated, { ...changes, ...listed })
}

function asWritten({ label, id }: HubRepository): string {
  return id === undefined ? label : `${label}#${id}`
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
function createAnother(
  { rotated, request: { org, hubEndpoint } }: SecretContext,
  { which, line, isNeeded }: WiderLine,
  permissions: readonly string[],
): Remedy {
  return {
    cause: 'The pending token was created with fewer permissions, or for fewer repositories, than the current one.',
    keep: [
      ...createToken(
        { org, hubEndpoint, scopes: [], permissions },
        `To keep ${which}, create another fine-grained token at `,
      ),
      'Store it as the pending version in place of this one.',
      ...partsOf(storeCommand(pendingPlace(rotated.secret))),
      ...(isNeeded ? [prose`The line must allow it:`, block(line)] : []),
    ],
  }
}

/** The settings of a line whose tokens have these permissions; undefined when no line can request them. */
function settingsFor(
  rotated: RotatedSecret,
  permissions: readonly string[],
): { scope: string; permissions?: string } | undefined {
  if (!permissions.every(isPermissionName)) return undefined
  const met = SCOPES.filter((scope) => {
    const { needs } = RIGHT_SETS[scope]
    return needs.length > 0 && needs.every((anyOf) => anyOf.some((need) => permissions.includes(need)))
  })
  // Who may write may read; an administrator's token is minted with both.
  const scopes = met.filter(
    (scope) =>
      !(scope === 'read' && met.includes('write')) &&
      !(scope !== 'infer' && scope !== 'admin' && met.includes('admin')),
  )
  if (scopes.length === 0) return undefined
  const asked = { ...askedOf(rotated), scopes, permissions: [] }
  if (permissions.some((permission) => goesBeyond(asked, permission))) return undefined
  const scope = scopes.join('+')
  const least = scopes.flatMap((one) => LEAST_PERMISSIONS[one])
  const isLeast = permissions.every((permission) => least.includes(permission))
  return isLeast && !rotated.line.includes('permissions=') ? { scope } : { scope, permissions: permissions.join(',') }
}
