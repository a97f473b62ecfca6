/** Compares a pending version with the current one: everything that readers find beside the token must survive. */
import { ActionError } from '../../errors/action-error.ts'
import type { RotatedSecret } from '../request.ts'
import type { TokenVersion } from './look.ts'
import { sameButToken } from './value.ts'

/** A pending version whose token works, and that must not become current nevertheless. */
export class Unfit extends ActionError {}

/**
 * Lets a pending version pass that differs from the current one in the token, and loses nothing that is in it. `ours`: a
 * rotation has made it.
 *
 * @throws `Unfit` `rotation-blocked`.
 */
export function compareWithCurrent(
  { secret }: RotatedSecret,
  current: TokenVersion,
  pending: TokenVersion,
  ours: boolean,
): void {
  const difference = harmfulDifference(current, pending, ours)
  if (!difference) return
  throw new Unfit('rotation-blocked', {
    failed: `The pending version of ${secret.id} cannot become the current one.`,
    ...difference,
    fix: 'Run this workflow again: it mints a new token from the current value.',
  })
}

interface Difference {
  seen: string
  expected: string
  cause: string
}

function harmfulDifference(current: TokenVersion, pending: TokenVersion, ours: boolean): Difference | undefined {
  if (pending.value.token === current.value.token) {
    return {
      seen: 'the token of the current version',
      expected: 'a new token',
      cause: 'The current token was stored again instead of a new one.',
    }
  }
  if ((pending.value.path === undefined) !== (current.value.path === undefined)) {
    return {
      seen: formOf(pending),
      expected: formOf(current),
      cause: 'The new value was stored in a different form than the current one.',
    }
  }
  const missing = current.value.otherKeys.filter((key) => !pending.value.otherKeys.includes(key))
  if (missing.length > 0) {
    return {
      seen: `${missing.length} of the secret’s other keys ${missing.length === 1 ? 'is' : 'are'} missing`,
      expected: `every other key of the current version (${current.value.otherKeys.length} in total)`,
      cause: 'Only the token was stored, but other readers of the secret use these keys.',
    }
  }
  if (current.createdAt !== undefined && pending.createdAt !== undefined && pending.createdAt < current.createdAt) {
    return {
      seen: `a version stored on ${new Date(pending.createdAt).toISOString()}, before the current version`,
      expected: 'a version that is newer than the current one',
      cause: 'The secret was changed after this version was stored. Making it current would lose that change.',
    }
  }
  // What a run stored is the current value of its time with another token: something else was changed since then.
  if (ours && !sameButToken(current.value, pending.value)) {
    return {
      seen: 'a value that differs from the current one in more than the token',
      expected: 'the current value with a new token',
      cause: 'The secret was changed after this version was stored.',
    }
  }
  return undefined
}

function formOf({ value }: TokenVersion): string {
  return value.path ? 'a JSON object' : 'a plain string'
}
