/** Edge: reads what proves the runner's own identity to AWS, from a file or a variable that AWS defines. */
import { realpathSync } from 'node:fs'
import type { AwsToken } from '../aws/assume-role.ts'
import { ActionError } from '../errors/action-error.ts'
import { code, prose } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import { mask } from './log.ts'
import { readSmallFile } from './small-file.ts'

const VARIABLE = 'AWS_CONTAINER_AUTHORIZATION_TOKEN'
/** Far more than AWS makes, in bytes. */
const MAX_TOKEN = 65_536
/** One line of visible characters and spaces, which can be a header; not a file with more in it. */
const TOKEN = /^[\x21-\x7e][\x20-\x7e]{6,}[\x21-\x7e]$/

/** Reads it when it is needed: Kubernetes replaces such files. The value is masked. */
export function awsTokenFrom(env: NodeJS.ProcessEnv): AwsToken {
  return (place) => {
    const isFile = place.kind === 'file'
    const text = (isFile ? readFile(place.path) : (env[VARIABLE] ?? '')).trim()
    if (!isFile && text === '') return undefined
    const name = isFile ? prose`the file ${code(printable(place.path, 200))}` : prose`the variable ${code(VARIABLE)}`
    if (!TOKEN.test(text)) {
      throw noToken(`${text === '' ? 'nothing' : 'something that is not a token'} there`, name)
    }
    mask(text)
    return text
  }
}

function readFile(path: string): string {
  try {
    // Kubernetes mounts tokens as links, so that it can replace them at once.
    return readSmallFile(realpathSync(path), MAX_TOKEN).bytes.toString('utf8')
  } catch (error) {
    const { code: reason, message } = error as NodeJS.ErrnoException
    const seen = reason === undefined ? printable(message, 60) : `a file that cannot be read (${printable(reason, 60)})`
    throw noToken(seen, prose`the file ${code(printable(path, 200))}`)
  }
}

function noToken(seen: string, place: ReturnType<typeof prose>): ActionError {
  return new ActionError('aws-identity-unavailable', {
    failed: prose`There is no token for this runner’s AWS identity in ${place}.`,
    seen,
    expected: 'the token that AWS or Kubernetes puts there',
    cause: 'The variable was set for a different machine, or the job’s user cannot read the file.',
    fix: prose`Make sure that the runner’s own environment sets it and that the job’s user can read it; in a job container, mount the file and pass on the variables. If this runner has another AWS identity, unset the variable.`,
  })
}
