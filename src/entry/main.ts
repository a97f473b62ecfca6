/** Entry point of `main`: reads, runs, delivers, reports. */
import { toActionError } from '../errors/unforeseen.ts'
import { audited } from '../runner/audited.ts'
import { sweepFolders } from '../runner/clean-up/sweep.ts'
import { SavedLedger } from '../runner/ledger.ts'
import { reportBroken, runnerLog } from '../runner/log.ts'
import { reportFailure, reportSuccess } from '../runner/report-token.ts'
import { runJob } from '../runner/run-job.ts'
import { saveFacts } from '../runner/saved-facts.ts'
import { Steps } from '../text/steps.ts'
import { tokenFacts } from '../token/audit.ts'
import { INPUTS } from '../token/inputs/definitions.ts'
import { parseInputs } from '../token/inputs/parse.ts'
import type { Progress } from '../token/progress.ts'
import type { Request } from '../token/request.ts'
import { preloader, run } from '../token/run.ts'
import { endProcess } from './end-process.ts'

const loadDelivery = () => import('../runner/deliver/deliver.ts')

async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const progress: Progress = {}
  const steps = new Steps()
  const facts = () => tokenFacts(progress)
  // Also when main is cancelled: a token that was minted by then is post's to report.
  await audited({ event: 'hf-oidc-action', steps, facts, sinks: [saveFacts] }, async (record) => {
    try {
      await obtainAndDeliver(env, progress, steps)
      record.result = 'delivered'
    } catch (error) {
      const failure = toActionError(error)
      record.result = failure.code
      await reportFailure(failure, progress)
    } finally {
      // Last, because nobody waits for it; and also when this run failed, because the next one may fail too.
      progress.sweptFolders = sweepFolders(env.RUNNER_TEMP ?? '')
    }
  })
}

async function obtainAndDeliver(env: NodeJS.ProcessEnv, progress: Progress, steps: Steps): Promise<void> {
  const startedAt = performance.now()
  const whileWaiting = (request: Request) => preloader(request, loadDelivery)
  const options = { progress, steps, inputs: INPUTS, parse: parseInputs, whileWaiting }
  await runJob(env, options, async (context) => {
    // The run completes the request with claims.
    const ledger = new SavedLedger(() => progress.request ?? context.request, env)
    try {
      const done = await run({ ...context, ledger, progress })
      const { deliver } = await loadDelivery()
      const { token, identity } = done
      const places = await steps.time('deliver', async () => deliver(token, identity, done.request, context.job))
      runnerLog.info(
        `Delivered the masked token to ${places} in ${Math.round(performance.now() - startedAt)} ms. Variables and files are cleaned up when the job ends.`,
      )
      await reportSuccess(done)
    } catch (error) {
      if (ledger.unsaved) {
        const { revokeUnsaved } = await import('../runner/clean-up/revoke-unsaved.ts')
        await revokeUnsaved(ledger.unsaved, context)
      }
      throw error
    }
  })
}

await main(process.env).catch(reportBroken)
endProcess()
