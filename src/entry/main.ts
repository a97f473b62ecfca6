/** Entry point of `main`: reads, runs, delivers, reports. */

import { toActionError } from '../errors/unforeseen.ts'
import { Deadline } from '../net/deadline.ts'
import { Http } from '../net/http.ts'
import { proxyFromEnvironment, proxyPasswords } from '../net/proxy.ts'
import { readIdToken, readInputs, readJob } from '../runner/inputs.ts'
import { mustRevoke, type RevocableToken, SavedLedger, tellExpiry, tellLeft } from '../runner/ledger.ts'
import { mask, reportBroken, reportFailure, reportSuccess, runnerLog } from '../runner/log.ts'
import { parseInputs } from '../token/inputs/parse.ts'
import type { Progress } from '../token/progress.ts'
import { preloader, run } from '../token/run.ts'
import { endProcess } from './end-process.ts'

async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const startedAt = performance.now()
  const progress: Progress = {}
  let http: Http | undefined
  let deadline: Deadline | undefined
  let ledger: SavedLedger | undefined
  try {
    const job = readJob(env)
    progress.job = job
    for (const secret of [job.idTokenRequest?.token, ...proxyPasswords(env)]) if (secret) mask(secret)
    const request = parseInputs(readInputs(env), job)
    progress.request = request

    deadline = new Deadline(request.timeoutMs)
    http = new Http(deadline, proxyFromEnvironment(env), { whileWaiting: preloader(request) })
    const policy = { maxAttempts: request.maxAttempts, deadline, onRetry: runnerLog.debug }
    const givenIdToken = () => {
      const idToken = readIdToken(request.idTokenFrom, env)
      mask(idToken)
      return idToken
    }
    ledger = new SavedLedger(request.revoke)
    const edges = { mask, log: runnerLog, givenIdToken, ledger }
    const done = await run({ request, job, http, policy, progress, ...edges })

    const { deliver } = await import('../runner/deliver/deliver.ts')
    const places = deliver(done.token, done.identity, request, job)
    runnerLog.info(
      `Delivered to ${places}, masked; variables and files are taken back when the job ends. ${Math.round(performance.now() - startedAt)} ms.`,
    )
    await reportSuccess(done)
  } catch (error) {
    if (ledger?.unsaved) await revokeUnsaved(ledger.unsaved, http, deadline)
    await reportFailure(toActionError(error), progress)
  } finally {
    deadline?.stop()
    http?.close()
  }
}

/** A token that post will not know of is revoked here and now; if it is not, or even that fails, it is told. */
async function revokeUnsaved(
  token: RevocableToken,
  http: Http | undefined,
  deadline: Deadline | undefined,
): Promise<void> {
  if (!http || !deadline) return
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
