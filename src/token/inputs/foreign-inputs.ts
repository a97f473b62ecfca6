/** Which inputs apply to which token source, and which source is meant when they do not fit the one that is set. */
import type { Problems } from '../../inputs/problems.ts'
import { SOURCES, type SourceRequest } from '../../sources/request.ts'
import { code, codes, prose } from '../../text/message.ts'
import { listed } from '../../text/printable.ts'
import { INPUTS, type InputName } from './definitions.ts'

type SourceName = SourceRequest['kind']

/** Inputs that only some sources use. With any other source, they would mislead whoever reads the workflow. */
const BELONGS_TO: readonly (readonly [InputName, readonly SourceName[]])[] = [
  ...(
    [
      'role-to-assume',
      'role-chain',
      'session-tags',
      'aws-identity',
      'aws-region',
      'secret-id',
      'secret-version-stage',
      'secret-version-id',
      'audience',
      'role-session-name',
      'role-duration-seconds',
      'session-policy',
    ] as const
  ).map((name) => [name, ['secrets-manager', 'token-exchange', 'service-account']] as const),
  ['secret-key', ['secrets-manager', 'service-account']],
  ['accept-proof', ['secrets-manager']],
  ['proof-max-age', ['secrets-manager']],
  ['hf-resource', ['trusted-publisher']],
  ['member', ['token-exchange']],
  ['oauth-scopes', ['token-exchange']],
  ['service-account', ['service-account']],
  ['orphan-age', ['service-account']],
  ['revoke', ['trusted-publisher', 'token-exchange', 'service-account']],
]

/** What people call the secret of a source, and the input that names it here. */
const OTHER_NAMES: Readonly<Record<string, { source: SourceName; input: InputName; holds: string }>> = {
  'admin-secret-id': { source: 'service-account', input: 'secret-id', holds: 'the secret with the admin token' },
  'admin-secret-key': { source: 'service-account', input: 'secret-key', holds: 'the key of the admin token' },
  'oauth-secret-id': { source: 'token-exchange', input: 'secret-id', holds: 'the secret with the OAuth app' },
}

/** Reports inputs under a name that they have elsewhere; returns the other unknown ones. */
export function refuseOtherNames(unknown: readonly string[], problems: Problems): string[] {
  return unknown.filter((name) => {
    const known = Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name] : undefined
    if (!known) return true
    const { source, input, holds } = known
    problems.add(
      name,
      prose`is not an input of this action; use ${code(input)} instead: with ${code(`token-source: ${source}`)}, it names ${holds}`,
    )
    return false
  })
}

/**
 * Reports inputs that do not apply to the source. Returns the source that they all belong to, if the one that is set is the
 * default, so that somebody has probably forgotten to set it.
 */
export function refuseForeign(
  values: Readonly<Record<InputName, string>>,
  kind: SourceName,
  problems: Problems,
): SourceName | undefined {
  const given = BELONGS_TO.filter(([name]) => values[name] !== (INPUTS[name] ?? ''))
  const foreign = given.filter(([, kinds]) => !kinds.includes(kind))
  if (foreign.length === 0) return undefined
  const [meant, ...others] = SOURCES.filter((source) => foreign.every(([, kinds]) => kinds.includes(source)))
  if (kind === INPUTS['token-source'] && meant !== undefined && others.length === 0) {
    const names = foreign.map(([name]) => name)
    const isOne = names.length === 1
    problems.addLine(
      prose`${codes(names)} ${isOne ? 'has' : 'have'} no effect with ${code(`token-source: ${kind}`)} (only with ${meant}); add the line ${code(`token-source: ${meant}`)}, or remove ${isOne ? 'it' : 'them'}`,
    )
    return meant
  }
  for (const [name, kinds] of foreign) {
    problems.add(
      name,
      prose`has no effect with ${code(`token-source: ${kind}`)} (only with ${listed(kinds)}); ${fixFor(kinds)}`,
    )
  }
  return undefined
}

/** An input of one source alone shows which source may be meant. */
function fixFor([only, ...others]: readonly SourceName[]) {
  return only !== undefined && others.length === 0
    ? prose`set ${code(`token-source: ${only}`)}, or remove it`
    : 'remove it'
}
