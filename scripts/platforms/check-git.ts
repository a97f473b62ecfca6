/** Checks Git with the credential manager that this system really has: it is neither asked nor told about the Hub's token. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check, must, run, variable } from './world.ts'

const hub = variable('HF_ENDPOINT')
const token = variable('HF_TOKEN')
const folder = mkdtempSync(join(tmpdir(), 'platforms-git-'))
const stored = join(folder, 'stored')

/** macOS has the keychain and Windows has GCM as system settings. Linux has none: there it is Git's own `store`. */
const machine = process.platform === 'linux' ? linuxManager() : {}

function linuxManager(): Record<string, string> {
  const config = join(folder, 'global')
  writeFileSync(config, `[credential]\n\thelper = store --file=${stored}\n`)
  return { GIT_CONFIG_GLOBAL: config }
}

/** A dialog would hang the job. */
const SILENT = { GIT_TERMINAL_PROMPT: '0', GCM_INTERACTIVE: 'never' }
const IDENTITY = ['-c', 'user.name=platforms', '-c', 'user.email=platforms@example.com']

const git = (args: string[], options: Parameters<typeof run>[2] = {}) =>
  run('git', args, { cwd: folder, ...options, env: { ...machine, ...options.env } })

/** Git without what the action set: what the machine itself knows. */
const ofMachine = (args: string[], input: string) => git(args, { input, env: { ...SILENT, GIT_CONFIG_COUNT: '0' } })

const request = (path: string) => `url=${hub}/${path}\n\n`

await check({
  'the machine’s credential helpers': () => {
    const { text } = ofMachine(['config', '--get-all', 'credential.helper'], '')
    console.log(`git: ${git(['--version']).text.trim()}; credential.helper: ${text.trim() || '(none)'}`)
    if (process.platform !== 'linux') must(text.trim() !== '', 'this system has no credential manager')
  },
  'a private repository is cloned': () => {
    const { status, text } = git(['clone', `${hub}/acme/model`, 'model'])
    must(status === 0, text)
    must(readFileSync(join(folder, 'model', 'README.md'), 'utf8').includes('A model'), 'README.md is not the one')
  },
  'a commit is pushed': () => {
    const cwd = join(folder, 'model')
    writeFileSync(join(cwd, `from-${process.platform}.txt`), 'hello\n')
    for (const args of [
      ['add', '.'],
      [...IDENTITY, 'commit', '-m', 'Hello'],
      ['push', 'origin', 'HEAD'],
    ]) {
      const { status, text } = git(args, { cwd })
      must(status === 0, `git ${args.at(-1)}: ${text}`)
    }
  },
  'the credential manager was not told the token': () => {
    const { text } = ofMachine(['credential', 'fill'], request('acme/model'))
    must(!text.includes(token), 'it knows the token')
    must(!existsSync(stored) || !readFileSync(stored, 'utf8').includes(token), 'the file of `store` has it')
  },
  'a remote that the token does not cover fails instead of hanging, and does not get the token': () => {
    const { status } = git(['ls-remote', `${hub}/someone-else/private`], { limitMs: 30_000 })
    must(status !== 0, 'it succeeded')
    const { text } = git(['credential', 'fill'], { input: request('someone-else/private'), limitMs: 30_000 })
    must(!text.includes(token), 'the helper gives the token')
  },
})
rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
