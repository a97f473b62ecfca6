/** The inputs about the Hub: organization, endpoint, repositories. */

import type { HubRepository } from '../hub/repository.ts'
import { parseListedRepository } from '../hub/repository.ts'
import { code, prose } from '../text/message.ts'
import { printable, quoted } from '../text/printable.ts'
import { checkUrl } from './fields.ts'
import { got, type Problem, type Problems } from './problems.ts'

const ORG = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/

/** The organization's slug. */
export function parseOrg(text: string, problems: Problems): string {
  if (text === '') problems.add('hf-org', 'is required: the slug of the organization, as in huggingface.co/<slug>')
  else if (!ORG.test(text)) {
    problems.add('hf-org', prose`must be the slug of an organization on the Hub ${got(text, 100)}${slugIn(text)}`)
  }
  return text
}

/** `; did you mean acme?` for a URL or a repository of the organization. */
function slugIn(text: string): Problem {
  const slug = printable(text.replace(/^https?:\/\/[^/]*\//, '').split('/')[0])
  return ORG.test(slug) ? prose`; did you mean ${code(slug)}?` : ''
}

/** The slug, ID, or name of a service account; `needs`: the setting without which it may be missing, as YAML. */
export function parseServiceAccount(text: string, needs: string, problems: Problems): string {
  if (text === '') problems.add('service-account', prose`is required with ${code(needs)}: its slug`)
  else if (!/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,96}$/u.test(text)) {
    problems.add('service-account', `must be the slug, ID, or name of a service account ${got(text, 100)}`)
  }
  return text
}

/** The URL without slashes at the end. */
export function parseEndpoint(name: string, text: string, problems: Problems): string {
  checkUrl(name, text, problems)
  return text.replace(/\/+$/, '')
}

/** The repositories that people wrote as `items`; each is kept once, with its id if one is given. */
export function parseRepositories(items: readonly string[], problems: Problems): HubRepository[] {
  const found = new Map<string, HubRepository>()
  for (const item of items) {
    const repository = parseListedRepository(item)
    if (repository) {
      const before = found.get(repository.label)
      if (before?.id && repository.id && before.id !== repository.id) {
        problems.add('repositories', `lists ${quoted(repository.label, 120)} with two different IDs`)
      }
      found.set(repository.label, { ...before, ...repository })
    } else {
      const id = item.includes('#') ? ', with an ID of 24 hexadecimal digits or without one' : ''
      problems.add(
        'repositories',
        `must list repositories such as acme/model, datasets/acme/data or spaces/acme/app${id} ${got(item, 120)}`,
      )
    }
  }
  return [...found.values()]
}

/** A token can be minted for repositories of the organization only. */
export function checkMintable(org: string, repositories: readonly HubRepository[], problems: Problems): void {
  if (repositories.length === 0 || repositories.some(({ namespace }) => namespace === org)) return
  problems.add(
    'repositories',
    `must list a repository of ${printable(org, 100)}, because the token is minted for the listed repositories of the organization alone`,
  )
}
