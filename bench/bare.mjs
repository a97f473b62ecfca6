/** The same calls as the action's happy path with `node:http` and nothing else: the floor that it is measured against. */
import { createHash, createHmac } from 'node:crypto'
import { Agent, request } from 'node:http'

const agent = new Agent({ keepAlive: true })
const { env } = process
const sha256 = (text) => createHash('sha256').update(text).digest('hex')
const hmac = (key, text) => createHmac('sha256', key).update(text).digest()

const send = (method, url, headers = {}, body = '') =>
  new Promise((resolve, reject) => {
    const req = request(
      url,
      { method, agent, headers: { ...headers, 'content-length': Buffer.byteLength(body) } },
      (res) => {
        const chunks = []
        res.on('data', (chunk) => chunks.push(chunk))
        res.on('end', () => resolve(Buffer.concat(chunks).toString()))
      },
    )
    req.on('error', reject)
    req.end(body)
  })

const idTokenUrl = `${env.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=acme`
const [answer] = await Promise.all([
  send('GET', idTokenUrl, { authorization: `Bearer ${env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` }),
  send('GET', `${env.GITHUB_SERVER_URL}/_services/token/.well-known/jwks`),
])

const form = new URLSearchParams({
  Action: 'AssumeRoleWithWebIdentity',
  Version: '2011-06-15',
  RoleArn: env.ROLE,
  RoleSessionName: 'bare',
  WebIdentityToken: JSON.parse(answer).value,
  DurationSeconds: '900',
})
const xml = await send(
  'POST',
  env.AWS_ENDPOINT_URL,
  { 'content-type': 'application/x-www-form-urlencoded' },
  form.toString(),
)
const field = (name) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? ''

const host = new URL(env.AWS_ENDPOINT_URL).host
const body = JSON.stringify({ SecretId: 'huggingface/acme/write', VersionStage: 'AWSCURRENT' })
const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
const scope = `${date.slice(0, 8)}/${env.AWS_REGION}/secretsmanager/aws4_request`
const headers = {
  'content-type': 'application/x-amz-json-1.1',
  host,
  'x-amz-date': date,
  'x-amz-security-token': field('SessionToken'),
  'x-amz-target': 'secretsmanager.GetSecretValue',
}
const names = Object.keys(headers).join(';')
const canonical = `POST\n/\n\n${Object.entries(headers)
  .map(([name, value]) => `${name}:${value}\n`)
  .join('')}\n${names}\n${sha256(body)}`
const key = scope.split('/').reduce((last, part) => hmac(last, part), `AWS4${field('SecretAccessKey')}`)
const signature = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`).toString('hex')
const authorization = `AWS4-HMAC-SHA256 Credential=${field('AccessKeyId')}/${scope}, SignedHeaders=${names}, Signature=${signature}`
const secret = JSON.parse(await send('POST', env.AWS_ENDPOINT_URL, { ...headers, authorization }, body))

const token = JSON.parse(secret.SecretString).token
const who = JSON.parse(await send('GET', `${env.HF_ENDPOINT}/api/whoami-v2`, { authorization: `Bearer ${token}` }))
if (!who.name) throw new Error('no name')
agent.destroy()
