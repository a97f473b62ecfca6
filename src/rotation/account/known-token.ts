/** What is known of a token of the account without whoami-v2: by the answer to the mint request, or by the account's list. */
import { asStated, type StatedFor, type StatedToken } from '../../hub/facts/stated-token.ts'
import type { WhoAmI } from '../../hub/facts/whoami.ts'
import type { MintRights } from '../../hub/mint-rights.ts'
import { mintedEvidence } from '../../hub/minted-evidence.ts'
import type { MintFor } from '../../hub/repository-ids.ts'
import type { MintedEvidence } from '../../hub/token.ts'
import { printable } from '../../text/printable.ts'

export interface KnownToken {
  /** What the Hub said, in the form of whoami-v2. */
  who: WhoAmI
  evidence: MintedEvidence
  /** What it lacks of what is minted for the line, where its permissions do not show it: in words. */
  missing: readonly string[]
}

/** What the token is minted for. */
export interface KnownFor extends Omit<StatedFor, 'repositories'> {
  wanted: Pick<MintFor, 'permissions' | 'repositories'>
  rights: MintRights
}

/** Undefined when the Hub did not say what the token may do. */
export function knownToken(token: StatedToken, { org, account, wanted, rights }: KnownFor): KnownToken | undefined {
  const { permissions: asked, repositories } = wanted
  const { permissions, repoIds, repoPermissions, endpointPatterns } = token
  const granted = { permissions, repoIds, repoPermissions, endpointPatterns }
  const evidence = mintedEvidence({ asked, rights, org, repositories }, granted)
  const who = asStated(token, { org, account, repositories: evidence.repositories })
  return who && { who, evidence, missing: missing(token, evidence, rights) }
}

function missing(
  { permissions = [], repoIds = [], repoPermissions = [], endpointPatterns = [] }: StatedToken,
  { repositories }: MintedEvidence,
  rights: MintRights,
): string[] {
  const labels = new Map(repositories.map(({ id, label }) => [id, label]))
  const lost = rights.repoIds.flatMap((id) => {
    const held = [...permissions, ...(repoIds.includes(id) ? repoPermissions : [])]
    const place = labels.get(id) ?? `the repository with the ID ${id}`
    return rights.repoPermissions.filter((name) => !held.includes(name)).map((name) => `${name} on ${place}`)
  })
  const limits = endpointPatterns.map((pattern) => printable(pattern, 120))
  return limits.length === 0 ? lost : [...lost, `every Inference Endpoint except ${limits.join(', ')}`]
}
