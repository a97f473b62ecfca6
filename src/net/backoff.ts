/**
 * When a call is made again, and how long each attempt gets: ten at most, which together fill a budget of time. Pure.
 */

/** The most calls to one route on any path, and the most that `max-attempts` allows. */
export const MOST_CALLS = 10

/** The part of the time limit that a call may spend on attempts: what follows needs the other half. */
const BUDGET_PART = 0.5

/** How the attempts of one kind of call are spread. */
export interface Pace {
  /** The most attempts. */
  most: number
  /** The first step, in milliseconds; each step is at least twice the one before. */
  firstMs: number
  /** The longest step, as a part of the budget. */
  longestPart: number
  /** How long the first attempts may take, as parts of the budget; the last one stands for all later ones. */
  withinParts: readonly number[]
}

/** For a call that changes nothing, or the same when it is repeated: ten attempts reach to the end of the budget. */
const USUAL: Pace = { most: MOST_CALLS, firstMs: 250, longestPart: 1 / 6, withinParts: [1 / 6, 1 / 4, 1 / 3, 1 / 2] }

/**
 * For a call that may have had its effect although its answer was lost: each repetition can leave something behind that
 * must be found and removed, so there are fewer, each gets longer, and together they reach as far.
 */
const CAREFUL: Pace = { most: 6, firstMs: 1_500, longestPart: 1 / 4, withinParts: [2 / 5, 1 / 2] }

/** With fewer attempts than this, they are spread like those of {@link CAREFUL}. */
const FEW = 6

/** How much longer than its share the longest step may be when few attempts are left. */
const LONGEST_SHARES = 1.3

/** `left`: how many calls the route may still get; the fewer they are, the longer the steps between them. */
export function paceOf(isCareful: boolean, left: number = MOST_CALLS): Pace {
  const pace = isCareful || left < FEW ? CAREFUL : USUAL
  const most = Math.min(pace.most, left)
  if (most === pace.most) return pace
  const share = LONGEST_SHARES / Math.max(1, most - 1)
  return { ...pace, most, longestPart: Math.min(0.6, Math.max(pace.longestPart, share)) }
}

/** No step is longer, in milliseconds: with hours to spend, a service that works again must not stay unused for long. */
const LONGEST_STEP_MS = 300_000

/** The part of the budget that the steps must fill, so that chance may add half of the last one. */
const FILLED_PART = 0.85

/** The most by which a step is longer than the one before, however much time there is. */
const MOST_GROWTH = 8

/** An attempt gets at least and at most this long, in milliseconds: healthy services answer in less than the first. */
const WITHIN_MS = { least: 3_000, most: 15_000 }

/** Milliseconds that attempts at one call may take together. `limitMs`: for everything. */
export const budgetOf = (limitMs: number): number => limitMs * BUDGET_PART

/** Milliseconds that must be left for what follows: enough for a few calls to services that work. */
export const keptOf = (limitMs: number): number => Math.min(5_000, limitMs / 10)

/** The steps after the first attempts, in milliseconds; `growth`: by how much each is longer than the one before. */
function stepsOf(count: number, { firstMs, longestPart }: Pace, budgetMs: number, growth: number): number[] {
  const longest = Math.min(LONGEST_STEP_MS, Math.max(firstMs, budgetMs * longestPart))
  return Array.from({ length: count }, (_, index) => Math.min(longest, firstMs * growth ** index))
}

/** Twofold, or as much more as ten attempts need to reach to the end of a long budget. */
function growthFor(pace: Pace, budgetMs: number): number {
  let growth = 2
  while (growth < MOST_GROWTH && sumOf(stepsOf(pace.most - 1, pace, budgetMs, growth)) < budgetMs * FILLED_PART) {
    growth *= 1.05
  }
  return growth
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0)

/** Where an attempt stands. */
export interface Standing {
  /** How many attempts were made. */
  made: number
  /** Since the first one began, in milliseconds. */
  elapsedMs: number
  budgetMs: number
  /** 0 ≤ x < 1. */
  random: number
}

/**
 * Milliseconds to wait before the next attempt. It is due at the end of its step, half a step earlier or later by chance:
 * a fleet spreads over all of the time, and yet the attempts of each job reach the end of the budget. After slow attempts,
 * a quarter of a step or more.
 */
export function waitBefore({ made, elapsedMs, budgetMs, random }: Standing, pace: Pace): number {
  const steps = stepsOf(made, pace, budgetMs, growthFor(pace, budgetMs))
  const step = steps.at(-1) ?? 0
  const due = sumOf(steps) + step * (random - 0.5)
  return Math.max((step * (1 + random)) / 4, due - elapsedMs)
}

/** Milliseconds that the next attempt may take: more each time, for a service that is only slow. */
export function withinAfter(made: number, { withinParts }: Pace, budgetMs: number): number {
  const part = withinParts[Math.min(made, withinParts.length - 1)] ?? 1
  return Math.min(WITHIN_MS.most, Math.max(WITHIN_MS.least, budgetMs * part))
}
