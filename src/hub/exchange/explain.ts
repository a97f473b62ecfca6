/** What to tell a user whose exchange the Hub refuses: what to enter on which page. Loaded only then. */
import type { Identity } from '../../identity/identity.ts'
import { block, code, link, list, type Part, prose } from '../../text/message.ts'
import { printable, verbatim } from '../../text/printable.ts'
import { hubDocs, hubPages } from '../pages.ts'
import type { Requirement } from '../requirement.ts'
import type { Advice } from './oauth-token.ts'

/** An exchange of an ID token that the Hub refused. */
export interface RefusedExchange {
  identity: Identity
  resource: string
  endpoint: string
}

/**
 * What is wrong with the exchange of an ID token, by the OAuth error (RFC 6749, section 5.2; RFC 8693, section 2.2.2): for
 * a refused grant, what to enter for a trusted publisher, from this job's own verified claims.
 */
export function trustedPublisherAdvice(error: string, { identity, resource, endpoint }: RefusedExchange): Advice {
  if (error === 'invalid_request' || error === 'invalid_target') return aboutResource(resource)
  const isRepository = resource.includes('/')
  const pages = hubPages(endpoint)
  const page = isRepository ? pages.repositorySettings(resource) : pages.authentication
  return {
    expected: `a trusted publisher of ${resource} with this issuer, whose claims all match those of this job`,
    cause: [
      'The Hub gives the same answer in all of these cases:',
      list([
        `${resource} does not exist, or has no ${isRepository ? 'trusted publisher' : 'CI/CD identity'} for this job`,
        'one of its claims differs from those of this job: the Hub compares them exactly (case-sensitive)',
        'the audience of the ID token is not the Hub',
        'the account behind it is locked',
      ]),
    ],
    fix: [
      prose`If this job should get a token, open ${link(page)}. Under ${isRepository ? '"Trusted Publishers"' : '"CI/CD Access"'}, add a publisher with exactly these values (the Hub does not compare claims that you leave out):`,
      block(publisherLines(identity).join('\n')),
      ...reusableWorkflow(identity),
      prose`The audience of this job’s ID token is ${code(audienceOf(identity))}. The Hub requires its own address, ${code(pages.hub)}.`,
      prose`See ${link(hubDocs('trusted-publishers'))}.`,
    ],
  }
}

/** The Hub could not make sense of the request, which differs between jobs only in the resource. */
function aboutResource(resource: string): Advice {
  const name = code('hf-resource')
  return {
    expected: prose`a repository or a user in ${name}`,
    cause: prose`The Hub could not read the request. Of what this workflow sets, only ${name} (${code(printable(resource, 200))}) is part of it.`,
    fix: prose`Check ${name}: ${code('acme/model')}, ${code('datasets/acme/data')}, ${code('spaces/acme/app')}, or the name of a user. If it is right, see ${link(hubDocs('trusted-publishers'))}.`,
  }
}

/** Provider and claims as the settings page asks for them. */
function publisherLines(identity: Identity): string[] {
  const { issuer } = identity
  const claim = (name: string) => claimOf(identity, name)
  const ref = claim('ref')
  if (claim('repository') === undefined) {
    return [
      `issuer: ${printable(issuer, 200)}`,
      ...fields({ sub: claim('sub'), project_path: claim('project_path'), ref }),
    ]
  }
  const github = issuer === 'https://token.actions.githubusercontent.com'
  return [
    `provider: ${github ? 'GitHub Actions' : `other, with the issuer ${printable(issuer, 200)}`}`,
    ...fields({
      repository: claim('repository'),
      workflow: fileName(claim('workflow_ref')),
      branch: ref && (/^refs\/heads\/(.+)$/.exec(ref)?.[1] ?? `(leave empty: ${ref} is not a branch)`),
      environment: claim('environment') ?? '(leave empty: this job uses none)',
    }),
  ]
}

/** `publish.yml`, of `octo/repo/.github/workflows/publish.yml@refs/heads/main`. */
function fileName(workflowRef: string | undefined): string | undefined {
  return workflowRef?.replace(/@.*$/, '').split('/').at(-1)
}

/** Which file is which, for a job of a reusable workflow; nothing for any other job. */
function reusableWorkflow(identity: Identity): Part[] {
  const caller = claimOf(identity, 'workflow_ref')
  const reusable = claimOf(identity, 'job_workflow_ref')
  if (caller === undefined || reusable === undefined || reusable === caller) return []
  return [
    prose`This job is in a reusable workflow. GitHub’s claim ${code('workflow_ref')} names the caller, and ${code('job_workflow_ref')} names the reusable workflow:`,
    block(`workflow_ref: ${caller}\njob_workflow_ref: ${reusable}`),
    prose`The value of ${code('workflow')} above is the caller’s file, ${code(fileName(caller) ?? '')}, not ${code(fileName(reusable) ?? '')}.`,
  ]
}

/** The audiences, in words. */
function audienceOf({ claims: { aud } }: Identity): string {
  return printable([aud ?? []].flat().join(', '), 300)
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
