/** What a secret must hold, by what it is read for; and what to say when it holds something else. */
import { block, type Code, code, type Part, type Prose, prose } from '../text/message.ts'
import { jsonString, word } from './commands.ts'
import type { SecretReference } from './request.ts'
import { parsePath } from './secret-key.ts'

/** The token itself, the token that mints tokens, or the organization's OAuth app. */
export const SECRET_CONTENTS = ['token', 'admin-token', 'oauth-app'] as const
export type SecretContent = (typeof SECRET_CONTENTS)[number]

interface Description {
  /** In words. */
  what: Prose
  /** The keys of the JSON object as settings name them, with an example of each value. */
  fields: (key: string) => Readonly<Record<string, string>>
  /** Whether it may also be the only value of a plain string. */
  mayBePlain: boolean
  /** Where the documentation says how to store it. */
  guide: string
}

const CONTENTS: Record<SecretContent, Description> = {
  token: {
    what: prose`the Hub token itself`,
    fields: (key) => ({ [key]: 'hf_…' }),
    mayBePlain: true,
    guide: 'README.md, "Store the token"',
  },
  'admin-token': {
    what: prose`the admin token, which manages the service accounts of the organization`,
    fields: (key) => ({ [key]: 'hf_…' }),
    mayBePlain: true,
    guide: 'docs/sources.md, "service-account"',
  },
  'oauth-app': {
    what: prose`the ${code('client_id')} and the ${code('client_secret')} of the organization’s OAuth app`,
    fields: () => ({ client_id: '…', client_secret: '…' }),
    mayBePlain: false,
    guide: 'docs/sources.md, "token-exchange"',
  },
}

/** The keys to read, in their order. */
export function keysOf(content: SecretContent, { key }: SecretReference): readonly string[] {
  return Object.keys(CONTENTS[content].fields(key))
}

/** The form of the JSON object: `{"token": "hf_…"}`. */
export function exampleOf(content: SecretContent, { key }: SecretReference): string {
  const fields = Object.entries(CONTENTS[content].fields(key)).map(([name, value]) => {
    const [first = '', ...inner] = parsePath(name).map(jsonString)
    const object = inner.reduceRight((inside, one) => `{${one}: ${inside}}`, `"${value}"`)
    return `${first}: ${object}`
  })
  return `{${fields.join(', ')}}`
}

/**
 * What to do when a secret that was read holds something else. It prints no command: whatever the secret holds, a value
 * stored there would overwrite it.
 */
export function wrongSecret(content: SecretContent, secret: SecretReference): readonly (string | Part)[] {
  const { what, mayBePlain, guide } = CONTENTS[content]
  const input = secretInput(secret)
  const form = prose`${code(exampleOf(content, secret))}${mayBePlain ? ', or the token alone' : ''}`
  const byDefault =
    input === 'secret-id' && content !== 'token'
      ? prose` By default, ${code('secret-id')} names the secret for a stored token.`
      : ''
  return [
    prose`The action read the secret ${code(secret.id)}, which must hold ${what}: ${form}. ${code(input)} probably names the wrong secret; correct it.${byDefault}`,
    ...(mayBePlain ? [prose`If the token is there under another key, set ${keyInput(input)} to that key.`] : []),
    `If it is the right secret, first check what else it holds and who reads it. Then store the value as described in ${guide}.`,
  ]
}

/** How to create the secret. */
export function createSecret(content: SecretContent, secret: SecretReference): readonly Part[] {
  const name = secret.id.startsWith('arn:') ? '<name>' : word(secret.id)
  return [
    block(
      `aws secretsmanager create-secret --region ${secret.region} --name ${name} --secret-string file://secret.json`,
    ),
    prose`The file ${code('secret.json')} must contain ${code(exampleOf(content, secret))}.`,
  ]
}

/** The setting that names the secret. */
export function secretInput({ input = 'secret-id' }: SecretReference): string {
  return input
}

/** The setting for the key that belongs to the one for the secret. */
function keyInput(input: string): Code | Prose {
  if (input === 'secrets') return prose`${code('key=')} in its line`
  return code(input.replace(/id$/, 'key').replace(/ID$/, 'KEY'))
}
