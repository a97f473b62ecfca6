import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { projectRoot } from '../../sandbox/root.ts'
import { downloadOf, downloadOfWorkTree, grownFiles } from '../../scripts/download.ts'

describe('in a repository with the attributes of this one', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'download-'))
    git('init', '--quiet')
    write('.gitattributes', readFileSync(join(projectRoot, '.gitattributes'), 'utf8'))
    write('.gitignore', 'node_modules/\n')
    write('action.yml', 'name: x\n')
    write('src/main.ts', noise(20_000))
    write('dist/main/index.js', noise(30_000))
    write('dist/lambda/index.js', noise(40_000))
    write(`dist/${'long/'.repeat(30)}index.js`, 'x')
    git('add', '.')
    git('-c', 'user.name=x', '-c', 'user.email=x', '-c', 'commit.gpgsign=false', 'commit', '--quiet', '-m', 'x')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function git(...args: string[]): Buffer {
    return execFileSync('git', args, { cwd: folder })
  }

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }

  test('the download is as large as the archive that git makes', () => {
    const archive = git('archive', '--format=tar.gz', '--prefix=hf-oidc-action/', 'HEAD').length
    for (const { size } of [downloadOf(folder, 'HEAD'), downloadOfWorkTree(folder)]) {
      // Node and git may bring different versions of zlib.
      expect(Math.abs(size - archive)).toBeLessThan(archive / 20)
    }
  })

  test('only what is not marked `export-ignore` counts', () => {
    const { files } = downloadOf(folder, 'HEAD')
    expect([...files]).toEqual([
      ['action.yml', 8],
      [`dist/${'long/'.repeat(30)}index.js`, 1],
      ['dist/main/index.js', 30_000],
    ])
  })

  test('changes that are not committed count, ignored files do not, and nothing is staged', () => {
    write('dist/main/index.js', noise(31_000))
    write('dist/new.js', 'x')
    write('dist/node_modules/x.js', noise(10_000))
    const status = () => git('status', '--porcelain').toString()
    const before = status()
    const { files } = downloadOfWorkTree(folder)
    expect(files.get('dist/main/index.js')).toBe(31_000)
    expect(files.has('dist/node_modules/x.js')).toBe(false)
    expect(status()).toBe(before)
    expect(grownFiles(files, downloadOf(folder, 'HEAD').files)).toEqual([
      ['dist/main/index.js', 1000],
      ['dist/new.js', 1],
    ])
  })
})

/** Text of that many bytes that hardly compresses; the same every time. */
function noise(length: number): string {
  let state = 1
  let text = ''
  while (text.length < length) {
    state = (state * 48_271) % 2_147_483_647
    text += state.toString(36)
  }
  return text.slice(0, length)
}

test('a runner gets every program that an action of this repository names, and no sources', () => {
  const names = [...downloadOfWorkTree(projectRoot).files.keys()]
  for (const folder of ['', 'rotate']) {
    const { runs } = parse(readFileSync(join(projectRoot, folder, 'action.yml'), 'utf8')) as {
      runs: { main: string; post?: string }
    }
    for (const program of [runs.main, runs.post ?? runs.main]) {
      expect(names).toContain(join(folder, program).replaceAll('\\', '/'))
    }
  }
  const places = new Set(names.map((name) => name.split('/').slice(0, -1).join('/')))
  expect([...places].sort()).toEqual(['', 'dist', 'dist/main', 'dist/post', 'dist/rotate', 'dist/shared', 'rotate'])
})
