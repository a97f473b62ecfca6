/** The inputs about the token source. */
import { type AskedRights, isAllowed, mayHave, settingOf } from '../../hub/asked-rights.ts'
import { canonical, LEAST_OAUTH_SCOPES, OAUTH_SCOPES } from '../../hub/scopes.ts'
import { duration, oneOf, words } from '../../inputs/fields.ts'
import { parseServiceAccount } from '../../inputs/hub.ts'
import { didYouMean, got, type Problems } from '../../inputs/problems.ts'
import { permissionsToMint } from '../../inputs/rights.ts'
import { SOURCES, type SourceRequest } from '../../sources/request.ts'
import { code, prose } from '../../text/message.ts'
import type { InputName } from './definitions.ts'
import { refuseForeign } from './foreign-inputs.ts'
import { parseResource } from './parse-resource.ts'

/**
 * The source, with what only it needs. An input that applies to other sources only is a problem; if it shows that the source
 * was forgotten, the other inputs are read for that source.
 */
export function parseSource(
  values: Record<InputName, string>,
  { org, asked }: { org: string; asked: AskedRights },
  problems: Problems,
): SourceRequest {
  const set = oneOf('token-source', values['token-source'], SOURCES, problems)
  // A typo in the source says nothing about the other inputs.
  const meant = set === values['token-source'] ? refuseForeign(values, set, problems) : undefined
  const kind = meant ?? set
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
