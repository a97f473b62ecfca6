/** Real git and git-lfs against a real git server: every source, each scope, one use of the action and two. */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ACCOUNT, ORG, roleArn } from '../../sandbox/index.ts'
import type { RunnerJob, StepResult } from '../../sandbox/runner.ts'
import { Stage } from '../e2e/stage.ts'
import { SOURCES } from './sources.ts'

const OTHER = 'beta'

let stage: Stage
/** How many requests of git were judged. */
let judged = 0

beforeEach(async () => {
  stage = await Stage.set()
})

afterEach(() => stage.clear())
afterAll(() => console.log(`git against a real server: ${judged} requests judged`))

/** A step with a home of its own, so that nothing but the job's variables decides. */
async function git(runner: RunnerJob, script: string): Promise<StepResult> {
  judged += 1
  const home = await mkdtemp(join(runner.temp, 'git-'))
  await writeFile(join(home, '.gitconfig'), '[user]\n\tname = Mona\n\temail = mona@example.com\n')
  const env = {
    STEP_HOME: home,
    HUB: stage.sandbox.hub.url,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    NO_PROXY: '127.0.0.1,localhost',
  }
  return runner.run(['bash', '-euc', `export HOME="$STEP_HOME"; cd "$HOME"; git lfs install > /dev/null; ${script}`], {
    env,
  })
}

const cloneOf = (path: string) => `git clone -q "$HUB/${path}" clone; cat clone/README.md`
/** Clones, adds a large and a small file, and pushes; then a second clone must hold the large one itself. */
const pushTo = (path: string) => `
git clone -q "$HUB/${path}" clone; cd clone
head -c 100000 /dev/urandom > weights.safetensors; date +%N > small-$RANDOM.txt
git add .; git commit -qm 'From a step'; git push -q origin HEAD:main; cd ..
git clone -q "$HUB/${path}" again; cmp clone/weights.safetensors again/weights.safetensors`
const hostOnly = 'printf "url=%s\\n\\n" "$HUB" | git credential fill | grep -c "^password=hf_"'

/** Adds a second organization, and a role for it. */
function addOther(): Record<string, string> {
  const { aws, github, hub } = stage.sandbox
  const provider = aws.addOidcProvider({ issuerUrl: github.issuer, clientIds: [ORG, OTHER], keys: () => github.jwks() })
  const token = hub.addOrgToken(OTHER)
  stage.secrets.push({ name: `the Hub token of ${OTHER}`, value: token })
  hub.addRepo({ type: 'model', name: `${OTHER}/model`, private: true, files: { 'README.md': 'beta' } })
  const secret = aws.addSecret({ name: `huggingface/${OTHER}/write`, value: JSON.stringify({ token }) })
  const role = `arn:aws:iam::${ACCOUNT}:role/hf-${OTHER}`
  const allow = (more: object) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...more }] })
  const issuer = github.issuer.replace('http://', '')
  const condition = { StringEquals: { [`${issuer}:aud`]: OTHER } }
  aws.addRole({
    arn: role,
    trustPolicy: allow({
      Principal: { Federated: provider },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: condition,
    }),
    policy: allow({ Action: 'secretsmanager:GetSecretValue', Resource: secret }),
  })
  return { 'hf-org': OTHER, 'role-to-assume': role, 'secret-id': `huggingface/${OTHER}/write`, scope: 'write' }
}

type Conclusion = StepResult['conclusion']
const outcome = (succeeds: boolean): Conclusion => (succeeds ? 'success' : 'failure')

/** What each job's git can do. A publisher's token reaches its repository only, and writes unless the publisher is read-only. */
const CASES = Object.entries(SOURCES).flatMap(([name, { inputs }]) =>
  (['read', 'write'] as const)
    .filter((scope) => !(name === 'trusted-publisher' && scope === 'read'))
    .flatMap((scope) =>
      [1, 2].map((uses) => ({
        name,
        scope,
        uses,
        inputs,
        dataset: outcome(name !== 'trusted-publisher'),
        push: outcome(scope === 'write'),
        objects: scope === 'write' ? [100_000] : [],
        otherOrganization: outcome(uses === 2),
        // git-xet asks for the host alone: one token is the answer, and several are none.
        answersForHost: uses === 1 ? '1' : '0',
      })),
    ),
)

/** Uses the action, and once more for the other organization. */
async function jobOf({ scope, uses, inputs }: (typeof CASES)[number]): Promise<RunnerJob> {
  const delivery = { 'git-credentials': 'true', 'export-env': '' }
  const { runner, main } = await stage.main({
    with: { 'role-to-assume': roleArn(scope), ...inputs(stage.sandbox), ...delivery, scope },
  })
  expect(main).toMatchObject({ conclusion: 'success' })
  if (uses === 2) {
    const second = await stage.main({ with: { ...addOther(), ...delivery } }, runner)
    expect(second.main).toMatchObject({ conclusion: 'success', annotations: [] })
  }
  return runner
}

describe('git', () => {
  test.each(CASES)('$name, scope $scope, $uses use(s)', async (expected) => {
    const runner = await jobOf(expected)
    for (const name of ['model', 'model.git']) {
      expect(await git(runner, cloneOf(`${ORG}/${name}`))).toMatchObject({
        conclusion: 'success',
        stdout: '# A model\n',
      })
    }
    const dataset = await git(runner, `git ls-remote "$HUB/datasets/${ORG}/data"`)
    const push = await git(runner, pushTo(`${ORG}/model`))
    const objects = stage.sandbox.hub.repos.get(`${ORG}/model`)?.lfs.values() ?? []
    const host = await git(runner, hostOnly)
    const other = await git(runner, pushTo(`${OTHER}/model`))
    expect({
      dataset: dataset.conclusion,
      push: push.conclusion,
      objects: [...objects].map(({ length }) => length),
      otherOrganization: other.conclusion,
      answersForHost: host.stdout.trim(),
    }).toEqual({
      dataset: expected.dataset,
      push: expected.push,
      objects: expected.objects,
      otherOrganization: expected.otherOrganization,
      answersForHost: expected.answersForHost,
    })
    await runner.finish()
    expect(await git(runner, cloneOf(`${ORG}/model`))).toMatchObject({ conclusion: 'failure' })
  })

  test('a user’s publisher clones a gated repository of another organization', async () => {
    const { hub, github } = stage.sandbox
    hub.addUser({ name: 'alice' })
    hub.addRepo({
      type: 'model',
      name: 'meta/gated',
      gated: true,
      grantedTo: ['alice'],
      files: { 'README.md': 'gated' },
    })
    hub.addTrustedPublisher({
      resource: 'alice',
      issuer: github.issuer,
      keys: () => github.jwks(),
      claims: { repository: 'octo-org/octo-repo' },
    })
    const { runner, main } = await stage.main({
      with: {
        'token-source': 'trusted-publisher',
        'hf-org': 'alice',
        'hf-resource': 'alice',
        'role-to-assume': '',
        scope: 'read',
        allow: 'inference.serverless.write',
        'git-credentials': 'true',
        'export-env': '',
      },
    })
    expect(main.stdout).not.toContain('::error')
    expect((await git(runner, cloneOf('meta/gated'))).stdout).toContain('gated')
  })
})
