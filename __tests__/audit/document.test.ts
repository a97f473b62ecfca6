/** `docs/audit.md` lists every field that an event can have, and every program that sends one. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { projectRoot } from '../../sandbox/root.ts'
import { AUDITED_PROGRAMS } from '../../src/audit/audit-event.ts'

const page = readFileSync(join(projectRoot, 'docs', 'audit.md'), 'utf8')
const source = (path: string) => readFileSync(join(projectRoot, 'src', path), 'utf8')

test('every field of an event is in docs/audit.md', () => {
  const own = /const fields = \{\n([\s\S]*?)\n {2}\}/.exec(source('audit/audit-line.ts'))?.[1] ?? ''
  const details = ['token/audit.ts', 'rotation/report/report.ts', 'entry/lambda.ts', 'entry/post.ts'].flatMap((path) =>
    [...source(path).matchAll(/details: \{(?: |\n)([\s\S]*?)(?: |\n) *\}/g)].map(([, text = '']) => text),
  )
  const names = [own, ...details].flatMap((text) =>
    [...text.matchAll(/(?:^|[\s,])(\w+)(?=: )/g)].map(([, name = '']) => name),
  )
  expect(names.length).toBeGreaterThan(35)
  expect(names.filter((name) => !page.includes(`\`${name}\``) && !INNER.includes(name))).toEqual([])
})

/** Fields of what is in a list, which the page describes as a whole. */
const INNER = ['secret', 'action', 'versionId', 'previousVersionId', 'revoked', 'errors', 'service', 'error', 'arn']

test.each(AUDITED_PROGRAMS)('docs/audit.md names the program %s', (program) => {
  expect(page).toContain(`| \`${program}\` |`)
})
