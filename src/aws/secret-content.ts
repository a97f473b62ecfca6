/** What a secret must hold, by what it is read for; and what to say when it holds something else. */

import { verbatim } from '../text/printable.ts'
import type { SecretReference } from './request.ts'

/** The token itself, the token that mints tokens, or the organization's OAuth app. */
export const SECRET_CONTENTS = ['token', 'admin-token', 'oauth-app'] as const
export type SecretContent = (typeof SECRET_CONTENTS)[number]

interface Description {
  /** In words. */
  what: string
  /** The keys of the JSON object, with an example of each value. */
  fields: (key: string) => Readonly<Record<string, string>>
  /** Whether it may also be the only value of a plain string. */
  mayBePlain: boolean
  /** Where the documentation says how to store it. */
  guide: string
}

const CONTENTS: Record<SecretContent, Description> = {
  token: {
    what: 'the Hub token itself',
    fields: (key) => ({ [key]: 'hf_…' }),
    mayBePlain: true,
    guide: 'README.md, "Store the token"',
  },
  'admin-token': {
    what: 'the admin token, which manages the service accounts of the organization',
    fields: (key) => ({ [key]: 'hf_…' }),
    mayBePlain: true,
    guide: 'docs/sources.md, "service-account"',
  },
  'oauth-app': {
    what: 'the client_id and client_secret of the OAuth app of the organization',
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
  const fields = Object.entries(CONTENTS[content].fields(key))
  return `{${fields.map(([name, value]) => `${verbatim(JSON.stringify(name))}: "${value}"`).join(', ')}}`
}

/**
 * What to do when a secret that was read holds something else. It prints no command: whatever the secret holds, a value
 * stored there would take its place.
 */
export function wrongSecret(content: SecretContent, secret: SecretReference): string {
  const { what, mayBePlain, guide } = CONTENTS[content]
  const input = secret.input ?? 'secret-id'
  const form = `${exampleOf(content, secret)}${mayBePlain ? ', or the token alone' : ''}`
  const byDefault =
    input === 'secret-id' && content !== 'token' ? ' The default of `secret-id` is the secret of a stored token.' : ''
  return [
    `The secret that was read is ${secret.id}; it must hold ${what}: ${form}. \`${input}\` probably names the wrong secret; correct it.${byDefault}`,
    ...(mayBePlain ? [`If the token is there at another key, name that key with ${keyInput(input)}.`] : []),
    `If it is the right secret, first see what else it holds and who reads that, then store its value as described in ${guide}.`,
  ].join('\n')
}

/** The command that creates the secret. */
export function createCommand(content: SecretContent, secret: SecretReference): string {
  const name = secret.id.startsWith('arn:') ? '<name>' : secret.id
  return `aws secretsmanager create-secret --region ${secret.region} --name ${name} --secret-string file://secret.json\nwhere secret.json holds ${exampleOf(content, secret)}`
}

/** The setting for the key that belongs to the one for the secret. */
function keyInput(input: string): string {
  return input === 'secrets' ? '`key=` in its line' : `\`${input.replace(/id$/, 'key').replace(/ID$/, 'KEY')}\``
}
