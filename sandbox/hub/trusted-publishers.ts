/** Trusted Publishers: which identities of which issuers may have a token for a repository or a user. */
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import type { Accounts, OAuthGrant, User } from './accounts.ts'
import type { Repos } from './repos/repos.ts'

export interface NewTrustedPublisher {
  /** `ns/name`, `datasets/ns/name`, `spaces/ns/name`, or a username. */
  resource: string
  issuer: string
  /** The issuer's keys, asked for at every call. */
  keys: () => JSONWebKeySet | Promise<JSONWebKeySet>
  /**
   * What the ID token must say, exactly. `branch` is the `ref` without `refs/heads/`, `workflow` the file name in
   * `workflow_ref`; any other name is the claim's own.
   */
  claims: Record<string, string>
  /** The token may only read the repository. */
  readOnly?: boolean
  /** Whose token it is. Default: who created the repository, or else the first member of its organization. */
  user?: string
}

interface TrustedPublisher extends NewTrustedPublisher {
  grant: OAuthGrant
  owner: User
}

/** The token is not one that this resource's publishers may trade; `message` says why. */
export class InvalidGrant extends Error {}

const REPO = /^(?:(?:datasets|spaces|kernels|buckets)\/)?(?<namespace>[^/\s]+)\/[^/\s]+$/
const USERNAME = /^[^/\s]+$/

/** Whether this names something that the Hub gives tokens for. */
export function isResource(resource: string): boolean {
  return REPO.test(resource) || USERNAME.test(resource)
}

export class TrustedPublishers {
  readonly #publishers: TrustedPublisher[] = []
  readonly #accounts: Accounts
  readonly #repos: Repos

  constructor(accounts: Accounts, repos: Repos) {
    this.#accounts = accounts
    this.#repos = repos
  }

  /** Makes the namespace and a user in it if they do not exist yet. */
  add(publisher: NewTrustedPublisher): void {
    const { resource, claims, readOnly } = publisher
    if (!isResource(resource)) throw new Error(`${resource} is neither a repository nor a username`)
    if (Object.keys(claims).length === 0) throw new Error(`the trusted publisher of ${resource} names no claim`)
    const namespace = REPO.exec(resource)?.groups?.namespace
    const grant: OAuthGrant =
      namespace === undefined ? { kind: 'gated' } : { kind: 'repo', key: resource, access: readOnly ? 'read' : 'write' }
    const owner =
      namespace === undefined
        ? this.#user(resource)
        : this.#user(publisher.user ?? this.#repos.get(resource)?.creator ?? this.#memberOf(namespace))
    this.#publishers.push({ ...publisher, grant, owner })
  }

  /**
   * What the ID token may have of the resource. `now` is in milliseconds.
   *
   * @throws InvalidGrant
   */
  async exchange(
    idToken: string,
    wanted: { resource: string; audience: string; now: number },
  ): Promise<{ grant: OAuthGrant; user: User }> {
    const issuer = issuerOf(idToken)
    const publishers = this.#publishers.filter(
      (publisher) => publisher.resource === wanted.resource && publisher.issuer === issuer,
    )
    const [first] = publishers
    if (!first) throw new InvalidGrant(`No trusted publisher of ${wanted.resource} has the issuer ${issuer}`)
    const payload = await verify(idToken, first, wanted)
    const match = publishers.find(({ claims }) => differing(claims, payload).length === 0)
    if (!match) {
      const names = differing(first.claims, payload).join(', ')
      throw new InvalidGrant(`The claims of the ID token do not match a trusted publisher: ${names}`)
    }
    return { grant: match.grant, user: match.owner }
  }

  #memberOf(namespace: string): string {
    if (this.#accounts.users.has(namespace)) return namespace
    for (const { name, orgs } of this.#accounts.users.values()) {
      if (orgs.some((org) => org.name === namespace)) return name
    }
    const { name } = this.#accounts.addUser({
      name: `${namespace}-ci`,
      orgs: [{ name: namespace, roleInOrg: 'write' }],
    })
    return name
  }

  #user(name: string): User {
    return this.#accounts.users.get(name) ?? this.#accounts.addUser({ name })
  }
}

function issuerOf(idToken: string): string {
  try {
    return decodeJwt(idToken).iss ?? '(none)'
  } catch {
    throw new InvalidGrant('The subject token is not a JWT')
  }
}

async function verify(
  idToken: string,
  { issuer, keys }: NewTrustedPublisher,
  { audience, now }: { audience: string; now: number },
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(idToken, createLocalJWKSet(await keys()), {
      algorithms: ['RS256', 'ES256'],
      issuer,
      audience,
      requiredClaims: ['exp'],
      currentDate: new Date(now),
    })
    return payload
  } catch (error) {
    if (error instanceof errors.JOSEError) throw new InvalidGrant(`The ID token is not valid: ${error.message}`)
    throw error
  }
}

/** The names of the claims that are not as configured. */
function differing(claims: Record<string, string>, payload: JWTPayload): string[] {
  return Object.entries(claims)
    .filter(([name, value]) => claim(name, payload) !== value)
    .map(([name]) => name)
}

/** A claim by the name that the Hub's settings page has for it. */
function claim(name: string, payload: JWTPayload): unknown {
  const { ref, workflow_ref } = payload
  if (name === 'branch' && typeof ref === 'string' && ref.startsWith('refs/heads/')) return ref.slice(11)
  if (name === 'workflow' && typeof workflow_ref === 'string') return /([^/@]+)@/.exec(workflow_ref)?.[1]
  return payload[name]
}
