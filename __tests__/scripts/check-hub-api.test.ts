import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { projectRoot } from '../../sandbox/root.ts'

const STORED = readFileSync(join(projectRoot, 'sandbox', 'hub', 'api', 'hub-api.json'), 'utf8')

let server: Server | undefined
afterEach(async () => {
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
})

/** What the script prints and how it exits when the Hub publishes this. */
async function check(published: string, status = 200): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const started = createServer((_request, response) => response.writeHead(status).end(published))
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(started.address() as AddressInfo).port}/openapi.json`
  const script = join(projectRoot, 'scripts', 'check-hub-api.ts')
  return new Promise((resolve) => {
    execFile(process.execPath, ['--no-warnings', script, url], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}

describe('the check of the Hub’s published description', () => {
  test('passes when it says the same, with texts that ours does not have', async () => {
    const texts = STORED.replaceAll('"role": {', '"role": {"description": "a text",')
    expect(await check(texts)).toMatchObject({ code: 0, stderr: '' })
  })

  test('names a member, a permission and a limit that were added or removed', async () => {
    const extended = STORED.replace(
      '"canReadGatedRepos": {',
      '"mayDoMore": {"type": "boolean"}, "canReadGatedRepos": {',
    )
      .replaceAll('"job.write"', '"job.write", "repo.contribute"')
      .replace('"maxLength": 200', '"maxLength": 500')
    const { code, stdout } = await check(extended)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^added: \/api\/whoami-v2 get\.\S*\.mayDoMore$/m)
    expect(stdout).toMatch(/^added: .*tokens post.* enum "repo.contribute"$/m)
    expect(stdout).toMatch(/^added: .* maxLength 500$/m)
    expect(stdout).toMatch(/^removed: .* maxLength 200$/m)
  })

  test.each([
    ['is not JSON', '<html>', 200],
    ['has no whoami-v2', '{"paths":{}}', 200],
    ['cannot be fetched', 'no', 503],
  ])('fails with one line when the description %s', async (_what, text, status) => {
    const { code, stdout, stderr } = await check(text, status)
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(/^The Hub's description could not be compared: /)])
  })
})
