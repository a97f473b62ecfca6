/** What to tell a user whose exchange the Hub refuses: what to enter on which page. Loaded only then. */
import type { Identity } from '../../identity/identity.ts'
import { block, code, link, prose } from '../../text/message.ts'
import { printable, verbatim } from '../../text/printable.ts'
import { hubDocs, hubPages } from '../pages.ts'
import type { Requirement } from '../requirement.ts'
import type { Advice } from './oauth-token.ts'

/** The provider and the claims to enter for a trusted publisher, from this job's own verified claims. */
export function trustedPublisherAdvice(identity: Identity, resource: string, endpoint: string): Advice {
  const isRepository = resource.includes('/')
  const pages = hubPages(endpoint)
  const page = isRepository ? pages.repositorySettings(resource) : pages.authentication
  return {
    expected: `a trusted publisher of ${resource} with this issuer, whose claims all match those of this job`,
    cause: `${resource} has no ${isRepository ? 'trusted publisher' : 'CI/CD identity'} for this job, or one of its claims differs. The Hub compares them exactly (case-sensitive).`,
    fix: [
      prose`If this job should get a token, open ${link(page)}. Under ${isRepository ? '"Trusted Publishers"' : '"CI/CD Access"'}, add a publisher with exactly these values (the Hub does not compare claims that you leave out):`,
      block(publisherLines(identity).join('\n')),
      prose`See ${link(hubDocs('trusted-publishers'))}.`,
    ],
  }
}

/** Provider and claims as the settings page asks for them. */
function publisherLines(identity: Identity): string[] {
  const { issuer } = identity
  const claim = (name: string) => claimOf(identity, name)
  if (claim('repository') === undefined) {
    return [
      `issuer: ${printable(issuer, 200)}`,
      ...fields({ sub: claim('sub'), project_path: claim('project_path'), ref: claim('ref') }),
    ]
  }
  const github = issuer === 'https://token.actions.githubusercontent.com'
  return [
    `provider: ${github ? 'GitHub Actions' : `other, with the issuer ${printable(issuer, 200)}`}`,
    ...fields({
      repository: claim('repository'),
      workflow: claim('workflow_ref')?.replace(/@.*$/, '').split('/').at(-1),
      branch: /^refs\/heads\/(.+)$/.exec(claim('ref') ?? '')?.[1],
      environment: claim('environment'),
    }),
  ]
}

/** A claim that is text and not empty. */
function claimOf({ claims }: Identity, name: string): string | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined
  return typeof value === 'string' && value !== '' ? verbatim(value, 300) : undefined
}

function fields(values: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
}

/** What is wrong with an organization's exchange, by the OAuth error (RFC 6749 section 5.2, RFC 8693 section 2.2.2). */
export function memberExchangeAdvice(
  error: string,
  { scopes, secret }: { scopes: readonly string[]; secret: string },
  { org, hubEndpoint }: Pick<Requirement, 'org' | 'hubEndpoint'>,
): Advice {
  const pages = hubPages(hubEndpoint)
  if (error === 'invalid_client') {
    return {
      expected: prose`the ${code('client_id')} and ${code('client_secret')} of an OAuth app of ${org}`,
      cause:
        'The app’s secret was renewed on the Hub but not in Secrets Manager, the app was deleted, or it lacks the privilege to exchange tokens.',
      fix: prose`Store the app’s current ${code('client_id')} and ${code('client_secret')} under these two keys in ${secret.split(',')[0] ?? ''}, and keep its other keys. The app’s page is under ${link(pages.orgSettings(org))}.`,
    }
  }
  if (error === 'invalid_scope') {
    return {
      expected: `scopes that the app has; the action requested ${printable(scopes.join(' '), 200)}`,
      cause: 'The OAuth app was created with fewer scopes than this job requests.',
      fix: prose`Give the app these scopes on its page, or request fewer with ${code('oauth-scopes')}.`,
    }
  }
  return {
    expected: `a member of ${org} with this email address, and an OAuth app bound to ${org} that may exchange tokens`,
    cause: prose`${code('member')} is not the verified email address of a member of ${org}, or the app belongs to another organization. The exchange requires an Enterprise plan.`,
    fix: prose`Check ${code('member')} against ${link(pages.orgMembers(org))}, and check that the app was created in this organization.`,
  }
}
