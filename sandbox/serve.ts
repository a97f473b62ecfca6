/**
 * `npm run sandbox`: keeps the three services up until Ctrl+C, and prints the environment to point a workflow, the
 * `aws` command, `hf` or `curl` at them. Options: `--github-port`, `--aws-port`, `--hub-port`, `--json`;
 * `--trust owner/name` lets in the jobs of a real repository at GitHub, whose keys are fetched, or of another issuer
 * (`--issuer`); `--alone` keeps it up when the process that started it ends.
 */
import { parseArgs } from 'node:util'
import { ORG, roleArn, Sandbox, SERVICE } from './index.ts'
import { GITHUB_ISSUER } from './internet.ts'
import { publishedKeys } from './published-keys.ts'

/** How long it stays up alone, in milliseconds: as long as a job of platforms.yml, and more. */
const ALONE_MS = 3_600_000

const { values } = parseArgs({
  options: {
    'github-port': { type: 'string' },
    'aws-port': { type: 'string' },
    'hub-port': { type: 'string' },
    /** One line of JSON instead of text, for scripts. */
    json: { type: 'boolean', default: false },
    trust: { type: 'string' },
    issuer: { type: 'string', default: GITHUB_ISSUER },
    alone: { type: 'boolean', default: false },
  },
})
const port = (text: string | undefined) => (text === undefined ? 0 : Number(text))
const sandbox = await Sandbox.start({
  github: port(values['github-port']),
  aws: port(values['aws-port']),
  hub: port(values['hub-port']),
})
const { trust: repository, issuer } = values
if (repository !== undefined) sandbox.trust({ issuer, repository, keys: publishedKeys(issuer) })
const { env } = sandbox.startJob()

if (values.json) {
  console.log(JSON.stringify({ env, role: roleArn('{scope}'), org: ORG, tokens: sandbox.tokens }))
} else {
  const keys = [
    'GITHUB_SERVER_URL',
    'ACTIONS_ID_TOKEN_REQUEST_URL',
    'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
    'AWS_ENDPOINT_URL',
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
    'HF_ENDPOINT',
  ]
  console.log(
    `# The sandbox is running (process ${process.pid}); press Ctrl+C to stop it. Nothing in it is real, and its tokens work nowhere else.\n# Paste the lines below into another terminal. IAM is not simulated: roles, providers, and secrets already exist.`,
  )
  for (const key of keys) console.log(`export ${key}='${env[key] ?? ''}'`)
  console.log(`
# Inputs for the action:
#   hf-org: ${ORG}
#   role-to-assume: ${roleArn('{scope}')}
#   scope: read | write | admin
#   oidc-issuer: ${sandbox.github.issuer}
# Inputs for the sub-action rotate, in addition to hf-org and oidc-issuer:
#   role-to-assume: ${roleArn('rotate')}
#   admin-secret-id: huggingface/${ORG}/service-accounts
#   service-account: ${sandbox.minting.serviceAccount.name}
#   secrets: huggingface/${ORG}/read scope=read
#   ecs-services: ${SERVICE.cluster}/${SERVICE.service}
#
# A token for trying out Hub clients (it can write to ${ORG}):
#   HF_TOKEN=${sandbox.tokens.write} hf auth whoami
#   curl -H "authorization: Bearer ${sandbox.tokens.write}" ${sandbox.hub.url}/api/whoami-v2
# Request an ID token, as the action does:
#   curl -H "authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=${ORG}"`)
}

// npm does not always pass a signal on: without its parent, nobody could end this process.
const parent = process.ppid
if (values.alone) {
  // Should nobody end it.
  setTimeout(() => process.exit(0), ALONE_MS)
} else {
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0)
  }, 1000)
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void sandbox.close().then(() => process.exit(0))
  })
}
