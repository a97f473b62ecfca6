/** Reports the main action to the runner: log, annotations, summary. */
import { info } from '@actions/core'
import type { ActionError } from '../errors/action-error.ts'
import { isOnlyForItsOwn } from '../hub/mint-rights.ts'
import type { Done, Progress } from '../token/progress.ts'
import { failureSummary, ITS_OWN, successSummary } from '../token/summary.ts'
import { annotate, errorsPage, writeSummary } from './log.ts'

/** Reports success: what the token cannot do later, the summary. */
export async function reportSuccess(progress: Done): Promise<void> {
  if (isOnlyForItsOwn(progress.token.evidence)) info(`The token can write only to ${ITS_OWN}.`)
  await writeSummary(successSummary(progress))
}

/** Reports a failure: an annotation with the code as its title, the summary; the step fails. */
export async function reportFailure(failure: ActionError, progress: Progress): Promise<void> {
  annotate(failure)
  await writeSummary(failureSummary(failure, progress, errorsPage()))
}
