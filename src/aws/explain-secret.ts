/** What to tell a user whom Secrets Manager refuses. Loaded only then. */
import { ActionError, type Explanation } from '../errors/action-error.ts'
import { code, prose } from '../text/message.ts'
import { secretCommand } from './commands.ts'
import { secretDenied } from './explain-secret-denied.ts'
import { KEY_STATES, keyDenied } from './explain-secret-key.ts'
import { SECRET_STATES } from './explain-secret-state.ts'
import { CHECK_SETTINGS, endpointVariables } from './explain-settings.ts'
import { readReason } from './reasons/read.ts'
import type { Denied, SecretKind } from './reasons/reason.ts'
import { forwardSecret, type SecretFacts, type SecretRefusal } from './secret-use.ts'
import { said } from './service-error.ts'

export { reading, type SecretUse } from './secret-use.ts'

type Explain = (facts: SecretFacts) => ActionError

/** One explanation for each reason. Source: Secrets Manager API reference, "Errors" of each call. */
const EXPLANATIONS: Record<SecretKind, Explain> = {
  'identity-silent': denied('identity-silent'),
  'identity-deny': denied('identity-deny'),
  'resource-silent': denied('resource-silent'),
  'resource-deny': denied('resource-deny'),
  'session-silent': denied('session-silent'),
  'session-deny': denied('session-deny'),
  'boundary-silent': denied('boundary-silent'),
  'boundary-deny': denied('boundary-deny'),
  'endpoint-silent': denied('endpoint-silent'),
  'endpoint-deny': denied('endpoint-deny'),
  'service-control-silent': denied('service-control-silent'),
  'service-control-deny': denied('service-control-deny'),
  'resource-control-silent': denied('resource-control-silent'),
  'resource-control-deny': denied('resource-control-deny'),
  'trust-silent': denied('trust-silent'),
  'trust-deny': denied('trust-deny'),
  denied: denied('denied'),
  'denied-explicitly': denied('denied-explicitly'),
  'key-denied': keyDenied('denied'),
  ...KEY_STATES,
  ...SECRET_STATES,
  clock: (facts) => sessionNotAccepted(facts, CLOCK),
  'session-expired': (facts) => sessionNotAccepted(facts, EXPIRED),
  'session-unknown': (facts) => sessionNotAccepted(facts, UNKNOWN),
  signature: (facts) => sessionNotAccepted(facts, SIGNATURE),
  'wrong-region': (facts) => sessionNotAccepted(facts, UNKNOWN),
  unsent: (facts) => failure(facts, 'Secrets Manager could not be called.', CHECK_SETTINGS),
  unreadable: (facts) => noAnswer(facts, UNREADABLE),
  transient: (facts) => noAnswer(facts, TRANSIENT),
  other: (facts) => failure(facts, refusedTo(facts), other(facts)),
}

type Advice = Pick<Explanation, 'expected' | 'cause' | 'fix'>

/** Maps a refusal of Secrets Manager to a code and its explanation. */
export function explainSecret(refusal: SecretRefusal): ActionError {
  const reason = readReason('secret', refusal.error)
  return EXPLANATIONS[reason.kind]({ ...refusal, reason })
}

/** The same policy can refuse the secret or its key. */
function denied(kind: Denied): Explain {
  const [ofSecret, ofKey] = [secretDenied(kind), keyDenied(kind)]
  return (facts) => (facts.reason.onKey ? ofKey(facts) : ofSecret(facts))
}

const CLOCK: Advice = {
  expected: 'a signature with the current time',
  cause: 'The runner’s clock is wrong by more than five minutes: AWS compares the time in the signature with its own.',
  fix: 'Synchronize the runner’s clock (NTP) and re-run the job.',
}

const EXPIRED: Advice = {
  expected: 'a session that is still valid',
  cause:
    'The session expired before the last call: the run took longer than the session is valid, or the runner’s clock is wrong.',
  fix: prose`Re-run the job. If it happens again, increase ${code('role-duration-seconds')}, or synchronize the runner’s clock (NTP).`,
}

const UNKNOWN: Advice = {
  expected: 'a session that is valid in this region',
  cause:
    'The endpoint in the environment belongs to another region, partition or account, or the region is not enabled in this account.',
  fix: prose`Check ${code('aws-region')} and ${endpointVariables('SECRETS_MANAGER')}.`,
}

const SIGNATURE: Advice = {
  expected: 'a signature that AWS accepts',
  cause:
    'A proxy or another intermediary changed the request on its way, the endpoint in the environment belongs to another region or service, or the runner’s clock is wrong.',
  fix: prose`Check ${code('aws-region')}, ${endpointVariables('SECRETS_MANAGER')}, and the proxy, if there is one; synchronize the runner’s clock (NTP).`,
}

const TRANSIENT: Advice = {
  cause: 'Secrets Manager is throttling the account or having an incident.',
  fix: 'Re-run the job. If many jobs start at the same time, stagger them.',
}

const UNREADABLE: Advice = {
  expected: 'a response in the format that AWS documents',
  cause:
    'A proxy or another intermediary responded instead of Secrets Manager, or the endpoint is not Secrets Manager.',
  fix: prose`If ${endpointVariables('SECRETS_MANAGER')} is set, check where it points. Otherwise, check the proxy between the runner and AWS.`,
}

/** AWS gave a reason that has no explanation here: its own words are the best there is. */
function other({ secret }: SecretFacts): Advice {
  return {
    cause: 'Secrets Manager gave the reason that is quoted above. Another attempt will get the same answer.',
    fix: [
      'Change what its message names. This command shows the state of the secret:',
      { kind: 'block', text: secretCommand('describe-secret', secret) },
    ],
  }
}

function sessionNotAccepted(facts: SecretFacts, advice: Advice): ActionError {
  return new ActionError('secret-access-denied', {
    failed: `Secrets Manager in ${facts.secret.region} did not accept the session that STS issued.`,
    seen: said(facts.error),
    ...advice,
    forward: forwardSecret(facts),
  })
}

function refusedTo({ secret, use }: SecretFacts): Explanation['failed'] {
  return prose`Secrets Manager in ${secret.region} refused the request to ${use.verb} the secret ${code(secret.id)}.`
}

function noAnswer(facts: SecretFacts, advice: Advice): ActionError {
  const { secret } = facts
  return failure(
    facts,
    prose`Secrets Manager in ${secret.region} returned no usable response for the secret ${code(secret.id)}.`,
    advice,
  )
}

function failure(facts: SecretFacts, failed: Explanation['failed'], advice: Advice): ActionError {
  return new ActionError('secret-failed', {
    failed,
    seen: said(facts.error),
    ...advice,
    forward: forwardSecret(facts),
  })
}
