/** Everything that is wrong with the inputs, so that one run reports all of it. */
import { ActionError } from '../errors/action-error.ts'
import { closest } from '../text/closest.ts'
import { code, list, type Prose, plain, prose, type Wording } from '../text/message.ts'
import { printable, quoted } from '../text/printable.ts'
import { misspelled } from './near-misses.ts'

/** Text from outside must already be `printable`. */
export type Problem = string | Prose

/** Collects problems; each is the rest of a sentence that begins with the name of the input. */
export class Problems {
  /** Whole lines, in the order in which they were found. */
  readonly found: Problem[] = []

  /** The problems as plain text. */
  get lines(): readonly string[] {
    return this.found.map(plain)
  }

  add(input: string, problem: Problem): undefined {
    this.found.push(prose`${code(input)} ${problem}`)
    return undefined
  }

  /** Adds a line that names its subject itself. */
  addLine(line: Problem): undefined {
    this.found.push(line)
    return undefined
  }

  /**
   * @throws `ActionError` `input-invalid` listing every problem, if there is one.
   */
  throwIfAny(fix?: Wording): void {
    if (this.found.length > 0) throw invalid(this.found, fix)
  }
}

/** What was given, for the end of a problem: `(got "wirte")`. */
export function got(text: string, max = 60): string {
  return `(got ${quoted(text, max)})`
}

/** `; did you mean x?`, or nothing when no candidate is close to what was given. */
export function didYouMean(text: string, candidates: readonly string[]): Problem {
  const guess = closest(text, candidates)
  return guess === undefined || guess === text ? '' : prose`; did you mean ${code(guess)}?`
}

/** Adds what is wrong whatever the inputs mean: misspelled names, and the environment. */
export function addGeneralProblems(
  raw: { unknown: readonly string[]; environmentProblems: readonly Problem[] },
  names: readonly string[],
  problems: Problems,
): void {
  for (const { name, meant } of misspelled(raw.unknown, names)) {
    problems.add(printable(name, 80), prose`is not an input of this action; did you mean ${code(meant)}?`)
  }
  for (const problem of raw.environmentProblems) problems.addLine(problem)
}

const CORRECT = prose`Correct the ${code('with:')} block of this step, or the environment variable named above. The README describes every input under "Inputs".`

/** `input-invalid` with every problem that was found. */
export function invalid(found: readonly Problem[], fix: Wording = CORRECT): ActionError {
  const [first = '', ...others] = found
  const count = others.length === 0 ? 'There is a problem' : `There are ${found.length} problems`
  return new ActionError('input-invalid', {
    failed: `${count} with the inputs, so nothing was sent to GitHub, AWS or the Hub.`,
    seen: others.length === 0 ? first : list(found),
    fix,
  })
}
