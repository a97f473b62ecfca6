/** The scenes of the demo: each runs the committed `dist/` as the runner would, and checks the result. */
import { join } from 'node:path'
import type { JobOptions } from '../github.ts'
import { roleArn, type Sandbox } from '../index.ts'
import { findLeaks } from '../leaks.ts'
import { projectRoot } from '../root.ts'
import { RunnerJob, type StepResult } from '../runner.ts'
import { heading, mark, showLog, tell } from './terminal.ts'

/** Counts the checks that failed. */
export class Verdict {
  failures = 0

  check(ok: boolean, text: string, ms?: number): void {
    mark(ok, text, ms)
    if (!ok) this.failures += 1
  }
}

const WITH = { 'hf-org': 'acme', 'role-to-assume': roleArn('{scope}'), scope: 'write' }

/** Lines that the demo leaves out: which endpoints are not the real services' own, and the audit line. */
const ENDPOINTS = /^(?:Other|Custom) endpoints?\b.*\n/gm
const AUDIT = /^Audit:.*\n/gm

/** A later step of the workflow: it asks the Hub who it is, and commits a file, with HF_TOKEN only. */
const PUSH = [
  process.execPath,
  '--input-type=module',
  '-e',
  `
  const headers = { authorization: 'Bearer ' + process.env.HF_TOKEN }
  const who = await (await fetch(process.env.HF_ENDPOINT + '/api/whoami-v2', { headers })).json()
  const lines = [
    { key: 'header', value: { summary: 'Publish weights' } },
    { key: 'file', value: { path: 'weights.txt', encoding: 'base64', content: Buffer.from('0.1 0.2 0.3').toString('base64') } },
  ]
  const commit = await fetch(process.env.HF_ENDPOINT + '/api/models/acme/model/commit/main', {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => JSON.stringify(line)).join('\\n'),
  })
  console.log('pushed to acme/model as ' + who.name + ' (HTTP ' + commit.status + ') with ' + process.env.HF_TOKEN)
  process.exitCode = commit.ok ? 0 : 1
`,
]

/** The happy path: from the job's identity to a push and the cleanup. */
export async function push(sandbox: Sandbox, verdict: Verdict): Promise<void> {
  heading('1. Publish a model from main')
  tell('The repository stores no Hugging Face secret. The job has `id-token: write` and this step:')
  showLog(
    `- uses: org/hf-oidc-action@v1\n  with:\n${Object.entries(WITH)
      .map(([name, value]) => `    ${name}: ${value}`)
      .join('\n')}\n    export-file: true`,
  )
  const { job, env } = sandbox.startJob()
  const runner = await RunnerJob.start({ env, event: job.event })
  try {
    const main = await runner.action({ path: projectRoot, with: { ...WITH, 'export-file': 'true' } })
    showLog(main.log.replace(ENDPOINTS, ''))
    verdict.check(main.exitCode === 0, 'the step succeeds', main.durationMs)
    const calls = sandbox.calls()
    const each = ['id-token', 'jwks', 'AssumeRoleWithWebIdentity', 'GetSecretValue', 'whoami-v2']
    verdict.check(
      JSON.stringify(calls) === JSON.stringify(Object.fromEntries(each.map((name) => [name, 1]))),
      `one request of each kind: ${Object.entries(calls)
        .map(([name, count]) => `${name} ${count}`)
        .join(', ')}`,
    )

    tell('A later step uses $HF_TOKEN. It even prints the token, but the log shows ***:')
    const later = await runner.run(PUSH)
    showLog(later.log)
    verdict.check(later.exitCode === 0 && later.log.includes('***'), 'the push succeeds', later.durationMs)
    const file = sandbox.hub.repos.get('acme/model')?.files.get('weights.txt')
    verdict.check(file?.toString() === '0.1 0.2 0.3', 'weights.txt is in acme/model on the Hub')

    tell('The job ends, and the post step cleans up:')
    const [post] = await runner.finish()
    showLog(post?.log ?? '')
    verdict.check(post?.exitCode === 0, 'the post step succeeds', post?.durationMs)
    const left = await runner.filesLeft()
    verdict.check(left.length === 0, 'no file is left behind')
    // The later step printed the token on purpose.
    runner.steps.splice(runner.steps.indexOf(later), 1)
    await checkLeaks(runner, sandbox, job.issued, verdict)
  } finally {
    await runner.cleanup()
  }
}

async function checkLeaks(runner: RunnerJob, sandbox: Sandbox, issued: string[], verdict: Verdict): Promise<void> {
  const secrets = [
    ...[...Object.values(sandbox.tokens), ...sandbox.hub.minted].map((value) => ({ name: 'a Hub token', value })),
    { name: 'the OAuth app’s secret', value: sandbox.minting.clientSecret },
    { name: 'the admin token', value: sandbox.minting.adminToken },
    ...issued.map((value) => ({ name: 'an ID token', value })),
    ...sandbox.aws.issuedCredentials.flatMap(({ secretAccessKey, sessionToken }) => [
      { name: 'an AWS secret key', value: secretAccessKey },
      { name: 'an AWS session token', value: sessionToken },
    ]),
  ]
  // The token belongs in the environment and output files, and in the command that masks it; a minted one also in the
  // state that lets the post step revoke it.
  const meant = ['add-mask', 'env', 'output', ...(sandbox.hub.minted.length > 0 ? ['state'] : [])]
  const bytes = (await runner.everyByte()).filter(({ kind }) => !meant.includes(kind))
  const leaks = findLeaks(bytes, secrets)
  const places = `the log, errors, summary${meant.includes('state') ? '' : ', saved state'}, or files`
  verdict.check(leaks.length === 0, `none of the ${secrets.length} secrets leaked into ${places}`)
  for (const { name, where } of leaks) tell(`leak: ${name} in ${where}`)
}

interface Refusal {
  title: string
  story: string
  code: string
  job?: JobOptions
  with?: Record<string, string>
  arrange?: (sandbox: Sandbox) => void
}

/** Refusals: what is tried, the expected code, and the message that a user sees. */
export const REFUSALS: readonly Refusal[] = [
  {
    title: '2. A pull request from a fork',
    story:
      'Its code is not yours, so GitHub does not issue an ID token. The message gives this reason, not a missing permission.',
    code: 'oidc-unavailable-for-fork',
    job: { forkPullRequest: true },
  },
  {
    title: '3. An audience copied from another workflow',
    story: 'The audience must name the organization. Other services also accept an ID token for sts.amazonaws.com.',
    code: 'audience-mismatch',
    with: { audience: 'sts.amazonaws.com' },
  },
  {
    title: '4. A repository created since July 15, 2026',
    story:
      'The job’s subject contains numeric IDs, but the trust policy uses the format without them. STS only says “access denied”.',
    code: 'role-trust-rejected',
    job: { subjectFormat: 'immutable' },
  },
  {
    title: '5. A token with too many rights',
    story:
      'Somebody stored a token that can also write to another organization. The job would not notice: the push would succeed.',
    code: 'token-over-scoped',
    arrange: ({ aws, hub }) => {
      const token = hub.addToken({
        user: 'acme-ci',
        role: 'fineGrained',
        fineGrained: {
          scoped: [
            { entity: { type: 'org', name: 'acme' }, permissions: ['repo.content.read', 'repo.write', 'org.write'] },
            { entity: { type: 'org', name: 'rivals' }, permissions: ['repo.write'] },
          ],
        },
      })
      aws.putVersion('huggingface/acme/write', { value: JSON.stringify({ token }) })
    },
  },
]

/** Plays one refusal. */
export async function refuse(sandbox: Sandbox, scene: Refusal, verdict: Verdict): Promise<void> {
  heading(scene.title)
  tell(scene.story)
  scene.arrange?.(sandbox)
  const { job, env } = sandbox.startJob(scene.job)
  const runner = await RunnerJob.start({ env, event: job.event })
  try {
    const main = await runner.action({ path: projectRoot, with: { ...WITH, ...scene.with } })
    showLog(main.log.replace(ENDPOINTS, '').replace(AUDIT, ''))
    verdict.check(main.exitCode === 1, 'the step fails', main.durationMs)
    verdict.check(codeOf(main) === scene.code, `the error code is ${scene.code}`)
    verdict.check(
      main.summary.includes(scene.code) && main.summary.includes('What to do'),
      'the job summary says what to do',
    )
    verdict.check(Object.keys(main.env).length === 0, 'no variable is exported')
    await runner.finish()
    await checkLeaks(runner, sandbox, job.issued, verdict)
  } finally {
    await runner.cleanup()
  }
}

/** How the same push is written with each source. */
const SOURCES: readonly { title: string; story: string; with: (sandbox: Sandbox) => Record<string, string> }[] = [
  {
    title: 'secrets-manager',
    story: 'a stored token, as above (the default)',
    with: () => WITH,
  },
  {
    title: 'trusted-publisher',
    story: 'the Hub exchanges the ID token itself, without AWS; the token can write to one repository for an hour',
    with: () => ({
      'hf-org': 'acme',
      'token-source': 'trusted-publisher',
      'hf-resource': 'acme/model',
      scope: 'write',
    }),
  },
  {
    title: 'token-exchange',
    story:
      'the organization’s OAuth app, whose credentials are in Secrets Manager, gets a token that acts as one member',
    with: ({ minting }) => ({
      ...WITH,
      'token-source': 'token-exchange',
      'role-to-assume': roleArn('exchange'),
      'secret-id': 'huggingface/acme/oauth',
      member: minting.member,
      // It would stay valid for hours. The Hub e-mails its owner about each revocation.
      revoke: 'true',
    }),
  },
  {
    title: 'service-account',
    story: 'a token minted for this job, with only the permissions that `scope` needs',
    with: () => ({
      ...WITH,
      'token-source': 'service-account',
      'role-to-assume': roleArn('accounts'),
      'secret-id': 'huggingface/acme/service-accounts',
      'service-account': 'ci',
    }),
  },
]

/** The same push with each source, and the proof that no token minted for it is valid for more than an hour. */
export async function everySource(sandbox: Sandbox, verdict: Verdict): Promise<void> {
  heading('6. The same push with each token source')
  for (const source of SOURCES) {
    tell(`${source.title}: ${source.story}`)
    const { job, env } = sandbox.startJob()
    const runner = await RunnerJob.start({ env, event: job.event })
    try {
      const main = await runner.action({ path: projectRoot, with: source.with(sandbox) })
      showLog(main.log.replace(ENDPOINTS, '').replace(AUDIT, ''))
      const later = await runner.run(PUSH)
      showLog(later.log)
      verdict.check(
        main.exitCode === 0 && later.exitCode === 0,
        'the push succeeds',
        main.durationMs + later.durationMs,
      )
      const [post] = await runner.finish()
      showLog(post?.log ?? '')
      verdict.check(post?.exitCode === 0 && post.annotations.length === 0, 'the post step succeeds', post?.durationMs)
      runner.steps.splice(runner.steps.indexOf(later), 1)
      await checkLeaks(runner, sandbox, job.issued, verdict)
    } finally {
      await runner.cleanup()
    }
  }
  const { hub } = sandbox
  const alive = hub.minted.filter((token) => hub.isAlive(token))
  verdict.check(
    hub.minted.length === 3 && alive.length === 1,
    `${hub.minted.length} tokens were minted, and ${alive.length} is still valid (the trusted publisher’s)`,
  )
  sandbox.advance(3_600_000)
  verdict.check(!alive.some((token) => hub.isAlive(token)), 'an hour later, it has expired')
  verdict.check(hub.isAlive(sandbox.tokens.write), 'the stored token stays valid')
}

/** The inputs of the sub-action `rotate`, as in docs/rotation.md. */
const ROTATE = {
  'hf-org': 'acme',
  'role-to-assume': roleArn('rotate'),
  'admin-secret-id': 'huggingface/acme/service-accounts',
  'service-account': 'ci',
  secrets: 'huggingface/acme/read scope=read\nhuggingface/acme/write scope=write',
  'max-age': '7d',
  'ecs-services': 'prod/inference',
}
const DAY = 86_400_000

/** A week of a stored token: it is replaced while a job runs, and revoked a day later. */
export async function rotation(sandbox: Sandbox, verdict: Verdict): Promise<void> {
  heading('7. Rotate the stored tokens every week')
  tell('The first run replaces the tokens that people created. A week later, a job starts, and then the rotation runs:')
  sandbox.aws.nextDeployments('complete', 1)
  await rotateOnce(sandbox, verdict, 'Monday, the first run')
  sandbox.advance(7 * DAY)

  const { job, env } = sandbox.startJob()
  const runner = await RunnerJob.start({ env, event: job.event })
  try {
    const main = await runner.action({ path: projectRoot, with: WITH })
    verdict.check(main.exitCode === 0, 'a job gets its token', main.durationMs)
    const old = main.outputs['hf-token'] ?? ''
    await rotateOnce(sandbox, verdict, 'Monday, a week later', (step) => {
      verdict.check(step.outputs.rotated === '2', 'both secrets have a new current token')
      verdict.check(sandbox.aws.service.count('UpdateService') === 2, 'the ECS service was redeployed each time')
    })

    tell('The job that started earlier keeps using its token:')
    const push = await runner.run(PUSH)
    showLog(push.log)
    verdict.check(push.exitCode === 0, 'its push succeeds', push.durationMs)
    runner.steps.splice(runner.steps.indexOf(push), 1)

    const next = await deliver(sandbox)
    verdict.check(next !== '' && next !== old, 'a job that starts now gets the new token')

    sandbox.advance(DAY + 3_600_000)
    await rotateOnce(sandbox, verdict, 'Tuesday, nothing is due, and the grace period has passed', (step) => {
      verdict.check(step.outputs.rotated === '0', 'nothing is minted or written')
    })
    verdict.check(!sandbox.hub.isAlive(old), 'the Hub rejects the previous token')
    verdict.check(sandbox.hub.isAlive(next), 'the new token works')
    await runner.finish()
    await checkLeaks(runner, sandbox, job.issued, verdict)
  } finally {
    await runner.cleanup()
  }
}

/** One run of the sub-action, in a job of its own. */
async function rotateOnce(
  sandbox: Sandbox,
  verdict: Verdict,
  title: string,
  check: (step: StepResult) => void = () => {},
): Promise<void> {
  tell(`${title}:`)
  const { job, env } = sandbox.startJob()
  const runner = await RunnerJob.start({ env, event: job.event })
  try {
    const step = await runner.action({ path: join(projectRoot, 'rotate'), with: ROTATE })
    showLog(step.log.replace(ENDPOINTS, '').replace(AUDIT, ''))
    verdict.check(step.exitCode === 0, 'the rotation succeeds', step.durationMs)
    check(step)
    await checkLeaks(runner, sandbox, job.issued, verdict)
  } finally {
    await runner.cleanup()
  }
}

/** The token that a job gets now. */
async function deliver(sandbox: Sandbox): Promise<string> {
  const { job, env } = sandbox.startJob()
  const runner = await RunnerJob.start({ env, event: job.event })
  try {
    const main = await runner.action({ path: projectRoot, with: WITH })
    await runner.finish()
    return main.outputs['hf-token'] ?? ''
  } finally {
    await runner.cleanup()
  }
}

function codeOf(main: StepResult): string | undefined {
  return main.annotations.find(({ level }) => level === 'error')?.title
}
