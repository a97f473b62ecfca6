/** `npm run demo`: shows the action on a terminal, against the sandbox. Exits with 1 if any check fails. */
import { everySource, push, REFUSALS, refuse, rotation, Verdict } from './demo/scenes.ts'
import { bold, dim, heading, tell } from './demo/terminal.ts'
import { Sandbox } from './index.ts'

const started = performance.now()
const verdict = new Verdict()
console.log(bold('hf-oidc-action: from a job’s identity to a verified Hugging Face token'))
console.log(
  dim(
    'Local servers play GitHub’s OIDC issuer, AWS, and the Hub, and make the same checks. Nothing leaves this machine.',
  ),
)

// Each scene gets its own sandbox, so that none depends on what another left behind.
const refusals = REFUSALS.map((refusal) => (sandbox: Sandbox) => refuse(sandbox, refusal, verdict))
for (const scene of [push, ...refusals, everySource, rotation]) {
  const sandbox = await Sandbox.start()
  try {
    await scene(sandbox, verdict)
  } finally {
    await sandbox.close()
  }
}

heading(
  verdict.failures === 0
    ? 'All checks passed'
    : `${verdict.failures} ${verdict.failures === 1 ? 'check' : 'checks'} failed`,
)
tell(
  `Total: ${Math.round(performance.now() - started)} ms. To run the local servers for your own tools: npm run sandbox`,
)
process.exitCode = verdict.failures === 0 ? 0 : 1
