/** Entry point of `post`: cleans up after main. Always runs, even when main failed or was cancelled. */
import { auditedHosts } from '../audit/foreign-hosts.ts'
import type { Contacted } from '../net/http.ts'
import type { OnOpen } from '../net/network.ts'
import { audited } from '../runner/audited.ts'
import { cleanUp } from '../runner/clean-up/clean-up.ts'
import { removeCopies } from '../runner/clean-up/remove-copies.ts'
import { type MintedFate, revokeMinted } from '../runner/clean-up/revoke-minted.ts'
import { readJob } from '../runner/inputs.ts'
import { warningCount } from '../runner/log.ts'
import { Remover } from '../runner/remove.ts'
import { savedFacts } from '../runner/saved-facts.ts'
import { Steps } from '../text/steps.ts'
import { endProcess } from './end-process.ts'

async function post(env: NodeJS.ProcessEnv): Promise<void> {
  const steps = new Steps()
  const remover = new Remover()
  let minted: MintedFate = 'unknown'
  let removedCopies: string[] = []
  let contacted: (() => Contacted) | undefined
  const onOpen: OnOpen = (http) => {
    contacted = () => http.contacted()
  }
  const facts = () => {
    const saved = savedFacts()
    const job = readJob(env)
    const hosts = contacted && auditedHosts(contacted(), job.serverUrl)
    const { removed, left } = remover.paths
    const files = { removedFiles: removed, removedCopies, leftFiles: left }
    const details = { ...saved.details, mintedToken: minted, ...files }
    return { ...saved, job, hosts, details }
  }
  await audited({ event: 'hf-oidc-action/post', steps, facts }, async (record) => {
    await steps.time('clean-up', async () => {
      cleanUp(env, remover)
      removedCopies = removeCopies(env, remover)
    })
    minted = await steps.time('revoke', () => revokeMinted(env, onOpen))
    // Whatever is left has a warning of its own; so does a token that is kept on purpose.
    const expected = minted === 'kept' ? 1 : 0
    record.result = warningCount() > expected ? 'left-behind' : 'done'
  })
}

await post(process.env)
endProcess()
