/** The tables of inputs and outputs, from the `action.yml` of each action. */
import { parse } from 'yaml'
import { table } from './markdown.ts'
import { type Filler, MarkerError } from './markers.ts'
import type { Project } from './project.ts'

/** What an `action.yml` declares. */
export interface Action {
  /** The folder that users write after `uses:`; empty for the action itself. */
  name: string
  path: string
  inputs: Record<string, { description: string; required?: boolean; default?: string }>
  outputs: Record<string, { description: string }>
}

/** The pages with tables, by the folder of the action. */
export const TABLE_PAGES: Readonly<Record<string, string>> = { '': 'README.md', rotate: 'docs/rotation.md' }

/** The action, and every sub-action: a folder with an `action.yml`. */
export function actionsOf(project: Project): Action[] {
  return project
    .list('action.yml', '*/action.yml')
    .map((path) => ({ inputs: {}, outputs: {}, ...(parse(project.read(path) ?? '') as Partial<Action>), path }))
    .map((action) => ({ ...action, name: action.path.replace(/\/?action\.yml$/, '') }))
}

/** `<!-- table:inputs -->` and `<!-- table:outputs -->`, of the action whose page it is. */
export function tables(project: Project): Filler {
  const actions = actionsOf(project)
  return {
    kind: 'table',
    content({ name }, { path }) {
      const action = actions.find((one) => TABLE_PAGES[one.name] === path)
      if (!action) throw new MarkerError('this page belongs to no action, see TABLE_PAGES in scripts/docs/tables.ts')
      if (name === 'inputs') return table(['Input', 'Default', 'Meaning'], inputRows(action))
      if (name === 'outputs') return table(['Output', 'Meaning'], outputRows(action))
      throw new MarkerError('the tables are inputs and outputs')
    },
  }
}

function inputRows({ inputs }: Action): string[][] {
  return Object.entries(inputs).map(([name, input]) => [
    `\`${name}\``,
    input.required ? 'required' : input.default ? `\`${input.default}\`` : '',
    input.description,
  ])
}

function outputRows({ outputs }: Action): string[][] {
  return Object.entries(outputs).map(([name, { description }]) => [`\`${name}\``, description])
}
