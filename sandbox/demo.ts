/** `npm run demo`: the action's story on a terminal, against the sandbox. Ends with 1 if anything is not as told. */
import { everySource, push, REFUSALS, refuse, rotation, Verdict } from './demo/scenes.ts'
import { bold, dim, heading, tell } from './demo/terminal.ts'
import { Sandbox } from './index.ts'

const started = performance.now()
const verdict = new Verdict()
console.log(bold('hf-oidc-action: from a job’s identity to a verified Hugging Face token'))
console.log(dim('GitHub’s issuer, AWS and the Hub run on loopback here, and refuse what the real ones refuse.'))

// A world of its own for each scene: none can live on what another left.
const refusals = REFUSALS.map((refusal) => (sandbox: Sandbox) => refuse(sandbox, refusal, verdict))
for (const scene of [push, ...refusals, everySource, rotation]) {
  const sandbox = await Sandbox.start()
  try {
    await scene(sandbox, verdict)
  } finally {
    await sandbox.close()
  }
}

heading(verdict.failures === 0 ? 'Everything was as told' : `${verdict.failures} things were not as told`)
tell(`${Math.round(performance.now() - started)} ms in all. To point your own tools at the services: npm run sandbox`)
process.exitCode = verdict.failures === 0 ? 0 : 1
