/** The one place that reads why AWS refused. Every explanation of a refusal of AWS begins here. */
import { isTransientRefusal, type ServiceError } from '../service-error.ts'
import { denialIn, namedIn, plainWords } from './denial.ts'
import type { Denied, Kinds, Reason, ServiceName, StsKind } from './reason.ts'
import { COMMON, ECS, LAMBDA, type Rule, SECRET, STS, STS_LAST } from './rules.ts'

interface Reading<Kind> {
  rules: readonly Rule<Kind>[]
  /** The reason that a denial of this service is. */
  denied: (denied: Denied, action: string) => Kind
}

const asItIs = (denied: Denied) => denied

const READINGS: { readonly [S in ServiceName]: Reading<Kinds[S]> } = {
  sts: {
    rules: [...STS, ...COMMON, ...STS_LAST],
    denied: (denied, action) =>
      /^sts:TagSession$/i.test(action) && (denied === 'denied' || denied === 'trust-silent')
        ? 'tags-not-trusted'
        : denied,
  },
  secret: {
    rules: [...SECRET, ...COMMON],
    denied: (denied, action) => (denied === 'denied' && isOnKey(action) ? 'key-denied' : denied),
  },
  ecs: { rules: [...ECS, ...COMMON], denied: asItIs },
  lambda: { rules: [...LAMBDA, ...COMMON], denied: asItIs },
}

/** The names under which AWS refuses for want of a permission; emulators use others, with AWS's words. */
const DENIED_NAME = /AccessDenied|^UnauthorizedOperation|^AuthorizationError|^NotAuthorized/
const DENIED_WORDS = /not authorized to perform:? ?["']?[a-z0-9-]{1,40}:[a-z]/i

/**
 * Why this service refused. Anyone may have written the answer: of what it names, only what has the form that IAM
 * documents is returned, and reading takes time in proportion to a bounded part of it.
 */
export function readReason<S extends ServiceName>(service: S, error: ServiceError): Reason<Kinds[S]> {
  const words = plainWords(error.message)
  const named = namedIn(words)
  return { kind: kindOf(READINGS[service], error, words), onKey: isOnKey(named.action ?? ''), ...named }
}

/** Why STS refused a call that was signed: it had no ID token, so that what has expired are the credentials. */
export function readSigned(error: ServiceError): Reason<StsKind> {
  const reason = readReason('sts', error)
  return reason.kind === 'token-expired' ? { ...reason, kind: 'session-expired' } : reason
}

function kindOf<Kind>(
  { rules, denied }: Reading<Kind>,
  error: ServiceError,
  words: string,
): Kind | 'unsent' | 'unreadable' | 'transient' | 'other' {
  if (error.kind !== 'refusal') return error.kind
  const name = error.name.slice(0, 200)
  const rule = rules.find((one) => (one.name?.test(name) ?? true) && (one.words?.test(words) ?? true))
  if (rule) return rule.kind
  if (DENIED_NAME.test(name) || DENIED_WORDS.test(words)) return denied(denialIn(words), namedIn(words).action ?? '')
  return isTransientRefusal(error) ? 'transient' : 'other'
}

function isOnKey(action: string): boolean {
  return /^kms:/i.test(action)
}
