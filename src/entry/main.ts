/** Entry point of `main`: reads, runs, delivers, reports. */
import { toActionError } from '../errors/unforeseen.ts'
import type { Job } from '../identity/job.ts'
import { readInputs } from '../runner/inputs.ts'
import { SavedLedger } from '../runner/ledger.ts'
import { reportBroken, runnerLog } from '../runner/log.ts'
import { reportFailure, reportSuccess } from '../runner/report-token.ts'
import { runJob } from '../runner/run-job.ts'
import { parseInputs } from '../token/inputs/parse.ts'
import type { Progress } from '../token/progress.ts'
import type { Request } from '../token/request.ts'
import { preloader, run } from '../token/run.ts'
import { endProcess } from './end-process.ts'

const loadDelivery = () => import('../runner/deliver/deliver.ts')

async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const startedAt = performance.now()
  const progress: Progress = {}
  const parse = (job: Job) => parseInputs(readInputs(env), job)
  const whileWaiting = (request: Request) => preloader(request, loadDelivery)
  try {
    await runJob(env, { progress, parse, whileWaiting }, async (context) => {
      // The run completes the request with claims.
      const ledger = new SavedLedger(() => progress.request ?? context.request, env)
      try {
        const done = await run({ ...context, ledger, progress })
        const { deliver } = await loadDelivery()
        const places = deliver(done.token, done.identity, done.request, context.job)
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
  } catch (error) {
    await reportFailure(toActionError(error), progress)
  }
}

await main(process.env).catch(reportBroken)
endProcess()
