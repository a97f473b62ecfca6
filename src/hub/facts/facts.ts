/** What a token can do, as far as its source and the Hub say: gathered once, and judged by `verdict/`. */
import { ActionError } from '../../errors/action-error.ts'
import { asksToWrite } from '../asked-rights.ts'
import type { Access, HubClient, Silence } from '../client.ts'
import { asWhoAmI, proves, type RecordedProof } from '../proof.ts'
import { type HubRepository, parseRepository } from '../repository.ts'
import { mayStandIn, type Requirement } from '../requirement.ts'
import type { Evidence, HubToken } from '../token.ts'
import { PARTS_FOR } from './parts.ts'
import type { WhoAmI } from './whoami.ts'

/** Everything that is known of one token. What was not asked, or not answered, is undefined or missing. */
export interface TokenFacts {
  /** What its source knows of it. */
  readonly evidence: Evidence
  /** The kind of token that its first characters stand for. */
  readonly prefix: Prefix
  /** Where it came from, in one phrase; empty when that is not known. */
  readonly label: string
  /** What whoami-v2 says of it. */
  readonly who: WhoAmI | undefined
  /** When it expires, in milliseconds since the epoch; undefined when it does not, or nobody says. */
  readonly expiresAt: number | undefined
  /** What a token that is bound to a repository may do there. */
  readonly boundTo: BoundAccess | undefined
  /** The access to each of the required repositories; undefined as long as nobody has asked. */
  readonly repositories: readonly RepositoryAccess[] | undefined
  /** Questions that the Hub did not answer, in the order in which they were asked. */
  readonly failures: readonly Failure[]
  /** Answers that would only have corroborated what the source knows, and did not come: why, in words. */
  readonly silences: readonly string[]
  /** When the proof was recorded that {@link who} comes from, in milliseconds since the epoch; undefined: it is the Hub's own. */
  readonly provenAt: number | undefined
  /** True when {@link who} is what the account's list, or the answer to the mint request, says, and whoami-v2 was not asked. */
  readonly isStated: boolean
}

/** How a token begins. Source: huggingface.co/docs/hub/security-tokens. */
export type Prefix = 'hf_' | 'hf_jwt_' | 'hf_oauth_'

/** The kind of token that a value begins like. */
export function prefixOf(token: string): Prefix {
  return (['hf_jwt_', 'hf_oauth_'] as const).find((prefix) => token.startsWith(prefix)) ?? 'hf_'
}

export interface BoundAccess {
  repository: HubRepository
  read: Access
  write: Access
}

export interface RepositoryAccess {
  repository: HubRepository
  access: Access
}

export type Question = 'whoami-v2' | 'bound repository' | 'repositories'

export interface Failure {
  question: Question
  error: ActionError
}

/** The Hub, as far as facts are gathered there. */
export type AskableHub = Pick<HubClient, 'whoAmI' | 'authCheck' | 'corroborate' | 'corroborateAccess'>

export interface GatherOptions {
  requirement: Requirement
  hub: AskableHub
  /** Decides, on what whoami-v2 says, whether the repositories are worth asking about. */
  goOn: (facts: TokenFacts) => boolean
  /** Milliseconds since the epoch. */
  now: number
  /** What the account's list, or the answer to the mint request, says of the token: it spares whoami-v2. */
  stated?: WhoAmI | undefined
}

/** What waiting for whoami-v2 must leave for the checks that can stand in for it, in milliseconds. */
const STAND_IN_MS = 5_000
/** How many repositories are checked at the same time: enough to be quick, few enough not to burden the Hub. */
const CONCURRENCY = 4

/**
 * Whether the call that issued the token says what it can do, so that whoami-v2 only corroborates. It decides for stored
 * tokens, and for minted ones of which the Hub did not say what it granted.
 */
export function isIssued(evidence: Evidence): boolean {
  return evidence.kind === 'resource' || evidence.kind === 'oauth' || isGranted(evidence)
}

function isGranted(evidence: Evidence): boolean {
  return evidence.kind === 'minted' && evidence.granted !== undefined
}

/** What is known of a token without asking about repositories. `who`: what whoami-v2 says of it. */
export function factsOf(who: WhoAmI | undefined, { evidence, value, label = '' }: KnownToken): TokenFacts {
  const expiresAt = earlier(who?.expiresAt, 'expiresAt' in evidence ? evidence.expiresAt : undefined)
  const nothing = {
    boundTo: undefined,
    repositories: undefined,
    failures: [],
    silences: [],
    provenAt: undefined,
    isStated: false,
  }
  return { evidence, prefix: prefixOf(value), label, who, expiresAt, ...nothing }
}

export interface KnownToken extends Pick<HubToken, 'evidence' | 'value'> {
  label?: string
}

/** Asks the Hub what the token can do, as far as the requirement needs it. Refusals and failures are facts as well. */
export async function gatherFacts(token: HubToken, options: GatherOptions): Promise<TokenFacts> {
  const stated = options.stated && (await byStatement(token, options.stated, options))
  if (stated) return stated
  if (options.stated) return await investigate(ofUnknownRights(token), options)
  return isIssued(token.evidence) ? await corroborate(token, options) : await investigate(token, options)
}

/**
 * whoami-v2 decides: the repositories are worth a question only if it does not refuse the token. A recorded proof spares
 * that call if the Hub grants access to every one of the repositories, which shows too that the organization still
 * accepts the token.
 */
async function investigate(token: HubToken, options: GatherOptions): Promise<TokenFacts> {
  return (await byProof(token, options)) ?? (await byWhoAmI(token, options))
}

/** Undefined when there is no usable proof, or anything speaks against it: then whoami-v2 decides. */
async function byProof(
  token: HubToken,
  { requirement, hub, goOn, now }: GatherOptions,
): Promise<TokenFacts | undefined> {
  const proof = usableProof(token, requirement, now)
  if (!proof) return undefined
  const facts = { ...factsOf(asWhoAmI(proof), knownToken(token)), provenAt: proof.provenAt }
  if (!goOn(facts)) return undefined
  const unanswered = new Answers()
  const repositories = await askRepositories(requirement.repositories, (repository) =>
    unanswered.to('repositories', () => hub.authCheck(token.value, repository, asksToWrite(requirement))),
  )
  const granted = repositories.filter(({ access }) => access.granted)
  return granted.length === requirement.repositories.length ? { ...facts, repositories } : undefined
}

/** How much the clocks of two runners may differ, in milliseconds. */
const PROOF_SKEW_MS = 300_000

function usableProof(
  { value, evidence }: HubToken,
  { org, repositories, proofMaxAgeSeconds }: Requirement,
  now: number,
): RecordedProof | undefined {
  const proof = evidence.kind === 'stored' ? evidence.proof : undefined
  if (!proof || repositories.length === 0 || !proves(proof, value)) return undefined
  // Access to a repository elsewhere says nothing about the organization.
  if (!repositories.every(({ namespace }) => namespace === org)) return undefined
  const age = now - proof.provenAt
  return age <= proofMaxAgeSeconds * 1000 && age >= -PROOF_SKEW_MS ? proof : undefined
}

async function byWhoAmI(token: HubToken, { requirement, hub, goOn }: GatherOptions): Promise<TokenFacts> {
  const answers = new Answers()
  const reserveMs = mayStandIn(requirement) ? STAND_IN_MS : 0
  const who = await answers.to('whoami-v2', () => hub.whoAmI(token.value, reserveMs, PARTS_FOR[token.evidence.kind]))
  const facts = { ...factsOf(who, knownToken(token)), failures: answers.failures }
  if (!goOn(facts)) return facts
  const repositories = await askRepositories(requirement.repositories, (repository) =>
    answers.to('repositories', () => hub.authCheck(token.value, repository, asksToWrite(requirement))),
  )
  return { ...facts, repositories }
}

/**
 * What the account's list or the mint answer says decides, unless auth-check refuses one of the repositories: then
 * whoami-v2 does. Undefined for such a refusal.
 */
async function byStatement(
  token: HubToken,
  stated: WhoAmI,
  { requirement, hub }: GatherOptions,
): Promise<TokenFacts | undefined> {
  const silences: string[] = []
  let isRefused = false
  const repositories = await askRepositories(requirement.repositories, async (repository) => {
    const access = await hub.corroborateAccess(token.value, repository, asksToWrite(requirement))
    const isSilent = 'silence' in access
    isRefused ||= isSilent ? access.isRefused === true : !access.granted
    if (!isSilent) return access
    silences.push(`auth-check of ${repository.label}: ${access.silence}`)
    return undefined
  })
  return isRefused ? undefined : { ...factsOf(stated, knownToken(token)), repositories, silences, isStated: true }
}

/** The same token, as if nobody had said what was granted. */
function ofUnknownRights(token: HubToken): HubToken {
  const { evidence } = token
  return evidence.kind === 'minted' ? { ...token, evidence: { ...evidence, granted: undefined, beyond: [] } } : token
}

/** The source has said what the token can do: everything is asked at once, and silence is no refusal. */
async function corroborate(token: HubToken, { requirement, hub }: GatherOptions): Promise<TokenFacts> {
  const answers = new Answers()
  const silences: string[] = []
  const heard = async <T extends object>(what: string, asking: Promise<T | Silence>): Promise<T | undefined> => {
    const answer = await asking
    if (!('silence' in answer)) return answer
    silences.push(`${what}: ${answer.silence}`)
    return undefined
  }
  const [who, boundTo, repositories] = await Promise.all([
    heard('whoami-v2', hub.corroborate(token.value, PARTS_FOR[token.evidence.kind])),
    askBoundRepository(token, requirement, hub, answers),
    askRepositories(reachOf(token.evidence, requirement), (repository) =>
      heard(`auth-check of ${repository.label}`, corroborateAccess(repository, { token, requirement, hub })),
    ),
  ])
  return { ...factsOf(who, knownToken(token)), boundTo, repositories, failures: answers.failures, silences }
}

/** The exchange says which repository a Trusted Publisher's token reaches: others need no question. */
function reachOf(evidence: Evidence, { repositories }: Requirement): readonly HubRepository[] {
  return isBoundToRepository(evidence) ? repositories.filter(({ label }) => label === evidence.resource) : repositories
}

interface Corroboration {
  token: HubToken
  requirement: Requirement
  hub: AskableHub
}

/** For a publisher's own repository, only a 403 says something: that the publisher is read-only. */
async function corroborateAccess(
  repository: HubRepository,
  { token, requirement, hub }: Corroboration,
): Promise<Access | Silence> {
  const access = await hub.corroborateAccess(token.value, repository, asksToWrite(requirement))
  const isOpen = 'silence' in access || access.granted || access.status === 403
  return isOpen || !isBoundToRepository(token.evidence) ? access : { silence: access.seen }
}

/** True for the token of a repository's Trusted Publisher. */
export function isBoundToRepository(evidence: Evidence): evidence is Evidence & { kind: 'resource' } {
  return evidence.kind === 'resource' && evidence.resource.includes('/')
}

function knownToken({ value, evidence, origin }: HubToken): KnownToken {
  return { value, evidence, label: origin.label }
}

/**
 * Nothing but the exchange says whether a Trusted Publisher's token can write, and only if it names scopes. Where the
 * token must not write, its repository is asked.
 */
async function askBoundRepository(
  { value, evidence }: HubToken,
  requirement: Requirement,
  hub: AskableHub,
  answers: Answers,
): Promise<BoundAccess | undefined> {
  if (asksToWrite(requirement) || evidence.kind !== 'resource' || evidence.scopes !== undefined) return undefined
  const repository = parseRepository(evidence.resource)
  if (!repository) return undefined
  return await answers.to('bound repository', async () => {
    const [read, write] = await Promise.all([
      hub.authCheck(value, repository, false),
      hub.authCheck(value, repository, true),
    ])
    return { repository, read, write }
  })
}

/** Asks about a few repositories at a time, in their order, until a question is not answered. */
async function askRepositories(
  repositories: readonly HubRepository[],
  ask: (repository: HubRepository) => Promise<Access | undefined>,
): Promise<RepositoryAccess[]> {
  const found: RepositoryAccess[] = []
  const waiting = [...repositories]
  const worker = async () => {
    for (let repository = waiting.shift(); repository; repository = waiting.shift()) {
      const access = await ask(repository)
      if (access) found.push({ repository, access })
      // The Hub has trouble: more calls would add to it.
      else waiting.length = 0
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  return found
}

/** Collects the questions that were not answered. */
class Answers {
  readonly failures: Failure[] = []

  /** The answer; undefined when the call failed with an error that a user can read. */
  async to<T>(question: Question, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof ActionError)) throw error
      // The deadline ends all calls under way at once, and is told once.
      const isTold =
        error.code === 'deadline-exceeded' && this.failures.some(({ error: { code } }) => code === error.code)
      if (!isTold) this.failures.push({ question, error })
      return undefined
    }
  }
}

function earlier(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length > 0 ? Math.min(...known) : undefined
}
