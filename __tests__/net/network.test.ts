import { afterEach, describe, expect, test } from '@jest/globals'
import { type NetworkContext, withNetwork } from '../../src/net/network.ts'
import { closeAll, get, service, tcpServer } from './network-for-tests.ts'

afterEach(closeAll)

const options = { env: {}, limitMs: 5000, maxAttempts: 2 }

describe('a network', () => {
  test('gives back what the work gives, with the policy that was asked for', async () => {
    const hub = await service(() => ({ status: 200, body: {} }))
    const told: string[] = []
    const onRetry = (message: string) => told.push(message)
    const status = await withNetwork({ ...options, onRetry }, async ({ http, policy }) => {
      expect(policy).toMatchObject({ maxAttempts: 2, onRetry })
      return (await http.send(get(hub.url))).status
    })
    expect(status).toBe(200)
  })

  test('is closed when the work is done, and aborts what is still in progress', async () => {
    const port = await tcpServer()
    let call: Promise<unknown> = Promise.resolve()
    let network: NetworkContext | undefined
    await withNetwork(options, async (open) => {
      network = open
      call = open.http.send(get(`http://127.0.0.1:${port}/`)).catch((error: unknown) => error)
    })
    expect(await call).toMatchObject({ code: 'deadline-exceeded' })
    expect(network?.deadline.remainingMs()).toBe(0)
  })

  test('is closed when the work fails', async () => {
    let network: NetworkContext | undefined
    const work = async (open: NetworkContext) => {
      network = open
      throw new Error('no')
    }
    await expect(withNetwork(options, work)).rejects.toThrow('no')
    expect(network?.deadline.signal.aborted).toBe(true)
  })

  test('uses the proxy of its environment', async () => {
    const env = { HTTPS_PROXY: 'http://127.0.0.1:1' }
    const call = withNetwork({ ...options, env }, ({ http }) => http.send(get('https://hub.example/')))
    await expect(call).rejects.toMatchObject({ phase: 'proxy' })
  })

  test.each([
    [{ HTTP_PROXY: 'http://127.0.0.1:1' }, 'HTTP_PROXY'],
    [{ ALL_PROXY: 'http://127.0.0.1:1' }, 'ALL_PROXY'],
    [{}, undefined],
  ])('that has %j names a proxy that is not used', async (env, unusedProxy) => {
    const call = withNetwork({ ...options, env }, ({ http }) => http.send(get('https://127.0.0.1:1/')))
    await expect(call).rejects.toMatchObject({ phase: 'connect', unusedProxy })
  })
})
