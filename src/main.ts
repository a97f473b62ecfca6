/** Entry point of `main`: reads, runs, delivers, reports. */
import { saveMinted } from './deliver/minted.ts'
import { parseInputs } from './inputs/parse.ts'
import { readIdToken, readInputs, readJob } from './inputs/read.ts'
import { Deadline } from './net/deadline.ts'
import { Http } from './net/http.ts'
import { proxyFromEnvironment, proxyPasswords } from './net/proxy.ts'
import type { Progress } from './report/progress.ts'
import { mask, reportBroken, reportFailure, reportSuccess, runnerLog } from './report/runner-log.ts'
import { preloader, run, toActionError } from './run.ts'
import type { MintedToken } from './sources/token-source.ts'

async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const startedAt = performance.now()
  const progress: Progress = {}
  let http: Http | undefined
  let deadline: Deadline | undefined
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
    const onMinted = (token: MintedToken) => {
      if (request.revoke) saveMinted(token)
    }
    const edges = { mask, log: runnerLog, givenIdToken, onMinted }
    const done = await run({ request, job, http, policy, progress, ...edges })

    const { deliver } = await import('./deliver/deliver.ts')
    const places = deliver(done.token, done.identity, request, job)
    runnerLog.info(
      `Delivered to ${places}, masked; variables and files are taken back when the job ends. ${Math.round(performance.now() - startedAt)} ms.`,
    )
    await reportSuccess(done)
  } catch (error) {
    await reportFailure(toActionError(error), progress)
  } finally {
    deadline?.stop()
    http?.close()
  }
}

await main(process.env).catch(reportBroken)
// Whatever a hostile peer keeps open (a resolver, a proxy) must not keep the job: all is written by now.
setTimeout(() => process.exit(), 1000).unref()
