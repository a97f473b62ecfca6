/**
 * A person in an editor: puts one text in the place of another, or types it into an empty file when there is nothing to
 * replace; like most editors, ends the file with a line break.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const [path = ''] = process.argv.slice(2)
const { EDITOR_OLD: old = '', EDITOR_NEW: text = '' } = process.env
const before = readFileSync(path, 'utf8')
const isEmpty = old === '' && before === ''
if (!isEmpty && before.split(old).length !== 2) process.exit(1)
writeFileSync(path, `${before.replace(old, () => text).trimEnd()}\n`)
