/** Entry point of the sub-action `rotate`: reads, rotates, reports. */
import { toActionError } from '../errors/unforeseen.ts'
import type { Job } from '../identity/job.ts'
import type { RawInputs } from '../inputs/raw.ts'
import { ROTATION_INPUTS, type RotationInputName } from '../rotation/inputs/definitions.ts'
import { parseRotation } from '../rotation/inputs/parse.ts'
import { rotationChain } from '../rotation/report/chain.ts'
import { type RotationProgress, rotationFacts } from '../rotation/report/report.ts'
import { type Rotation, rotateAll } from '../rotation/run.ts'
import { audited } from '../runner/audited.ts'
import { reportBroken } from '../runner/log.ts'
import { reportNoRotation, reportRotation } from '../runner/report-rotation.ts'
import { runJob } from '../runner/run-job.ts'
import { readWorkspaceFile } from '../runner/workspace-file.ts'
import { Steps } from '../text/steps.ts'
import { endProcess } from './end-process.ts'

async function rotate(env: NodeJS.ProcessEnv): Promise<void> {
  const progress: RotationProgress = {}
  const steps = new Steps()
  await audited({ event: 'hf-oidc-action/rotate', steps, facts: () => rotationFacts(progress) }, async (record) => {
    try {
      const readFile = (path: string) => readWorkspaceFile(path, env.GITHUB_WORKSPACE ?? '')
      const parse = (raw: RawInputs<RotationInputName>, job: Job) => parseRotation(raw, job, readFile)
      const options = { progress, steps, inputs: ROTATION_INPUTS, parse }
      await runJob(env, options, async (context) => {
        const onIdentity = (identity: RotationProgress['identity']) => Object.assign(progress, { identity })
        const onBegun = (begun: Rotation) => Object.assign(progress, { rotation: begun })
        const { mode } = context.request
        if (mode.kind === 'report') {
          const { reportInventory } = await import('../runner/report-inventory.ts')
          const chain = () => rotationChain(progress, steps)
          const failure = await reportInventory({ ...context, onIdentity, onBegun }, mode, chain)
          record.result = failure?.code ?? 'done'
          return
        }
        const rotation = await rotateAll({ ...context, onIdentity, onBegun })
        const failure = await reportRotation(context.request, rotation, rotationChain(progress, steps))
        record.result = failure?.code ?? 'done'
      })
    } catch (error) {
      const failure = toActionError(error)
      record.result = failure.code
      const title = progress.request?.mode.kind === 'report' ? 'No inventory' : 'No rotation'
      await reportNoRotation(failure, rotationChain(progress, steps), title)
    }
  })
}

await rotate(process.env).catch(reportBroken)
endProcess()
