/** Entry point of the sub-action `rotate`: reads, rotates, reports. */
import { toActionError } from '../errors/unforeseen.ts'
import { ROTATION_INPUTS } from '../rotation/inputs/definitions.ts'
import { parseRotation } from '../rotation/inputs/parse.ts'
import type { RotationProgress } from '../rotation/report/report.ts'
import { rotateAll } from '../rotation/run.ts'
import { reportBroken } from '../runner/log.ts'
import { reportNoRotation, reportRotation } from '../runner/report-rotation.ts'
import { runJob } from '../runner/run-job.ts'
import { endProcess } from './end-process.ts'

async function rotate(env: NodeJS.ProcessEnv): Promise<void> {
  const progress: RotationProgress = {}
  try {
    await runJob(env, { progress, inputs: ROTATION_INPUTS, parse: parseRotation }, async (context) => {
      const onIdentity = (identity: RotationProgress['identity']) => Object.assign(progress, { identity })
      await reportRotation(context.request, await rotateAll({ ...context, onIdentity }), progress)
    })
  } catch (error) {
    await reportNoRotation(toActionError(error), progress)
  }
}

await rotate(process.env).catch(reportBroken)
endProcess()
