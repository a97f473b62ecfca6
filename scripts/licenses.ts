/** The licences of the packages whose code is in a bundle; each text once, under the names of all that share it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Licences under which a package may ship. */
const PERMISSIVE = new Set(['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', '0BSD'])

interface Package {
  name: string
  license?: string
}

/** The folder of the package that a module's path lies in, or undefined for our own. */
function packageFolder(path: string): string | undefined {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(path)?.[0]
}

/** The text of `licenses.txt` for the modules with these paths. Throws for a package without a permissive licence. */
export function licensesOf(modulePaths: Iterable<string>): string {
  const folders = new Set([...modulePaths].flatMap((path) => packageFolder(path) ?? []))
  const byText = new Map<string, string[]>()
  for (const folder of [...folders].sort()) {
    const { name, license = '' } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package
    if (!PERMISSIVE.has(license)) throw new Error(`${name} has the licence "${license}"`)
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
    const text =
      file && existsSync(join(folder, file))
        ? readFileSync(join(folder, file), 'utf8')
        : `(${license}; no text in the package)`
    const key = text.replace(/\r\n/g, '\n').trim()
    byText.set(key, [...(byText.get(key) ?? []), `${name} (${license})`])
  }
  return `${[...byText].map(([text, names]) => `${[...new Set(names)].join('\n')}\n\n${text}`).join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}
