/** Rules of the design that a reader should not have to check by hand. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { projectRoot } from '../sandbox/root.ts'

const source = join(projectRoot, 'src')
const files = readdirSync(source, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => ({ name: relative(source, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }))

const EDGES = [
  'main.ts',
  'post.ts',
  'rotate.ts',
  'lambda.ts',
  'inputs/read.ts',
  'deliver/deliver.ts',
  'deliver/undo.ts',
  'deliver/minted.ts',
  'deliver/revoke-minted.ts',
  'report/runner-log.ts',
  'report/rotation-log.ts',
]

describe.each(files.map(({ name, text }) => [name, text] as const))('src/%s', (name, text) => {
  test('says in its first line why it exists', () => expect(text).toMatch(/^\/\*\*/))

  if (!EDGES.includes(name)) {
    test('does not call the runner', () => expect(text).not.toContain("from '@actions/core'"))
    // Where Windows keeps its own programs is no setting.
    test('does not read the environment', () =>
      expect(text.replace('process.env.SystemRoot', '')).not.toContain('process.env'))
  }

  test('makes no call but through net/http.ts', () => {
    // The bundles leave out what the runner's packages would make calls and start programs with: nothing may reach it.
    expect(text).not.toMatch(/\b(?:getIDToken|getOctokit|getDetails|fetch)\(/)
    if (name !== 'net/http.ts')
      expect(text).not.toMatch(
        /(?:^import (?!type ).*from |import\()'(?:node:)?(?:https?|http2|net|tls|dgram|undici)'/m,
      )
  })

  test('has a comment on every exported function and class', () => {
    const bare = [
      ...text.matchAll(/(?<doc>\*\/\n)?export (?:default )?(?:async )?(?:function|class) (?<what>\w+)/g),
    ].filter(({ groups }) => !groups?.doc)
    expect(bare.map(({ groups }) => groups?.what)).toEqual([])
  })
})

describe('what is in one place', () => {
  const places = (pattern: RegExp) => files.filter(({ text }) => pattern.test(text)).map(({ name }) => name)

  test('the command that stores a token', () => expect(places(/put-secret-value/)).toEqual(['aws/store-command.ts']))

  test('the addresses of the Hub’s pages', () =>
    expect(places(/https:\/\/(?:\w+\.)?huggingface\.co/)).toEqual(['hub/pages.ts']))
})
