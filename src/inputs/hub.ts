/** The inputs about the Hub: organization, endpoint, repositories. */

import type { HubRepository } from '../hub/repository.ts'
import { parseRepository } from '../hub/repository.ts'
import { quoted } from '../text/printable.ts'
import { checkUrl } from './fields.ts'
import type { Problems } from './problems.ts'

const ORG = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/

/** The organization's slug. */
export function parseOrg(text: string, problems: Problems): string {
  if (text === '') problems.add('hf-org', 'is required: the slug of the organization, as in huggingface.co/<slug>')
  else if (!ORG.test(text)) {
    const hint = text.includes('/') ? '; give the slug alone, not a URL or a repository' : ''
    problems.add('hf-org', `is ${quoted(text, 100)}, which is not an organization's slug on the Hub${hint}`)
  }
  return text
}

/** Without slashes at the end. */
export function parseEndpoint(name: string, text: string, problems: Problems): string {
  checkUrl(name, text, problems)
  return text.replace(/\/+$/, '')
}

/** `items`: repositories as people write them; each is taken once. */
export function parseRepositories(items: readonly string[], problems: Problems): HubRepository[] {
  const found = new Map<string, HubRepository>()
  for (const line of items) {
    const repository = parseRepository(line)
    if (repository) found.set(repository.label, repository)
    else {
      problems.add(
        'repositories',
        `has the line ${quoted(line, 120)}; write acme/model, datasets/acme/data or spaces/acme/app`,
      )
    }
  }
  return [...found.values()]
}
