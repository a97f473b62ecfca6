/** The sessions of a run: as few as possible, each limited to its own part. */
import { describe, expect, test } from '@jest/globals'
import type { AwsCaller } from '../../src/aws/caller.ts'
import { PolicyTooLarge } from '../../src/aws/policy-too-large.ts'
import { ActionError } from '../../src/errors/action-error.ts'
import { MAX_POLICY } from '../../src/inputs/aws.ts'
import { planSessions } from '../../src/rotation/batches.ts'
import type { RotatedSecret, RotationRequest } from '../../src/rotation/request.ts'
import { rotationPolicy } from '../../src/rotation/session-policy.ts'
import { type Need, Sessions } from '../../src/rotation/sessions.ts'
import { decideOn, use } from '../aws/policies/world.ts'

const role = { arn: 'arn:aws:iam::123456789012:role/rotate', partition: 'aws', account: '123456789012' }
const secretOf = (id: string) => ({ id, key: 'token', stage: 'AWSCURRENT', region: 'eu-west-1' })

interface Asked {
  secrets: number
  services?: number
  nameLength?: number
  promote?: boolean
  sessionPolicy?: string
}

function requestFor({ secrets, services = 1, nameLength = 25, promote = false, sessionPolicy = 'auto' }: Asked) {
  const name = (index: number) => `hub/${String(index).padStart(nameLength - 4, 'x')}`
  return {
    role,
    region: 'eu-west-1',
    sessionPolicy,
    dryRun: false,
    mode: promote ? { kind: 'promote' } : { kind: 'mint', admin: secretOf('hub/admin'), account: 'ci' },
    secrets: Array.from({ length: secrets }, (_, index) => ({ secret: secretOf(name(index)) }) as RotatedSecret),
    services: Array.from({ length: services }, (_, index) => ({ cluster: 'prod', service: `service-${index}` })),
  } as unknown as RotationRequest
}

const needsOf = ({ mode, secrets, services }: RotationRequest): Need[] => [
  ...(mode.kind === 'mint' ? [mode.admin] : []),
  ...secrets,
  ...services,
]

describe('the plan', () => {
  test('is one session as long as its policy fits, the same as ever', () => {
    const request = requestFor({ secrets: 12 })
    expect(planSessions(request)).toHaveLength(1)
    expect(rotationPolicy(request, planSessions(request)[0])).toBe(rotationPolicy(request))
    for (const sessionPolicy of ['none', '{"Version":"2012-10-17","Statement":[]}']) {
      expect(planSessions(requestFor({ secrets: 500, sessionPolicy }))).toHaveLength(1)
    }
  })

  test.each([
    { secrets: 16 },
    { secrets: 200 },
    { secrets: 500, promote: true },
    { secrets: 3, nameLength: 512 },
    { secrets: 1, services: 90 },
    { secrets: 40, services: 0 },
  ])('has every secret and service once, in order, in policies that fit: %j', (asked) => {
    const request = requestFor(asked)
    const parts = planSessions(request)
    expect(parts.length).toBeGreaterThan(1)
    for (const part of parts) expect(rotationPolicy(request, part)?.length).toBeLessThanOrEqual(MAX_POLICY)
    expect(parts.flatMap(({ secrets }) => secrets)).toEqual(request.secrets)
    expect(parts.flatMap(({ services }) => services)).toEqual(request.services)
    expect(parts.filter(({ admin }) => admin)).toHaveLength(asked.promote ? 0 : 1)
    // No two neighbours would have fitted into one.
    const secrets = parts.filter((part) => part.secrets.length > 0)
    for (const [index, part] of secrets.entries()) {
      const next = secrets[index + 1]?.secrets[0]
      if (!next) continue
      expect(rotationPolicy(request, { ...part, secrets: [...part.secrets, next] })?.length).toBeGreaterThan(MAX_POLICY)
    }
  })

  test('lets each session of an almighty role do its own part, and nothing of the others', () => {
    const request = requestFor({ secrets: 40, services: 2 })
    const rolePolicy = [{ Effect: 'Allow', Action: '*', Resource: '*' }]
    const arnOf = (id: string) => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${id}-AbC1eF`
    for (const part of planSessions(request)) {
      const session = rotationPolicy(request, part)
      const may = (id: string, action: string) =>
        use({ role, secretArn: arnOf(id), customerKey: true, rolePolicy, session }, `secretsmanager:${action}`).allowed
      for (const rotated of request.secrets) {
        expect(may(rotated.secret.id, 'PutSecretValue')).toBe(part.secrets.includes(rotated))
      }
      expect(may('hub/admin', 'GetSecretValue')).toBe(part.admin !== undefined)
      expect(may('hub/admin', 'PutSecretValue')).toBe(false)
      const service = 'arn:aws:ecs:eu-west-1:123456789012:service/prod/service-1'
      const world = { role, secretArn: arnOf('hub/admin'), rolePolicy, session }
      expect(decideOn(world, 'ecs:UpdateService', service).allowed).toBe(part.services.length > 0)
    }
  })
})

/** Sessions whose policies STS can pack up to `limit` characters; the policies that it saw. */
function opened(request: RotationRequest, limit = MAX_POLICY) {
  const seen: string[] = []
  const failure = new ActionError('sts-failed', { failed: 'Too large.', fix: 'x' })
  const sessions = new Sessions(request, async (document = '') => {
    await Promise.resolve()
    seen.push(document)
    if (document.length > limit) throw new PolicyTooLarge(failure)
    return { name: document } as AwsCaller
  })
  return { sessions, seen }
}

describe('a session', () => {
  test('is opened once, when something in it is needed first', async () => {
    const request = requestFor({ secrets: 40 })
    const { sessions, seen } = opened(request)
    expect(seen).toEqual([])
    const [admin, first] = needsOf(request) as [Need, Need]
    await sessions.of(admin)
    await Promise.all([sessions.of(first), sessions.of(first)])
    expect(seen).toHaveLength(2)
    await Promise.all(needsOf(request).map((need) => sessions.of(need)))
    expect(seen).toHaveLength(planSessions(request).length)
    expect(sessions.opened).toBe(seen.length)
  })

  test('is divided where STS cannot pack its policy, until it fits', async () => {
    const request = requestFor({ secrets: 40, services: 3 })
    const { sessions, seen } = opened(request, 1000)
    for (const need of needsOf(request)) {
      const { name } = await sessions.of(need)
      const id = 'secret' in need ? need.secret.id : 'id' in need ? need.id : need.service
      expect(name).toContain(id)
      expect(name.length).toBeLessThanOrEqual(1000)
    }
    expect(seen.filter(({ length }) => length > 1000).length).toBeGreaterThan(0)
  })

  test('for everything is divided too, where session tags leave no room for it', async () => {
    const request = requestFor({ secrets: 12 })
    const { sessions } = opened(request, 1500)
    const [admin, first] = needsOf(request) as [Need, Need]
    expect((await sessions.of(admin)).name).not.toContain('PutSecretValue')
    expect((await sessions.of(first)).name).not.toContain('hub/admin')
  })

  test('is not divided without end, and not where the user wrote the policy', async () => {
    const request = requestFor({ secrets: 200 })
    const { sessions, seen } = opened(request, 10)
    await expect(sessions.of(request.secrets[0] as Need)).rejects.toThrow('Too large.')
    expect(seen.length).toBeLessThanOrEqual(5)
    const own = requestFor({ secrets: 2, sessionPolicy: '{"Version":"2012-10-17","Statement":[]}' })
    const other = opened(own, 10)
    await expect(other.sessions.of(own.secrets[0] as Need)).rejects.toThrow('Too large.')
    expect(other.seen).toHaveLength(1)
  })

  test('that could not be opened is a failure of its own part only, asked for once', async () => {
    const request = requestFor({ secrets: 40 })
    let calls = 0
    const sessions = new Sessions(request, async (document = '') => {
      calls += 1
      if (document.includes('hub/00') || document.includes('xxx0"')) throw new Error('refused')
      if (document.includes(`${request.secrets[0]?.secret.id}-`)) throw new Error('refused')
      return { name: document } as AwsCaller
    })
    const results = await Promise.allSettled(request.secrets.map((need) => sessions.of(need)))
    const failed = results.filter(({ status }) => status === 'rejected').length
    expect(failed).toBeGreaterThan(0)
    expect(failed).toBeLessThan(40)
    await expect(sessions.of(request.secrets[0] as Need)).rejects.toThrow('refused')
    expect(calls).toBe(planSessions(request).filter(({ secrets }) => secrets.length > 0).length)
  })
})
