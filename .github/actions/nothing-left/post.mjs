/** Runs after the action's own post: fails if a file, a variable, or a token of the job is left. */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const { env } = process
const workspace = env.GITHUB_WORKSPACE ?? ''
const { hub, tokens } = JSON.parse(readFileSync(join(workspace, 'build', 'platforms.json'), 'utf8'))
/** No file is larger that holds a token. */
const MAX_BYTES = 1024 * 1024

const problems = [...folders(), ...variables(), ...files(), ...(await living())]
for (const problem of problems) console.log(`::error title=Left behind::${problem}`)
if (problems.length === 0) console.log(`Nothing is left: no folder, no variable, and none of ${tokens.length} tokens.`)
process.exitCode = problems.length === 0 ? 0 : 1

function folders() {
  return readdirSync(env.RUNNER_TEMP)
    .filter((name) => name.startsWith('hf-oidc-'))
    .map((name) => `the folder ${name} is in RUNNER_TEMP`)
}

function variables() {
  const holders = Object.keys(env).filter((name) => tokens.some((token) => env[name]?.includes(token)))
  const before = Number(env['STATE_git-config-count'] || 0)
  const now = Number(env.GIT_CONFIG_COUNT || 0)
  return [
    ...holders.map((name) => `the variable ${name} holds a token`),
    ...['HF_TOKEN', 'PUBLISHER_TOKEN'].filter((name) => env[name]).map((name) => `the variable ${name} is not empty`),
    ...(now === before ? [] : [`GIT_CONFIG_COUNT is ${now}; it was ${before} before the action`]),
  ]
}

/** Looks for the tokens where the action, Git, and the Hub's clients write. */
function files() {
  const home = homedir()
  const places = [
    env.RUNNER_TEMP,
    env.HF_HOME ?? join(home, '.cache', 'huggingface'),
    join(home, '.git-credentials'),
    join(home, '.gitconfig'),
    join(home, '.netrc'),
    join(home, '_netrc'),
    join(home, '.config', 'git'),
  ]
  return places.flatMap(inside).flatMap((file) => {
    const text = readFileSync(file, 'latin1')
    return tokens.some((token) => text.includes(token)) ? [`the file ${file} holds a token`] : []
  })
}

function inside(place) {
  if (!existsSync(place)) return []
  const entry = lstatSync(place)
  if (entry.isDirectory()) {
    // The runner's own files for variables and state: it removes them itself.
    return readdirSync(place)
      .filter((name) => name !== '_runner_file_commands')
      .flatMap((name) => inside(join(place, name)))
  }
  return entry.isFile() && entry.size <= MAX_BYTES ? [place] : []
}

/** A token that was minted for the job must not work any more. The stored ones are the first three. */
async function living() {
  const found = []
  for (const token of tokens.slice(3)) {
    const { status } = await fetch(`${hub}/api/whoami-v2`, { headers: { authorization: `Bearer ${token}` } })
    if (status !== 401) found.push(`the Hub answers HTTP ${status} to a token that was minted for this job`)
  }
  return found
}
