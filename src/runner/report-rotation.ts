/** Edge: reports a rotation to the runner: log, annotations, outputs, summary. */
import { setOutput } from '@actions/core'
import type { ActionError } from '../errors/action-error.ts'
import { hasMoved } from '../rotation/outcome.ts'
import { rotationReport } from '../rotation/report/report.ts'
import { beforeAndAfterLines, failureHtml, rotationLines, rotationSummary } from '../rotation/report/summary.ts'
import type { RotationRequest } from '../rotation/request.ts'
import type { Rotation } from '../rotation/run.ts'
import { annotate, errorsPage, runnerLog, writeSummary } from './log.ts'

/**
 * Reports a finished run: the step fails when a secret or a service failed. Returns the first failure. `chain`: the chain of
 * identity, as HTML.
 */
export async function reportRotation(
  request: RotationRequest,
  rotation: Rotation,
  chain: string,
): Promise<ActionError | undefined> {
  const now = Date.now()
  for (const line of rotationLines(rotation, now)) runnerLog.info(line)
  if (request.dryRun) for (const line of beforeAndAfterLines(rotation)) runnerLog.info(line)
  const failures = [
    ...rotation.secrets.flatMap(({ errors }) => errors),
    ...rotation.services.flatMap(({ error }) => (error ? [error] : [])),
  ]
  for (const failure of failures) annotate(failure)
  setOutput('rotated', String(rotation.secrets.filter(hasMoved).length))
  setOutput('report', rotationReport(request, rotation, now))
  await writeSummary(joined(rotationSummary(request, rotation, now, errorsPage()), chain))
  return failures[0]
}

/** Reports a run that could not start. `title`: what there is not. */
export async function reportNoRotation(failure: ActionError, chain: string, title = 'No rotation'): Promise<void> {
  annotate(failure)
  setOutput('rotated', '0')
  setOutput(
    'report',
    JSON.stringify({ secrets: [], services: [], error: { code: failure.code, message: failure.summary } }),
  )
  await writeSummary(joined(failureHtml(failure, errorsPage(), title), chain))
}

/** An empty line would end the HTML. */
function joined(...parts: readonly string[]): string {
  return parts.filter((html) => html !== '').join('\n')
}
