/** Whose settings count: variables with the names of inputs, proxies, and whom TLS trusts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { generate } from 'selfsigned'
import { Internet, type InternetOptions } from '../../sandbox/internet.ts'
import { errorOf, Stage } from './stage.ts'

let stage: Stage
let folder: string
const closing: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  stage = await Stage.set()
  folder = mkdtempSync(join(tmpdir(), 'settings-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  rmSync(folder, { recursive: true, force: true })
  await stage.clear()
})

describe('a variable that is named like an input', () => {
  const FOREIGN = { INPUT_VERSION: '1.2.3', INPUT_ENVIRONMENT: 'prod', 'INPUT_NODE-VERSION': '24', INPUT_: '' }

  test('is none of our business when its name is foreign, nor of post’s', async () => {
    const { runner, main } = await stage.main({ env: FOREIGN })
    const posts = await runner.finish({ env: { ...FOREIGN, INPUT_REPOSITORY: 'x', 'INPUT_HF-ORGG': 'rivals' } })
    expect([main.exitCode, posts.map(({ exitCode }) => exitCode)]).toEqual([0, [0]])
    expect(main.log + posts.map(({ log }) => log).join()).not.toMatch(/INPUT_|input/)
  })

  test('is a warning when its name is close to an input’s', async () => {
    const { main } = await stage.main({ env: { INPUT_REPOSITORY: 'acme/model', INPUT_HF_ORG: 'rivals' } })
    expect(main.exitCode).toBe(0)
    expect(main.annotations.map(({ message }) => message)).toEqual([
      expect.stringContaining('The variable INPUT_REPOSITORY is set'),
      expect.stringContaining('The variable INPUT_HF_ORG is set'),
    ])
  })

  test('does not overwrite the input', async () => {
    const { main } = await stage.main({
      env: { INPUT_TIMEOUT: 'nonsense', INPUT_MEMBER: 'x', 'INPUT_HF-ORG': 'rivals' },
    })
    expect(main.exitCode).toBe(0)
  })

  test('fails when it has a hyphen and is close to an input’s, before any call', async () => {
    const { main } = await stage.main({ with: { 'aws-regoin': 'eu-west-1' } })
    expect(errorOf(main).message).toContain('`aws-regoin` is not an input of this action; did you mean `aws-region`?')
    expect(stage.sandbox.calls()).toEqual({})
  })

  test('is treated in the same way by `rotate`', async () => {
    const { main } = await stage.rotate({ env: { ...FOREIGN, INPUT_SECRET: 'x' } })
    expect([main.exitCode, main.log.includes('INPUT_SECRET')]).toEqual([0, true])
    const wrong = await stage.rotate({ with: { 'dry-runn': 'true' } })
    expect(errorOf(wrong.main).message).toContain('did you mean `dry-run`?')
  })
})

describe('a proxy', () => {
  /** AWS is at its real names, behind a proxy; `trusted`: certificates in the CA file. */
  async function behind(options: InternetOptions = {}) {
    const internet = await Internet.start(stage.sandbox, options)
    closing.push(() => internet.close())
    const ca = join(folder, 'ca.pem')
    const trust = (...certificates: string[]) => writeFileSync(ca, certificates.join('\n'))
    trust(internet.certificate)
    return {
      internet,
      trust,
      env: { AWS_ENDPOINT_URL: undefined, HTTPS_PROXY: internet.proxyUrl, NODE_EXTRA_CA_CERTS: ca },
    }
  }

  /** TLS in front of a proxy; returns the port and the certificate. */
  async function tlsInFrontOf(proxyUrl: string): Promise<{ port: number; certificate: string }> {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'a proxy' }], {
      keyType: 'ec',
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
    })
    const server: Server = createServer({ key, cert }, (socket) => {
      const proxy = connect(Number(new URL(proxyUrl).port), '127.0.0.1')
      closing.push(async () => [socket, proxy].map((one) => one.destroy()))
      for (const end of [socket, proxy]) end.on('error', () => [socket, proxy].map((one) => one.destroy()))
      socket.pipe(proxy).pipe(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => new Promise((resolve) => server.close(resolve)))
    return { port: (server.address() as AddressInfo).port, certificate: cert }
  }

  const unchecked = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' }

  test('over TLS is used when its certificate is trusted, and the log names it', async () => {
    const { internet, trust, env } = await behind()
    const { port, certificate } = await tlsInFrontOf(internet.proxyUrl)
    trust(internet.certificate, certificate)
    const { main } = await stage.main({ env: { ...env, HTTPS_PROXY: `https://localhost:${port}` } })
    expect([main.exitCode, main.log]).toEqual([0, expect.stringContaining(`Proxy used: localhost:${port}`)])
  })

  test('over TLS is refused when its certificate is not trusted, whatever the environment says', async () => {
    const { internet, env } = await behind()
    const { port } = await tlsInFrontOf(internet.proxyUrl)
    const { main } = await stage.main({ env: { ...env, ...unchecked, HTTPS_PROXY: `https://localhost:${port}` } })
    expect(errorOf(main).message).toContain('Seen: phase TLS of the proxy: DEPTH_ZERO_SELF_SIGNED_CERT')
    expect([internet.tunnels, stage.sandbox.aws.service.calls]).toEqual([[], []])
  })

  test('does not make a host trusted, whatever the environment says', async () => {
    const { internet, env } = await behind()
    const { main } = await stage.main({ env: { ...env, ...unchecked, NODE_EXTRA_CA_CERTS: undefined } })
    expect(errorOf(main).message).toContain('Seen: phase TLS: DEPTH_ZERO_SELF_SIGNED_CERT')
    expect([internet.tunnels.length > 0, stage.sandbox.aws.service.calls]).toEqual([true, []])
  })

  test('may have a password of one letter, which is not hidden everywhere', async () => {
    const { internet, env } = await behind({ credentials: { user: 'ci', password: 'e' } })
    const proxy = internet.proxyUrl.replace('//', '//ci:e@')
    const { main } = await stage.main({ env: { ...env, HTTPS_PROXY: proxy } })
    expect(main.exitCode).toBe(0)
    expect(main.stdout).not.toMatch(/^::add-mask::.{0,3}$/m)
    expect(main.log).toContain('is shorter than 4 characters, so it is not masked')
    expect(main.log).not.toContain('ci:e')
  })

  test.each(['HTTP_PROXY', 'ALL_PROXY'])('in %s alone is named when a host cannot be reached', async (name) => {
    const { main } = await stage.main({
      env: { AWS_ENDPOINT_URL: 'https://127.0.0.1:1', [name]: 'http://proxy.invalid:3128' },
      with: { 'max-attempts': '1' },
    })
    expect(errorOf(main).message).toContain(`\`${name}\` is set in this job, but \`HTTPS_PROXY\` is not.`)
  })
})

test('an audience that is well known elsewhere is a warning', async () => {
  const { main } = await stage.main({ with: { 'hf-org': 'pypi' } })
  expect(main.log).toContain('The audience `pypi` is not yours alone')
})

test('an endpoint that is not what it looks like is refused before any call', async () => {
  const urls = { 'hf-endpoint': 'https://huggingface.co%2eevil.test', 'oidc-issuer': 'https:evil.test' }
  const { main } = await stage.main({ env: { AWS_ENDPOINT_URL_STS: 'https://0x7f.1' }, with: urls })
  for (const normal of ['https://huggingface.co.evil.test', 'https://evil.test', 'https://127.0.0.1']) {
    expect(errorOf(main).message).toContain(`must be in normal form, which is \`${normal}\``)
  }
  expect(stage.sandbox.calls()).toEqual({})
})
