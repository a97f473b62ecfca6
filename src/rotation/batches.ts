/** Which sessions a run needs: as few as the length of a session policy allows. Pure. */
import { MAX_POLICY } from '../inputs/aws.ts'
import type { RotationRequest } from './request.ts'
import { rotationPolicy, type SessionPart, wholeOf } from './session-policy.ts'

const NOTHING: SessionPart = { admin: undefined, secrets: [], services: [] }

/**
 * One session if its policy fits. Otherwise one that reads the admin secret, then the secrets and the services, each in the
 * order of their lists, as many in one session as fit. A policy that is not made of what is listed is not divided.
 */
export function planSessions(request: RotationRequest): SessionPart[] {
  const whole = wholeOf(request)
  if (request.sessionPolicy !== 'auto' || fits(request, whole)) return [whole]
  return [
    ...(whole.admin ? [{ ...NOTHING, admin: whole.admin }] : []),
    ...filled(whole.secrets, (secrets) => ({ ...NOTHING, secrets }), request),
    ...filled(whole.services, (services) => ({ ...NOTHING, services }), request),
  ]
}

function fits(request: RotationRequest, part: SessionPart): boolean {
  return (rotationPolicy(request, part) ?? '').length <= MAX_POLICY
}

function filled<T>(
  items: readonly T[],
  partOf: (items: readonly T[]) => SessionPart,
  request: RotationRequest,
): SessionPart[] {
  const batches: T[][] = []
  for (const item of items) {
    const last = batches.at(-1)
    if (last && fits(request, partOf([...last, item]))) last.push(item)
    // One alone always fits: names are far shorter than a policy.
    else batches.push([item])
  }
  return batches.map(partOf)
}

/** Two smaller parts; undefined for one that cannot be divided. */
export function halvesOf({ admin, secrets, services }: SessionPart): [SessionPart, SessionPart] | undefined {
  const count = secrets.length + services.length
  if (admin && count > 0)
    return [
      { ...NOTHING, admin },
      { ...NOTHING, secrets, services },
    ]
  if (secrets.length > 0 && services.length > 0)
    return [
      { ...NOTHING, secrets },
      { ...NOTHING, services },
    ]
  if (count < 2) return undefined
  const middle = Math.ceil(count / 2)
  return [
    { ...NOTHING, secrets: secrets.slice(0, middle), services: services.slice(0, middle) },
    { ...NOTHING, secrets: secrets.slice(middle), services: services.slice(middle) },
  ]
}
