/** The action several times in one job: two organizations, three token sources, and no one in another's way. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ACCOUNT, ORG, REGION } from '../../sandbox/index.ts'
import { projectRoot } from '../../sandbox/root.ts'
import type { ActRun } from './act.ts'
import { ActStage } from './act-stage.ts'
import type { View } from './observer.ts'

const OTHER = 'beta'

let stage: ActStage
/** The stored token of the other organization. */
let otherToken: string

beforeEach(async () => {
  stage = await ActStage.set()
  otherToken = addOtherOrganization(stage)
  stage.secrets.push({ name: `the Hub token of ${OTHER}`, value: otherToken })
})

afterEach(() => stage.clear())

/** A second organization with an audience, a role, a secret and a private repository of its own. Returns its token. */
function addOtherOrganization({ sandbox: { aws, github, hub } }: ActStage): string {
  const provider = aws.addOidcProvider({
    issuerUrl: github.issuer,
    clientIds: [ORG, OTHER],
    keys: () => github.jwks(),
  })
  const token = hub.addOrgToken(OTHER)
  hub.addRepo({ type: 'model', name: `${OTHER}/model`, private: true })
  const secret = aws.addSecret({ name: `huggingface/${OTHER}/write`, value: JSON.stringify({ token }) })
  const issuer = github.issuer.replace('http://', '')
  const statement = (more: object) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...more }] })
  aws.addRole({
    arn: `arn:aws:iam::${ACCOUNT}:role/hf-${OTHER}-write`,
    trustPolicy: statement({
      Principal: { Federated: provider },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: { [`${issuer}:aud`]: OTHER, [`${issuer}:sub`]: 'repo:octo-org/octo-repo:ref:refs/heads/main' },
      },
    }),
    policy: statement({ Action: 'secretsmanager:GetSecretValue', Resource: secret }),
  })
  return token
}

const observer = {
  'action.yml': `
name: Observer
description: Tells what a step at its place can do
inputs:
  name: { description: What its views are called, required: true }
  models: { description: Where to try, default: ${ORG}/model ${OTHER}/model }
  datasets: { description: Where to try, default: ${ORG}/data }
runs: { using: node24, main: observer.ts, post: observer.ts }
`,
  'package.json': '{ "type": "module" }',
  'observer.ts': readFileSync(join(projectRoot, '__tests__', 'interop', 'observer.ts'), 'utf8'),
}

const play = (text: string): Promise<ActRun> => stage.play(text, { 'org/observer': observer })

/** What the observers saw, in the order of time. */
const views = (log: string): View[] =>
  [...log.matchAll(/ View: (.+)/g)].map(([, json = '']) => JSON.parse(json) as View)

/** `publisher`: the repository whose trusted publisher the third use is. */
const workflow = (publisher = `${ORG}/model`) => `
name: Publish
on: push
permissions:
  id-token: write
env:
  GIT_TERMINAL_PROMPT: 0
  GIT_CONFIG_NOSYSTEM: 1
jobs:
  publish:
    runs-on: ubuntu-latest
    steps:
      - uses: org/observer@v1
        with: { name: start }

      - uses: org/hf-oidc-action@v1
        id: read
        with:
          hf-org: ${ORG}
          role-to-assume: arn:aws:iam::${ACCOUNT}:role/hf-{org}-{scope}
          aws-region: ${REGION}
          oidc-issuer: ${stage.sandbox.github.issuer}
          export-env: HF_READ
          export-file: true

      - uses: org/observer@v1
        with: { name: reading }

      - uses: org/hf-oidc-action@v1
        id: write
        with:
          hf-org: ${ORG}
          token-source: service-account
          service-account: ci
          role-to-assume: arn:aws:iam::${ACCOUNT}:role/hf-{org}-accounts
          secret-id: huggingface/{org}/service-accounts
          aws-region: ${REGION}
          scope: write
          oidc-issuer: ${stage.sandbox.github.issuer}
          export-env: HF_WRITE
          git-credentials: true

      - uses: org/observer@v1
        with: { name: writing }

      - uses: org/hf-oidc-action@v1
        id: beta
        with:
          hf-org: ${OTHER}
          role-to-assume: arn:aws:iam::${ACCOUNT}:role/hf-{org}-{scope}
          aws-region: ${REGION}
          scope: write
          oidc-issuer: ${stage.sandbox.github.issuer}
          export-env: HF_BETA
          git-credentials: true

      - uses: org/observer@v1
        with: { name: in both organizations }

      - uses: org/hf-oidc-action@v1
        id: publish
        with:
          hf-org: ${ORG}
          token-source: trusted-publisher
          hf-resource: ${publisher}
          scope: write
          oidc-issuer: ${stage.sandbox.github.issuer}
          export-env: HF_PUBLISH

      - uses: org/observer@v1
        with: { name: publishing }

      - run: |
          echo "read $HF_READ, write $HF_WRITE, publish $HF_PUBLISH, beta $HF_BETA, file $(cat "$HF_TOKEN_PATH")"
          echo "read $READ, write $WRITE, publish $PUBLISH, beta $BETA"
          git ls-remote "$HF_ENDPOINT/${ORG}/model"
          git ls-remote "$HF_ENDPOINT/datasets/${ORG}/data"
          git ls-remote "$HF_ENDPOINT/${OTHER}/model"
        env:
          READ: \${{ steps.read.outputs.hf-identity }}
          WRITE: \${{ steps.write.outputs.hf-identity }}
          PUBLISH: \${{ steps.publish.outputs.hf-identity }}
          BETA: \${{ steps.beta.outputs.hf-identity }}
`

const READ = 'acme-ci: reads models/acme/model, reads datasets/acme/data'
const WRITE = 'ci: writes models/acme/model, writes datasets/acme/data'
const BETA = 'beta-ci: writes models/beta/model'
const PUBLISH = 'acme-ci: writes models/acme/model'

/** What is there after each use, as long as nothing is cleaned up. */
const GROWING: Omit<View, 'when'>[] = [
  { name: 'start', tokens: {}, file: [], git: [], folders: 0 },
  { name: 'reading', tokens: { HF_READ: READ }, file: ['HF_READ'], git: [], folders: 1 },
  {
    name: 'writing',
    tokens: { HF_READ: READ, HF_WRITE: WRITE },
    file: ['HF_READ'],
    git: ['acme/model'],
    folders: 2,
  },
  {
    name: 'in both organizations',
    tokens: { HF_READ: READ, HF_WRITE: WRITE, HF_BETA: BETA },
    file: ['HF_READ'],
    git: ['acme/model', 'beta/model'],
    folders: 3,
  },
  {
    name: 'publishing',
    tokens: { HF_READ: READ, HF_WRITE: WRITE, HF_BETA: BETA, HF_PUBLISH: PUBLISH },
    file: ['HF_READ'],
    git: ['acme/model', 'beta/model'],
    folders: 3,
  },
]

/** These views in main; and in post, which goes backwards, the same again: no more was cleaned up than was delivered. */
const thereAndBack = (growing: typeof GROWING): View[] => [
  ...growing.map((view): View => ({ ...view, when: 'main' })),
  ...growing.toReversed().map((view): View => ({ ...view, when: 'post' })),
]

/** The tokens that git sent for an organization's repositories. */
function sentByGit(org: string): Set<string> {
  const calls = stage.sandbox.hub.service.calls.filter(
    ({ operation, request }) =>
      operation === 'git-info-refs' && request.url.pathname.replace('/datasets/', '/').startsWith(`/${org}/`),
  )
  const credentials = calls.flatMap(({ request }) => request.headers.authorization?.split(' ')[1] ?? [])
  return new Set(credentials.map((text) => Buffer.from(text, 'base64').toString().replace(/^.*:/, '')))
}

describe('the action several times in one job', () => {
  test('each use has a token of its own, and takes back its own alone', async () => {
    const { exitCode, log } = await play(workflow())

    expect({ exitCode, log }).toMatchObject({ exitCode: 0 })
    expect(views(log)).toEqual(thereAndBack(GROWING))
    expect(log).toContain('read ***, write ***, publish ***, beta ***, file ***')
    expect(log).toContain('read acme-ci, write ci, publish acme-ci, beta beta-ci')
    // No warning of a static token, nor any other.
    expect(log).not.toMatch(/::(?:warning|error)/)

    const { aws, hub, tokens } = stage.sandbox
    const [minted, published, ...more] = hub.minted
    expect(more).toEqual([])
    expect(sentByGit(ORG)).toEqual(new Set([minted]))
    expect(sentByGit(OTHER)).toEqual(new Set([otherToken]))
    expect([minted, published, tokens.read, otherToken].map((token = '') => hub.isAlive(token))).toEqual([
      false,
      // The publisher's expires within the hour.
      true,
      true,
      true,
    ])
    // The last one is post's, which deletes the service account's token.
    const roles = ['hf-acme-read', 'hf-acme-accounts', 'hf-beta-write', 'hf-acme-accounts']
    expect(aws.sessions.map(({ role }) => role.name)).toEqual(roles)
  })

  test('when one of them fails, the others still take back theirs', async () => {
    const { exitCode, log } = await play(workflow(`${ORG}/unknown`))

    expect({ exitCode, log }).toMatchObject({ exitCode: 1 })
    expect(log).toContain('::error title=exchange-rejected::')
    expect(views(log)).toEqual(thereAndBack(GROWING.slice(0, -1)))
    const { hub, tokens } = stage.sandbox
    expect(hub.minted.map((token) => hub.isAlive(token))).toEqual([false])
    expect([tokens.read, otherToken].map((token) => hub.isAlive(token))).toEqual([true, true])
  })
})
