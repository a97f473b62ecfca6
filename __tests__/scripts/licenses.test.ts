import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { licensesOf } from '../../scripts/licenses.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'licenses-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string, text: string): string {
  const full = join(folder, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, text)
  return full
}

/** A package with one module; returns the module's path. */
function aPackage(name: string, { license = 'MIT', files = {} as Record<string, string> } = {}): string {
  const home = join('node_modules', name)
  write(join(home, 'package.json'), JSON.stringify({ name, license }))
  for (const [file, text] of Object.entries(files)) write(join(home, file), text)
  return write(join(home, 'lib', 'index.js'), '')
}

const supplied = () => join(folder, 'supplied')

test('lists each text once, under the names of all packages that share it', () => {
  const text = 'MIT License\r\n\r\nCopyright A\r\n'
  const modules = [
    aPackage('@a/one', { files: { LICENSE: text } }),
    aPackage('two', { files: { 'license.md': text.replaceAll('\r', '') } }),
    aPackage('three', { license: 'ISC', files: { LICENCE: 'Copyright B' } }),
    join(folder, 'src', 'main.js'),
  ]
  const listed = licensesOf(modules, supplied())
  expect(listed.split(/\n\n-{80}\n\n/)).toEqual([
    '@a/one (MIT)\ntwo (MIT)\n\nMIT License\n\nCopyright A',
    'three (ISC)\n\nCopyright B\n',
  ])
})

test('a package without the text of its license fails the build', () => {
  const module = aPackage('@a/bare')
  expect(() => licensesOf([module], supplied())).toThrow(
    /^@a\/bare ships without the text of its license\. .* save it as scripts\/licenses\/@a\/bare\.txt\.$/,
  )
  write('node_modules/@a/bare/LICENSE', ' \n')
  expect(() => licensesOf([module], supplied())).toThrow('ships without the text')
})

test('a text that somebody supplied stands in for the missing one', () => {
  const module = aPackage('@a/bare')
  write('supplied/@a/bare.txt', 'Copyright C\n')
  expect(licensesOf([module], supplied())).toBe('@a/bare (MIT)\n\nCopyright C\n')
})

test('a package’s own text wins over a supplied one', () => {
  const module = aPackage('own', { files: { LICENSE: 'Copyright D' } })
  write('supplied/own.txt', 'Copyright C')
  expect(licensesOf([module], supplied())).toContain('Copyright D')
})

test.each(['GPL-3.0', 'UNLICENSED', ''])('the license "%s" fails the build', (license) => {
  const module = aPackage('other', { license, files: { LICENSE: 'text' } })
  expect(() => licensesOf([module], supplied())).toThrow(`other must have one of these licenses`)
})
