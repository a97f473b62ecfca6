/** The Hub's repositories as git, git-lfs and the API see them: one content, whichever of them wrote it. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Hub } from '../../sandbox/hub/index.ts'
import { blobId } from '../../sandbox/hub/repos/objects.ts'

let hub: Hub
let folder: string
let token: string

beforeEach(async () => {
  hub = await Hub.start()
  folder = await mkdtemp(join(tmpdir(), 'repos-test-'))
  token = hub.addOrgToken('acme')
  hub.addRepo({ type: 'model', name: 'acme/model', private: true, files: { 'a/b.txt': 'b', 'README.md': '# Model\n' } })
})

afterEach(async () => {
  await hub.close()
  await rm(folder, { recursive: true, force: true })
})

async function git(args: string[], cwd = folder): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Mona',
    GIT_AUTHOR_EMAIL: 'mona@example.com',
    GIT_COMMITTER_NAME: 'Mona',
    GIT_COMMITTER_EMAIL: 'mona@example.com',
  }
  return (await promisify(execFile)('git', args, { cwd, env, timeout: 60_000 })).stdout
}

/** A repository's address with the token in it. */
function remote(path: string, value: string = token): string {
  return Object.assign(new URL(path, hub.url), { username: 'anyone', password: value }).href
}

async function clone(path = 'acme/model', value = token): Promise<string> {
  const target = join(folder, 'clone')
  await git(['clone', '--quiet', remote(`/${path}`, value), target])
  return target
}

interface Asked {
  method?: string
  body?: unknown
  value?: string
}

async function api(path: string, { method = 'GET', body, value = token }: Asked = {}): Promise<Response> {
  return fetch(`${hub.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${value}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

const json = async (path: string, asked?: Asked) => (await api(path, asked)).json()
const repo = () => {
  const found = hub.repos.get('acme/model')
  if (!found) throw new Error('the repository is gone')
  return found
}

function ndjson(title: string, ...lines: object[]): string {
  return [{ key: 'header', value: { summary: title } }, ...lines].map((line) => JSON.stringify(line)).join('\n')
}
const file = (path: string, content: string) => ({ key: 'file', value: { path, content, encoding: 'utf-8' } })

/** What the batch API links for one object. */
async function batch(operation: 'upload' | 'download', content: Buffer, value = token) {
  const oid = createHash('sha256').update(content).digest('hex')
  const body = { operation, transfers: ['basic', 'multipart', 'xet'], objects: [{ oid, size: content.length }] }
  const answer = await api('/acme/model.git/info/lfs/objects/batch', { method: 'POST', body, value })
  const { transfer, objects } = (await answer.json()) as {
    transfer?: string
    objects?: { actions?: Record<string, { href: string }>; error?: { code: number } }[]
  }
  return { status: answer.status, oid, transfer, ...objects?.[0] }
}

/** Uploads the object as a client does. */
async function store(content: Buffer): Promise<string> {
  const { oid, actions } = await batch('upload', content)
  const put = await fetch(actions?.upload?.href ?? '', { method: 'PUT', body: new Uint8Array(content) })
  expect(put.status).toBe(200)
  return oid
}

describe('real git', () => {
  test('clones what the API has, with the same ids', async () => {
    const cloned = await clone()
    expect((await git(['rev-parse', 'HEAD'], cloned)).trim()).toBe(repo().commits[0].id)
    expect(await readFile(join(cloned, 'a', 'b.txt'), 'utf8')).toBe('b')
    expect((await git(['hash-object', 'README.md'], cloned)).trim()).toBe(blobId(Buffer.from('# Model\n')))
    await git(['fsck', '--strict'], cloned)
  })

  test('pushes commits, programs, links, branches and tags, and the API has them', async () => {
    const cloned = await clone()
    await writeFile(join(cloned, 'run.sh'), '#!/bin/sh\n')
    await chmod(join(cloned, 'run.sh'), 0o755)
    await symlink('run.sh', join(cloned, 'link'))
    await git(['rm', '-q', 'a/b.txt'], cloned)
    await git(['add', '.'], cloned)
    await git(['commit', '-qm', 'From git\n\nWith a body'], cloned)
    await git(['tag', '-am', 'A tag', 'v1'], cloned)
    await git(['push', '-q', 'origin', 'HEAD:main', 'HEAD:dev', 'v1'], cloned)
    expect([...repo().files.keys()].sort()).toEqual(['.gitattributes', 'README.md', 'link', 'run.sh'])
    expect(repo().commits).toMatchObject([
      { title: 'From git', description: 'With a body', author: 'Mona' },
      { title: 'initial commit' },
    ])
    const head = repo().commits[0].id
    expect(await json('/api/models/acme/model/refs')).toMatchObject({
      branches: expect.arrayContaining([{ name: 'dev', ref: 'refs/heads/dev', targetCommit: head }]),
      tags: [{ name: 'v1', ref: 'refs/tags/v1', targetCommit: head }],
    })

    // The API goes on from there, and git gets it with the modes unchanged.
    const body = ndjson('From the API', file('c.txt', 'c'))
    expect((await api('/api/models/acme/model/commit/main', { method: 'POST', body })).status).toBe(200)
    await git(['pull', '-q', '--ff-only', 'origin', 'main'], cloned)
    expect(await git(['ls-tree', 'HEAD', 'run.sh', 'link'], cloned)).toMatch(/^120000 .*link\n100755 .*run\.sh\n$/s)
    expect(await git(['log', '--format=%s'], cloned)).toBe('From the API\nFrom git\ninitial commit\n')
  })

  test('a push of what is not the newest is refused, and changes nothing', async () => {
    const cloned = await clone()
    await api('/api/models/acme/model/commit/main', { method: 'POST', body: ndjson('Meanwhile', file('x', 'x')) })
    await git(['commit', '-q', '--allow-empty', '-m', 'Late'], cloned)
    await expect(git(['push', '-q', 'origin', 'main'], cloned)).rejects.toThrow('rejected')
    expect(repo().commits[0].title).toBe('Meanwhile')
  })

  test('a token that only reads clones and cannot push', async () => {
    const cloned = await clone('acme/model', hub.addOrgToken('acme', ['repo.content.read']))
    await git(['commit', '-q', '--allow-empty', '-m', 'Mine'], cloned)
    await expect(git(['push', '-q', 'origin', 'main'], cloned)).rejects.toThrow('403')
    expect(repo().commits[0].title).toBe('initial commit')
  })

  test('kernels, datasets and Spaces are cloned below their prefix, buckets are not', async () => {
    for (const type of ['kernel', 'dataset', 'space', 'bucket'] as const) hub.addRepo({ type, name: 'acme/other' })
    const heads = (path: string) => git(['ls-remote', '--heads', remote(path)])
    for (const prefix of ['kernels', 'datasets', 'spaces']) {
      expect(await heads(`/${prefix}/acme/other`)).toContain('refs/heads/main')
    }
    await expect(heads('/buckets/acme/other')).rejects.toThrow('not found')
  })
})

describe('large files', () => {
  test('preupload says which files are large: by the attributes, the size, or the content', async () => {
    const files = [
      { path: 'deep/model.safetensors', size: 10, sample: '' },
      { path: 'big.txt', size: 20_000_000, sample: '' },
      { path: 'image.png', size: 4, sample: Buffer.from([0x89, 0, 1, 2]).toString('base64') },
      { path: 'notes.txt', size: 4, sample: Buffer.from('text').toString('base64') },
    ]
    const body = { files, gitIgnore: '# none\nnotes.*\n' }
    const answer = await json('/api/models/acme/model/preupload/main', { method: 'POST', body })
    expect(answer).toMatchObject({
      files: [
        { uploadMode: 'lfs' },
        { uploadMode: 'lfs' },
        { uploadMode: 'lfs' },
        { uploadMode: 'regular', shouldIgnore: true },
      ],
    })
  })

  test('an object is uploaded, committed, listed by its real size, and downloaded through a link', async () => {
    const content = Buffer.from([0, 255, 1, 254])
    const oid = await store(content)
    const line = { key: 'lfsFile', value: { path: 'model.bin', algo: 'sha256', oid } }
    const committed = await api('/api/models/acme/model/commit/main', { method: 'POST', body: ndjson('Large', line) })
    expect(committed.status).toBe(200)
    expect(await json('/api/models/acme/model/tree/main')).toContainEqual({
      type: 'file',
      path: 'model.bin',
      oid: blobId(repo().files.get('model.bin') ?? Buffer.alloc(0)),
      size: 4,
      lfs: { oid, size: 4, pointerSize: 126 },
    })
    const resolved = await api('/acme/model/resolve/main/model.bin')
    expect(Buffer.from(await resolved.arrayBuffer())).toEqual(content)
    expect(await batch('upload', content)).not.toHaveProperty('actions')
  })

  test('a commit of an object that was never uploaded is refused', async () => {
    const line = { key: 'lfsFile', value: { path: 'model.bin', algo: 'sha256', oid: 'a'.repeat(64) } }
    const { status } = await api('/api/models/acme/model/commit/main', { method: 'POST', body: ndjson('None', line) })
    expect(status).toBe(400)
    expect(repo().commits).toHaveLength(1)
  })

  test('nobody uploads with a token that only reads, a changed link, or other content', async () => {
    const content = Buffer.from('content')
    const reader = hub.addOrgToken('acme', ['repo.content.read'])
    expect((await batch('upload', content, reader)).status).toBe(403)
    expect(await batch('download', content, reader)).toMatchObject({ status: 200, error: { code: 404 } })
    const { actions } = await batch('upload', content)
    const href = actions?.upload?.href ?? ''
    const put = async (url: string, body: string) => (await fetch(url, { method: 'PUT', body })).status
    expect(
      await put(
        href.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
        'content',
      ),
    ).toBe(403)
    expect(await put(href, 'something else')).toBe(400)
    expect(repo().lfs.size).toBe(0)
  })

  test('64 MB are taken, and a byte more is not', async () => {
    const content = Buffer.alloc(64 * 1024 * 1024, 7)
    await store(content)
    const { actions } = await batch('upload', Buffer.concat([content, Buffer.from([1])]))
    const more = fetch(actions?.upload?.href ?? '', { method: 'PUT', body: new Uint8Array(content.length + 1) })
    // Node may see the connection closed before it has read the refusal.
    expect(
      await more.then(
        ({ status }) => status,
        () => 413,
      ),
    ).toBe(413)
  })

  test('xet tokens are for writers, and for uploads only', async () => {
    const reader = hub.addOrgToken('acme', ['repo.content.read'])
    const tokenStatus = async (kind: string, value: string) =>
      (await api(`/api/models/acme/model/xet-${kind}-token/main`, { value })).status
    expect(await tokenStatus('write', token)).toBe(200)
    expect(await tokenStatus('write', reader)).toBe(403)
    expect(await tokenStatus('read', reader)).toBe(404)
    expect((await api(`/xet/v1/xorbs/default/${'0'.repeat(64)}`, { method: 'POST', body: {} })).status).toBe(401)
    expect((await batch('upload', Buffer.from('x'))).transfer).toBe('basic')
  })
})

describe('revisions', () => {
  const commit = (revision: string, title: string, value = token) =>
    api(`/api/models/acme/model/commit/${revision}`, { method: 'POST', body: ndjson(title, file(title, title)), value })

  test('a pull request leaves main alone, and is a revision of its own', async () => {
    const opened = (await (await commit('main?create_pr=1', 'Proposal')).json()) as Record<string, string>
    expect(opened.pullRequestUrl).toBe(`${hub.url}/acme/model/discussions/1`)
    expect(repo().commits).toHaveLength(1)
    expect((await commit('refs%2Fpr%2F1', 'More')).status).toBe(200)
    expect(await json('/api/models/acme/model/commits/refs%2Fpr%2F1')).toMatchObject([
      { title: 'More' },
      { title: 'Proposal' },
      { title: 'initial commit' },
    ])
    expect(await json('/api/models/acme/model/refs?include_prs=1')).toMatchObject({ pullRequests: [{ name: '1' }] })
  })

  test('whoever may read and discuss may open a pull request, a reader alone may not', async () => {
    const reader = hub.addOrgToken('acme', ['repo.content.read'])
    const proposer = hub.addOrgToken('acme', ['repo.content.read', 'discussion.write'])
    expect((await commit('main?create_pr=1', 'A', reader)).status).toBe(403)
    expect((await commit('main?create_pr=1', 'B', proposer)).status).toBe(200)
    expect((await commit('main', 'C', proposer)).status).toBe(403)
  })

  test('branches and tags are created and deleted, but main stays', async () => {
    const call = async (method: string, path: string, body?: object) =>
      (await api(`/api/models/acme/model/${path}`, { method, ...(body && { body }) })).status
    expect(await call('POST', 'branch/dev', {})).toBe(200)
    expect(await call('POST', 'branch/dev', {})).toBe(409)
    expect((await commit('dev', 'On dev')).status).toBe(200)
    expect(await call('POST', 'tag/dev', { tag: 'v1' })).toBe(200)
    expect((await api('/acme/model/resolve/v1/On%20dev')).status).toBe(200)
    expect((await commit('v1', 'On a tag')).status).toBe(404)
    expect(await call('DELETE', 'branch/dev')).toBe(200)
    expect(await call('DELETE', 'tag/v1')).toBe(200)
    expect(await call('DELETE', 'tag/v1')).toBe(404)
    expect(await call('DELETE', 'branch/main')).toBe(403)
    expect(await call('POST', 'branch/x', { startingPoint: 'nowhere' })).toBe(404)
  })

  test('files are looked up by path at a revision', async () => {
    const body = { paths: ['a', 'a/b.txt', 'none'], expand: false }
    const answer = await json('/api/models/acme/model/paths-info/main', { method: 'POST', body })
    expect(answer).toMatchObject([{ type: 'directory' }, { path: 'a/b.txt', size: 1 }])
  })

  test('repositories are listed to those who may see them, and deleted by those who may write', async () => {
    const names = async (value: string) =>
      ((await json('/api/models?author=acme', { value })) as { id: string }[]).map(({ id }) => id)
    expect(await names(token)).toEqual(['acme/model'])
    expect(await names(hub.addOrgToken('evil'))).toEqual([])
    const remove = async (value: string) => {
      const body = { name: 'model', organization: 'acme' }
      return (await api('/api/repos/delete', { method: 'DELETE', body, value })).status
    }
    expect(await remove(hub.addOrgToken('acme', ['repo.content.read']))).toBe(403)
    expect(await remove(token)).toBe(200)
    expect(await names(token)).toEqual([])
  })
})

describe('a bucket', () => {
  test('is created, described and deleted, and has no content without Xet', async () => {
    const bucket = async (method: string, path = '', value = token) =>
      (await api(`/api/buckets/acme/artifacts${path}`, { method, value, ...(method === 'POST' && { body: {} }) }))
        .status
    expect(await bucket('GET')).toBe(404)
    expect(await bucket('POST', '', hub.addOrgToken('acme', ['repo.content.read']))).toBe(403)
    expect(await bucket('POST')).toBe(200)
    expect(await bucket('POST')).toBe(409)
    expect(await json('/api/buckets/acme/artifacts')).toMatchObject({ id: 'acme/artifacts', totalFiles: 0 })
    expect(await bucket('GET', '/tree')).toBe(200)
    expect(await bucket('GET', '/xet-write-token')).toBe(404)
    expect(await bucket('DELETE')).toBe(204)
    expect(await bucket('GET')).toBe(404)
  })
})

test('with the contributor permission, a token writes to what it created itself and to nothing else', async () => {
  const contributor = () => hub.addOrgToken('acme', ['repo.content.read', 'repo.contribute'])
  const [first, second] = [contributor(), contributor()]
  const body = { name: 'new', organization: 'acme' }
  expect((await api('/api/repos/create', { method: 'POST', body, value: first })).status).toBe(200)
  const write = async (name: string, value: string) =>
    (await api(`/api/models/acme/${name}/auth-check/write`, { value })).status
  expect(await write('new', first)).toBe(200)
  expect(await write('new', second)).toBe(403)
  expect(await write('model', first)).toBe(403)
})
