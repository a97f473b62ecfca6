/** Which repositories a token reaches, as paths on the Hub. Pure. */

/** Where the Hub keeps a namespace's repositories of each type. Source: huggingface.co/docs/hub/trusted-publishers. */
const PLACES = ['', 'datasets/', 'spaces/', 'kernels/', 'buckets/'] as const

/** What decides the reach: the publisher's resource, the repositories that it was minted for, or the organization. */
export interface Reach {
  org: string
  /** A Trusted Publisher's repository (`datasets/acme/data`) or user; undefined for another source. */
  resource: string | undefined
  /** The only repositories that the token reaches; empty if it is not limited to some. */
  only: readonly string[]
}

/**
 * Prefixes of paths below the Hub's URL that the token reaches, without slashes at the ends; the empty one is the whole
 * Hub, and comes first. A repository is there with and without `.git`, as people clone it.
 */
export function reachedPaths({ org, resource, only }: Reach): string[] {
  const repositories = resource === undefined ? only : [resource]
  // A user publisher's token reads gated repositories, whoever owns them.
  if (resource !== undefined && !resource.includes('/')) return ['']
  if (repositories.length === 0) return PLACES.map((place) => place + org)
  return repositories.map((path) => path.replace(/^models\//, '')).flatMap((path) => [path, `${path}.git`])
}
