/** What a service of AWS that speaks JSON is to the server, and how it reads its input. */
import { AwsError } from './error.ts'
import type { Caller } from './sigv4.ts'

/** The body of a request. */
export type Input = Readonly<Record<string, unknown>>
export type Output = Record<string, unknown>

export interface JsonService {
  /** What stands before the operation in `x-amz-target`. */
  readonly target: string
  /** Its name in signatures. */
  readonly signingName: string
  /** Under which name its errors have their message. */
  readonly messageKey: 'Message' | 'message'
  /** @throws AwsError as the operation does at AWS. */
  handle(operation: string, caller: Caller, input: Input): Output
}

/** @throws AwsError `SerializationException` if it is not a JSON object. */
export function parseInput(body: string): Input {
  try {
    const input: unknown = JSON.parse(body)
    if (typeof input === 'object' && input !== null) return { ...input }
  } catch {
    // The same answer as for JSON that is not an object.
  }
  throw new AwsError('SerializationException', 'The body is not a JSON object.')
}

export function required(input: Input, name: string): string {
  const found = text(input, name)
  if (found !== undefined && found !== '') return found
  throw new AwsError('InvalidParameterException', `Invalid parameter: ${name}`)
}

export function text(input: Input, name: string): string | undefined {
  const found = input[name]
  if (found === undefined || found === null) return undefined
  if (typeof found === 'string') return found
  throw new AwsError('SerializationException', `${name} is not a string`)
}

export function texts(input: Input, name: string): string[] | undefined {
  const found = input[name]
  if (found === undefined || found === null) return undefined
  if (Array.isArray(found)) return found.map(String)
  throw new AwsError('SerializationException', `${name} is not a list`)
}

/** A time as these services write it: seconds since 1970. */
export function seconds(date: Date): number {
  return date.getTime() / 1000
}
