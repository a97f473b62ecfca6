/**
 * Makes V8 compile a bundle's modules at once. It scans a function first and compiles it when it is called, unless the
 * function is in parentheses: nearly all modules of a file that is loaded are called. Source: v8.dev/blog/preparser.
 */
import { parse } from 'acorn'

/** The same code, with each module of webpack's table (`{123: (e, t, n) => {…}}`) in parentheses. */
export function compiledAtOnce(code: string): string {
  const places = parse(code, { ecmaVersion: 'latest', sourceType: 'module' }).body.flatMap((statement) => {
    const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (declared?.type !== 'VariableDeclaration') return []
    return declared.declarations.flatMap(({ init }) => {
      if (init?.type !== 'ObjectExpression') return []
      return init.properties.flatMap((property) => {
        if (property.type !== 'Property' || property.method || property.key.type !== 'Literal') return []
        const { type, start, end } = property.value
        return /^(?:Arrow)?FunctionExpression$/.test(type) ? [start, end] : []
      })
    })
  })
  const pieces = [0, ...places].map((from, at, all) => code.slice(from, all[at + 1]))
  // Odd places begin a function, even ones end it.
  return pieces.map((piece, at) => (at === 0 ? piece : at % 2 === 1 ? `(${piece}` : `)${piece}`)).join('')
}
