/** Entry point of the sub-action `rotate`: reads, rotates, reports. */

import { toActionError } from '../errors/unforeseen.ts'
import { Deadline } from '../net/deadline.ts'
import { Http } from '../net/http.ts'
import { proxyFromEnvironment, proxyPasswords } from '../net/proxy.ts'
import { ROTATION_INPUTS } from '../rotation/inputs/definitions.ts'
import { parseRotation } from '../rotation/inputs/parse.ts'
import type { RotationProgress } from '../rotation/report/report.ts'
import { rotateAll } from '../rotation/run.ts'
import { readDeclared, readIdToken, readJob } from '../runner/inputs.ts'
import { mask, reportBroken, runnerLog } from '../runner/log.ts'
import { reportNoRotation, reportRotation } from '../runner/report-rotation.ts'
import { endProcess } from './end-process.ts'

async function rotate(env: NodeJS.ProcessEnv): Promise<void> {
  const progress: RotationProgress = {}
  let http: Http | undefined
  let deadline: Deadline | undefined
  try {
    const job = readJob(env)
    progress.job = job
    for (const secret of [job.idTokenRequest?.token, ...proxyPasswords(env)]) if (secret) mask(secret)
    const request = parseRotation(readDeclared(env, ROTATION_INPUTS), job)
    progress.request = request

    deadline = new Deadline(request.timeoutMs)
    http = new Http(deadline, proxyFromEnvironment(env))
    const policy = { maxAttempts: request.maxAttempts, deadline, onRetry: runnerLog.debug }
    const givenIdToken = () => {
      const idToken = readIdToken(request.idTokenFrom, env)
      mask(idToken)
      return idToken
    }
    const rotation = await rotateAll({
      request,
      job,
      http,
      policy,
      deadline,
      mask,
      log: runnerLog,
      givenIdToken,
      onIdentity: (identity) => Object.assign(progress, { identity }),
    })
    await reportRotation(request, rotation, progress)
  } catch (error) {
    await reportNoRotation(toActionError(error), progress)
  } finally {
    deadline?.stop()
    http?.close()
  }
}

await rotate(process.env).catch(reportBroken)
endProcess()
