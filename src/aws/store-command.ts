/** How a person stores a new token in a secret without losing anything else in it: the one place for that command. */

import { verbatim } from '../text/printable.ts'
import type { SecretReference } from './request.ts'

/** What is known of the form of a secret that holds a token. */
export type SecretShape =
  /** The token is the whole value. */
  | { kind: 'plain'; binary: boolean }
  /** A JSON object with the token at the secret's key. */
  | { kind: 'object'; binary: boolean; otherKeys: boolean }
  /** It has no value yet. */
  | { kind: 'none' }
  /** It was not read. */
  | { kind: 'unknown' }

/** A secret that holds the token, or is there to hold it: never one that holds something else. */
export interface TokenPlace {
  secret: SecretReference
  shape: SecretShape
  /** The staging label for the new version, when it is not the one that was read. */
  storeAs?: string
}

const CURRENT = 'AWSCURRENT'
const PREVIOUS = 'AWSPREVIOUS'
const GUIDE = 'https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_update-secret-value.html'

/**
 * What to do with a new token: a sentence, and where the form of the secret is known, a command for bash. Followed to
 * the letter, it changes the token and nothing else: a plain string stays one, without a line break at its end, and
 * other keys stay as they are. The token appears neither on the screen nor in the history of the shell.
 */
export function storeCommand(place: TokenPlace): string {
  const { secret, shape, storeAs = secret.stage } = place
  const { id } = secret
  // A value put there would take the label from the version that a roll-back needs.
  if (storeAs === PREVIOUS) {
    return `Do not store it as ${PREVIOUS}: that is the version that was replaced, whose token stops working after a rotation. Set \`secret-version-stage: ${CURRENT}\`, and see whether the token that is current passes.`
  }
  const key = verbatim(JSON.stringify(secret.key))
  const where = storeAs === CURRENT ? id : `${id} with the staging label ${verbatim(storeAs)}`
  switch (shape.kind) {
    case 'plain':
      return `Store it in ${where}, as a plain string: that is the form of the secret. In bash, this asks for the token:\n${subshell(
        ...askFor('%s'),
        put(place, shape.binary),
      )}`
    case 'object':
      return `Store it in ${where}, at the key ${key}${shape.otherKeys ? '; keep the other keys' : ''}. In bash, this opens the value in an editor; replace the text at ${key} and nothing else:\n${subshell(
        get(place, shape.binary),
        // biome-ignore lint/suspicious/noTemplateCurlyInString: for the shell.
        '${EDITOR:-vi} "$file"',
        put(place, shape.binary),
      )}`
    case 'none':
      return `Store it in ${where}, which has no value yet. In bash, this asks for the token:\n${subshell(
        ...askFor(`{${literal(key)}: "%s"}`),
        put(place, false),
      )}`
    case 'unknown':
      return `Store it in ${where}, in the form that the secret has now. If that is a plain string, store the token alone; if it is a JSON object, replace the text at ${key} and nothing else. See ${GUIDE}`
  }
}

/** A temporary file is readable by its owner only. In parentheses, pasted lines are read before the first one runs. */
function subshell(...steps: readonly string[]): string {
  return ['(', '  file=$(mktemp) &&', `  ${steps.join(' &&\n  ')}`, '  rm -f "$file"', ')'].join('\n')
}

/** The steps that ask for the token and write the file. `format`: for printf; `%s` is the token. */
function askFor(format: string): [string, string] {
  return ["read -rsp 'New token: ' token", `printf ${word(format)} "$token" > "$file"`]
}

/** The step that writes the present value into the file. */
function get({ secret }: TokenPlace, binary: boolean): string {
  const stage = secret.stage === CURRENT ? '' : ` --version-stage ${word(secret.stage)}`
  const call = `aws secretsmanager get-secret-value ${address(secret)}${stage} --query ${binary ? 'SecretBinary' : 'SecretString'} --output text`
  return binary ? `(set -o pipefail; ${call} | base64 --decode) > "$file"` : `${call} > "$file"`
}

/** The step that stores the file as a new version. */
function put({ secret, storeAs = secret.stage }: TokenPlace, binary: boolean): string {
  const stage = storeAs === CURRENT ? '' : ` --version-stages ${word(storeAs)}`
  const value = binary ? '--secret-binary "fileb://$file"' : '--secret-string "file://$file"'
  return `aws secretsmanager put-secret-value ${address(secret)}${stage} ${value}`
}

function address({ region, id }: SecretReference): string {
  return `--region ${word(region)} --secret-id ${word(id)}`
}

/** Text of a format that printf writes as it is. */
function literal(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('%', '%%')
}

/** One word for a shell. */
function word(text: string): string {
  return /^[\w/+=.@:%-]+$/.test(text) ? text : `'${verbatim(text).replaceAll("'", "'\\''")}'`
}
