/** Members of a whoami-v2 answer that are not in the Hub's description: one of them could be a new kind of right. */
import { isRecord } from '../../text/json.ts'

export interface UnknownMember {
  /** `auth.accessToken.fineGrained.jobs`. Text from outside. */
  path: string
  /** Whether it could carry a right: `true`, or an array or object with something in it. */
  couldBeRight: boolean
}

/** `any`: a value of any kind; an array: a list of such objects. */
type Known = 'any' | KnownObject | readonly [KnownObject]
interface KnownObject {
  readonly [member: string]: Known
}

const ACCOUNT = {
  type: 'any',
  id: 'any',
  name: 'any',
  fullname: 'any',
  email: 'any',
  canPay: 'any',
  billingMode: 'any',
  avatarUrl: 'any',
  periodEnd: 'any',
} as const

/**
 * What the Hub describes, with three members that it does not: an app's `scope`, `patterns`, which narrow a token, and
 * `isEnterprise`, which older answers have. Source: Hub API description of 17 August 2026, GET /api/whoami-v2.
 */
export const KNOWN_MEMBERS: Known = {
  ...ACCOUNT,
  emailVerified: 'any',
  isPro: 'any',
  orgs: [
    {
      ...ACCOUNT,
      plan: 'any',
      isEnterprise: 'any',
      roleInOrg: 'any',
      securityRestrictions: 'any',
      resourceGroups: [{ id: 'any', name: 'any', role: 'any' }],
    },
  ],
  auth: {
    type: 'any',
    accessToken: {
      displayName: 'any',
      role: 'any',
      createdAt: 'any',
      fineGrained: {
        scoped: [{ entity: { _id: 'any', type: 'any', name: 'any' }, permissions: 'any', patterns: 'any' }],
        global: 'any',
        canReadGatedRepos: 'any',
        patterns: 'any',
      },
    },
    expiresAt: 'any',
    resource: { sub: 'any' },
  },
  scope: { role: 'any', entities: [{ _id: 'any', type: 'any', name: 'any' }] },
}

/** Every member that is not known, once for each path. */
export function unknownMembers(json: unknown): UnknownMember[] {
  const found = new Map<string, boolean>()
  walk(json, KNOWN_MEMBERS, '', found)
  return [...found].map(([path, couldBeRight]) => ({ path, couldBeRight }))
}

function walk(value: unknown, known: Known, path: string, found: Map<string, boolean>): void {
  if (known === 'any') return
  if (!isList(known)) walkMembers(value, known, path, found)
  else if (Array.isArray(value)) for (const item of value) walkMembers(item, known[0], path, found)
}

function walkMembers(value: unknown, known: KnownObject, path: string, found: Map<string, boolean>): void {
  if (!isRecord(value)) return
  for (const [name, member] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`
    const next = Object.hasOwn(known, name) ? known[name] : undefined
    if (next !== undefined) walk(member, next, at, found)
    else found.set(at, (found.get(at) ?? false) || couldBeRight(member))
  }
}

function isList(known: Known): known is readonly [KnownObject] {
  return Array.isArray(known)
}

function couldBeRight(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return value === true || (isRecord(value) && Object.keys(value).length > 0)
}
