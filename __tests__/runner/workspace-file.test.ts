/** A text file of the repository that an input names. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { MAX_LIST_FILE, readWorkspaceFile } from '../../src/runner/workspace-file.ts'
import { plain } from '../../src/text/message.ts'

let root = ''
let workspace = ''
const isPosix = process.platform !== 'win32'

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'hf-oidc-workspace-'))
  workspace = join(root, 'repo')
  mkdirSync(join(workspace, 'ops'), { recursive: true })
  mkdirSync(join(root, 'repo2'))
  writeFileSync(join(workspace, 'ops', 'hub.txt'), '\uFEFFhub/ä scope=read\r\n')
  writeFileSync(join(workspace, '..hub.txt'), 'x')
  writeFileSync(join(workspace, 'binary'), Buffer.from([0x68, 0xff, 0xfe]))
  writeFileSync(join(workspace, 'zeros'), 'a\0b')
  writeFileSync(join(workspace, 'large'), Buffer.alloc(MAX_LIST_FILE + 1, 'a'))
  writeFileSync(join(workspace, 'full'), Buffer.alloc(MAX_LIST_FILE, 'a'))
  writeFileSync(join(root, 'repo2', 'secret'), 'secret')
  if (!isPosix) return
  symlinkSync(join(root, 'repo2', 'secret'), join(workspace, 'out'))
  symlinkSync(join(root, 'repo2'), join(workspace, 'outside'))
  symlinkSync(join(workspace, 'ops', 'hub.txt'), join(workspace, 'in'))
  symlinkSync(workspace, join(root, 'linked'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const problem = (path: string, where = workspace) => {
  const read = readWorkspaceFile(path, where)
  return 'problem' in read ? plain(read.problem) : 'none'
}
const text = (path: string, where = workspace) => readWorkspaceFile(path, where)

test('is read by its path in the repository, without a byte order mark', () => {
  expect(text('ops/hub.txt')).toEqual({ text: 'hub/ä scope=read\r\n' })
  expect(text(join(workspace, 'ops', 'hub.txt'))).toEqual({ text: 'hub/ä scope=read\r\n' })
  expect(text('..hub.txt')).toEqual({ text: 'x' })
  expect(problem('full')).toBe('none')
  if (isPosix) {
    expect(text('in')).toEqual({ text: 'hub/ä scope=read\r\n' })
    expect(text('ops/hub.txt', join(root, 'linked'))).toEqual({ text: 'hub/ä scope=read\r\n' })
  }
})

test.each([
  ['../repo2/secret', 'must not contain ".."'],
  ['ops/../ops/hub.txt', 'must not contain ".."'],
  ['/etc/hostname', 'must be a path inside the repository'],
  ['.', 'must be a path inside the repository'],
  ['ops', 'not a regular file'],
  ['none.txt', 'does not exist; check out the repository'],
  ['ops/hub.txt/x', 'does not exist'],
  ['binary', 'not UTF-8 text'],
  ['zeros', 'not UTF-8 text'],
  ['large', 'more than 1048576 bytes'],
  ...(isPosix
    ? [
        ['out', 'must not lead out of the repository through a symbolic link'],
        ['outside/secret', 'must not lead out of the repository through a symbolic link'],
      ]
    : []),
])('is refused: %s', (path, expected) => expect(problem(path)).toContain(expected))

test('a sibling whose name begins like the repository’s is outside', () =>
  expect(problem(join(root, 'repo2', 'secret'))).toContain('must be a path inside the repository'))

test('needs a workspace', () => expect(problem('ops/hub.txt', '')).toContain('GITHUB_WORKSPACE'))
