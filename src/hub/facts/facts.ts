/** What a token can do, as far as its source and the Hub say: gathered once, and judged by `verdict/`. */
import { ActionError } from '../../errors/action-error.ts'
import type { Access, HubClient } from '../client.ts'
import { type HubRepository, parseRepository } from '../repository.ts'
import { mayStandIn, type Requirement } from '../requirement.ts'
import type { Evidence, HubToken } from '../token.ts'
import { PARTS_FOR, type WhoAmI } from './whoami.ts'

/** Everything that is known of one token. What was not asked, or not answered, is undefined or missing. */
export interface TokenFacts {
  /** What its source knows of it. */
  readonly evidence: Evidence
  /** Where it came from, in one phrase; empty when that is not known. */
  readonly label: string
  /** What whoami-v2 says of it. */
  readonly who: WhoAmI | undefined
  /** When it expires, in milliseconds since the epoch; undefined when it does not, or nobody says. */
  readonly expiresAt: number | undefined
  /** What a token that is bound to a repository may do there. */
  readonly boundTo: BoundAccess | undefined
  /** The access to each of the required repositories. */
  readonly repositories: readonly RepositoryAccess[]
  /** Questions that the Hub did not answer, in the order in which they were asked. */
  readonly failures: readonly Failure[]
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
export type AskableHub = Pick<HubClient, 'whoAmI' | 'authCheck'>

export interface GatherOptions {
  requirement: Requirement
  hub: AskableHub
  /** Decides, on what whoami-v2 says, whether the repositories are worth asking about. */
  goOn: (facts: TokenFacts) => boolean
}

/** What waiting for whoami-v2 must leave for the checks that can stand in for it, in milliseconds. */
const STAND_IN_MS = 5_000
/** How many repositories are checked at the same time: enough to be quick, few enough not to burden the Hub. */
const CONCURRENCY = 4

/** What is known of a token without asking about repositories. `who`: what whoami-v2 says of it. */
export function factsOf(who: WhoAmI | undefined, evidence: Evidence, label = ''): TokenFacts {
  const expiresAt = earlier(who?.expiresAt, 'expiresAt' in evidence ? evidence.expiresAt : undefined)
  return { evidence, label, who, expiresAt, boundTo: undefined, repositories: [], failures: [] }
}

/** Asks the Hub what the token can do, as far as the requirement needs it. Refusals and failures are facts as well. */
export async function gatherFacts(token: HubToken, { requirement, hub, goOn }: GatherOptions): Promise<TokenFacts> {
  const answers = new Answers()
  const reserveMs = mayStandIn(requirement) ? STAND_IN_MS : 0
  const who = await answers.to('whoami-v2', () => hub.whoAmI(token.value, reserveMs, PARTS_FOR[token.evidence.kind]))
  const facts = { ...factsOf(who, token.evidence, token.origin.label), failures: answers.failures }
  if (!goOn(facts)) return facts
  const boundTo = await askBoundRepository(token, requirement, hub, answers)
  const repositories = await askRepositories(token, requirement, hub, answers)
  return { ...facts, boundTo, repositories }
}

/** whoami-v2 does not say whether a Trusted Publisher's token can write. Where it must not, its repository is asked. */
async function askBoundRepository(
  { value, evidence }: HubToken,
  { scope }: Requirement,
  hub: AskableHub,
  answers: Answers,
): Promise<BoundAccess | undefined> {
  const repository = scope === 'read' && evidence.kind === 'resource' ? parseRepository(evidence.resource) : undefined
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
  { value }: HubToken,
  { scope, repositories }: Requirement,
  hub: AskableHub,
  answers: Answers,
): Promise<RepositoryAccess[]> {
  const found: RepositoryAccess[] = []
  const waiting = [...repositories]
  const worker = async () => {
    for (let repository = waiting.shift(); repository; repository = waiting.shift()) {
      const asked = repository
      const access = await answers.to('repositories', () => hub.authCheck(value, asked, scope !== 'read'))
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
