/** What to tell a user whose session may not assume the next role of a chain. Loaded only then. */
import { ActionError, type Explanation } from '../errors/action-error.ts'
import { block, code, type Part, type Prose, prose } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import type { Standing } from './caller.ts'
import { CHECK_SETTINGS, endpointVariables } from './explain-settings.ts'
import { assumeStatement, chainTrustPolicy } from './policies/role-chain.ts'
import type { RoleHop, SessionRequest, Way } from './request.ts'
import { isTransientRefusal, type ServiceError, said } from './service-error.ts'

/** What is known when STS refuses. */
export interface HopFacts {
  error: ServiceError
  /** Which of the way's roles, from 0. */
  number: number
  hop: RoleHop
  /** Who called. */
  before: Omit<Standing, 'credentials'>
  request: SessionRequest
  way: Way
}

interface Case {
  applies: (error: ServiceError) => boolean
  advice: (facts: HopFacts) => Pick<Explanation, 'cause' | 'fix'>
}

/** What is no question of trust. The first that applies explains it. Source: STS API reference, AssumeRole, "Errors". */
const CASES: readonly Case[] = [
  { applies: ({ kind }) => kind === 'unsent', advice: () => CHECK_SETTINGS },
  { applies: ({ name }) => /PackedPolicyTooLarge/.test(name), advice: tooMuch },
  { applies: ({ name }) => /MalformedPolicyDocument/.test(name), advice: badPolicy },
  { applies: ({ name }) => /RegionDisabled/.test(name), advice: regionDisabled },
  { applies: ({ name, message }) => /ValidationError/.test(name) && /duration/i.test(message), advice: tooLong },
  {
    applies: ({ name }) => /InvalidClientTokenId|UnrecognizedClient|ExpiredToken|SignatureDoesNotMatch/.test(name),
    advice: sessionNotAccepted,
  },
  { applies: isTransientRefusal, advice: overloaded },
  { applies: () => true, advice: settingRefused },
]

/** Maps a refusal of AssumeRole to a code and its explanation, which says which hop it was. */
export function explainHop(facts: HopFacts): ActionError {
  const { error, hop } = facts
  if (/AccessDenied/.test(error.name))
    return /sts:TagSession/.test(error.message) ? tagsRejected(facts) : notTrusted(facts)
  const found = CASES.find(({ applies }) => applies(error))
  if (!found) throw new TypeError('the last case always applies')
  return new ActionError('sts-failed', {
    failed: prose`STS did not issue a session for the role ${code(printable(hop.arn))} (${place(facts)}).`,
    seen: said(error),
    ...found.advice(facts),
  })
}

function notTrusted(facts: HopFacts): ActionError {
  const { error, hop, before } = facts
  const trust = trustFix(facts)
  const own = identityFix(facts)
  return new ActionError('role-trust-rejected', {
    failed: prose`AWS does not allow ${who(facts)} to assume the role ${code(printable(hop.arn))} (${place(facts)}).`,
    seen: said(error),
    expected: prose`two permissions: the trust policy of ${code(printable(hop.arn))} lets in ${who(facts)}${hop.externalId === undefined ? '' : prose` with the external ID ${code(printable(hop.externalId))}`}, and a policy of ${who(facts)} allows it to assume that role`,
    cause: causeOf(error, facts),
    fix: [
      ...(saysIdentity(error) ? own : saysTrust(error) ? trust : [...trust, ...own]),
      ...(hop.externalId === undefined
        ? [
            prose`If the trust policy requires an external ID, add ${code(' external-id=…')} to the line of this role in ${code('role-chain')}.`,
          ]
        : []),
    ],
    forward: forwardTo([hop.account, ...(before.role ? [before.role.account] : [])]),
  })
}

function tagsRejected(facts: HopFacts): ActionError {
  const { error, hop, before } = facts
  return new ActionError('role-trust-rejected', {
    failed: prose`AWS does not allow ${who(facts)} to tag its session of the role ${code(printable(hop.arn))} (${place(facts)}).`,
    seen: said(error),
    expected: prose`${code('sts:TagSession')} next to ${code('sts:AssumeRole')}, in the trust policy of the role and in the policy of ${who(facts)}`,
    cause: 'The policies allow the session itself, but not the tags with which CloudTrail records this job.',
    fix: [
      ...trustFix(facts),
      ...identityFix(facts),
      prose`Or set ${code('session-tags: false')}: the tags are for the record only, and CloudTrail still has the session’s name.`,
    ],
    forward: forwardTo([hop.account, ...(before.role ? [before.role.account] : [])]),
  })
}

/** AWS names the policy that is missing only where the caller may know it. */
function saysIdentity({ message }: ServiceError): boolean {
  return /no identity-based policy allows/i.test(message)
}

function saysTrust({ message }: ServiceError): boolean {
  return /no resource-based policy allows/i.test(message)
}

function causeOf(error: ServiceError, facts: HopFacts): Prose {
  const { hop } = facts
  if (/explicit deny/i.test(error.message)) {
    return prose`A policy denies it explicitly; AWS’s message above says of which kind. What such a policy denies, no other policy can allow.`
  }
  if (/no session policy allows/i.test(error.message)) {
    return prose`The session policy of ${who(facts)} does not allow it.`
  }
  if (saysIdentity(error)) return prose`No policy of ${who(facts)} allows it to assume this role.`
  if (saysTrust(error)) return prose`The trust policy of ${code(printable(hop.arn))} does not let in ${who(facts)}.`
  return prose`STS does not say which of the two permissions is missing. It gives the same answer when the role does not exist, and when the external ID is not the one that the trust policy requires.`
}

function trustFix(facts: HopFacts): Part[] {
  const { hop, before, way } = facts
  const previous = before.role?.arn ?? '<the ARN of the runner’s role>'
  return [
    prose`In the account ${hop.account}, make sure that the role exists and that its trust policy contains this statement:`,
    block(JSON.stringify(chainTrustPolicy(previous, hop, way.tags), null, 2)),
  ]
}

function identityFix(facts: HopFacts): Part[] {
  const { hop, before, way } = facts
  const where = before.role ? prose`In the account ${before.role.account}, add` : prose`Add`
  return [
    prose`${where} this statement to the policy of ${who(facts)}:`,
    block(JSON.stringify(assumeStatement(hop, way.tags), null, 2)),
  ]
}

function forwardTo(accounts: readonly string[]): Prose {
  const [one = '', ...others] = [...new Set(accounts)]
  return others.length === 0
    ? prose`whoever administers the AWS account ${one}`
    : prose`whoever administers the AWS accounts ${one} and ${others.join(' and ')}`
}

/** Whose session it is that calls. */
function who({ before }: HopFacts): Prose {
  return before.role ? prose`the role ${code(printable(before.role.arn))}` : prose`the runner’s own AWS identity`
}

function place({ number, way }: HopFacts): string {
  return `role ${number + 1} of ${way.hops.length}`
}

function tooMuch({ request, way }: HopFacts): Pick<Explanation, 'cause' | 'fix'> {
  return {
    cause: 'The session policy and the session tags together are too long for STS.',
    fix: way.tags
      ? prose`Set ${code('session-tags: false')}${request.sessionPolicy === 'auto' ? '' : prose`, or a shorter policy in ${code('session-policy')}`}.`
      : prose`Set a shorter policy in ${code('session-policy')}.`,
  }
}

function badPolicy(): Pick<Explanation, 'cause' | 'fix'> {
  return {
    cause: 'The session policy is not a valid policy.',
    fix: prose`Correct the policy in ${code('session-policy')}, or set ${code('session-policy: auto')}.`,
  }
}

function regionDisabled({ request, before }: HopFacts): Pick<Explanation, 'cause' | 'fix'> {
  return {
    cause: `STS is not activated in ${request.region}${before.role ? ` for the account ${before.role.account}` : ''}.`,
    fix: prose`Activate the region in the account’s IAM settings ("Security Token Service"), or choose another ${code('aws-region')}.`,
  }
}

function tooLong(): Pick<Explanation, 'cause' | 'fix'> {
  return {
    cause: 'The requested session is longer than the role allows, or than the hour that AWS allows in a chain.',
    fix: prose`Lower ${code('role-duration-seconds')}, or increase the maximum session duration of the role.`,
  }
}

function sessionNotAccepted(facts: HopFacts): Pick<Explanation, 'cause' | 'fix'> {
  return {
    cause: prose`STS does not accept the session of ${who(facts)}: it is too new, it has expired, or the clock of the runner is wrong.`,
    fix: prose`Re-run the job. If the problem persists, synchronize the runner’s clock (NTP). If ${endpointVariables('STS')} is set, check where it points.`,
  }
}

function overloaded(): Pick<Explanation, 'cause' | 'fix'> {
  return {
    cause: 'STS is throttling the account or having an incident.',
    fix: prose`Re-run the job. If many jobs start at the same time, stagger them, or allow more attempts with ${code('max-attempts')}.`,
  }
}

function settingRefused(): Pick<Explanation, 'cause' | 'fix'> {
  return {
    cause: 'STS does not accept a setting of this step; its own message is above.',
    fix: prose`Correct the setting that it names: ${code('role-chain')}, ${code('role-session-name')}, ${code('role-duration-seconds')}, ${code('session-policy')} or ${code('session-tags')}. If ${endpointVariables('STS')} is set, check where it points.`,
  }
}
