/** What to tell a user whom STS refuses. Loaded only then. */
import { ActionError } from '../errors/action-error.ts'
import type { Identity } from '../identity/identity.ts'
import { tellingClaims } from '../identity/telling-claims.ts'
import { printable, quoted, verbatim } from '../text/printable.ts'
import { otherSubjectFormat, trustPolicy } from './policies/trust-policy.ts'
import type { SessionRequest } from './request.ts'
import { isPassing, type ServiceError, said } from './service-error.ts'

/** For errors of the SDK itself. */
export const SETTINGS = {
  cause: 'the AWS SDK found no endpoint for these settings, or could not sign the request; its own words are above.',
  fix: 'Check `aws-region`, and the variables `AWS_ENDPOINT_URL*`, `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`. If none of them is wrong, report this as a bug.',
}

/** Maps an answer of STS to a code and its explanation. */
export function explainSts(error: ServiceError, identity: Identity, request: SessionRequest): ActionError {
  const account = request.role.account
  const issuer = identity.issuer
  if (/AccessDenied/.test(error.name)) return trustRejected(identity, request, said(error))
  if (error.name === 'InvalidIdentityToken' || error.name === 'InvalidIdentityTokenException') {
    if (/no openidconnect provider/i.test(error.message)) {
      return new ActionError('oidc-provider-missing', {
        failed: `The AWS account ${account} has no OIDC provider for the issuer ${printable(issuer, 200)}.`,
        seen: said(error),
        expected: `an IAM OIDC provider for ${printable(issuer)}`,
        cause: 'the provider was never created in this account, or the role is in another account than you think.',
        fix: `Create it once per account:\naws iam create-open-id-connect-provider --url ${printable(issuer)} --client-id-list ${printable(identity.audience)}`,
      })
    }
    if (/incorrect token audience/i.test(error.message)) {
      const provider = `arn:${request.role.partition}:iam::${account}:oidc-provider/${printable(hostAndPath(issuer))}`
      return new ActionError('audience-not-registered', {
        failed: `The OIDC provider in the AWS account ${account} does not list the audience ${quoted(identity.audience)}.`,
        seen: said(error),
        expected: `${quoted(identity.audience)} in the client id list of ${provider}, letter by letter`,
        cause:
          'the provider was created for other uses (often with `sts.amazonaws.com` only), `hf-org` has a slip, or upper and lower case differ.',
        fix: `Add it (nothing else changes):\naws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ${provider} --client-id ${printable(identity.audience)}`,
      })
    }
  }
  return new ActionError('sts-failed', {
    failed: `STS did not give a session for ${printable(request.role.arn)}.`,
    seen: said(error),
    ...advice(error, request),
  })
}

function advice(error: ServiceError, request: SessionRequest): { cause: string; fix: string } {
  if (/before anything was sent$/.test(error.name)) return SETTINGS
  if (/PackedPolicyTooLarge|MalformedPolicyDocument/.test(error.name)) {
    return {
      cause: 'the session policy is too long for STS, or not a valid policy.',
      fix:
        request.sessionPolicy === 'auto'
          ? 'Give a shorter policy in `session-policy`, or `session-policy: none` if the role itself may read this one secret only.'
          : 'Correct the policy in `session-policy`; `auto` makes one that fits.',
    }
  }
  if (/RegionDisabled/.test(error.name)) {
    return {
      cause: `STS is not activated in ${request.region} for the account ${request.role.account}.`,
      fix: 'Activate the region in the account’s IAM settings ("Security Token Service"), or choose another `aws-region`.',
    }
  }
  if (/ExpiredToken/.test(error.name)) {
    return {
      cause: 'the ID token ended before it reached STS, twice: the clock of the runner or of the endpoint is wrong.',
      fix: 'Synchronize the runner’s clock (NTP) and re-run the job.',
    }
  }
  if (/ValidationError/.test(error.name) && /duration/i.test(error.message)) {
    return {
      cause: 'the role allows shorter sessions only.',
      fix: 'Lower `role-duration-seconds`, or raise the role’s maximum session duration.',
    }
  }
  if (/IDPCommunicationError|InvalidIdentityToken|IDPRejectedClaim/.test(error.name)) {
    return {
      cause:
        'AWS could not check the ID token with its issuer just now, or the issuer’s keys are not reachable for AWS.',
      fix: 'Re-run the job. If it stays, check that AWS can reach the issuer (a GitHub Enterprise Server behind a firewall cannot be reached).',
    }
  }
  if (!isPassing(error)) {
    return {
      cause: 'a setting of this step that STS does not accept; its own words are above.',
      fix: 'Correct what it names: `role-to-assume`, `role-session-name`, `role-duration-seconds` or `session-policy`; check what `AWS_ENDPOINT_URL_STS` or `AWS_ENDPOINT_URL` points to if it is set.',
    }
  }
  return {
    cause: 'STS is throttling the account, or has an incident.',
    fix: 'Re-run the job; many jobs that start at the same second can be spread, or given more tries with `max-attempts`.',
  }
}

function trustRejected(identity: Identity, request: SessionRequest, answer: string): ActionError {
  const other = otherSubjectFormat(identity)
  return new ActionError('role-trust-rejected', {
    failed: `AWS does not let this job assume ${printable(request.role.arn)}.`,
    seen: answer,
    expected: 'a role of that name whose trust policy matches the claims of this job',
    claims: tellingClaims(identity.claims).map(([name, value]) => [name, verbatim(value, 300)] as const),
    cause: `the trust policy’s condition on \`sub\` or \`aud\` is for another repository, branch or environment${
      other ? `, or for the other subject format ("${verbatim(other, 300)}"), which never matches this token` : ''
    }. STS does not say which condition failed, and says the same when the role does not exist.`,
    fix: `First decide whether this job (${job(identity)}) is meant to get this token; if it is not, run it from where the policy allows.${caution(identity)}\nIf it is, make sure that the role exists and that its trust policy has the statement below, which allows exactly this job's subject. If it is the only one the role needs, save it as trust-policy.json and run\naws iam update-assume-role-policy --role-name ${request.role.arn.split('/').at(-1)} --policy-document file://trust-policy.json\n(that replaces the whole policy: keep the other statements that are needed).\n${JSON.stringify(trustPolicy(identity, request.role), null, 2)}`,
  })
}

/** Which job it is, in a few words. */
function job({ claims, subject }: Identity): string {
  const of = (name: string) => (typeof claims[name] === 'string' ? verbatim(claims[name], 200) : undefined)
  const event = of('event_name')
  return event === undefined ? `subject ${verbatim(subject, 200)}` : `event ${event}, ref ${of('ref') ?? 'unknown'}`
}

/** A subject that many may have must not be let in without a thought. */
function caution({ subject }: Identity): string {
  return subject.endsWith(':pull_request')
    ? ' A policy for this subject lets in everybody who can open a pull request from a branch of the repository.'
    : ''
}

function hostAndPath(issuer: string): string {
  return issuer.replace(/^https?:\/\//, '')
}
