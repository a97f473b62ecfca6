/** What a token is minted with for single repositories. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Hub } from '../../sandbox/hub/index.ts'
import { parseListedRepository } from '../../src/hub/repository.ts'
import { rightsToMint } from '../../src/hub/repository-ids.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { Http } from '../../src/net/http.ts'

const READ_WRITE = ['repo.content.read', 'repo.write']
const ID = '65de7f2a0c1b2d3e4f5a6b7c'

let hub: Hub
let deadline: Deadline
let http: Http
let admin: string
beforeEach(async () => {
  hub = await Hub.start()
  admin = hub.addOrgToken('acme', ['org.serviceAccounts.write', 'repo.content.read'])
  hub.addRepo({ type: 'model', name: 'acme/model', private: true })
  hub.addRepo({ type: 'dataset', name: 'acme/data', private: true })
  hub.addRepo({ type: 'space', name: 'acme/app', private: true })
  deadline = new Deadline(30_000)
  http = new Http(deadline, async () => undefined)
})
afterEach(async () => {
  deadline.stop()
  http.close()
  await hub.close()
})

const rights = (listed: string[], permissions: string[] = READ_WRITE, token = admin) =>
  rightsToMint({
    access: { endpoint: hub.url, http, policy: { maxAttempts: 1, deadline } },
    org: 'acme',
    admin: token,
    permissions,
    repositories: listed.flatMap((text) => parseListedRepository(text) ?? []),
  })
const idOf = (key: string) => hub.repos.get(key)?.id
const calls = () => hub.service.count('repo-info')

describe('the rights of a token', () => {
  test('are on the whole organization without repositories, and no call is made', async () => {
    expect(await rights([])).toEqual({ permissions: READ_WRITE, repoIds: [], repoPermissions: [] })
    expect(hub.service.calls).toEqual([])
  })

  test('are on exactly the listed repositories, whatever their type', async () => {
    expect(await rights(['acme/model', 'datasets/acme/data', 'spaces/acme/app'])).toEqual({
      permissions: [],
      repoIds: [idOf('acme/model'), idOf('datasets/acme/data'), idOf('spaces/acme/app')],
      repoPermissions: READ_WRITE,
    })
  })

  test('need no call for a repository that is listed with its id', async () => {
    expect((await rights([`acme/secret#${ID}`])).repoIds).toEqual([ID])
    expect(calls()).toBe(0)
  })

  test('that repositories cannot limit hold on the whole organization', async () => {
    expect(await rights(['acme/model'], [...READ_WRITE, 'inference.serverless.write'])).toEqual({
      permissions: ['inference.serverless.write'],
      repoIds: [idOf('acme/model')],
      repoPermissions: READ_WRITE,
    })
  })

  test('never hold on the whole organization when the repositories are others’', async () => {
    hub.addRepo({ type: 'model', name: 'rivals/model' })
    expect(await rights(['rivals/model'])).toEqual({ permissions: [], repoIds: [], repoPermissions: [] })
    expect(await rights(['rivals/model', 'acme/model'])).toMatchObject({ repoIds: [idOf('acme/model')] })
  })

  test('are asked for in order, also for many repositories', async () => {
    const names = Array.from({ length: 9 }, (_, n) => `acme/m${n}`)
    for (const name of names) hub.addRepo({ type: 'model', name, private: true })
    expect((await rights(names)).repoIds).toEqual(names.map(idOf))
  })
})

describe('a repository that the admin token cannot see', () => {
  test.each([401, 403, 404])('(HTTP %s) ends it with the missing right and the form with the id', async (status) => {
    hub.service.inject('repo-info', { kind: 'answer', status, body: { error: 'No.' } })
    const refusal = rights(['acme/model'])
    await expect(refusal).rejects.toMatchObject({ code: 'exchange-rejected' })
    await expect(refusal).rejects.toThrow('The admin token cannot see acme/model, so no token was minted for it.')
    await expect(refusal).rejects.toThrow('lacks `repo.content.read` on it')
    await expect(refusal).rejects.toThrow('acme/model#<24 hexadecimal digits>')
  })

  test.each([
    [401, 'The Hub does not accept the admin token, so no token was minted for acme/model.'],
    [503, 'Or the admin token was revoked or has expired: whoami-v2 gave no answer'],
  ])('may be refused because the token is dead: whoami-v2 answers %s', async (status, says) => {
    hub.service.inject('repo-info', { kind: 'answer', status: 401 })
    hub.service.inject('whoami-v2', { kind: 'answer', status })
    await expect(rights(['acme/model'])).rejects.toThrow(says)
  })

  test('may not exist at all', async () => {
    await expect(rights(['acme/model', 'acme/missing'])).rejects.toThrow('cannot see acme/missing')
  })
})

test.each([[{}], [{ _id: 7 }], [{ _id: '../x' }], ['<html>']])('the id is not taken from %j', async (body) => {
  hub.service.inject('repo-info', { kind: 'answer', status: 200, body })
  await expect(rights(['acme/model'])).rejects.toMatchObject({ code: 'hub-failed' })
})
