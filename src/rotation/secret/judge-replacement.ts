/** Judges a replacement before it happens: nothing that works is replaced unnoticed by something different or lesser. */
import type { SecretContext } from '../context.ts'
import type { Outcome } from '../outcome.ts'
import { losesItsOwn } from './contributor.ts'
import { losesRights } from './lost-rights.ts'
import type { Objection } from './objection.ts'
import { otherOrganization } from './other-organization.ts'
import { describeReplacement, describeStanding, type Replacement } from './replacement.ts'
import type { Standing } from './standing.ts'

type JudgedContext = SecretContext & { outcome: Outcome }

/**
 * Notes in the outcome what the current token is and what takes its place. A token of another organization blocks the
 * secret from then on, whether its rotation is due or not.
 */
export function noteReplacement(context: JudgedContext, standing: Standing, replacement: Replacement): void {
  const { outcome, rotated } = context
  outcome.before = describeStanding(standing)
  outcome.after = describeReplacement(context, replacement)
  outcome.isBlocked = !rotated.narrow && otherOrganization(context, standing) !== undefined
}

/**
 * Lets a replacement pass if the current token is dead, or belongs to the organization and can do nothing that the new
 * one could not. If the line says `narrow=true`, any other one passes too, with a warning.
 *
 * @throws `ActionError` `rotation-blocked`.
 */
export function judgeReplacement(context: JudgedContext, standing: Standing, replacement: Replacement): void {
  noteReplacement(context, standing, replacement)
  const objections = objectionsTo(context, standing, replacement)
  const { outcome, rotated, log } = context
  for (const { error, warning } of objections) {
    if (!rotated.narrow) {
      outcome.isBlocked = true
      throw error
    }
    log.warning(warning)
  }
}

/** Warns of a rotation that is not due yet and would be blocked if it were. */
export function warnIfBlockedLater(context: JudgedContext, standing: Standing, replacement: Replacement): void {
  const { rotated, log } = context
  const [objection] = rotated.narrow ? [] : objectionsTo(context, standing, replacement)
  if (!objection) return
  log.warning(
    `${rotated.secret.id}: the rotation is not due yet, but it would be blocked if it were.\n${objection.error.message}`,
  )
}

/** The gravest first. */
function objectionsTo(context: JudgedContext, standing: Standing, replacement: Replacement): Objection[] {
  const elsewhere = otherOrganization(context, standing)
  if (elsewhere) return [elsewhere]
  const found = [losesItsOwn(context, standing, replacement), losesRights(context, standing, replacement)]
  return found.filter((objection) => objection !== undefined)
}
