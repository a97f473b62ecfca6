/** The inputs about the Hub: organization, endpoint, repositories. */

import type { HubRepository } from '../hub/repository.ts'
import { parseRepository } from '../hub/repository.ts'
import { code, prose } from '../text/message.ts'
import { printable } from '../text/printable.ts'
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

/** The repositories that people wrote as `items`; each is kept once. */
export function parseRepositories(items: readonly string[], problems: Problems): HubRepository[] {
  const found = new Map<string, HubRepository>()
  for (const item of items) {
    const repository = parseRepository(item)
    if (repository) found.set(repository.label, repository)
    else {
      problems.add(
        'repositories',
        `must list repositories such as acme/model, datasets/acme/data or spaces/acme/app ${got(item, 120)}`,
      )
    }
  }
  return [...found.values()]
}
