/** What to tell a user whom STS refuses. Loaded only then. */
import { ActionError, type Explanation } from '../errors/action-error.ts'
import type { Identity } from '../identity/identity.ts'
import { tellingClaims } from '../identity/telling-claims.ts'
import { block, code, type Prose, prose } from '../text/message.ts'
import { printable, verbatim } from '../text/printable.ts'
import { CHECK_SETTINGS, endpointVariables } from './explain-settings.ts'
import { otherSubjectFormat, providerArn, subjectPattern, trustPolicy } from './policies/trust-policy.ts'
import type { SessionRequest } from './request.ts'
import { isTransientRefusal, type ServiceError, said } from './service-error.ts'

/** What is known when STS refuses. */
interface Facts {
  error: ServiceError
  identity: Identity
  request: SessionRequest
}

interface Case {
  applies: (error: ServiceError) => boolean
  explain: (facts: Facts) => ActionError
}

type Advice = Pick<Explanation, 'cause' | 'fix'>

/** The first that applies explains the refusal. Source: STS API reference, AssumeRoleWithWebIdentity, "Errors". */
const CASES: readonly Case[] = [
  { applies: ({ name }) => /AccessDenied/.test(name), explain: trustRejected },
  { applies: isInvalidToken(/no openidconnect provider/i), explain: providerMissing },
  { applies: isInvalidToken(/incorrect token audience/i), explain: audienceNotRegistered },
  failedWith(
    ({ kind }) => kind === 'unsent',
    () => CHECK_SETTINGS,
  ),
  failedWith(({ name }) => /PackedPolicyTooLarge|MalformedPolicyDocument/.test(name), sessionPolicyRefused),
  failedWith(({ name }) => /RegionDisabled/.test(name), regionDisabled),
  failedWith(({ name }) => /ExpiredToken/.test(name), tokenExpiredTwice),
  failedWith(({ name, message }) => /ValidationError/.test(name) && /duration/i.test(message), sessionTooLong),
  failedWith(({ name }) => /IDPCommunicationError|InvalidIdentityToken|IDPRejectedClaim/.test(name), issuerUnreachable),
  failedWith(isTransientRefusal, overloaded),
  failedWith(() => true, settingRefused),
]

/** Maps a refusal of STS to a code and its explanation. */
export function explainSts(error: ServiceError, identity: Identity, request: SessionRequest): ActionError {
  const facts = { error, identity, request }
  const found = CASES.find(({ applies }) => applies(error))
  if (!found) throw new TypeError('the last case always applies')
  return found.explain(facts)
}

function isInvalidToken(text: RegExp): Case['applies'] {
  return ({ name, message }) => /^InvalidIdentityToken(?:Exception)?$/.test(name) && text.test(message)
}

/** A case of `sts-failed`. */
function failedWith(applies: Case['applies'], advice: (facts: Facts) => Advice): Case {
  return {
    applies,
    explain: (facts) =>
      new ActionError('sts-failed', {
        failed: prose`STS did not issue a session for the role ${code(printable(facts.request.role.arn))}.`,
        seen: said(facts.error),
        ...advice(facts),
      }),
  }
}

function trustRejected({ error, identity, request: { role } }: Facts): ActionError {
  const other = otherSubjectFormat(identity)
  const otherFormat = other
    ? prose`, or for the other subject format (${code(verbatim(other, 300))}), which never matches this token`
    : ''
  return new ActionError('role-trust-rejected', {
    failed: prose`AWS does not allow this job to assume the role ${code(printable(role.arn))}.`,
    seen: said(error),
    expected: 'a role with this name whose trust policy matches the claims of this job',
    claims: tellingClaims(identity.claims).map(([name, value]) => [name, verbatim(value, 300)] as const),
    cause: prose`The condition on ${code('sub')} or ${code('aud')} in the trust policy is for another repository, branch or environment${otherFormat}. STS does not say which condition failed, and it gives the same answer when the role does not exist.`,
    fix: [
      prose`First decide whether this job (${job(identity)}) should get this token. If it should not, run it from a branch, environment or repository that the policy allows.${caution(identity)}`,
      prose`If it should, make sure that the role exists and that its trust policy contains the statement below, which allows only ${allowed(identity)}. If the role needs no other statements, save the policy below as ${code('trust-policy.json')} and run this command, which replaces the whole policy. Otherwise, add the statement to the existing ones:`,
      block(
        `aws iam update-assume-role-policy --role-name ${role.arn.split('/').at(-1)} --policy-document file://trust-policy.json`,
      ),
      block(JSON.stringify(trustPolicy(identity, role), null, 2)),
    ],
  })
}

function providerMissing({ error, identity, request: { role } }: Facts): ActionError {
  const issuer = printable(identity.issuer)
  return new ActionError('oidc-provider-missing', {
    failed: prose`The AWS account ${role.account} has no OIDC provider for the issuer ${code(issuer)}.`,
    seen: said(error),
    expected: prose`an IAM OIDC provider for ${code(issuer)}`,
    cause: 'The provider was never created in this account, or the role is not in the account that you expect.',
    fix: [
      'Create it (once per account):',
      block(`aws iam create-open-id-connect-provider --url ${issuer} --client-id-list ${printable(identity.audience)}`),
    ],
  })
}

function audienceNotRegistered({ error, identity, request: { role } }: Facts): ActionError {
  const audience = printable(identity.audience)
  const provider = printable(providerArn(identity, role))
  return new ActionError('audience-not-registered', {
    failed: prose`The OIDC provider in the AWS account ${role.account} does not list the audience ${code(audience)}.`,
    seen: said(error),
    expected: prose`${code(audience)} in the client ID list of ${code(provider)}; it must match exactly (case-sensitive)`,
    cause: prose`The provider was created for other uses (often with ${code('sts.amazonaws.com')} only), ${code('hf-org')} has a typo, or upper and lower case differ.`,
    fix: [
      'Add the audience. This command changes nothing else:',
      block(
        `aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ${provider} --client-id ${audience}`,
      ),
    ],
  })
}

function sessionPolicyRefused({ request }: Facts): Advice {
  return {
    cause: 'The session policy is too long for STS, or it is not a valid policy.',
    fix:
      request.sessionPolicy === 'auto'
        ? prose`Set a shorter policy in ${code('session-policy')}, or set ${code('session-policy: none')} if the role itself can read nothing but this secret.`
        : prose`Correct the policy in ${code('session-policy')}, or set ${code('session-policy: auto')}, which creates one that fits.`,
  }
}

function regionDisabled({ request: { region, role } }: Facts): Advice {
  return {
    cause: `STS is not activated in ${region} for the account ${role.account}.`,
    fix: prose`Activate the region in the account’s IAM settings ("Security Token Service"), or choose another ${code('aws-region')}.`,
  }
}

function tokenExpiredTwice(): Advice {
  return {
    cause: 'The ID token expired before it reached STS, twice: the clock of the runner or of the endpoint is wrong.',
    fix: 'Synchronize the runner’s clock (NTP) and re-run the job.',
  }
}

function sessionTooLong(): Advice {
  return {
    cause: 'The requested session is longer than the role’s maximum session duration.',
    fix: prose`Lower ${code('role-duration-seconds')}, or increase the maximum session duration of the role.`,
  }
}

function issuerUnreachable(): Advice {
  return {
    cause: 'AWS could not check the ID token with its issuer at that moment, or AWS cannot reach the issuer’s keys.',
    fix: 'Re-run the job. If the problem persists, check that AWS can reach the issuer; it cannot reach a GitHub Enterprise Server behind a firewall.',
  }
}

function overloaded(): Advice {
  return {
    cause: 'STS is throttling the account or having an incident.',
    fix: prose`Re-run the job. If many jobs start at the same time, stagger them, or allow more attempts with ${code('max-attempts')}.`,
  }
}

function settingRefused(): Advice {
  return {
    cause: 'STS does not accept a setting of this step; its own message is above.',
    fix: prose`Correct the setting that it names: ${code('role-to-assume')}, ${code('role-session-name')}, ${code('role-duration-seconds')} or ${code('session-policy')}. If ${endpointVariables('STS')} is set, check where it points.`,
  }
}

/** Which job it is, in a few words. */
function job({ claims, subject }: Identity): Prose {
  const of = (name: string) => (typeof claims[name] === 'string' ? code(verbatim(claims[name], 200)) : undefined)
  const event = of('event_name')
  return event === undefined
    ? prose`subject ${code(verbatim(subject, 200))}`
    : prose`event ${event}, ref ${of('ref') ?? 'unknown'}`
}

/** What the printed policy allows, in words. */
function allowed({ subject }: Identity): Prose {
  const pattern = subjectPattern(subject)
  if (pattern === undefined) return prose`this job’s subject`
  return subject.startsWith('repo:') && pattern.includes('*') && /\/gh-readonly-queue\//.test(subject)
    ? prose`this job’s subject: ${code('*')} matches the part that is different in every run, so every run of this branch’s merge queue is allowed`
    : prose`this job’s subject, except that ${code('*')} and ${code('?')} match what differs in every run and what AWS does not accept in a policy`
}

/** A subject that many people can have must not be allowed without a thought. */
function caution({ subject }: Identity): string {
  return subject.endsWith(':pull_request')
    ? ' A policy for this subject allows everyone who can open a pull request from a branch of the repository.'
    : ''
}
