/** `<!-- rotation:cells -->`: what a rotation does, from the list whose every cell a test plays. */
import { table } from './markdown.ts'
import { type Filler, MarkerError } from './markers.ts'
import { CELLS, CURRENTS, type Current, EFFECTS, LINES, type Line, MODES, type Mode } from './rotation-cells.ts'

const names = <K extends string>(of: Readonly<Record<K, string>>) => Object.keys(of) as K[]

export const rotationTable: Filler = {
  kind: 'rotation',
  content({ name }) {
    if (name === 'count') return String(CELLS.length)
    if (name !== 'cells') throw new MarkerError('the tables of rotation are cells and count')
    const columns = grouped(names(MODES), (mode) => column(mode))
    const head = ['Current token', 'The line asks for', ...columns.map((modes) => words(modes, MODES))]
    const sources = grouped(names(CURRENTS), (current) => JSON.stringify(rowsOf(current, columns)))
    const rows = sources.flatMap(([current, ...others]) =>
      current === undefined
        ? []
        : rowsOf(current, columns).map((row) => [words([current, ...others], CURRENTS), ...row]),
    )
    return table(head, rows)
  },
}

/** Rows of one source, without its name; lines with the same effects share a row. */
function rowsOf(current: Current, columns: readonly Mode[][]): string[][] {
  const lines = grouped(names(LINES), (line) => columns.map(([mode]) => effect(current, line, mode)).join('|'))
  return lines.map((of) => [
    of.length === names(LINES).length ? 'anything' : words(of, LINES),
    ...columns.map(([mode]) => effect(current, of[0], mode)),
  ])
}

function column(mode: Mode): string {
  return CELLS.filter((cell) => cell.mode === mode)
    .map((cell) => cell.effect)
    .join('|')
}

function effect(current: Current, line: Line | undefined, mode: Mode | undefined): string {
  const found = CELLS.find((cell) => cell.current === current && cell.line === line && cell.mode === mode)
  if (!found) throw new MarkerError('a cell is missing')
  return EFFECTS[found.effect]
}

/** The names in groups of those with the same key, in their order. */
function grouped<K extends string>(all: readonly K[], key: (name: K) => string): K[][] {
  return [...Map.groupBy(all, key).values()]
}

function words<K extends string>(group: readonly K[], of: Readonly<Record<K, string>>): string {
  return group.map((name) => of[name]).join('; ')
}
