/** The map in CONTRIBUTING.md: the rooms of `src/`, from the table of floors, and the other folders. */
import { FLOORS } from '../floors.ts'
import { table } from './markdown.ts'
import { type Filler, MarkerError } from './markers.ts'
import type { Problem, Project } from './project.ts'

/** What is not in `src/`, as the map says it. */
const OUTSIDE: Readonly<Record<string, string>> = {
  'action.yml': 'the inputs and outputs of the action; the source of the tables in README.md',
  'rotate/': 'the sub-action’s `action.yml`; the source of the tables in docs/rotation.md',
  'sandbox/': 'GitHub’s issuer, AWS, and the Hub on localhost, and a runner; the demo',
  '__tests__/':
    'mirrors `src/`, `sandbox/`, and `scripts/`; `e2e/` runs `dist/` as the runner would, `interop/` against third-party software',
  'scripts/': 'build, checks, documents (`docs/`: one file per check), mutations',
  'bench/': 'compares the action with a bare script that makes the same calls',
  'docs/': 'what users read; `messages/`: messages that the end-to-end tests recorded, which the pages quote',
  'examples/': 'complete workflows to copy',
  'dist/': 'the build that users run; committed',
}
/** Made by tools, and not committed. */
const NOT_OURS = ['node_modules', 'build', 'coverage']

/** `<!-- map:rooms -->` and `<!-- map:folders -->`. */
export function map(project: Project): Filler {
  return {
    kind: 'map',
    content({ name }) {
      if (name === 'rooms') return table(['Room', 'What is in it'], rooms(project))
      if (name === 'folders') return table(['Where', 'What is in it'], Object.entries(OUTSIDE).map(row))
      throw new MarkerError('the maps are rooms and folders')
    },
  }
}

/** Folders of the project that the map leaves out, and places on it that are not there. */
export function mapProblems(project: Project): Problem[] {
  const folders = new Set(project.list('*/*').map((path) => path.split('/')[0] ?? ''))
  const missing = [...folders].filter((folder) => ![...NOT_OURS, 'src'].includes(folder) && !(`${folder}/` in OUTSIDE))
  const gone = Object.keys(OUTSIDE).filter((path) => !project.exists(path))
  const problem = (says: string): Problem => ({ path: 'scripts/docs/map.ts', line: 1, says })
  return [
    ...missing.map((folder) => problem(`the map in CONTRIBUTING.md needs the folder ${folder}/`)),
    ...gone.map((path) => problem(`the map in CONTRIBUTING.md has ${path}, which does not exist`)),
  ]
}

/** From the top floor down; a room that has no file yet is not on the map. */
function rooms(project: Project): string[][] {
  return FLOORS.toReversed()
    .flat()
    .filter(({ name }) => project.exists(`src/${name}`))
    .map(({ name, holds }) => row([`src/${name}/`, holds]))
}

function row([path, holds]: readonly [string, string]): string[] {
  return [`\`${path}\``, holds]
}
