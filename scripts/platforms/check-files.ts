/** Checks the variable and the file that the action delivered, and who else could read the file. */
import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { check, must, readWorld, run, variable, writeWorld } from './world.ts'

const token = variable('HF_TOKEN')
const world = readWorld()
// A token that was minted for this job must be gone as well when the job ends.
if (!world.tokens.includes(token)) writeWorld({ ...world, tokens: [...world.tokens, token] })

await check({
  'the Hub accepts the token in HF_TOKEN': async () => {
    const answer = await fetch(`${world.hub}/api/whoami-v2`, { headers: { authorization: `Bearer ${token}` } })
    must(answer.status === 200, `HTTP ${answer.status}`)
  },
  'the file that HF_TOKEN_PATH names holds the same token': () => {
    must(readFileSync(variable('HF_TOKEN_PATH'), 'utf8').trim() === token, 'it holds something else')
  },
  'only the runner’s user can read the file': () => {
    const file = variable('HF_TOKEN_PATH')
    if (process.platform === 'win32') return ownerOnly(file)
    const modes = [file, dirname(file)].map((path) => (statSync(path).mode & 0o777).toString(8))
    must(modes.join() === '600,700', `the modes are ${modes}`)
    must(statSync(file).uid === process.getuid?.(), 'it belongs to somebody else')
  },
})

/** The access list of a file or folder that icacls prints: `path name:(rights)`, one entry a line. */
function ownerOnly(file: string): void {
  const icacls = join(variable('SystemRoot'), 'System32', 'icacls.exe')
  for (const path of [file, dirname(file)]) {
    const entries = run(icacls, [path]).text.match(/:\([^\r\n]*/g) ?? []
    must(entries.length === 1, `the access list of ${path} has ${entries.length} entries`)
  }
}
