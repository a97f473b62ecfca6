/**
 * An action, main and post of it: prints what a step at its place can do with everything that was delivered so far.
 * It runs alone, without the rest of the project.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'

export interface View {
  /** The input `name`. */
  name: string
  when: 'main' | 'post'
  /** Each variable `HF_…` that holds a token: whose it is, and what it may do where. */
  tokens: Record<string, string>
  /** Which of these variables has the same token as the file at `HF_TOKEN_PATH`. */
  file: string[]
  /** The repositories that git can list. */
  git: string[]
  /** How many folders of the action lie in RUNNER_TEMP. */
  folders: number
}

const { env } = process

/** Names of repositories in an input. */
const list = (input: string) => (env[input] ?? '').split(' ').filter(Boolean)
const models = list('INPUT_MODELS')
const paths = [...models.map((name) => `models/${name}`), ...list('INPUT_DATASETS').map((name) => `datasets/${name}`)]

async function ask(token: string, path: string): Promise<{ ok: boolean; body: unknown }> {
  const answer = await fetch(`${env.HF_ENDPOINT}/api/${path}`, { headers: { authorization: `Bearer ${token}` } })
  return { ok: answer.ok, body: await answer.json() }
}

async function rights(token: string): Promise<string> {
  const { ok, body } = await ask(token, 'whoami-v2')
  if (!ok) return 'refused'
  const found: string[] = []
  for (const path of paths) {
    const writes = (await ask(token, `${path}/auth-check/write`)).ok
    if (writes || (await ask(token, `${path}/auth-check`)).ok) found.push(`${writes ? 'writes' : 'reads'} ${path}`)
  }
  return `${(body as { name: string }).name}: ${found.join(', ')}`
}

function gitLists(repository: string): boolean {
  try {
    const url = `${env.HF_ENDPOINT}/${repository}`
    return execFileSync('git', ['ls-remote', url], { stdio: ['ignore', 'pipe', 'ignore'] }).includes('refs/heads/main')
  } catch {
    return false
  }
}

const held = Object.entries(env).filter((entry): entry is [string, string] =>
  /^HF_(?!OIDC_)\w+ hf_/.test(`${entry[0]} ${entry[1]}`),
)
const path = env.HF_TOKEN_PATH ?? ''
const inFile = existsSync(path) ? readFileSync(path, 'utf8') : undefined
const tokens: View['tokens'] = {}
for (const [name, token] of held) tokens[name] = await rights(token)

const view: View = {
  name: env.INPUT_NAME ?? '',
  when: env.STATE_main === 'done' ? 'post' : 'main',
  tokens,
  file: held.filter(([, token]) => token === inFile).map(([name]) => name),
  git: models.filter(gitLists),
  folders: readdirSync(env.RUNNER_TEMP ?? '').filter((name) => name.startsWith('hf-oidc-')).length,
}
console.log(`View: ${JSON.stringify(view)}`)
appendFileSync(env.GITHUB_STATE ?? '', 'main=done\n')
