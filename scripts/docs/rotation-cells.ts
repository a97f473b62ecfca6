/**
 * What a rotation does, for every source of the living token, mode, and line of a secret: the one list that
 * `docs/rotation.md` prints and `__tests__/rotation/cells.test.ts` plays. Pure.
 */

/** Where the current token comes from. */
export const CURRENTS = {
  'by-hand': 'created by hand',
  minted: 'minted by a rotation',
  elsewhere: 'of another organization',
  dead: 'the Hub no longer accepts it',
  unknown: 'the Hub does not say whether it works',
  none: 'none yet',
} as const

/** How the rotation is started; `dry-run` and `force` are those of `mode: mint`. */
export const MODES = {
  mint: '`mode: mint`',
  force: '`force`',
  function: 'AWS’s scheduler',
  promote: '`mode: promote`',
  'dry-run': '`dry-run`',
} as const

/** What the line asks for, next to what the current token can do. */
export const LINES = {
  same: 'the same rights',
  wider: 'more rights',
  narrower: 'fewer rights',
  others: 'different repositories',
  narrow: 'fewer rights, `narrow=true`',
} as const

export type Current = keyof typeof CURRENTS
export type Mode = keyof typeof MODES
export type Line = keyof typeof LINES

/** What becomes of the current token. */
export const EFFECTS = {
  replaced: 'replaced',
  warned: 'replaced, with a warning',
  filled: 'the secret gets its first token',
  blocked: '`rotation-blocked`: kept',
  overdue: '`rotation-overdue`: a person must store a token',
  open: 'the run fails: kept',
  'would-replace': 'would be replaced',
  'would-warn': 'would be replaced, with a warning',
  'would-fill': 'the secret would get its first token',
} as const

export type Effect = keyof typeof EFFECTS

export interface Cell {
  current: Current
  mode: Mode
  line: Line
  effect: Effect
}

/** The effect of a rotation that writes. */
function effectOf(current: Current, line: Line): Effect {
  switch (current) {
    case 'unknown':
      return 'open'
    case 'none':
      return 'filled'
    case 'dead':
      return 'replaced'
    case 'elsewhere':
      return line === 'narrow' ? 'warned' : 'blocked'
    case 'by-hand':
    case 'minted':
      return OF_LINE[line]
  }
}

const OF_LINE: Readonly<Record<Line, Effect>> = {
  same: 'replaced',
  wider: 'replaced',
  narrower: 'blocked',
  others: 'blocked',
  narrow: 'warned',
}

const IN_DRY_RUN: Partial<Record<Effect, Effect>> = {
  replaced: 'would-replace',
  warned: 'would-warn',
  filled: 'would-fill',
}

function inMode(mode: Mode, effect: Effect): Effect {
  if (mode === 'promote' && effect === 'filled') return 'overdue'
  return mode === 'dry-run' ? (IN_DRY_RUN[effect] ?? effect) : effect
}

const keys = <K extends string>(names: Readonly<Record<K, string>>) => Object.keys(names) as K[]

/** Every cell. */
export const CELLS: readonly Cell[] = keys(CURRENTS).flatMap((current) =>
  keys(LINES).flatMap((line) =>
    keys(MODES).map((mode) => ({ current, mode, line, effect: inMode(mode, effectOf(current, line)) })),
  ),
)
