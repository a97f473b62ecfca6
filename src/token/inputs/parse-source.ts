/** The inputs about the token source, and which inputs apply to which source. */
import { type AskedRights, isAllowed, mayHave, settingOf } from '../../hub/asked-rights.ts'
import { canonical, LEAST_OAUTH_SCOPES, OAUTH_SCOPES } from '../../hub/scopes.ts'
import { duration, oneOf, words } from '../../inputs/fields.ts'
import { parseServiceAccount } from '../../inputs/hub.ts'
import { didYouMean, got, type Problems } from '../../inputs/problems.ts'
import { permissionsToMint } from '../../inputs/rights.ts'
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
  ['accept-proof', ['secrets-manager']],
  ['proof-max-age', ['secrets-manager']],
  ['hf-resource', ['trusted-publisher']],
  ['member', ['token-exchange']],
  ['oauth-scopes', ['token-exchange']],
  ['service-account', ['service-account']],
  ['orphan-age', ['service-account']],
  ['revoke', ['trusted-publisher', 'token-exchange', 'service-account']],
]

/** The source, with what only it needs. An input that applies to other sources only is a problem. */
export function parseSource(
  values: Record<InputName, string>,
  { org, asked }: { org: string; asked: AskedRights },
  problems: Problems,
): SourceRequest {
  const kind = oneOf('token-source', values['token-source'], SOURCES, problems)
  // A typo in the source says nothing about the other inputs.
  if (kind === values['token-source']) refuseOthers(values, kind, problems)
  switch (kind) {
    case 'secrets-manager':
      return { kind }
    case 'trusted-publisher':
      return { kind, resource: parseResource(values['hf-resource'], { org, asked }, problems) }
    case 'token-exchange':
      return {
        kind,
        member: parseMember(values.member, problems),
        scopes: parseOAuthScopes(values['oauth-scopes'], asked, problems),
      }
    case 'service-account':
      return {
        kind,
        account: parseServiceAccount(values['service-account'], 'token-source: service-account', problems),
        permissions: permissionsToMint(asked, problems),
        orphanAgeSeconds: duration('orphan-age', values, { min: 0, max: 30 * 86_400 }, problems),
      }
  }
}

function refuseOthers(values: Record<InputName, string>, kind: SourceRequest['kind'], problems: Problems): void {
  for (const [name, kinds] of BELONGS_TO) {
    const given = values[name] !== (INPUTS[name] ?? '')
    if (given && !kinds.includes(kind)) {
      const [only, ...others] = kinds
      // An input of one source alone shows which source was meant.
      const fix =
        only !== undefined && others.length === 0
          ? prose`set ${code(`token-source: ${only}`)}, or remove it`
          : 'remove it'
      problems.add(
        name,
        prose`has no effect with ${code(`token-source: ${kind}`)} (only with ${listed(kinds)}); ${fix}`,
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

function parseOAuthScopes(text: string, asked: AskedRights, problems: Problems): readonly string[] {
  const given = words(text)
  for (const name of given) {
    const scope = Object.hasOwn(OAUTH_SCOPES, name) ? OAUTH_SCOPES[name] : undefined
    if (!scope) {
      const guess = didYouMean(name, Object.keys(OAUTH_SCOPES))
      problems.add('oauth-scopes', prose`must list OAuth scopes of the Hub ${got(name)}${guess}`)
    } else if (!isAllowed(asked, name) && !isWithin(scope, asked)) {
      problems.add('oauth-scopes', prose`must not allow more than ${settingOf(asked)} ${got(name)}`)
    }
  }
  if (given.length > 0) return given
  if (asked.permissions.length > 0) return [...new Set(asked.permissions.map((one) => oauthScopeFor(one, problems)))]
  return [...new Set(asked.scopes.flatMap((scope) => LEAST_OAUTH_SCOPES[scope]))]
}

function isWithin({ permissions, within }: (typeof OAUTH_SCOPES)[string], asked: AskedRights): boolean {
  if (asked.permissions.length > 0) return permissions.every((permission) => mayHave(asked, permission))
  return within === undefined || within.some((scope) => asked.scopes.includes(scope))
}

/** The narrowest OAuth scope that comes with a permission. */
function oauthScopeFor(permission: string, problems: Problems): string {
  const all = Object.entries(OAUTH_SCOPES).filter(([, scope]) => scope.permissions.includes(canonical(permission)))
  const [name] = all.sort(([, a], [, b]) => a.permissions.length - b.permissions.length)[0] ?? []
  if (name === undefined) {
    problems.add(
      'permissions',
      prose`must list permissions that an OAuth scope of the Hub stands for ${got(permission)}; list the scopes in ${code('oauth-scopes')} instead`,
    )
  }
  return name ?? ''
}
