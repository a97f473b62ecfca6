/**
 * Names that are close to an input's, in `INPUT_*` variables. Every such variable of a job reaches every step, and most of
 * them are not meant for this action; but one with a hyphen comes from `with:`, because no shell can set it. A job cannot
 * overwrite a declared input: the runner sets all of them, those that are not in `with:` to their defaults.
 *
 * Source: github.com/actions/runner, `ActionRunner.cs`; POSIX, "Shell Command Language", 3.235, for names.
 */
import { closest } from '../text/closest.ts'
import { printable } from '../text/printable.ts'

/** A name that is no input's, and the input that it is close to. */
export interface NearMiss {
  name: string
  meant: string
}

/** Those that can only come from `with:`: the step would run without what its author wrote there. */
export function misspelled(unknown: readonly string[], inputs: readonly string[]): NearMiss[] {
  return nearMisses(unknown, inputs).filter(({ name }) => name.includes('-'))
}

/** A warning for each of those that may be somebody's own variable. */
export function lookalikes(unknown: readonly string[], inputs: readonly string[]): string[] {
  return nearMisses(unknown, inputs)
    .filter(({ name }) => !name.includes('-'))
    .map(
      ({ name, meant }) =>
        `The variable INPUT_${printable(name.toUpperCase(), 80)} is set, but this action has no input of that name. If it comes from \`with:\`, write \`${meant}\` there. If it is a variable of your own, this action ignores it.`,
    )
}

function nearMisses(unknown: readonly string[], inputs: readonly string[]): NearMiss[] {
  return unknown.flatMap((name) => {
    const meant = closest(name, inputs)
    return meant === undefined ? [] : [{ name, meant }]
  })
}
