/** Entry point of `post`: cleans up after main. Always runs, even when main failed or was cancelled. */
import { auditedHosts } from '../audit/custom-hosts.ts'
import type { Contacted } from '../net/http.ts'
import type { OnOpen } from '../net/network.ts'
import { audited } from '../runner/audited.ts'
import { cleanUp } from '../runner/clean-up/clean-up.ts'
import { removeCopies } from '../runner/clean-up/remove-copies.ts'
import { type MintedFate, revokeMinted } from '../runner/clean-up/revoke-minted.ts'
import { readJob } from '../runner/inputs.ts'
import { savedFacts } from '../runner/saved-facts.ts'
import { Steps } from '../text/steps.ts'
import { endProcess } from './end-process.ts'

async function post(env: NodeJS.ProcessEnv): Promise<void> {
  const steps = new Steps()
  let minted: MintedFate = 'unknown'
  let contacted: (() => Contacted) | undefined
  const onOpen: OnOpen = (http) => {
    contacted = () => http.contacted()
  }
  const facts = () => {
    const saved = savedFacts()
    const hosts = contacted && auditedHosts(contacted())
    return { ...saved, job: readJob(env), hosts, details: { ...saved.details, mintedToken: minted } }
  }
  await audited({ event: 'hf-oidc-action/post', steps, facts }, async (record) => {
    await steps.time('clean-up', async () => {
      cleanUp(env)
      removeCopies(env)
    })
    minted = await steps.time('revoke', () => revokeMinted(env, onOpen))
    record.result = minted === 'left' || minted === 'unknown' ? 'left-behind' : 'done'
  })
}

await post(process.env)
endProcess()
