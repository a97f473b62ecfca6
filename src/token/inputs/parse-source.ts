/** The inputs about the token source, and which inputs belong to which. */

import { REPOSITORY_PART } from '../../hub/repository.ts'
import {
  includes,
  LEAST_OAUTH_SCOPES,
  LEAST_PERMISSIONS,
  NEEDED,
  OAUTH_SCOPES,
  permits,
  type Scope,
  scopeOf,
} from '../../hub/scopes.ts'
import { duration, oneOf } from '../../inputs/fields.ts'
import type { Problems } from '../../inputs/problems.ts'
import { SOURCES, type SourceRequest } from '../../sources/request.ts'
import { listed, quoted } from '../../text/printable.ts'
import { INPUTS, type InputName } from './definitions.ts'

/** Prefixes of repositories in `hf-resource`. Source: huggingface.co/docs/hub/trusted-publishers. */
const RESOURCE_KINDS = ['models', 'datasets', 'spaces', 'kernels', 'buckets']

/** Inputs that only some sources use: given for another one, they would mislead whoever reads the workflow. */
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

/** The source, with what only it needs; inputs of another one are a problem. */
export function parseSource(
  values: Record<InputName, string>,
  org: string,
  scope: Scope,
  problems: Problems,
): SourceRequest {
  const kind = oneOf('token-source', values['token-source'], SOURCES, problems)
  // A source that is none says nothing about the other inputs.
  const known = kind === values['token-source']
  for (const [name, kinds] of known ? BELONGS_TO : []) {
    const given = values[name] !== (INPUTS[name] ?? '')
    if (given && !kinds.includes(kind)) {
      problems.add(name, `is not used with \`token-source: ${kind}\`, only with ${listed(kinds)}; remove it`)
    }
  }
  switch (kind) {
    case 'secrets-manager':
      return { kind }
    case 'trusted-publisher':
      return { kind, resource: parseResource(values['hf-resource'], org, scope, problems) }
    case 'token-exchange':
      return {
        kind,
        member: parseMember(values.member, problems),
        scopes: parseScopes(values['oauth-scopes'], scope, problems),
      }
    case 'service-account':
      return {
        kind,
        account: parseAccount(values['service-account'], problems),
        permissions: parsePermissions(values.permissions, scope, problems),
        orphanAgeSeconds: duration('orphan-age', values, 0, 30 * 86_400, problems),
      }
  }
}

function parseResource(text: string, org: string, scope: Scope, problems: Problems): string {
  const parts = text.split('/')
  if (text === '') {
    problems.add(
      'hf-resource',
      `is required with \`token-source: trusted-publisher\`: a repository such as ${org || 'acme'}/model, or a user's name`,
    )
  } else if (!parts.every((part) => REPOSITORY_PART.test(part)) || parts.length > 3) {
    problems.add('hf-resource', `is ${quoted(text, 120)}, which is neither a repository nor a user's name`)
  } else if (parts.length === 3 && !RESOURCE_KINDS.includes(parts[0] ?? '')) {
    problems.add(
      'hf-resource',
      `is ${quoted(text, 120)}; a repository begins with its namespace, or with ${listed(RESOURCE_KINDS)}`,
    )
  } else if (parts.length > 1 && parts.at(-2) !== org) {
    problems.add(
      'hf-resource',
      `is ${quoted(text, 120)}, which is not in the namespace of \`hf-org\`, ${quoted(org, 60)}`,
    )
  } else if (scope === 'read' && ['kernels', 'buckets'].includes(parts[0] ?? '')) {
    problems.add(
      'hf-resource',
      `is ${quoted(text, 120)}; the Hub cannot be asked whether a token only reads a ${parts[0]?.slice(0, -1)}, so \`scope: read\` cannot be checked`,
    )
  } else if (scope === 'admin' || (parts.length === 1 && scope !== 'read')) {
    problems.add(
      'hf-resource',
      `can never give \`scope: ${scope}\`: a repository's token reads or writes it, a user's only reads`,
    )
  }
  // `models/` is how other inputs write it; the Hub wants the bare name.
  return parts[0] === 'models' && parts.length === 3 ? parts.slice(1).join('/') : text
}

function parseMember(text: string, problems: Problems): string {
  if (text === '') problems.add('member', "is required with `token-source: token-exchange`: a member's e-mail")
  else if (!/^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{1,255}$/u.test(text))
    problems.add('member', `is ${quoted(text, 100)}, which is not an e-mail address`)
  return text
}

function parseScopes(text: string, scope: Scope, problems: Problems): readonly string[] {
  const given = [...new Set(text.split(/[\s,]+/).filter(Boolean))]
  for (const name of given) {
    const width = OAUTH_SCOPES[name]
    if (!width) problems.add('oauth-scopes', `has ${quoted(name, 60)}, which is not a scope of the Hub`)
    else if (!includes(scope, width))
      problems.add('oauth-scopes', `has ${name}, which is more than \`scope: ${scope}\``)
  }
  return given.length > 0 ? given : LEAST_OAUTH_SCOPES[scope]
}

function parseAccount(text: string, problems: Problems): string {
  if (text === '') problems.add('service-account', 'is required with `token-source: service-account`: its name or id')
  else if (!/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,96}$/u.test(text))
    problems.add('service-account', `is ${quoted(text, 100)}, which is neither a name nor an id`)
  return text
}

function parsePermissions(text: string, scope: Scope, problems: Problems): readonly string[] {
  const given = [...new Set(text.split(/[\s,]+/).filter(Boolean))]
  for (const name of given) {
    if (!/^[A-Za-z]+(?:\.[A-Za-z]+)+$/.test(name))
      problems.add('permissions', `has ${quoted(name, 60)}, which is not a permission such as repo.write`)
    else if (!includes(scope, scopeOf(name)))
      problems.add('permissions', `has ${name}, which is more than \`scope: ${scope}\``)
  }
  if (given.length > 0 && !given.some((name) => permits(name, scope))) {
    problems.add('permissions', `has nothing that \`scope: ${scope}\` needs: add ${NEEDED[scope]}`)
  }
  return given.length > 0 ? given : LEAST_PERMISSIONS[scope]
}
