/** The licenses of the packages whose code is in a bundle; each text once, under the names of all that share it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../sandbox/root.ts'

/** Licenses under which a package may ship. */
const PERMISSIVE = new Set(['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', '0BSD'])

/** The texts of packages that ship without one: `<package>.txt`. */
const SUPPLIED = join(projectRoot, 'scripts', 'licenses')

interface Package {
  name: string
  license?: string
}

/** The folder of the package that contains the module with this path, or undefined for our own modules. */
export function packageFolder(path: string): string | undefined {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(path)?.[0]
}

/**
 * The text of `licenses.txt` for the modules with these paths. `supplied` is the folder with the texts of packages that
 * ship without one.
 *
 * @throws `Error` for a package without a permissive license, and for one whose text is neither in its folder nor
 * supplied.
 */
export function licensesOf(modulePaths: Iterable<string>, supplied = SUPPLIED): string {
  const folders = new Set([...modulePaths].flatMap((path) => packageFolder(path) ?? []))
  const byText = new Map<string, Set<string>>()
  for (const folder of [...folders].sort()) {
    const { name, license = '' } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package
    if (!PERMISSIVE.has(license)) {
      throw new Error(
        `${name} must have one of these licenses to be bundled: ${[...PERMISSIVE].join(', ')} (got "${license}").`,
      )
    }
    const text = licenseText(folder, name, supplied)
    byText.set(text, (byText.get(text) ?? new Set()).add(`${name} (${license})`))
  }
  return `${[...byText].map(([text, names]) => `${[...names].join('\n')}\n\n${text}`).join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}

function licenseText(folder: string, name: string, supplied: string): string {
  const own = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^licen[cs]e/i.test(entry.name))
    .map((entry) => join(folder, entry.name))
  const texts = [...own, join(supplied, `${name}.txt`)]
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8').replaceAll('\r\n', '\n').trim())
  const text = texts.find((candidate) => candidate !== '')
  if (text === undefined) {
    throw new Error(
      `${name} ships without the text of its license. Get the text, with its copyright line, from the package's repository and save it as scripts/licenses/${name}.txt.`,
    )
  }
  return text
}
