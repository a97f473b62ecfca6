/** What to do about each `sts-failed`: the ID token, the session policy, the duration, the region, the network. */
import type { Identity } from '../identity/identity.ts'
import { block, code, prose } from '../text/message.ts'
import { verbatim } from '../text/printable.ts'
import { type Advice, nameForCommand } from './explain-denial.ts'
import { CHECK_SETTINGS, endpointVariables } from './explain-settings.ts'
import { providerArn } from './policies/trust-policy.ts'
import type { Denied, Reason, StsKind } from './reasons/reason.ts'
import type { SessionRequest } from './request.ts'
import type { ServiceError } from './service-error.ts'

/** What is known when STS refuses. */
export interface StsFacts {
  error: ServiceError
  identity: Identity
  request: SessionRequest
  reason: Reason<StsKind>
}

/** The reasons that are neither the trust policy's nor the provider's. */
export type StsFailedKind = Exclude<
  StsKind,
  Denied | 'tags-not-trusted' | 'provider-missing' | 'audience-not-registered'
>

type Facts = StsFacts

/** One remedy for each reason. Source: STS API reference, AssumeRoleWithWebIdentity, "Errors". */
export const STS_FAILED: Record<StsFailedKind, (facts: StsFacts) => Advice> = {
  thumbprint: thumbprint,
  'issuer-unreachable': issuerUnreachable,
  'token-rejected': tokenRejected,
  'token-expired': tokenExpiredTwice,
  'role-not-in-token': roleNotInToken,
  'session-policy-too-large': sessionPolicyTooLarge,
  'session-policy-malformed': sessionPolicyMalformed,
  'session-too-long': sessionTooLong,
  'chain-too-long': chainTooLong,
  'region-disabled': regionDisabled,
  setting: settingRefused,
  clock: clockWrong,
  'session-expired': sessionNotAccepted,
  'session-unknown': sessionNotAccepted,
  signature: sessionNotAccepted,
  'wrong-region': wrongRegion,
  unsent: () => CHECK_SETTINGS,
  unreadable: notSts,
  transient: overloaded,
  other: other,
}

/** Source: AWS STS, "Limit which roles an ID token can assume"; since July 2026. */
const ROLES_CLAIM = 'https://aws.amazon.com/roles'

function thumbprint({ identity, request: { role } }: Facts): Advice {
  const provider = verbatim(providerArn(identity, role))
  return {
    expected: 'a certificate that matches the thumbprints of the provider',
    cause:
      'The issuer has a new certificate, and the OIDC provider in IAM lists the thumbprints of its previous certificate. AWS ignores thumbprints for GitHub’s own issuer, where this can also pass by itself.',
    fix: [
      'Re-run the job. If the problem persists, compare the thumbprints of the provider with the issuer’s certificate, and replace them:',
      block(`aws iam get-open-id-connect-provider --open-id-connect-provider-arn ${provider}`),
    ],
  }
}

function issuerUnreachable({ identity }: Facts): Advice {
  return {
    expected: prose`an issuer whose keys AWS can fetch: ${code(verbatim(identity.issuer))}`,
    cause: 'AWS could not check the ID token with its issuer at that moment, or AWS cannot reach the issuer’s keys.',
    fix: 'Re-run the job. If the problem persists, check that AWS can reach the issuer; it cannot reach a GitHub Enterprise Server behind a firewall.',
  }
}

function tokenRejected({ identity, request: { role } }: Facts): Advice {
  return {
    expected: 'an ID token that AWS accepts',
    cause: prose`AWS does not accept this ID token for the reason quoted above, although the action verified it: the OIDC provider of account ${role.account} may be set up for another issuer, or the issuer may have withdrawn the token or replaced its keys.`,
    fix: [
      prose`Compare the provider’s URL and client IDs with the issuer ${code(verbatim(identity.issuer))} and the audience ${code(verbatim(identity.audience))}:`,
      block(
        `aws iam get-open-id-connect-provider --open-id-connect-provider-arn ${verbatim(providerArn(identity, role))}`,
      ),
    ],
  }
}

function tokenExpiredTwice(): Advice {
  return {
    cause: 'The ID token expired before it reached STS, twice: the clock of the runner or of the endpoint is wrong.',
    fix: 'Synchronize the runner’s clock (NTP) and re-run the job.',
  }
}

function roleNotInToken({ request: { role } }: Facts): Advice {
  return {
    expected: prose`${code(verbatim(role.arn))} in the claim ${code(ROLES_CLAIM)} of the ID token`,
    cause: prose`The issuer limits this ID token to certain roles (the claim ${code(ROLES_CLAIM)}), and this role is not one of them.`,
    fix: prose`Correct ${code('role-to-assume')}, or have the issuer add this role to the claim.`,
  }
}

function sessionPolicyTooLarge({ request }: Facts): Advice {
  return {
    expected: 'a session policy of at most 2,048 characters that AWS can also compress enough',
    cause: 'The session policy is too long for STS.',
    fix:
      request.sessionPolicy === 'auto'
        ? prose`Set a shorter policy in ${code('session-policy')}, or set ${code('session-policy: none')} if the role itself can read nothing but this secret.`
        : prose`Shorten the policy in ${code('session-policy')}, or set ${code('session-policy: auto')}, which creates one that fits.`,
  }
}

function sessionPolicyMalformed({ request }: Facts): Advice {
  return {
    expected: 'a valid session policy',
    cause: 'The session policy is not a valid policy, for the reason quoted above.',
    fix:
      request.sessionPolicy === 'auto'
        ? prose`The action created this policy from ${code('secret-id')}: report this as a bug. Until then, set a policy in ${code('session-policy')}.`
        : prose`Correct the policy in ${code('session-policy')}, or set ${code('session-policy: auto')}, which creates one that fits.`,
  }
}

function sessionTooLong({ request: { role, roleDurationSeconds } }: Facts): Advice {
  return {
    expected: prose`a session of at most the role’s maximum session duration`,
    cause: prose`The requested session (${roleDurationSeconds} seconds) is longer than the role’s maximum session duration.`,
    fix: [
      prose`Lower ${code('role-duration-seconds')}, or increase the maximum session duration of the role. This command shows it:`,
      block(`aws iam get-role --role-name ${nameForCommand(role)} --query Role.MaxSessionDuration`),
    ],
    forward: prose`Anyone who can edit the workflow can lower the duration. Whoever administers AWS account ${role.account} can increase the role’s maximum.`,
  }
}

function chainTooLong(): Advice {
  return {
    expected: 'a session of at most 3600 seconds',
    cause: 'AWS limits a session to one hour when one role assumes another.',
    fix: prose`Set ${code('role-duration-seconds: 3600')} or less. The role’s maximum session duration does not change this limit.`,
  }
}

function regionDisabled({ request: { region, role } }: Facts): Advice {
  return {
    cause: `STS is not activated in ${region} for the account ${role.account}.`,
    fix: prose`Activate the region in the account’s IAM settings ("Security Token Service"), or choose another ${code('aws-region')}.`,
  }
}

function settingRefused(): Advice {
  return {
    cause: 'STS does not accept a setting of this step; its own message is above.',
    fix: prose`Correct the setting that it names: ${code('role-to-assume')}, ${code('role-session-name')}, ${code('role-duration-seconds')} or ${code('session-policy')}. If ${endpointVariables('STS')} is set, check where it points.`,
  }
}

function clockWrong(): Advice {
  return {
    expected: 'a signature with the current time',
    cause:
      'The runner’s clock is wrong by more than five minutes: AWS compares the time in the signature with its own.',
    fix: 'Synchronize the runner’s clock (NTP) and re-run the job.',
  }
}

function sessionNotAccepted({ request: { region } }: Facts): Advice {
  return {
    expected: prose`credentials that are valid in ${region}`,
    cause:
      'The credentials that were used for this call have expired, or they belong to another region, partition or account.',
    fix: prose`Re-run the job. If the problem persists, check ${code('aws-region')} and ${endpointVariables('STS')}.`,
  }
}

function wrongRegion({ request: { region } }: Facts): Advice {
  return {
    expected: prose`an endpoint of ${region}`,
    cause: prose`The request was signed for ${region}, and the endpoint belongs to another region or service.`,
    fix: prose`Check ${code('aws-region')} and ${endpointVariables('STS')}.`,
  }
}

function notSts(): Advice {
  return {
    expected: 'a response in the format that AWS documents',
    cause: 'A proxy or another intermediary responded instead of STS, or the endpoint is not STS.',
    fix: prose`If ${endpointVariables('STS')} is set, check where it points. Otherwise, check the proxy between the runner and AWS.`,
  }
}

function overloaded(): Advice {
  return {
    cause: 'STS is throttling the account or having an incident.',
    fix: prose`Re-run the job. If many jobs start at the same time, stagger them, or give the action more time with ${code('timeout: 2m')} (and no low ${code('max-attempts')}).`,
  }
}

/** AWS gave a reason that has no explanation here: its own words are the best there is. */
function other({ request: { role } }: Facts): Advice {
  return {
    cause: 'STS gave the reason that is quoted above. Another attempt will get the same answer.',
    fix: [
      prose`Change what its message names. This command shows the role and its trust policy:`,
      block(`aws iam get-role --role-name ${nameForCommand(role)}`),
    ],
  }
}
