/** A person in an editor: puts one text in the place of another; like most editors, ends the file with a line break. */
import { readFileSync, writeFileSync } from 'node:fs'

const [path = ''] = process.argv.slice(2)
const { EDITOR_OLD: old = '', EDITOR_NEW: text = '' } = process.env
const before = readFileSync(path, 'utf8')
if (before.split(old).length !== 2) process.exit(1)
writeFileSync(path, `${before.replace(old, () => text).trimEnd()}\n`)
