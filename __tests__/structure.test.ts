/** Rules of the design that a reader should not have to check by hand. Each test lists the files that break its rule. */
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { projectRoot } from '../sandbox/root.ts'
import { floorProblems, importCycles, importsOf, type SourceFile, sourceFiles } from '../scripts/floors.ts'

const files = sourceFiles(join(projectRoot, 'src'))
const offenders = (isOffender: (file: SourceFile) => boolean) => files.filter(isOffender).map(({ path }) => path)
const isEdge = (path: string) => /^(?:entry|runner|terminal)\//.test(path)

describe('floors', () => {
  test('no file imports from a higher floor or from another room on its own floor', () => {
    expect(floorProblems(files)).toEqual([])
  })

  test('no imports go round in a circle, type imports included', () => {
    expect(importCycles(files)).toEqual([])
  })

  test('an import that climbs, one that goes sideways and one that needs Node in a browser are named', () => {
    const planted: SourceFile[] = [
      { path: 'net/planted.ts', text: "import type { Run } from '../token/run.ts'\n" },
      { path: 'hub/planted.ts', text: "const load = () => import('../aws/ecs.ts')\n" },
      { path: 'aws/policies/planted.ts', text: "import { helper } from '../planted.ts'\n" },
      { path: 'aws/planted.ts', text: "import { join } from 'node:path'\n" },
    ]
    expect(floorProblems([...files, ...planted])).toEqual([
      'net/planted.ts imports token/run.ts: up, from net to token',
      'hub/planted.ts imports aws/ecs.ts: sideways, from hub to aws',
      'aws/policies/planted.ts must run in a browser, and aws/planted.ts imports node:path',
    ])
  })

  test('a circle is named', () => {
    const planted: SourceFile[] = [
      { path: 'net/a.ts', text: "import { b } from './b.ts'\n" },
      { path: 'net/b.ts', text: "import type { A } from './a.ts'\n" },
    ]
    expect(importCycles(planted)).toEqual(['net/a.ts -> net/b.ts -> net/a.ts'])
  })
})

test('every file says in its first line why it exists', () => {
  expect(offenders(({ text }) => !text.startsWith('/**'))).toEqual([])
})

test('only the runner’s room calls the runner', () => {
  const calls = ({ path, text }: SourceFile) => !path.startsWith('runner/') && importsOf(text).includes('@actions/core')
  expect(offenders(calls)).toEqual([])
})

test('only the edges read the environment', () => {
  // Where Windows keeps its own programs is not a setting.
  const reads = ({ path, text }: SourceFile) =>
    !isEdge(path) && text.replace('process.env.SystemRoot', '').includes('process.env')
  expect(offenders(reads)).toEqual([])
})

test('every call goes through net/http.ts', () => {
  // The bundles leave out what the runner's packages would make calls and start programs with: nothing may reach it.
  const calls = ({ text }: SourceFile) => /\b(?:getIDToken|getOctokit|getDetails|fetch)\(/.test(text)
  const opens = ({ path, text }: SourceFile) =>
    path !== 'net/http.ts' &&
    /(?:^import (?!type ).*from |import\()'(?:node:)?(?:https?|http2|net|tls|dgram|undici)'/m.test(text)
  expect(offenders((file) => calls(file) || opens(file))).toEqual([])
})

test('every exported function and class has a comment', () => {
  const bare = files.flatMap(({ path, text }) =>
    [...text.matchAll(/(?<doc>\*\/\n)?export (?:default )?(?:async )?(?:function|class) (?<what>\w+)/g)]
      .filter(({ groups }) => !groups?.doc)
      .map(({ groups }) => `${path}: ${groups?.what}`),
  )
  expect(bare).toEqual([])
})

describe('what is in one place', () => {
  const places = (pattern: RegExp) => offenders(({ text }) => pattern.test(text))

  test('the command that stores a token', () => {
    expect(places(/put-secret-value/)).toEqual(['aws/store-command.ts'])
  })

  test('the addresses of the Hub’s pages', () => {
    expect(places(/https:\/\/(?:\w+\.)?huggingface\.co/)).toEqual(['hub/pages.ts'])
  })
})
