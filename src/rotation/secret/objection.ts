/** Why the current token must not be replaced, and what `narrow=true` in the line of the secret would mean. */
import type { ActionError } from '../../errors/action-error.ts'
import { formatDuration } from '../../text/duration.ts'
import { block, code, type Part, type Prose, prose } from '../../text/message.ts'
import type { SecretContext } from '../context.ts'
import { withSettings } from '../inputs/secret-lines.ts'

export interface Objection {
  /** `rotation-blocked`. */
  error: ActionError
  /** What to warn of instead when the line says `narrow=true`: plain text. */
  warning: string
}

/** What an objection expects: `what` it would let pass, or the setting that overrules it. */
export function orNarrow(what: string): Prose {
  return prose`${what}, or ${code('narrow=true')} on this secret’s line`
}

/** The remedy that gives up what the current token can do. `when`: the beginning of the sentence, a condition. */
export function narrowLine({ rotated, request }: SecretContext, when: string): Part[] {
  return [
    prose`${when}, change the line as follows. The current token is then replaced. Once ${code('grace')} (${formatDuration(request.graceSeconds)}) has passed, it is revoked on the Hub, even if it is also used elsewhere:`,
    block(withSettings(rotated, { narrow: 'true' })),
  ]
}

/** The end of a warning about a replacement that `narrow=true` lets pass: plain text. */
export function narrowAccepted({ request, rotated }: SecretContext): string {
  return `The line says \`narrow=true\`, so the current token is replaced anyway, and revoked on the Hub once \`grace\` (${formatDuration(request.graceSeconds)}) has passed. Remove \`narrow=true\` from the line after ${rotated.secret.id} has been rotated.`
}
