/** What the Hub's answer to a mint request shows of the token, next to what was requested. Pure. */
import { printable } from '../text/printable.ts'
import type { GrantedRights, MintRights } from './mint-rights.ts'
import type { HubRepository } from './repository.ts'
import type { MintedEvidence } from './token.ts'

export interface MintRequested {
  /** All permissions, wherever they hold. */
  asked: readonly string[]
  rights: MintRights
  org: string
  /** The repositories that the rights on repositories are for; empty: the whole organization. */
  repositories: readonly HubRepository[]
}

/** The evidence for a minted token: without the granted permissions, only whoami-v2 can tell what it may do. */
export function mintedEvidence(
  { asked, rights, org, repositories }: MintRequested,
  granted: GrantedRights,
): MintedEvidence {
  const own = repositories.filter(({ namespace }) => namespace === org)
  const limited = own.map((repository, at) => {
    const id = rights.repoIds[at]
    return id === undefined ? repository : { ...repository, id }
  })
  const evidence = { kind: 'minted', asked, repositories: rights.repoIds.length === 0 ? [] : limited } as const
  const { permissions, repoPermissions = [], repoIds = [] } = granted
  if (permissions === undefined) return { ...evidence, granted: undefined, beyond: [] }
  const onOrg = permissions.filter(
    (name) => rights.repoPermissions.includes(name) && !rights.permissions.includes(name),
  )
  const others = repoPermissions.length === 0 ? [] : repoIds.filter((id) => !rights.repoIds.includes(id))
  return {
    ...evidence,
    granted: [...new Set([...permissions, ...repoPermissions])],
    beyond: [
      ...onOrg.map((name) => `${printable(name, 80)} on the whole organization (requested for the repositories alone)`),
      ...others.map(
        (id) =>
          `${repoPermissions.map((name) => printable(name, 80)).join(', ')} on the repository with the ID ${printable(id, 40)} (not requested)`,
      ),
    ],
  }
}
