/** The members of an organization: page by page, and never taken for complete when they may not be. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Hub } from '../../sandbox/hub/index.ts'
import { ActionError } from '../../src/errors/action-error.ts'
import { listMembers, Members } from '../../src/hub/members.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { Http } from '../../src/net/http.ts'

let hub: Hub
let deadline: Deadline
let http: Http
let admin: string
beforeEach(async () => {
  hub = await Hub.start()
  hub.addUser({ name: 'rosa', orgs: [{ name: 'acme', roleInOrg: 'write' }] })
  hub.addServiceAccount({ org: 'acme', name: 'ci' })
  admin = hub.addOrgToken('acme', ['org.members.read'])
  deadline = new Deadline(30_000)
  http = new Http(deadline, async () => undefined)
})
afterEach(async () => {
  deadline.stop()
  http.close()
  await hub.close()
})

const ask = (token = admin) => {
  const policy = { maxAttempts: 1, deadline, random: () => 0 }
  return listMembers({ endpoint: hub.url, http, policy }, 'acme', token)
}
const members = async () => {
  const listed = await ask()
  if ('refused' in listed) throw new Error(listed.refused)
  return listed
}
const named = (name: string) => ({ id: undefined, name })
/** Answers with these members, and a link to this next page; the contract is broken on purpose. */
const page = (body: unknown, link?: string, times = 1) =>
  hub.service.inject(
    'members',
    { kind: 'answer', status: 200, body, ...(link === undefined ? {} : { headers: { Link: link } }) },
    times,
  )
const next = (cursor: string) => `<https://evil.example/api/organizations/acme/members?cursor=${cursor}>; rel="next"`
const requests = () => hub.service.calls.map(({ request }) => request.url.search)

test('people are on the list, service accounts are not', async () => {
  const list = await members()
  expect(list.missing).toBeUndefined()
  expect([list.has(named('rosa')), list.has(named('acme-ci')), list.has(named('ci'))]).toEqual([true, true, false])
})

test('a token without the permission is told what the Hub said', async () => {
  expect(await ask(hub.addOrgToken('acme', ['repo.content.read']))).toEqual({
    refused: expect.stringContaining('HTTP 403, "Forbidden: the token lacks the permission org.members.read'),
  })
})

test('every page is read, from the Hub itself, wherever its link leads', async () => {
  page([{ _id: 'a', user: 'ada' }], next('2'))
  page([{ _id: 'b', user: 'bob' }])
  const list = await members()
  expect([list.has(named('ada')), list.has(named('bob')), list.missing]).toEqual([true, true, undefined])
  expect(requests()).toEqual(['?limit=10000', '?limit=10000&cursor=2'])
})

describe('a list is not complete', () => {
  test.each<[string, () => void]>([
    ['after ten pages', () => Array.from({ length: 12 }, (_, at) => page([], next(String(at))))],
    ['when it goes round in a circle', () => page([], next('1'), 9)],
    ['when the next page cannot be asked for', () => page([], '<https://huggingface.co/>; rel="next"')],
    ['when the link is no address', () => page([], '<::>; rel="next"')],
    ['when an entry has no name', () => page([{ _id: 'a' }])],
    ['when a full page has no link', () => page(Array.from({ length: 10_000 }, (_, at) => ({ user: `u${at}` })))],
  ])('%s', async (_when, plant) => {
    plant()
    expect((await members()).missing).toBeDefined()
    expect(hub.service.calls.length).toBeLessThanOrEqual(10)
  })
})

test.each<[string, unknown]>([
  ['an object', { members: [] }],
  ['half a list', '[{"user":"rosa"},{"us'],
])('%s is no list', async (_what, body) => {
  page(body, undefined, 5)
  await expect(ask()).rejects.toBeInstanceOf(ActionError)
})

test('an id tells a member from somebody who now has the same name', () => {
  const list = new Members([{ id: 'new', name: 'rosa' }, named('ada')])
  expect(list.has({ id: 'new', name: 'renamed' })).toBe(true)
  expect(list.has({ id: 'before', name: 'rosa' })).toBe(false)
  expect(list.has({ id: 'any', name: 'ada' })).toBe(true)
  expect(list.has(named('rosa'))).toBe(true)
})
