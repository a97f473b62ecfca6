/** Edge: reads the ID token that `id-token-from` names, from a variable or a file. */
import { readlinkSync } from 'node:fs'
import { dirname, isAbsolute } from 'node:path'
import { ActionError, type Explanation } from '../errors/action-error.ts'
import type { IdTokenFrom } from '../identity/request.ts'
import { block, code, type Prose, prose } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import { readSmallFile } from './small-file.ts'

/**
 * The ID token, without the white space around it. Empty for `github`, where it is requested instead.
 *
 * @throws `ActionError` `input-invalid` when there is none.
 */
export function readIdToken(from: IdTokenFrom, env: NodeJS.ProcessEnv): string {
  switch (from.kind) {
    case 'github':
      return ''
    case 'env':
      return checked(
        Object.hasOwn(env, from.name) ? (env[from.name] ?? '') : '',
        prose`the variable ${code(from.name)}`,
      )
    case 'file':
      return checked(readFile(from.path), fileAt(from.path))
  }
}

/** RFC 7519: three parts in base64url. The last is empty in an unsigned token, which is refused later for that. */
const JWT = /^[\w-]{16,}\.[\w-]+\.[\w-]*$/
/** Far more than any issuer makes, in bytes. */
const MAX_ID_TOKEN = 65_536

/** Only a JWT goes on to be masked and sent: masking the content of a wrong file would black out the log. */
function checked(text: string, place: Prose): string {
  const idToken = text.trim()
  if (idToken === '') throw noIdToken(place, 'an empty value')
  if (idToken.length > MAX_ID_TOKEN || !JWT.test(idToken)) throw noIdToken(place, 'a value that is not a JWT')
  return idToken
}

function readFile(path: string): string {
  try {
    return readSmallFile(path, MAX_ID_TOKEN).bytes.toString('utf8')
  } catch (error) {
    const target = linkTarget(path, error)
    if (target !== undefined) throw isLink(path, target)
    const { code: reason, message } = error as NodeJS.ErrnoException
    throw noIdToken(
      fileAt(path),
      reason === undefined ? printable(message, 60) : `a file that cannot be read (${printable(reason, 60)})`,
    )
  }
}

/** Where the link points that made `openSync` fail. FreeBSD's word for it is EMLINK. */
function linkTarget(path: string, error: unknown): string | undefined {
  if (!['ELOOP', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
  try {
    const target = readlinkSync(path)
    // Not normalized: `..` after a link to a folder would name another folder.
    return isAbsolute(target) ? target : `${dirname(path)}/${target}`
  } catch {
    return undefined
  }
}

function isLink(path: string, target: string): ActionError {
  const shown = printable(target, 400)
  return noIdToken(fileAt(path), prose`a symbolic link to ${code(shown)}`, {
    cause:
      'A link can be redirected to another file at any time, so the action does not follow it. Kubernetes mounts service account tokens as such links.',
    fix: ['Name the file that the link points to:', block(`id-token-from: file:${shown}`)],
  })
}

function fileAt(path: string): Prose {
  return prose`the file ${code(printable(path, 200))}`
}

function noIdToken(place: Prose, seen: string | Prose, more: Partial<Explanation> = {}): ActionError {
  return new ActionError('input-invalid', {
    failed: prose`There is no ID token in ${place}, so nothing was sent to AWS or the Hub.`,
    seen,
    expected: 'the job’s ID token (a JWT)',
    cause: prose`The name in ${code('id-token-from')} has a typo, or the platform did not provide the token to this step.`,
    fix: prose`Check ${code('id-token-from')}, and make sure that an earlier step or the platform puts the ID token there.`,
    ...more,
  })
}
