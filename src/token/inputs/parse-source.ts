/** The inputs about the token source, and which inputs apply to which source. */
import { includes, LEAST_OAUTH_SCOPES, OAUTH_SCOPES, type Scope } from '../../hub/scopes.ts'
import { duration, oneOf, words } from '../../inputs/fields.ts'
import { parseServiceAccount } from '../../inputs/hub.ts'
import { parsePermissions } from '../../inputs/permissions.ts'
import { didYouMean, got, type Problems } from '../../inputs/problems.ts'
import { SOURCES, type SourceRequest } from '../../sources/request.ts'
import { code, prose } from '../../text/message.ts'
import { listed } from '../../text/printable.ts'
import { INPUTS, type InputName } from './definitions.ts'
import { parseResource } from './parse-resource.ts'

/** Inputs that only some sources use. With any other source, they would mislead whoever reads the workflow. */
const BELONGS_TO: readonly (readonly [InputName, readonly SourceRequest['kind'][]])[] = [
  ...(
    [
      'role-to-assume',
      'aws-region',
      'secret-id',
      'secret-version-stage',
      'audience',
      'role-session-name',
      'role-duration-seconds',
      'session-policy',
    ] as const
  ).map((name) => [name, ['secrets-manager', 'token-exchange', 'service-account']] as const),
  ['secret-key', ['secrets-manager', 'service-account']],
  ['hf-resource', ['trusted-publisher']],
  ['member', ['token-exchange']],
  ['oauth-scopes', ['token-exchange']],
  ['service-account', ['service-account']],
  ['permissions', ['service-account']],
  ['orphan-age', ['service-account']],
  ['revoke', ['trusted-publisher', 'token-exchange', 'service-account']],
]

/** The source, with what only it needs. An input that applies to other sources only is a problem. */
export function parseSource(
  values: Record<InputName, string>,
  { org, scope }: { org: string; scope: Scope },
  problems: Problems,
): SourceRequest {
  const kind = oneOf('token-source', values['token-source'], SOURCES, problems)
  // A typo in the source says nothing about the other inputs.
  if (kind === values['token-source']) refuseOthers(values, kind, problems)
  switch (kind) {
    case 'secrets-manager':
      return { kind }
    case 'trusted-publisher':
      return { kind, resource: parseResource(values['hf-resource'], { org, scope }, problems) }
    case 'token-exchange':
      return {
        kind,
        member: parseMember(values.member, problems),
        scopes: parseScopes(values['oauth-scopes'], scope, problems),
      }
    case 'service-account':
      return {
        kind,
        account: parseServiceAccount(values['service-account'], 'token-source: service-account', problems),
        permissions: parsePermissions(words(values.permissions), scope, `scope: ${scope}`, problems),
        orphanAgeSeconds: duration('orphan-age', values, { min: 0, max: 30 * 86_400 }, problems),
      }
  }
}

function refuseOthers(values: Record<InputName, string>, kind: SourceRequest['kind'], problems: Problems): void {
  for (const [name, kinds] of BELONGS_TO) {
    const given = values[name] !== (INPUTS[name] ?? '')
    if (given && !kinds.includes(kind)) {
      problems.add(
        name,
        prose`has no effect with ${code(`token-source: ${kind}`)} (only with ${listed(kinds)}); remove it`,
      )
    }
  }
}

function parseMember(text: string, problems: Problems): string {
  if (text === '') {
    problems.add(
      'member',
      prose`is required with ${code('token-source: token-exchange')}: the email address of a member`,
    )
  } else if (!/^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{1,255}$/u.test(text)) {
    problems.add('member', `must be an email address ${got(text, 100)}`)
  }
  return text
}

function parseScopes(text: string, scope: Scope, problems: Problems): readonly string[] {
  const given = words(text)
  for (const name of given) {
    const width = Object.hasOwn(OAUTH_SCOPES, name) ? OAUTH_SCOPES[name] : undefined
    if (!width) {
      const guess = didYouMean(name, Object.keys(OAUTH_SCOPES))
      problems.add('oauth-scopes', prose`must list OAuth scopes of the Hub ${got(name)}${guess}`)
    } else if (!includes(scope, width)) {
      problems.add('oauth-scopes', prose`must not allow more than ${code(`scope: ${scope}`)} ${got(name)}`)
    }
  }
  return given.length > 0 ? given : LEAST_OAUTH_SCOPES[scope]
}
