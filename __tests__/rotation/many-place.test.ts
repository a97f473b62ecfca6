/** What several secrets of one run learn from each other about the service account’s place in the organization. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { SandboxResponse } from '../../sandbox/service.ts'
import { DAY, ManyWorld } from './many-world.ts'

const ACCOUNT = 'ci'

let world: ManyWorld
beforeEach(async () => {
  world = await ManyWorld.start()
  world.advance(8 * DAY)
})
afterEach(async () => await world.close())

/** Who each call of whoami-v2 was about. */
function asked(): string[] {
  const { hub } = world.sandbox
  return hub.service.calls
    .filter(({ operation }) => operation === 'whoami-v2')
    .map(({ request }) => String(request.headers.authorization).slice('Bearer '.length))
    .map((token) => hub.accounts.tokens.get(token)?.user.name ?? '')
}

/** A person stores a token of their own in each of these secrets, for the rotation to make current. */
function storeByHand(user: string, secrets: readonly { name: string }[]): void {
  const { aws, hub } = world.sandbox
  for (const { name } of secrets) {
    const token = hub.addOrgToken('acme', ['repo.content.read', 'repo.write'], { user, displayName: name.slice(-9) })
    aws.putVersion(name, { value: JSON.stringify({ token }), stages: ['AWSPENDING'] })
  }
}

test('a person’s role is not taken for the account’s', async () => {
  const account = world.sandbox.hub.accounts.users.get(ACCOUNT)
  for (const membership of account?.orgs ?? []) membership.roleInOrg = 'read'
  // As many as are rotated at the same time: the last one begins when their place is known.
  storeByHand('rosa', world.secrets.slice(0, -1))
  const { rotation } = await world.rotate()
  const results = rotation?.secrets.map(({ action, errors }) => [action, errors.map(({ code }) => code)])
  const promoted = ['promoted', []]
  expect(results?.slice(0, -1)).toEqual([promoted, promoted, promoted, promoted])
  expect(results?.at(-1)?.[1]).toEqual(['token-under-scoped'])
  expect(asked().filter((name) => name === ACCOUNT)).toHaveLength(1)
})

test('an account of which the Hub lists no organizations costs one call of whoami-v2', async () => {
  const change = ({ body, ...rest }: SandboxResponse) => {
    const answer = body as { name?: string }
    return { ...rest, body: answer.name === ACCOUNT ? { ...answer, orgs: [] } : answer }
  }
  world.sandbox.hub.service.inject('whoami-v2', { kind: 'change', change }, 99)
  const { rotation, errors } = await world.rotate(undefined, { proof: 'false' })
  expect([errors, rotation?.secrets.map(({ action }) => action)]).toEqual([[], Array(5).fill('rotated')])
  expect(asked().filter((name) => name === ACCOUNT)).toHaveLength(1)
})
