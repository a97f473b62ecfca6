import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ORG, REGION, roleArn, type SandboxScope, SERVICE, secretName } from '../../sandbox/index.ts'
import { withoutProof } from '../e2e/without-proof.ts'
import type { ActRun } from './act.ts'
import { ActStage } from './act-stage.ts'

let stage: ActStage

beforeEach(async () => {
  stage = await ActStage.set()
})

afterEach(() => stage.clear())

/** Prints how many folders of the action lie in RUNNER_TEMP; run in the job and, by `org/witness`, after it. */
const LOOK = `console.log('Folders of the action: ' + require('node:fs').readdirSync(process.env.RUNNER_TEMP).filter((name) => name.startsWith('hf-oidc-')).length)`

/** Its post runs after the action's, as it stands before it in the workflow. */
const witness = {
  'action.yml': 'name: Witness\ndescription: Looks\nruns: { using: node24, main: main.cjs, post: post.cjs }\n',
  'main.cjs': '',
  'post.cjs': `${LOOK}\nconsole.log('HF_TOKEN: <' + process.env.HF_TOKEN + '>')`,
}

/** A job with the action and later steps; \`run\` is what the last of them does. */
function workflow(scope: SandboxScope, run: string): string {
  return `
name: Publish
on: push
permissions:
  id-token: write
jobs:
  publish:
    runs-on: ubuntu-latest
    steps:
      - uses: org/witness@v1
      - uses: org/hf-oidc-action@v1
        id: hf
        with:
          hf-org: ${ORG}
          role-to-assume: ${roleArn('{scope}')}
          aws-region: ${REGION}
          scope: ${scope}
          export-file: true
          oidc-issuer: ${stage.sandbox.github.issuer}
      - run: ${JSON.stringify(`node -e "${LOOK}"`)}
      - run: |
          echo "The token is $HF_TOKEN, also in the file: $(cat "$HF_TOKEN_PATH")"
          echo "It is $IDENTITY's"
        env:
          IDENTITY: \${{ steps.hf.outputs.hf-identity }}
      - run: ${JSON.stringify(run)}
`
}

/** Sends the token to the Hub, as any client would. */
const WHOAMI = `node -e "fetch(process.env.HF_ENDPOINT + '/api/whoami-v2', { headers: { authorization: 'Bearer ' + process.env.HF_TOKEN } }).then((answer) => answer.json()).then(({ name }) => console.log('The Hub says: ' + name))"`

const play = (text: string): Promise<ActRun> => stage.play(text, { 'org/witness': witness })

describe('a workflow under act', () => {
  test('gets its token, shows it nowhere, and loses it when the job ends', async () => {
    const { exitCode, log } = await play(workflow('write', WHOAMI))

    expect({ exitCode, log }).toMatchObject({ exitCode: 0 })
    expect(log).toContain('The token is ***, also in the file: ***')
    expect(log).toContain("It is acme-ci's")
    expect(log).toContain('The Hub says: acme-ci')
    expect(log).toMatch(/Cleaned up: \S+hf-oidc-[\w-]+ removed; HF_TOKEN emptied\./)
    expect(log.match(/Folders of the action: \d+/g)).toEqual(['Folders of the action: 1', 'Folders of the action: 0'])
    expect(log).toContain('HF_TOKEN: <>')
    expect(stage.sandbox.calls()).toEqual({
      'id-token': 1,
      jwks: 1,
      AssumeRoleWithWebIdentity: 1,
      GetSecretValue: 1,
      // The action's call, and the later step's.
      'whoami-v2': 2,
    })
  })

  test('loses it also when a later step fails', async () => {
    const { exitCode, log } = await play(workflow('write', 'exit 3'))

    expect({ exitCode, log }).toMatchObject({ exitCode: 1 })
    expect(log).toContain('The token is ***')
    expect(log).toMatch(/Cleaned up: \S+hf-oidc-[\w-]+ removed; HF_TOKEN emptied\./)
    expect(log.match(/Folders of the action: \d+/g)).toEqual(['Folders of the action: 1', 'Folders of the action: 0'])
  })

  test('stops at a token that may do more than asked, and says so', async () => {
    const { aws, tokens } = stage.sandbox
    aws.putVersion(secretName('read'), { value: JSON.stringify({ token: tokens.write }) })

    const { exitCode, log } = await play(workflow('read', WHOAMI))

    expect({ exitCode, log }).toMatchObject({ exitCode: 1 })
    expect(log).toContain('[token-over-scoped]')
    expect(log).toContain('repo.write')
    expect(log).not.toContain('The token is')
    expect(log).not.toContain('The Hub says')
    expect(log.match(/Folders of the action: \d+/g)).toEqual(['Folders of the action: 0'])
  })
})

describe('a workflow under act that rotates', () => {
  /** The sub-action, then the action, which reads what was rotated. */
  const rotation = `
name: Rotate
on: push
permissions:
  id-token: write
jobs:
  rotate:
    runs-on: ubuntu-latest
    steps:
      - uses: org/hf-oidc-action/rotate@v1
        id: rotate
        with:
          hf-org: ${ORG}
          role-to-assume: ${roleArn('rotate')}
          aws-region: ${REGION}
          admin-secret-id: ${secretName('service-accounts')}
          service-account: ci
          secrets: |
            ${secretName('read')}  scope=read
            ${secretName('write')} scope=write
          force: true
          ecs-services: |
            ${SERVICE.cluster}/${SERVICE.service}
          oidc-issuer: ISSUER
      - run: echo "Rotated $ROTATED, $(node -p 'JSON.parse(process.env.REPORT).secrets.map(({ action }) => action)')"
        env:
          ROTATED: \${{ steps.rotate.outputs.rotated }}
          REPORT: \${{ steps.rotate.outputs.report }}
      - uses: org/hf-oidc-action@v1
        with:
          hf-org: ${ORG}
          role-to-assume: ${roleArn('{scope}')}
          aws-region: ${REGION}
          scope: write
          oidc-issuer: ISSUER
      - run: echo "The token is $HF_TOKEN"
      - run: ${JSON.stringify(WHOAMI)}
`

  test('replaces the stored tokens, and a later step of the job gets a new one', async () => {
    const { aws, hub, github, tokens } = stage.sandbox
    const deployed = aws.ecsService(SERVICE.cluster, SERVICE.service).deployments[0]?.id

    const { exitCode, log } = await play(rotation.replaceAll('ISSUER', github.issuer))

    expect({ exitCode, log }).toMatchObject({ exitCode: 0 })
    expect(log).toMatch(/Rotated 2, \[ 'rotated', 'rotated' \]/)
    expect(log).toContain('The token is ***')
    expect(log).toContain('The Hub says: ci')
    expect(log).not.toMatch(/::(?:warning|error)/)
    const [read = '', write = '', ...more] = hub.minted
    expect(more).toEqual([])
    expect(withoutProof(String(currentValue('read')))).toBe(JSON.stringify({ token: read }))
    expect(withoutProof(String(currentValue('write')))).toBe(JSON.stringify({ token: write }))
    // They go on working for the grace.
    expect([read, write, tokens.read, tokens.write].map((token) => hub.isAlive(token))).toEqual(Array(4).fill(true))
    expect(aws.ecsService(SERVICE.cluster, SERVICE.service).deployments[0]?.id).not.toBe(deployed)
    expect(aws.sessions.map(({ role }) => role.name)).toEqual(['hf-acme-rotate', 'hf-acme-write'])
  })

  function currentValue(scope: SandboxScope): unknown {
    const { versions } = stage.sandbox.aws.secret(secretName(scope))
    return versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.value
  }
})
