/** The Hub's own description as the referee over the sandbox, and over what our code sends. */
import { describe, expect, test } from '@jest/globals'
import { Contract, describedOperations, OUTSIDE, wrongBody } from '../../sandbox/hub/contract.ts'
import { Hub } from '../../sandbox/hub/index.ts'
import type { SandboxRequest } from '../../sandbox/service.ts'
import { GRANTABLE, GRANTABLE_ON_REPOSITORIES, MAX_TOKEN_NAME } from '../../src/hub/mint-rights.ts'
import { CONTRIBUTE } from '../../src/hub/scopes.ts'

const ACCOUNTS = '/api/organizations/acme/service-accounts'
const ID = '65de7f2a0c1b2d3e4f5a6b7c'

function request(method: string, path: string, body = '', agent = 'hf-oidc-action'): SandboxRequest {
  const url = new URL(path, 'http://127.0.0.1')
  return { method, url, headers: { 'user-agent': agent }, body, bytes: Buffer.from(body) }
}

function requested(...args: Parameters<typeof request>): string[] {
  const contract = new Contract()
  contract.checkRequest(request(...args))
  return contract.violations
}

function answered(method: string, path: string, status: number, body: unknown): string[] {
  const contract = new Contract()
  contract.checkAnswer(request(method, path), { status, body })
  return contract.violations
}

const mint = (body: object) => requested('POST', `${ACCOUNTS}/${ID}/tokens`, JSON.stringify(body))
const account = { _id: ID, user: 'ci', name: 'CI', email: 'ci@example.com', createdAt: '2026-08-01T08:00:00.000Z' }

describe('our requests', () => {
  test.each<[string, string]>([
    ['GET', '/api/whoami-v2'],
    ['GET', ACCOUNTS],
    ['DELETE', `${ACCOUNTS}/${ID}/tokens/${ID}`],
    ['GET', '/api/models/acme/model'],
    ['GET', '/api/spaces/acme/app/auth-check/write'],
    ['POST', '/oauth/token'],
  ])('%s %s is described, or listed with its source', (method, path) => expect(requested(method, path)).toEqual([]))

  test.each<[string, string]>([
    ['GET', '/api/whoami'],
    ['PUT', '/api/whoami-v2'],
    ['POST', `${ACCOUNTS}/${ID}/tokens/${ID}/destroy`],
  ])('%s %s is neither', (method, path) => expect(requested(method, path)).toHaveLength(1))

  test('must have a body of the described shape', () => {
    const displayName = 'x'.repeat(100)
    const repos = { repoIds: [ID], repoPermissions: ['repo.write'] }
    expect(mint({ displayName, permissions: ['repo.write'], ...repos })).toEqual([])
    expect(mint({ displayName: `${displayName}x` })).toEqual([expect.stringContaining('more than 100 characters')])
    expect(mint({ permissions: ['discussion.write'] })).toHaveLength(1)
    expect(mint({ repoIds: ['acme/model'] })).toHaveLength(1)
    expect(requested('POST', `${ACCOUNTS}/${ID}/tokens`, 'x')).toEqual([expect.stringContaining('is not JSON')])
  })

  test('must have no parameters that are not described', () => {
    expect(requested('GET', '/api/whoami-v2?scope=all')).toHaveLength(1)
  })

  test('are told from those of other clients', () => {
    expect(requested('GET', '/api/whoami', '', 'unknown/None; hf_hub/1.0')).toEqual([])
  })

  test('may report a token that is longer than described: what the Hub does then is not settled', () => {
    const contract = new Contract()
    const body = JSON.stringify({ credentials: ['x'.repeat(300)] })
    contract.checkRequest(request('POST', '/api/credentials/revoke', body))
    expect([contract.violations, contract.unsettled.length]).toEqual([[], 1])
  })
})

describe('answers of the sandbox', () => {
  test('have the described shape', () => {
    expect(answered('GET', ACCOUNTS, 200, [account])).toEqual([])
    expect(answered('GET', ACCOUNTS, 200, [{ ...account, fullname: 'CI' }])).toHaveLength(1)
    expect(answered('GET', ACCOUNTS, 200, [{ ...account, email: undefined }])).toHaveLength(1)
  })

  test('have a described status, or refuse', () => {
    expect(answered('DELETE', `${ACCOUNTS}/${ID}/tokens/${ID}`, 204, undefined)).toEqual([])
    expect(answered('DELETE', `${ACCOUNTS}/${ID}/tokens/${ID}`, 200, {})).toHaveLength(1)
    expect(answered('GET', ACCOUNTS, 404, { error: 'x' })).toEqual([])
    expect(answered('POST', '/api/credentials/revoke', 202, '')).toEqual([])
    expect(answered('POST', '/api/credentials/revoke', 302, '')).toHaveLength(1)
  })

  test('are to routes that are described or listed', () => {
    expect(answered('GET', '/api/models/acme/model', 200, {})).toEqual([])
    expect(answered('GET', '/api/anything', 200, {})).toHaveLength(1)
  })
})

test('a Hub that contradicted the description fails when it is closed', async () => {
  const hub = await Hub.start()
  await fetch(`${hub.url}/api/whoami`, { headers: { 'user-agent': 'hf-oidc-action' } })
  await expect(hub.close()).rejects.toThrow('GET /api/whoami: our request is to a route that is neither')
})

test('a Hub checks what it is sent also when a fault is injected, and what it answers', async () => {
  const hub = await Hub.start()
  hub.service.inject('whoami-v2', { kind: 'answer', status: 299, body: 'odd' })
  const headers = { 'user-agent': 'hf-oidc-action', authorization: `Bearer ${hub.addOrgToken('acme')}` }
  await fetch(`${hub.url}/api/whoami-v2`, { headers })
  expect(hub.contract.checked).toEqual({ requests: 1, answers: 0 })
  await fetch(`${hub.url}/api/whoami-v2`, { headers })
  expect(hub.contract.checked).toEqual({ requests: 2, answers: 1 })
  await hub.close()
})

test('every route outside the description has a source', () => {
  for (const { source } of OUTSIDE) expect(source.length).toBeGreaterThan(3)
})

describe('what a token can be minted with', () => {
  type Field = { maxLength?: number; items?: { enum?: string[] } }
  const operation = describedOperations().find(
    ({ method, template }) => method === 'POST' && template.endsWith('/{serviceAccountId}/tokens'),
  )?.operation
  const schema = operation?.requestBody?.content?.['application/json']?.schema
  const fields = (schema?.properties ?? {}) as Record<string, Field>

  test('is what the Hub describes', () => {
    // The contributor permission is newer than the description.
    expect(GRANTABLE.filter((name) => name !== CONTRIBUTE).sort()).toEqual(
      [...(fields.permissions?.items?.enum ?? [])].sort(),
    )
    expect([...GRANTABLE_ON_REPOSITORIES].sort()).toEqual([...(fields.repoPermissions?.items?.enum ?? [])].sort())
    expect(MAX_TOKEN_NAME).toBe(fields.displayName?.maxLength)
  })

  test('is checked by the sandbox', () => {
    const path = `${ACCOUNTS}/${ID}/tokens`
    expect(
      wrongBody(
        request('POST', path, JSON.stringify({ permissions: GRANTABLE.filter((name) => name !== CONTRIBUTE) })),
      ),
    ).toEqual([])
    expect(wrongBody(request('POST', path, JSON.stringify({ permissions: ['x'] })))).toHaveLength(1)
  })
})
