/** How a person stores a new token in a secret without losing anything else in it: the one place for that command. */
import { block, code, link, type Part, prose } from '../text/message.ts'
import { verbatim } from '../text/printable.ts'
import { jsonString, secretCommand, word } from './commands.ts'
import type { SecretReference } from './request.ts'
import { type KeyPath, parsePath, pathInWords } from './secret-key.ts'

/** What is known of the form of a secret that holds a token. */
export type SecretShape =
  /** The token is the whole value. */
  | { kind: 'plain'; binary: boolean }
  /** A JSON object with the token at the secret's key. `path`: what a key with a dot turned out to mean. */
  | { kind: 'object'; binary: boolean; otherKeys: boolean; path?: KeyPath }
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
 * What to do with a new token: a sentence and, where the form of the secret is known, a command for bash. Followed to
 * the letter, it changes the token and nothing else: a plain string stays one, without a line break at its end, and
 * other keys stay as they are. The token appears neither on the screen nor in the history of the shell.
 */
export function storeCommand(place: TokenPlace): readonly Part[] {
  const { secret, shape, storeAs = secret.stage } = place
  // A value put there would take the label from the version that a roll-back needs.
  if (storeAs === PREVIOUS) {
    return [
      prose`Do not store it as ${code(PREVIOUS)}: that version holds the previous token, which stops working after a rotation. Set ${code(`secret-version-stage: ${CURRENT}`)}, and check whether the current token passes.`,
    ]
  }
  if (secret.versionId !== undefined) return [pinned(secret.versionId), ...storeCommand(unpinned(place))]
  const path = shape.kind === 'object' && shape.path ? shape.path : parsePath(secret.key)
  const key = pathInWords(path)
  const id = code(secret.id)
  const where = storeAs === CURRENT ? id : prose`${id} with the staging label ${code(verbatim(storeAs))}`
  switch (shape.kind) {
    case 'plain':
      return [
        prose`Store it in ${where} as a plain string, which is the form of this secret. This bash command prompts for the token:`,
        subshell(...askFor('%s'), put(place, shape.binary)),
      ]
    case 'object':
      return [
        prose`Store it in ${where} under the key ${key}${shape.otherKeys ? '; keep the other keys' : ''}. These bash commands open the value in an editor; replace only the text under ${key}:`,
        subshell(
          get(place, shape.binary),
          // biome-ignore lint/suspicious/noTemplateCurlyInString: for the shell.
          '${EDITOR:-vi} "$file"',
          put(place, shape.binary),
        ),
      ]
    case 'none':
      return [
        prose`Store it in ${where}, which has no value yet. This bash command prompts for the token:`,
        subshell(...askFor(formatOf(path)), put(place, false)),
      ]
    case 'unknown':
      return [
        prose`Store it in ${where}, in the form that the secret already has. If that is a plain string, store the token alone; if it is a JSON object, replace only the text under ${key}. See ${link(GUIDE)}`,
      ]
  }
}

/** A temporary file is readable by its owner only. In parentheses, pasted lines are read before the first one runs. */
function subshell(...steps: readonly string[]): Part {
  return block(['(', '  file=$(mktemp) &&', `  ${steps.join(' &&\n  ')}`, '  rm -f "$file"', ')'].join('\n'))
}

/** The steps that ask for the token and write the file. `format`: for printf; `%s` is the token. */
function askFor(format: string): [string, string] {
  return ["read -rsp 'New token: ' token", `printf ${word(format)} "$token" > "$file"`]
}

/** The step that writes the present value into the file. */
function get({ secret }: TokenPlace, binary: boolean): string {
  const call = secretCommand(
    'get-secret-value',
    secret,
    ...(secret.stage === CURRENT ? [] : ['--version-stage', word(secret.stage)]),
    `--query ${binary ? 'SecretBinary' : 'SecretString'} --output text`,
  )
  return binary ? `(set -o pipefail; ${call} | base64 --decode) > "$file"` : `${call} > "$file"`
}

/** The step that stores the file as a new version. */
function put({ secret, storeAs = secret.stage }: TokenPlace, binary: boolean): string {
  return secretCommand(
    'put-secret-value',
    secret,
    ...(storeAs === CURRENT ? [] : ['--version-stages', word(storeAs)]),
    binary ? '--secret-binary "fileb://$file"' : '--secret-string "file://$file"',
  )
}

/** A version never changes, and the current one may have another form. */
function unpinned({ secret, ...place }: TokenPlace): TokenPlace {
  const { versionId: _, ...current } = secret
  return { ...place, secret: current, shape: { kind: 'unknown' } }
}

function pinned(versionId: string): Part {
  return prose`${code(`secret-version-id: ${verbatim(versionId)}`)} always reads this version, and a version never changes. Remove that input, so that the step reads the version with the staging label ${code(CURRENT)}.`
}

/** The format with which printf writes a JSON object that has the token at the path. */
function formatOf(path: KeyPath): string {
  const [inner = '', ...outer] = path.toReversed().map((key) => literal(jsonString(key)))
  return outer.reduce((object, key) => `{${key}: ${object}}`, `{${inner}: "%s"}`)
}

/** Text of a format that printf writes as it is. */
function literal(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('%', '%%')
}
