/** The AWS CLI's `secretsmanager get-secret-value` and `put-secret-value`, as far as messages print them. */
import { readFileSync } from 'node:fs'

const OPTIONS = {
  'get-secret-value': ['region', 'secret-id', 'version-stage', 'query', 'output'],
  'put-secret-value': ['region', 'secret-id', 'version-stages', 'secret-string', 'secret-binary'],
}

const [service, operation, ...rest] = process.argv.slice(2)
const known = service === 'secretsmanager' ? OPTIONS[operation] : undefined
const given = {}
while (rest.length > 0) {
  const [name, value] = rest.splice(0, 2)
  if (!known?.includes(name?.replace(/^--/, '')) || value === undefined) fail(252, `unknown: ${operation} ${name}`)
  given[name.slice(2)] = value
}
if (!given.region || !given['secret-id']) fail(252, 'the following arguments are required')

const body = { operation, id: given['secret-id'], region: given.region, stage: given['version-stage'] }
if (operation === 'put-secret-value') {
  body.stages = given['version-stages']?.split(' ')
  body.string = given['secret-string'] && paramFile(given['secret-string'], 'file').toString('utf8')
  body.binary = given['secret-binary'] && paramFile(given['secret-binary'], 'fileb').toString('base64')
}
const response = await fetch(process.env.AWS_CLI_RELAY, { method: 'POST', body: JSON.stringify(body) })
const answer = await response.json()
if (!response.ok) fail(254, answer.message)
if (operation === 'get-secret-value') {
  if (given.output !== 'text') fail(252, 'only --output text')
  // As the CLI does: a line break follows, and what is not there is None.
  process.stdout.write(`${answer[given.query] ?? 'None'}\n`)
} else process.stdout.write(`${JSON.stringify(answer, null, 4)}\n`)

/** What a parameter names by a path: the file as it is, with the line break at its end. */
function paramFile(value, scheme) {
  if (!value.startsWith(`${scheme}://`)) fail(252, `expected ${scheme}://`)
  return readFileSync(value.slice(scheme.length + 3))
}

function fail(code, message) {
  console.error(`aws: ${message}`)
  process.exit(code)
}
