import { describe, expect, test } from '@jest/globals'
import { ClockMeasurement } from '../../src/identity/clock.ts'
import { fetchKeys } from '../../src/identity/keys.ts'
import { fakeHttp, hurried, ISSUER } from './identity-for-tests.ts'

const KEYS = { keys: [{ kty: 'RSA', kid: 'a' }] }
const OTHER = 'https://gitlab.example.com'
const DISCOVERY = `${OTHER}/.well-known/openid-configuration`

const fetchFrom = async (answers: Parameters<typeof fakeHttp>[0], issuer = OTHER, foreign = true) => {
  const { http, asked } = fakeHttp(answers)
  const keys = await fetchKeys({ issuer, foreign, http, policy: hurried(), clock: new ClockMeasurement() }).catch(
    (error: Error) => error.message,
  )
  return { keys, asked }
}

/** A discovery document with these members, and keys at every address that a test uses. */
const discovered = (document: object, issuer = OTHER) =>
  fetchFrom(
    {
      [`${issuer}/.well-known/openid-configuration`]: { body: { issuer, ...document } },
      'https://keys.example.com/jwks': { body: KEYS },
      'http://keys.example.com/jwks': { body: KEYS },
      'https://127.0.0.1/jwks': { body: KEYS },
      'http://127.0.0.1:8080/jwks': { body: KEYS },
      'http://localhost/jwks': { body: KEYS },
    },
    issuer,
  )

describe('GitHub’s keys', () => {
  test('are fetched with one request', async () => {
    const { keys, asked } = await fetchFrom({ [`${ISSUER}/.well-known/jwks`]: { body: KEYS } }, ISSUER, false)
    expect(keys).toEqual(KEYS)
    expect(asked).toEqual([`${ISSUER}/.well-known/jwks`])
  })

  test('are found through discovery when they are not there', async () => {
    const { keys } = await fetchFrom(
      {
        [`${ISSUER}/.well-known/openid-configuration`]: { body: { issuer: ISSUER, jwks_uri: 'https://k.example/j' } },
        'https://k.example/j': { body: KEYS },
      },
      ISSUER,
      false,
    )
    expect(keys).toEqual(KEYS)
  })

  test('that are not there at all are an error that names `oidc-issuer`', async () => {
    const { keys } = await fetchFrom({}, ISSUER, false)
    expect(keys).toContain(`because the keys of \`${ISSUER}\` could not be fetched`)
    expect(keys).toContain(`HTTP 404 without a \`jwks_uri\` from \`${ISSUER}/.well-known/openid-configuration\``)
    expect(keys).toContain('If your enterprise uses its own issuer, set `oidc-issuer`')
  })
})

describe('keys of another issuer', () => {
  test('are where its discovery document says', async () => {
    const { keys, asked } = await discovered({ jwks_uri: 'https://keys.example.com/jwks' })
    expect(keys).toEqual(KEYS)
    expect(asked).toEqual([DISCOVERY, 'https://keys.example.com/jwks'])
  })

  test('are found for an issuer with a slash at the end', async () => {
    const { keys } = await fetchFrom(
      {
        [DISCOVERY]: { body: { issuer: `${OTHER}/`, jwks_uri: 'https://keys.example.com/jwks' } },
        'https://keys.example.com/jwks': { body: KEYS },
      },
      `${OTHER}/`,
    )
    expect(keys).toEqual(KEYS)
  })

  test('are refused from a discovery document of a different issuer', async () => {
    const { keys, asked } = await discovered({
      issuer: 'https://evil.example',
      jwks_uri: 'https://keys.example.com/jwks',
    })
    expect(keys).toContain('Seen: a discovery document for the issuer `https://evil.example`\n')
    expect(asked).toEqual([DISCOVERY])
  })

  test('are not fetched over plain http', async () => {
    const { keys, asked } = await discovered({ jwks_uri: 'http://keys.example.com/jwks' })
    expect(keys).toContain('keys at `http://keys.example.com/jwks`, which is not an `https:` URL')
    expect(asked).toEqual([DISCOVERY])
  })

  test.each(['http://127.0.0.1:8080/jwks', 'https://127.0.0.1/jwks', 'http://localhost/jwks'])(
    'are not fetched from this machine (%s) when the issuer is elsewhere',
    async (uri) => {
      const { keys, asked } = await discovered({ jwks_uri: uri })
      expect(keys).toContain(`keys at \`${uri}\`, an address of this machine only`)
      expect(asked).toEqual([DISCOVERY])
    },
  )

  test('may be on this machine when the issuer is', async () => {
    const { keys } = await discovered({ jwks_uri: 'http://127.0.0.1:8080/jwks' }, 'http://127.0.0.1:9')
    expect(keys).toEqual(KEYS)
  })

  test.each([200, 403, 503])('are named as a page if one came, with HTTP %i', async (status) => {
    const { keys } = await fetchFrom({
      [DISCOVERY]: { body: { issuer: 'https://gitlab.example.com', jwks_uri: 'https://keys.example.com/jwks' } },
      'https://keys.example.com/jwks': { status, body: '<html><title>Blocked</title>' },
    })
    expect(keys).toContain(
      `HTTP ${status}, from \`keys.example.com/jwks\`, 28 bytes (no content type), a page with the title "Blocked"`,
    )
    expect(keys).toContain('proxy')
  })

  test.each([{}, { jwks_uri: 7 }, { jwks_uri: 'nowhere' }])('need a place: %j', async (document) => {
    expect((await discovered(document)).keys).toContain('HTTP 200 without a `jwks_uri` from')
  })

  test.each([['hello'], [{}], [{ keys: 'x' }], [{ keys: [7] }], [[]]])('must be a key set, unlike %j', async (body) => {
    const { keys } = await fetchFrom({
      [DISCOVERY]: { body: { issuer: OTHER, jwks_uri: 'https://keys.example.com/jwks' } },
      'https://keys.example.com/jwks': { body },
    })
    expect(keys).toContain('HTTP 200 without a key set from `https://keys.example.com/jwks`')
    expect(keys).toContain('Compare `oidc-issuer` with `iss` in the token')
  })

  test('are not taken from an error page', async () => {
    const { keys } = await fetchFrom({
      [DISCOVERY]: { body: { issuer: OTHER, jwks_uri: 'https://keys.example.com/jwks' } },
      'https://keys.example.com/jwks': { status: 404, body: KEYS },
    })
    expect(keys).toContain('HTTP 404 without a key set')
  })
})

describe('an issuer in trouble', () => {
  test('is asked again', async () => {
    const url = `${ISSUER}/.well-known/jwks`
    const { keys, asked } = await fetchFrom({ [url]: [{ status: 503 }, { body: KEYS }] }, ISSUER, false)
    expect([keys, asked]).toEqual([KEYS, [url, url]])
  })

  test('is named when it stays in trouble', async () => {
    const { keys, asked } = await fetchFrom({ [DISCOVERY]: { status: 503 } })
    expect(asked.length).toBe(3)
    expect(keys).toMatch(
      new RegExp(`^\\[id-token-invalid\\].*the keys of \`${OTHER}\`.*\nSeen: HTTP 503 from \`${DISCOVERY}\``),
    )
  })
})
