/** Everything that is wrong with the inputs, so that one run tells all of it. */
import { ActionError } from '../errors/action-error.ts'
import { closest } from '../text/closest.ts'
import { code, type Prose, plain, prose } from '../text/message.ts'
import { printable } from '../text/printable.ts'

/** Collects what is wrong, so that one run tells all of it. */
export class Problems {
  readonly lines: string[] = []

  add(input: string, problem: string | Prose): undefined {
    this.lines.push(plain(prose`${code(input)} ${problem}`))
    return undefined
  }
}

/** What is wrong whatever the inputs mean: names that do not exist, and the environment. */
export function addGeneralProblems(
  raw: { unknown: readonly string[]; environmentProblems: readonly string[] },
  names: readonly string[],
  problems: Problems,
): void {
  for (const name of raw.unknown) {
    const guess = closest(name, names)
    problems.add(printable(name, 80), `is not an input of this action${guess ? `; did you mean \`${guess}\`?` : ''}`)
  }
  problems.lines.push(...raw.environmentProblems)
}

const CORRECT =
  'Correct the `with:` block of this step, or the variable that is named. Every input is described in the README, under "Inputs".'

/** `input-invalid` with all that was found. */
export function invalid(lines: readonly string[], fix = CORRECT): ActionError {
  const count = lines.length === 1 ? 'One input is' : `${lines.length} inputs are`
  return new ActionError('input-invalid', {
    failed: `${count} not usable; nothing was asked of GitHub, AWS or the Hub.`,
    seen: lines.map((line) => `- ${line}`).join('\n'),
    fix,
  })
}
