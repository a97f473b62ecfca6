/**
 * The `Condition` of a statement: what a request must look like for the statement to apply.
 * Source: IAM user guide, "IAM JSON policy elements: Condition" and "Set operators for multivalued context keys".
 */
import type { Context } from './context.ts'
import { record, values } from './elements.ts'
import { type Operator, operatorNamed, type Test } from './operators.ts'
import { malformed } from './policy-error.ts'

/** One key of one operator. */
export interface Condition {
  /** As written, e.g. `ForAnyValue:StringLikeIfExists`. */
  operator: string
  /** In lower case. */
  key: string
  /** As written. */
  values: readonly string[]
  holds: (context: Context) => boolean
}

interface Qualified {
  /** `ForAllValues:` or `ForAnyValue:`. Without it, a key with several values matches nothing. */
  set: 'all' | 'any' | undefined
  /** `…IfExists`: also satisfied by a request without the key. */
  ifExists: boolean
  operator: Operator
}

/** @throws PolicyError for an operator, a key or a value that AWS would not take. */
export function parseConditions(block: unknown, variables: boolean): Condition[] {
  if (block === undefined) return []
  return Object.entries(record(block, 'Condition')).flatMap(([operator, keys]) =>
    Object.entries(record(keys, operator)).map(([key, expected]) => {
      if (!/^[^:\s]+:\S/.test(key))
        throw malformed(`Condition keys must have a prefix, such as aws: (${operator}: ${key})`)
      const texts = values(expected, `The value of ${key}`)
      return { operator, key: key.toLowerCase(), values: texts, holds: reader(operator, key, texts, variables) }
    }),
  )
}

function reader(name: string, key: string, expected: string[], variables: boolean): Condition['holds'] {
  const lower = key.toLowerCase()
  if (name === 'Null') return nullCheck(lower, expected)
  const qualified = qualify(name)
  const tests = expected.map((value) => qualified.operator.read(value, variables))
  return (context) => holds(qualified, tests, context.get(lower) ?? [], context)
}

/** `"true"`: the key must be missing; `"false"`: it must be there. */
function nullCheck(key: string, expected: readonly string[]): Condition['holds'] {
  const wrong = expected.find((value) => !/^(?:true|false)$/i.test(value))
  if (wrong !== undefined) throw malformed(`Null takes true or false, not ${wrong.slice(0, 200)}`)
  return (context) => expected.some((value) => (value.toLowerCase() === 'true') === !context.has(key))
}

function qualify(name: string): Qualified {
  const [, quantifier, base = '', ifExists] = /^(?:For(All|Any)Values?:)?(\w+?)(IfExists)?$/.exec(name) ?? []
  const prefix = quantifier === 'All' ? 'ForAllValues:' : quantifier === 'Any' ? 'ForAnyValue:' : ''
  const operator = name === `${prefix}${base}${ifExists ?? ''}` ? operatorNamed(base) : undefined
  if (!operator) throw malformed(`Invalid condition operator: ${name.slice(0, 200)}`)
  const set = quantifier === 'All' ? 'all' : quantifier === 'Any' ? 'any' : undefined
  return { set, ifExists: ifExists !== undefined, operator }
}

function holds(
  { set, ifExists, operator }: Qualified,
  tests: readonly Test[],
  actual: readonly string[],
  context: Context,
): boolean {
  if (actual.length === 0) return ifExists || set === 'all' || (set === undefined && operator.negated)
  const satisfied = (value: string) => tests.some((test) => test(value, context)) !== operator.negated
  if (set === 'any') return actual.some(satisfied)
  return actual.every(satisfied) && (set === 'all' || operator.negated || actual.length === 1)
}
