/** Repositories on the Hub, as people write them. */

/** One part of a repository's path: a namespace or a name. */
export const REPOSITORY_PART = /^[A-Za-z0-9_][\w.-]{0,95}$/

const KINDS = ['models', 'datasets', 'spaces'] as const

/** `acme/model`, `models/acme/model`, `datasets/acme/data`, `spaces/acme/app`; undefined for anything else. */
export function parseRepository(text: string): HubRepository | undefined {
  const parts = text.split('/')
  const kind = KINDS.find((candidate) => candidate === parts[0])
  const [namespace, name] = kind ? parts.slice(1) : parts
  if (parts.length !== (kind ? 3 : 2) || !namespace || !name) return undefined
  if (!REPOSITORY_PART.test(namespace) || !REPOSITORY_PART.test(name)) return undefined
  const label = `${kind && kind !== 'models' ? `${kind}/` : ''}${namespace}/${name}`
  return { kind: kind ?? 'models', namespace, name, label }
}

/** A repository on the Hub, e.g. `datasets/acme/data`. */
export interface HubRepository {
  kind: (typeof KINDS)[number]
  namespace: string
  name: string
  /** As people write it: `acme/model`, `datasets/acme/data`. */
  label: string
  /** The Hub's ID of it, when it is known. */
  id?: string
}
