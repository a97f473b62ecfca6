import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { findLeaks } from '../../sandbox/leaks.ts'
import { type JobOptions, RunnerJob } from '../../sandbox/runner.ts'

let folder: string
const jobs: RunnerJob[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actions-'))
})

afterEach(async () => {
  for (const job of jobs.splice(0)) await job.cleanup()
  await rm(folder, { recursive: true, force: true })
})

async function startJob(options?: JobOptions): Promise<RunnerJob> {
  const job = await RunnerJob.start(options)
  jobs.push(job)
  return job
}

/** An action of these scripts; returns its folder. */
async function anAction({
  main = '',
  post,
  inputs = '',
  name = 'action',
}: {
  main?: string
  post?: string
  inputs?: string
  name?: string
}): Promise<string> {
  const path = join(folder, name)
  await mkdir(join(path, 'dist'), { recursive: true })
  const runs = ['runs:', '  using: node24', '  main: dist/main.mjs', ...(post ? ['  post: dist/post.mjs'] : [])]
  await writeFile(join(path, 'action.yml'), `name: test\n${inputs}\n${runs.join('\n')}\n`)
  const head = `import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'\nconst env = process.env\n`
  await writeFile(join(path, 'dist', 'main.mjs'), head + main)
  if (post) await writeFile(join(path, 'dist', 'post.mjs'), head + post)
  return path
}

describe('what an action finds', () => {
  test('the runner passes inputs with the defaults of action.yml, upper case, hyphens kept', async () => {
    const job = await startJob({ env: { GITHUB_REPOSITORY: 'acme/models' }, githubToken: 'ghs_0123456789' })
    const path = await anAction({
      main: `console.log(JSON.stringify(Object.fromEntries(Object.entries(env).filter(([k]) => k.startsWith('INPUT_')))))`,
      inputs: [
        'inputs:',
        '  hf-org: { required: true }',
        '  token scope: { default: read }',
        '  repo: { default: "${' + '{ github.repository }}" }',
        '  github-token: { default: "${' + '{ github.token }}" }',
      ].join('\n'),
    })
    const step = await job.action({ path, with: { 'hf-org': 'acme', Typo: 'x' } })
    expect(JSON.parse(step.stdout)).toEqual({
      'INPUT_HF-ORG': 'acme',
      INPUT_TOKEN_SCOPE: 'read',
      INPUT_REPO: 'acme/models',
      'INPUT_GITHUB-TOKEN': 'ghs_0123456789',
      INPUT_TYPO: 'x',
    })
    expect(job.log()).toContain(`Warning: Unexpected input(s) 'Typo', valid inputs are ['hf-org', 'token scope'`)
    expect(job.log()).not.toContain('ghs_0123456789')
  })

  test('the step sees the runner’s environment, and nothing of the machine it runs on', async () => {
    process.env.SECRET_OF_THE_PARENT = 'must not be inherited'
    const job = await startJob({ env: { ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:1/' }, event: { ref: 'x' } })
    const path = await anAction({
      main: `console.log(JSON.stringify({ env, event: readFileSync(env.GITHUB_EVENT_PATH, 'utf8'), cwd: process.cwd(), node: process.versions.node }))`,
    })
    const seen = JSON.parse((await job.action({ path, env: { MINE: 'yes' } })).stdout)
    delete process.env.SECRET_OF_THE_PARENT
    expect(seen.env).toMatchObject({
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      MINE: 'yes',
      HOME: job.home,
      RUNNER_TEMP: job.temp,
      GITHUB_WORKSPACE: job.workspace,
      ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:1/',
    })
    expect(seen.env).not.toHaveProperty('SECRET_OF_THE_PARENT')
    expect(JSON.parse(seen.event)).toEqual({ ref: 'x' })
    expect(seen.cwd).toBe(job.workspace)
    expect(Number(seen.node.split('.')[0])).toBeGreaterThanOrEqual(24)
  })
})

describe('what an action tells the runner', () => {
  test('later steps see what GITHUB_ENV and GITHUB_PATH were given', async () => {
    const job = await startJob()
    const path = await anAction({
      main: `appendFileSync(env.GITHUB_ENV, 'PLAIN=a=b\\nLINES<<EOF\\none\\ntwo\\nEOF\\n')
             appendFileSync(env.GITHUB_PATH, '/opt/first\\n/opt/second\\n')
             appendFileSync(env.GITHUB_OUTPUT, 'token<<X\\nhf_1\\nX\\n')
             appendFileSync(env.GITHUB_STEP_SUMMARY, '# Done')`,
    })
    const step = await job.action({ path })
    expect(step).toMatchObject({
      conclusion: 'success',
      outputs: { token: 'hf_1' },
      env: { PLAIN: 'a=b', LINES: 'one\ntwo' },
      summary: '# Done',
    })
    const later = await job.run(
      [process.execPath, '-p', 'JSON.stringify([process.env.PLAIN, process.env.LINES, process.env.PATH])'],
      { env: { PLAIN: 'the step’s own' } },
    )
    const [plain, lines, pathVariable] = JSON.parse(later.stdout)
    expect([plain, lines]).toEqual(['the step’s own', 'one\ntwo'])
    expect(pathVariable.startsWith(['/opt/second', '/opt/first'].join(process.platform === 'win32' ? ';' : ':'))).toBe(
      true,
    )
  })

  test('GITHUB_*, RUNNER_* and NODE_OPTIONS cannot be exported', async () => {
    const job = await startJob()
    const path = await anAction({
      main: `appendFileSync(env.GITHUB_ENV, 'GITHUB_SHA=1\\nRUNNER_OS=1\\nNODE_OPTIONS=--x\\nGOOD=1\\n')`,
    })
    const step = await job.action({ path })
    expect(step.env).toEqual({ GOOD: '1' })
    expect(step.refusedEnv).toEqual(['GITHUB_SHA', 'RUNNER_OS', 'NODE_OPTIONS'])
    expect(job.log()).toContain(`Error: Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.`)
    const later = await job.run([process.execPath, '-p', 'String(process.env.NODE_OPTIONS)'])
    expect(later.stdout.trim()).toBe('undefined')
  })

  test('a malformed output file fails the step', async () => {
    const job = await startJob()
    const path = await anAction({ main: `appendFileSync(env.GITHUB_OUTPUT, 'a<<END\\nnever ended\\n')` })
    expect(await job.action({ path })).toMatchObject({ exitCode: 0, conclusion: 'failure' })
    expect(job.log()).toContain(`Error: Invalid value. Matching delimiter not found 'END'`)
  })

  test('an annotation is read with its title, and unescaped', async () => {
    const job = await startJob()
    const path = await anAction({
      main: `console.log('::error title=audience-mismatch%3A 100%25%2C really::first%0Asecond 5%25')
             console.log('::warning::careful')
             console.log('::debug::hidden')
             console.error('plain')
             process.exitCode = 1`,
    })
    const step = await job.action({ path })
    expect(step).toMatchObject({ exitCode: 1, conclusion: 'failure' })
    expect(step.annotations).toEqual([
      { level: 'error', title: 'audience-mismatch: 100%, really', message: 'first\nsecond 5%' },
      { level: 'warning', message: 'careful' },
    ])
    expect(step.log).toContain('Error: first\nsecond 5%\nWarning: careful\n')
    expect(step.log).toContain('plain\n')
    expect(step.log).not.toContain('hidden')
  })

  test('commands between stop-commands and its token are plain text', async () => {
    const job = await startJob()
    const path = await anAction({
      main: `console.log('::stop-commands::t0ken\\n::error::not one\\n::t0ken::\\n::error::one')`,
    })
    expect((await job.action({ path })).annotations).toEqual([{ level: 'error', message: 'one' }])
  })
})

describe('masks', () => {
  test('a masked value shows as *** from then on, each of its lines too', async () => {
    const job = await startJob()
    const path = await anAction({
      main: `console.log('before first-line')
             console.log('::add-mask::first-line%0Asecond-line')
             console.log('a first-line b')
             console.log('::error::second-line is bad')`,
    })
    const step = await job.action({ path })
    expect(step.masks).toEqual(['first-line\nsecond-line'])
    expect(job.log()).toBe('before first-line\na *** b\nError: *** is bad\n')
    await job.run([process.execPath, '-e', 'console.log("second-line")'])
    expect(job.steps[1]?.log).toBe('***\n')
  })

  test('a search for a secret can tell where it is allowed from where it leaked', async () => {
    const job = await startJob()
    const path = await anAction({
      main: `const secret = 'hf_' + 'q7'.repeat(17)
             console.log('::add-mask::' + secret)
             appendFileSync(env.GITHUB_ENV, 'HF_TOKEN=' + secret + '\\n')
             appendFileSync(env.GITHUB_OUTPUT, 'token=' + secret + '\\n')
             console.log('value ' + Buffer.from(' ' + secret).toString('base64'))
             writeFileSync(env.HOME + '/.netrc', 'password ' + secret)`,
    })
    await job.action({ path })
    const secret = { name: 'hub token', value: `hf_${'q7'.repeat(17)}` }
    const bytes = await job.everyByte()
    expect(bytes.map(({ where }) => where)).toEqual([
      'step 1 main add-mask',
      'step 1 main stdout',
      'step 1 main env',
      'step 1 main output',
      'file HOME/.netrc',
    ])
    const allowed = ['add-mask', 'env', 'output']
    const leaks = findLeaks(
      bytes.filter(({ kind }) => !allowed.includes(kind)),
      [secret],
    )
    expect(leaks.map(({ where, form }) => [where, form])).toEqual([
      ['step 1 main stdout', 'base64'],
      ['file HOME/.netrc', 'plain'],
    ])
  })
})

describe('the end of the job', () => {
  test('post steps run last step first, with the inputs and the saved state', async () => {
    const job = await startJob()
    const script = {
      main: `appendFileSync(env.GITHUB_STATE, 'file=' + env.INPUT_NAME + '.txt\\n')
             writeFileSync(env.RUNNER_TEMP + '/' + env.INPUT_NAME + '.txt', 'x')
             if (env.INPUT_NAME === 'two') process.exit(1)`,
      post: `console.log('undo ' + env.INPUT_NAME + ' ' + env.STATE_file + ' ' + env.LATER)`,
    }
    await job.action({ path: await anAction({ ...script, name: 'one' }), with: { name: 'one' } })
    await job.action({ path: await anAction({ ...script, name: 'two' }), with: { name: 'two' } })
    await job.run([process.execPath, '-e', `fs.appendFileSync(process.env.GITHUB_ENV, 'LATER=yes')`])
    const posts = await job.finish()
    expect(posts.map(({ name, stdout }) => [name, stdout.trim()])).toEqual([
      ['step 2 post', 'undo two two.txt yes'],
      ['step 1 post', 'undo one one.txt yes'],
    ])
    expect((await job.filesLeft()).map(({ path }) => path)).toEqual(['RUNNER_TEMP/one.txt', 'RUNNER_TEMP/two.txt'])
  })

  test('a step that is killed half-way still gets its post step, with the state saved until then', async () => {
    const job = await startJob()
    const path = await anAction({
      main: `appendFileSync(env.GITHUB_STATE, 'minted=1\\n'); console.log('ready'); setInterval(() => {}, 1000)`,
      post: `console.log('undo ' + env.STATE_minted)`,
    })
    const step = await job.action({
      path,
      onStart: (child) => child.stdout?.once('data', () => child.kill('SIGKILL')),
    })
    expect(step).toMatchObject({ exitCode: null, signal: 'SIGKILL', conclusion: 'failure', timedOut: false })
    expect((await job.finish())[0]?.stdout.trim()).toBe('undo 1')
  })

  test('a step that hangs is stopped at its time limit', async () => {
    const job = await startJob()
    const path = await anAction({ main: 'setInterval(() => {}, 1000)' })
    expect(await job.action({ path, timeoutMs: 300 })).toMatchObject({ timedOut: true, conclusion: 'failure' })
  })

  test('nothing is left of a job that was cleaned up', async () => {
    const job = await startJob()
    await job.cleanup()
    await expect(job.filesLeft()).rejects.toThrow('ENOENT')
  })
})
