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

/** A repository's id: an object id of the Hub's database. */
const REPOSITORY_ID = /^[0-9a-fA-F]{24}$/

/** {@link parseRepository}, which may be followed by `#` and the repository's id: `acme/model#65de7f2a0c1b2d3e4f5a6b7c`. */
export function parseListedRepository(text: string): HubRepository | undefined {
  const [path = '', id, ...more] = text.split('#')
  const repository = parseRepository(path)
  if (!repository || id === undefined) return repository
  return more.length === 0 && REPOSITORY_ID.test(id) ? { ...repository, id: id.toLowerCase() } : undefined
}

/** A repository on the Hub, e.g. `datasets/acme/data`. */
export interface HubRepository {
  kind: (typeof KINDS)[number]
  namespace: string
  name: string
  /** As people write it: `acme/model`, `datasets/acme/data`. */
  label: string
  /** The Hub's id, where whoever listed it gave it: 24 hexadecimal digits. */
  id?: string
}

/** Where the Hub says whether a token may read, or write, a repository. */
export function authCheckPath({ kind, namespace, name }: HubRepository, write: boolean): string {
  return `/api/${kind}/${namespace}/${name}/auth-check${write ? '/write' : ''}`
}
