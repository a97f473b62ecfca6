/** What to tell a user whose exchange the Hub refuses: what to enter on which page. Loaded only then. */
import type { Explanation } from '../errors/action-error.ts'
import type { Identity } from '../identity/identity.ts'
import { printable, verbatim } from '../text/printable.ts'
import type { MemberExchange } from './exchange.ts'
import { hubDocs, hubPages } from './pages.ts'
import type { Requirement } from './requirement.ts'

type Advice = Omit<Explanation, 'failed' | 'seen'>

/** The provider and the claims to enter for a trusted publisher, from this job's own verified claims. */
export function trustedPublisherAdvice(identity: Identity, resource: string, endpoint: string): Advice {
  const isRepository = resource.includes('/')
  const pages = hubPages(endpoint)
  const page = isRepository ? pages.repositorySettings(resource) : pages.authentication
  return {
    expected: `a trusted publisher of ${resource} for this issuer, whose claims are all equal to this job’s`,
    cause: isRepository
      ? `${resource} has no trusted publisher for this job, or one of its claims differs: the Hub compares them letter by letter.`
      : `${resource} has no CI/CD identity for this job, or one of its claims differs: the Hub compares them letter by letter.`,
    fix: `If this job is meant to get a token: on ${page}, under ${isRepository ? '"Trusted Publishers"' : '"CI/CD Access"'}, add a publisher with exactly this (claims that you leave out are not compared):\n${publisherLines(identity).join('\n')}\nSee ${hubDocs('trusted-publishers')}.`,
  }
}

/** Provider and claims as the settings page asks for them. */
function publisherLines({ issuer, claims }: Identity): string[] {
  const text = (name: string): string | undefined => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined
    return typeof value === 'string' && value !== '' ? verbatim(value, 300) : undefined
  }
  const line = (name: string, value: string | undefined) => (value === undefined ? [] : [`${name}: ${value}`])
  if (text('repository') === undefined) {
    return [
      `issuer: ${printable(issuer, 200)}`,
      ...line('sub', text('sub')),
      ...line('project_path', text('project_path')),
      ...line('ref', text('ref')),
    ]
  }
  const workflow = text('workflow_ref')?.replace(/@.*$/, '').split('/').at(-1)
  const branch = text('ref')?.startsWith('refs/heads/') ? text('ref')?.slice('refs/heads/'.length) : undefined
  const github = issuer === 'https://token.actions.githubusercontent.com'
  return [
    `provider: ${github ? 'GitHub Actions' : `other, with the issuer ${printable(issuer, 200)}`}`,
    ...line('repository', text('repository')),
    ...line('workflow', workflow),
    ...line('branch', branch),
    ...line('environment', text('environment')),
  ]
}

/** What is wrong with an organization's exchange, by the OAuth error (RFC 6749 section 5.2, RFC 8693 section 2.2.2). */
export function memberExchangeAdvice(
  error: string,
  app: MemberExchange,
  { org, hubEndpoint }: Pick<Requirement, 'org' | 'hubEndpoint'>,
): Advice {
  const pages = hubPages(hubEndpoint)
  if (error === 'invalid_client') {
    return {
      expected: `client_id and client_secret of an OAuth app of ${org}`,
      cause:
        'the app’s secret was renewed on the Hub and not in Secrets Manager, the app was deleted, or it lacks the privilege to exchange tokens.',
      fix: `Store the app’s current client_id and client_secret at these two keys of ${app.secret.split(',')[0]}, and keep its other keys; the app’s page is under ${pages.orgSettings(org)}.`,
    }
  }
  if (error === 'invalid_scope') {
    return {
      expected: `scopes that the app was given; asked for were ${printable(app.scopes.join(' '), 200)}`,
      cause: 'the OAuth app was created with fewer scopes than this job asks for.',
      fix: 'Give the app these scopes on its page, or ask for fewer with `oauth-scopes`.',
    }
  }
  return {
    expected: `a member of ${org} with this e-mail, and an OAuth app bound to ${org} that may exchange tokens`,
    cause: `\`member\` is not the verified e-mail of a member of ${org}, or the app belongs to another organization; the exchange needs an Enterprise plan.`,
    fix: `Check \`member\` against ${pages.orgMembers(org)}, and that the app was created in this organization.`,
  }
}
