/**
 * The condition operators of IAM's policy language.
 * Source: IAM user guide, "IAM JSON policy elements: Condition operators".
 */
import type { Context } from './context.ts'
import { isWithin, parseRange } from './ip-address.ts'
import { malformed } from './policy-error.ts'
import { constant, matchesArn, matchesText, parseTemplate, type Syntax, textOf } from './template.ts'

/** Whether a value of the request satisfies one value of the policy. */
export type Test = (actual: string, context: Context) => boolean

export interface Operator {
  /** It holds when no value of the policy matches, and also when the key is missing. */
  negated: boolean
  /** Reads one value of the policy. @throws PolicyError for a value that is not of the operator's type. */
  read: (value: string, variables: boolean) => Test
}

const OPERATORS = new Map<string, Operator>([
  ...both('StringEquals', 'StringNotEquals', text({ wildcards: false })),
  ...both('StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', text({ wildcards: false, ignoreCase: true })),
  ...both('StringLike', 'StringNotLike', text({ wildcards: true })),
  ...both('ArnEquals', 'ArnNotEquals', arn),
  ...both('ArnLike', 'ArnNotLike', arn),
  ...ordered('Numeric', typed('a number', readNumber)),
  ...ordered('Date', typed('a date', readDate)),
  one(
    'Bool',
    typed('true or false', readBoolean)((actual, expected) => actual === expected),
  ),
  one(
    'BinaryEquals',
    typed('Base64', readBase64)((actual, expected) => actual === expected),
  ),
  ...both('IpAddress', 'NotIpAddress', typed('an IP address or a range', parseRange)(isWithin)),
])

/** The operator of this name, without qualifier and without `IfExists`. `Null` is none: it asks for the key itself. */
export function operatorNamed(name: string): Operator | undefined {
  return OPERATORS.get(name)
}

function one(name: string, read: Operator['read']): [string, Operator] {
  return [name, { negated: false, read }]
}

function both(name: string, negation: string, read: Operator['read']): [string, Operator][] {
  return [one(name, read), [negation, { negated: true, read }]]
}

function ordered<T>(family: string, compare: Compare<T>): [string, Operator][] {
  return [
    ...both(
      `${family}Equals`,
      `${family}NotEquals`,
      compare((actual, expected) => actual === expected),
    ),
    one(
      `${family}LessThan`,
      compare((actual, expected) => actual < expected),
    ),
    one(
      `${family}LessThanEquals`,
      compare((actual, expected) => actual <= expected),
    ),
    one(
      `${family}GreaterThan`,
      compare((actual, expected) => actual > expected),
    ),
    one(
      `${family}GreaterThanEquals`,
      compare((actual, expected) => actual >= expected),
    ),
  ]
}

function text({ wildcards, ignoreCase = false }: Pick<Syntax, 'wildcards'> & { ignoreCase?: boolean }) {
  return (value: string, variables: boolean): Test => {
    const template = parseTemplate(value, { wildcards, variables })
    return (actual, context) => matchesText(template, actual, context, ignoreCase)
  }
}

/** `ArnEquals` and `ArnLike` do the same. */
function arn(value: string, variables: boolean): Test {
  const template = parseTemplate(value, { wildcards: true, variables })
  return (actual, context) => matchesArn(template, actual, context)
}

type Compare<T> = (satisfies: (actual: T, expected: T) => boolean) => Operator['read']

/** An operator on values that are more than text. A value of the request that is of another type never matches. */
function typed<T>(what: string, parse: (text: string) => T | undefined): Compare<T> {
  return (satisfies) => (value, variables) => {
    const template = parseTemplate(value, { wildcards: false, variables })
    const fixed = constant(template)
    if (fixed !== undefined && parse(fixed) === undefined) throw malformed(`${value.slice(0, 200)} is not ${what}`)
    return (actual, context) => {
      const expected = textOf(template, context)
      const [left, right] = [parse(actual), expected === undefined ? undefined : parse(expected)]
      return left !== undefined && right !== undefined && satisfies(left, right)
    }
  }
}

function readNumber(value: string): number | undefined {
  return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/.test(value) ? Number(value) : undefined
}

const ISO_DATE = /^\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?)?)?$/

/** A date of ISO 8601, or seconds since 1970. */
function readDate(value: string): number | undefined {
  const at =
    ISO_DATE.test(value) && !/^\d{5,}$/.test(value) ? Date.parse(value) : (readNumber(value) ?? Number.NaN) * 1000
  return Number.isNaN(at) ? undefined : at
}

function readBoolean(value: string): boolean | undefined {
  return /^true$/i.test(value) ? true : /^false$/i.test(value) ? false : undefined
}

function readBase64(value: string): string | undefined {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value) ? value : undefined
}
