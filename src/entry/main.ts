/** Entry point of `main`: reads, runs, delivers, reports. */
import { toActionError } from '../errors/unforeseen.ts'
import type { Job } from '../identity/job.ts'
import type { NetworkContext } from '../net/network.ts'
import { readInputs } from '../runner/inputs.ts'
import { mustRevoke, type RevocableToken, SavedLedger, tellExpiry, tellLeft } from '../runner/ledger.ts'
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
      const ledger = new SavedLedger(context.request.revoke)
      try {
        const done = await run({ ...context, ledger, progress })
        const { deliver } = await loadDelivery()
        const places = deliver(done.token, done.identity, context.request, context.job)
        runnerLog.info(
          `Delivered to ${places}, masked; variables and files are taken back when the job ends. ${Math.round(performance.now() - startedAt)} ms.`,
        )
        await reportSuccess(done)
      } catch (error) {
        if (ledger.unsaved) await revokeUnsaved(ledger.unsaved, context)
        throw error
      }
    })
  } catch (error) {
    await reportFailure(toActionError(error), progress)
  }
}

/** A token that post will not know of is revoked here and now; if it is not, or even that fails, it is told. */
async function revokeUnsaved(token: RevocableToken, { http, deadline }: NetworkContext): Promise<void> {
  if (!mustRevoke(token, Date.now())) {
    const { text, warn } = tellLeft(token, Date.now())
    return warn ? runnerLog.warning(text) : runnerLog.info(text)
  }
  const { value, endpoint, expiresAt } = token
  const { revokeToken } = await import('../hub/revoke.ts')
  const policy = { maxAttempts: 3, deadline }
  await revokeToken(value, { endpoint, http, policy }).catch(() =>
    runnerLog.warning(
      `A token was made, could not be saved for post, and could not be revoked. ${tellExpiry(expiresAt)}: revoke it on the Hub.`,
    ),
  )
}

await main(process.env).catch(reportBroken)
endProcess()
